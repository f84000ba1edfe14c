// SPDX-License-Identifier: Apache-2.0
//
// SocketCluster's channels, with its unmodified client.
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import {Gateway, Plain, Worker, connected, inboxOf, json, once, outcome, rejection, until, within}
  from './harness.mjs';

let gateway, control;
const NAMESPACE = 'channels';

before(async () => {
  gateway = await Gateway.start({'channels-per-connection': 3});
  control = gateway.controlClient();
});
after(() => gateway.stop());

const connect = options => connected(gateway, NAMESPACE, options);
const only = client => ({namespace: NAMESPACE, connection_ids: [client.id]});

async function subscribed(client, name, options) {
  const channel = client.subscribe(name, options);
  await within(channel.state === 'subscribed' ? Promise.resolve()
    : channel.listener('subscribe').once(), `the subscription to ${name}`);
  return inboxOf(channel);
}

const publish = (channel, body) =>
  control.call('Publish', {namespace: NAMESPACE, channel, body});

describe('publications', () => {
  test('from client to client, the publisher included', async () => {
    const [ann, bob, eve] = [await connect(), await connect(), await connect()];
    const [anns, bobs] = [await subscribed(ann, 'foo'), await subscribed(bob, 'foo')];
    const eves = await subscribed(eve, 'bar');
    assert.equal(await ann.invokePublish('foo', {m: 1}), undefined);
    await ann.transmitPublish('foo', 'two');
    await ann.transmitPublish('foo');
    for (const inbox of [anns, bobs]) {
      assert.deepEqual(await inbox.next(), {m: 1});
      assert.deepEqual(await inbox.next(), 'two');
      assert.deepEqual(await inbox.next(), undefined);
    }
    await eve.invokePublish('bar', 'fence');
    assert.equal(await eves.next(), 'fence');
  });

  test('from a backend, and to one', async () => {
    const ann = await connect();
    const anns = await subscribed(ann, 'news');
    const stream = control.raw.Subscribe({namespace: NAMESPACE, channels: ['news']});
    const heard = [];
    stream.on('data', ({publications}) => heard.push(...publications));
    stream.on('error', () => {});
    await until(async () => {
      await publish('news', json('fence'));
      return heard.length > 0;
    }, 'the stream to listen');
    assert.equal(await anns.next(), 'fence');
    heard.length = 0;
    await publish('news', json({from: 'backend'}));
    await until(async () => JSON.stringify(await anns.next()).includes('backend'));
    await ann.invokePublish('news', 'from ann');
    const own = await until(() => heard.find(p => p.connection_id !== ''), 'ann on the stream');
    assert.deepEqual([own.channel, JSON.parse(own.body.json), own.connection_id],
      ['news', 'from ann', ann.id]);
    stream.cancel();
  });

  test('bytes', async () => {
    const ann = await connect();
    const anns = await subscribed(ann, 'bytes');
    await publish('bytes', {binary: Buffer.from('bin')});
    assert.deepEqual(await anns.next(), {base64: true, data: 'Ymlu'});
  });

  test('clients may be kept from publishing', async () => {
    const closed = await Gateway.start({'socketcluster-client-publish': false});
    try {
      const client = await connected(closed, 'x');
      assert.deepEqual(await rejection(client.invokePublish('foo', 1)),
        {message: 'Client publish feature is disabled', name: 'InvalidActionError'});
    } finally {
      await closed.stop();
    }
  });
});

describe('subscriptions', () => {
  test('are seen by backends, and end', async () => {
    const ann = await connect();
    await subscribed(ann, 'a');
    await subscribed(ann, 'b', {data: {since: 5}, priority: 1});
    const channels = async () => (await control.list(only(ann)))[0].channels;
    assert.deepEqual(await channels(), ['a', 'b']);
    ann.unsubscribe('a');
    await until(async () => `${await channels()}` === 'b', 'the unsubscription');
    assert.equal(ann.subscriptions().join(), 'b');
  });

  test('have a bound', async () => {
    const ann = await connect();
    for (const name of ['1', '2', '3']) await subscribed(ann, name);
    const failed = once(ann.listener('subscribeFail'));
    ann.subscribe('4');
    const {channel, error} = await failed;
    assert.equal(channel, '4');
    assert.equal(error.name, 'BrokerError');
    assert.equal(error.message, 'Failed to subscribe socket to the 4 channel - InvalidActionError: '
      + `Socket ${ann.id} tried to exceed the channel subscription limit of 3`);
    await until(() => ann.subscriptions().length === 3);
  });

  test('cannot be left twice', async () => {
    const ann = await connect();
    assert.deepEqual(await rejection(ann.invoke('#unsubscribe', 'notsub')), {
      name: 'BrokerError',
      message: 'Failed to unsubscribe socket from the notsub channel - InvalidActionError: '
        + `Socket ${ann.id} tried to unsubscribe from a channel which it is not subscribed to`,
    });
  });

  test('are acknowledged twice', async () => {
    const ann = await connect();
    for (let i = 0; i < 2; ++i) {
      assert.equal(await ann.invoke('#subscribe', {channel: 'again'}), undefined);
    }
  });

  test('in one batch', async () => {
    const ann = await connect({batchOnHandshake: true});
    await Promise.all(['x', 'y', 'z'].map(name => subscribed(ann, name)));
    ann.startBatch();
    const answers = ['x', 'y'].map(name => ann.invokePublish(name, name));
    ann.flushBatch();
    assert.deepEqual(await within(Promise.all(answers), 'the batch'), [undefined, undefined]);
  });

  test('come back after a drain, all by themselves', async () => {
    const ann = await connect();
    const anns = await subscribed(ann, 'kept');
    const again = once(ann.channel('kept').listener('subscribe'));
    await control.call('StartDrain', {selector: only(ann), per_second: 100});
    await again;
    assert.deepEqual((await publish('kept', json('still here'))).outcome, outcome(1, 1));
    assert.equal(await anns.next(), 'still here');
  });

  test('a prefix of the client\'s own', async () => {
    const ann = await connect({channelPrefix: 'pre/'});
    const anns = await subscribed(ann, 'c');
    await publish('pre/c', json(1));
    assert.equal(await anns.next(), 1);
  });
});

describe('kick out', () => {
  test('takes it out and tells it', async () => {
    const ann = await connect();
    await subscribed(ann, 'k');
    const told = once(ann.listener('kickOut'));
    assert.deepEqual(await control.outcome('KickOut',
      {selector: only(ann), channels: ['k'], message: 'bye'}), outcome(1, 1));
    assert.deepEqual(await told, {channel: 'k', message: 'bye'});
    assert.deepEqual(ann.subscriptions(), []);
    assert.deepEqual((await control.list(only(ann)))[0].channels, []);
  });
});

describe('with other dialects', () => {
  test('one Send reaches each in its own shape', async () => {
    const worker = await Worker.open(gateway);
    await worker.serve(NAMESPACE, {events: ['mixed']});
    const ann = await connect();
    const heard = inboxOf(ann.receiver('mixed'));
    const rpc = await Plain.open(gateway.url(`/${NAMESPACE}`));
    await rpc.subscribe('mixed');
    await control.outcome('Join', {selector: only(ann), channels: ['mixed']});
    assert.deepEqual(await control.send({namespace: NAMESPACE, channels: ['mixed']}, 'mixed',
      json([1])), outcome(2, 2));
    assert.deepEqual(await heard.next(), [1]);
    assert.equal(await rpc.nextRaw(), '{"notification":"mixed","params":[1]}');
    await rpc.close();
  });
});
