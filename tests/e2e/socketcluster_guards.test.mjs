// SPDX-License-Identifier: Apache-2.0
//
// Guards as SocketCluster's clients meet them: what its middleware did.
import assert from 'node:assert/strict';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, before, describe, test} from 'node:test';
import {Gateway, HOLD, Packets, Worker, connected, fromBody, inboxOf, json, once, refusal, rejection,
  socketCluster, token, until, within, writeKeys} from './harness.mjs';

const KEY = {algorithm: 'HS256', secret: 'secret'};
const allow = {allow: {}};
const replace = value => ({allow: {replacement: json(value)}});
const block = (name, message, code = 0) => ({block: {error: {name, message, code}}});
const silent = {block: {silent: true}};
const folder = mkdtempSync(join(tmpdir(), 'sluice-guards-'));

let gateway, control;
let namespaces = 0;

before(async () => {
  const keys = join(folder, 'keys.json');
  writeKeys(keys, [KEY]);
  gateway = await Gateway.start({'jwt-keys': keys, 'guard-timeout': '300ms'});
  control = gateway.controlClient();
});
after(async () => {
  await gateway.stop();
  rmSync(folder, {recursive: true});
});

// A namespace of its own with these guards.
async function guarded(guards, methods = {}) {
  const namespace = `guarded-${++namespaces}`;
  const worker = await Worker.open(gateway);
  await worker.serve(namespace, {guards, methods, context: ['CONNECTION', 'CLAIMS']});
  return {namespace, worker};
}

async function subscribed(client, name) {
  const channel = client.subscribe(name);
  await once(channel.listener('subscribe'));
  return inboxOf(channel);
}

const silence = action => ({
  message: `The ${action} AGAction was blocked by inbound middleware`,
  name: 'SilentMiddlewareBlockedError', type: 'inbound',
});

describe('on the way in', () => {
  test('a connection', async () => {
    const {namespace} = await guarded({CONNECT: () => block('No', 'not you')});
    const client = socketCluster(gateway, namespace, {autoReconnect: false});
    const {code} = await once(client.listener('connectAbort'));
    assert.equal(code, 4008);
  });

  test('a handshake', async () => {
    let verdict = block('ScBlocked', 'sc blocked');
    const {namespace} = await guarded({HANDSHAKE: () => verdict});
    const refused = async () => {
      const packets = await Packets.open(gateway, namespace);
      return [packets.status, await packets.whenClosed()];
    };
    assert.deepEqual(await refused(), [
      {rid: 1, error: {message: 'sc blocked', name: 'ScBlocked', statusCode: 4008}},
      {code: 4008, reason: ''}]);
    verdict = block('Banned', 'banned', 4501);
    const [status, closed] = await refused();
    assert.deepEqual(status.error, {message: 'banned', name: 'Banned', statusCode: 4501});
    assert.equal(closed.code, 4501);
    verdict = silent;
    assert.equal((await refused())[0].error.name, 'SilentMiddlewareBlockedError');
    verdict = block('Banned', 'banned', 4501);
    const client = socketCluster(gateway, namespace);
    assert.equal((await once(client.listener('connectAbort'))).code, 4501);
    assert.equal(client.pendingReconnect, false);
    verdict = allow;
    await connected(gateway, namespace);
  });

  test('a token', async () => {
    let verdict = block('Banned', 'banned');
    const {namespace, worker} = await guarded({AUTHENTICATE: () => verdict});
    const authToken = token({sub: 'ann'}, KEY);
    const packets = await Packets.open(gateway, namespace, {authToken});
    assert.deepEqual(packets.status.data.authError, {message: 'banned', name: 'Banned'});
    assert.equal(packets.status.data.isAuthenticated, false);
    await packets.quiet();
    assert.deepEqual((await packets.ask({event: '#authenticate', data: authToken, cid: 2})).data,
      {isAuthenticated: false, authError: {message: 'banned', name: 'Banned'}});
    await packets.quiet();
    verdict = allow;
    assert.deepEqual((await packets.ask({event: '#authenticate', data: authToken, cid: 3})).data,
      {isAuthenticated: true, authError: null});
    const {guard} = await worker.invocations.next();
    assert.equal(fromBody(guard.data).sub, 'ann');
  });

  test('an invoke and a transmit', async () => {
    const guard = (data, {guard: {name}}) => {
      if (name === 'bad') return block('Nope', 'no way');
      if (name === 'secret') return silent;
      return name === 'changed' ? replace('other') : allow;
    };
    const {namespace, worker} = await guarded({CALL: guard, TRANSMIT: guard},
      {bad: d => d, secret: d => d, changed: d => d, same: d => d});
    const client = await connected(gateway, namespace);
    assert.equal(await client.invoke('same', 'own'), 'own');
    assert.equal(await client.invoke('changed', 'own'), 'other');
    assert.deepEqual(await rejection(client.invoke('bad')), {message: 'no way', name: 'Nope'});
    assert.deepEqual(await rejection(client.invoke('secret')), silence('invoke'));
    worker.invocations.takeAll();
    await client.transmit('bad', 1);
    await client.transmit('changed', 1);
    const calls = [];
    await until(() => {
      calls.push(...worker.invocations.takeAll().filter(i => i.what === 'call'));
      return calls.length > 0;
    }, 'the call');
    assert.deepEqual(calls.map(({call}) => [call.method, fromBody(call.params)]),
      [['changed', 'other']]);
  });

  test('a subscription', async () => {
    const {namespace, worker} = await guarded({
      SUBSCRIBE: (data, {guard: {name}}) => (name === 'bad' ? block('Nope', 'not here')
        : name === 'secret' ? silent : allow),
    });
    const client = await connected(gateway, namespace);
    client.subscribe('good', {data: {since: 5}});
    await once(client.listener('subscribe'));
    const {guard} = await worker.invocations.next();
    assert.deepEqual([guard.name, fromBody(guard.data)], ['good', {since: 5}]);
    for (const [name, error] of [['bad', {message: 'not here', name: 'Nope'}],
      ['secret', silence('subscribe')]]) {
      const failed = once(client.listener('subscribeFail'));
      client.subscribe(name);
      const {message, name: errorName} = (await failed).error;
      assert.deepEqual([message, errorName], [error.message, error.name]);
    }
    assert.deepEqual(client.subscriptions(), ['good']);
  });

  test('a publication', async () => {
    const {namespace} = await guarded({
      PUBLISH_IN: data => (data === 'bad' ? block('Nope', 'hush') : data === 'secret' ? silent
        : data === 'wrong' ? replace('right') : allow),
    });
    const client = await connected(gateway, namespace);
    const heard = await subscribed(client, 'c');
    assert.deepEqual(await rejection(client.invokePublish('c', 'bad')),
      {message: 'hush', name: 'Nope'});
    assert.deepEqual(await rejection(client.invokePublish('c', 'secret')), silence('publishIn'));
    await client.transmitPublish('c', 'bad');
    await client.invokePublish('c', 'wrong');
    assert.equal(await heard.next(), 'right');
    await client.invokePublish('c', 'fine');
    assert.equal(await heard.next(), 'fine');
  });
});

describe('on the way out', () => {
  test('a publication, client by client', async () => {
    const {namespace} = await guarded({
      PUBLISH_OUT: (data, {context}) => (data.not === context.connection_id ? silent
        : data.say ? replace(data.say) : allow),
    });
    const [ann, bob] = [await connected(gateway, namespace), await connected(gateway, namespace)];
    const [anns, bobs] = [await subscribed(ann, 'c'), await subscribed(bob, 'c')];
    await ann.invokePublish('c', {not: bob.id});
    assert.deepEqual(await anns.next(), {not: bob.id});
    await control.call('Publish', {namespace, channel: 'c', body: json({say: 'hello'})});
    assert.deepEqual([await anns.next(), await bobs.next()], ['hello', 'hello']);
  });
});

describe('while a guard decides', () => {
  test('what the client says later waits behind it, in order', async () => {
    const {namespace, worker} = await guarded(
      {SUBSCRIBE: () => HOLD}, {echo: data => data});
    const packets = await Packets.open(gateway, namespace);
    packets.send({event: '#subscribe', data: {channel: 'c'}, cid: 2});
    packets.send([{event: 'echo', data: 1, cid: 3}, {event: '#publish',
      data: {channel: 'c', data: 9}, cid: 4}]);
    const {id} = await worker.invocations.next();
    const other = await Packets.open(gateway, namespace);
    assert.equal((await other.ask({event: 'echo', data: 'free', cid: 2})).data, 'free');
    assert.equal(packets.inbox.size, 0);
    worker.answer({id, verdict: allow});
    const came = [];
    while (came.length < 4) came.push(await packets.next());
    assert.deepEqual(came[0], {rid: 2});
    assert.deepEqual(came.filter(p => p.rid === 3), [{rid: 3, data: 1}]);
    assert.deepEqual(came.filter(p => p.event),
      [{event: '#publish', data: {channel: 'c', data: 9}}]);
    assert.deepEqual(came.filter(p => p.rid === 4), [{rid: 4}]);
  });

  test('it is closed if none decides in time', async () => {
    const {namespace, worker} = await guarded({CALL: () => HOLD}, {echo: data => data});
    const client = await connected(gateway, namespace);
    await assert.rejects(client.invoke('echo', 1));
    for (const id of worker.held) worker.answer({id, verdict: allow});
    await worker.finish();
    await assert.rejects(within(client.invoke('echo', 2), 'the refusal'));
  });
});
