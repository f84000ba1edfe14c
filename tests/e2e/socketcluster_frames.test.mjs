// SPDX-License-Identifier: Apache-2.0
//
// SocketCluster's frames as they are, sent and seen by a plain WebSocket.
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import {Gateway, Packets, Plain, Worker, json} from './harness.mjs';

let gateway, control, worker;
const NAMESPACE = 'frames';

before(async () => {
  gateway = await Gateway.start({'socketcluster-handshake-timeout': '500ms'});
  control = gateway.controlClient();
  worker = await Worker.open(gateway);
  await worker.serve(NAMESPACE, {methods: {echo: data => data, nil: () => null,
    nothing: () => undefined}});
});
after(() => gateway.stop());

const fresh = () => Plain.open(gateway.url(`/socketcluster/?namespace=${NAMESPACE}`));
const open = () => Packets.open(gateway, NAMESPACE);
const only = packets => ({namespace: NAMESPACE, connection_ids: [packets.status.data.id]});

async function told(packets, message, ...texts) {
  packets.send(message);
  for (const text of texts) assert.equal(await packets.nextRaw(), text);
}

describe('the handshake', () => {
  test('is answered with exactly this', async () => {
    const packets = await fresh();
    packets.send('{"event":"#handshake","data":{"authToken":null},"cid":1}');
    const text = await packets.nextRaw();
    const {id} = JSON.parse(text).data;
    assert.equal(text, `{"rid":1,"data":{"id":"${id}","pingTimeout":30000,"isAuthenticated":false}}`);
    await packets.close();
  });

  test('in an array, in a binary frame, without data, and again', async () => {
    for (const message of ['[{"event":"#handshake","cid":7}]',
      Buffer.from('{"event":"#handshake","data":{},"cid":7}')]) {
      const packets = await fresh();
      const first = await packets.ask(message);
      assert.equal(first.rid, 7);
      const again = await packets.ask({event: '#handshake', data: {authToken: null}, cid: 9});
      assert.deepEqual(again, {...first, rid: 9});
      await packets.close();
    }
  });

  test('must have a cid', async () => {
    for (const message of ['{"event":"#handshake"}', '{"event":"#handshake","cid":"1"}']) {
      const packets = await fresh();
      packets.send(message);
      assert.deepEqual(await packets.whenClosed(), {code: 4008, reason: ''});
    }
  });

  test('must come first', async () => {
    for (const message of ['', 'x', '{}', '{"rid":1}', '{"event":"echo","cid":1}',
      '{"event":"#subscribe","data":{"channel":"c"},"cid":1}']) {
      const packets = await fresh();
      packets.send(message);
      assert.deepEqual(await packets.whenClosed(), {code: 4009, reason: ''}, message);
    }
  });

  test('must come in time', async () => {
    const packets = await fresh();
    assert.deepEqual(await packets.whenClosed(), {code: 4005, reason: ''});
  });
});

describe('packets', () => {
  test('are answered with exactly this', async () => {
    const packets = await open();
    await told(packets, '{"event":"echo","data":{"a":1},"cid":2}', '{"rid":2,"data":{"a":1}}');
    await told(packets, '{"event":"nothing","cid":3}', '{"rid":3}');
    await told(packets, '{"event":"nil","cid":4}', '{"rid":4,"data":null}');
    await told(packets, '{"event":"nope","cid":5}',
      '{"rid":5,"error":{"message":"Method not found","name":"MethodNotFoundError"}}');
    await told(packets, '{"event":"#subscribe","data":{"channel":"foo"},"cid":8}', '{"rid":8}');
    await told(packets, '{"event":"#subscribe","data":{"channel":"foo"},"cid":9}', '{"rid":9}');
    packets.send('{"event":"#publish","data":{"channel":"foo","data":{"m":1}},"cid":10}');
    assert.deepEqual([await packets.nextRaw(), await packets.nextRaw()].sort(), [
      '{"event":"#publish","data":{"channel":"foo","data":{"m":1}}}', '{"rid":10}']);
    await told(packets, '{"event":"#unsubscribe","data":"foo","cid":12}', '{"rid":12}');
    await control.send(only(packets), 'hi', json({you: 'abc'}));
    assert.equal(await packets.nextRaw(), '{"event":"hi","data":{"you":"abc"}}');
    await packets.close();
  });

  test('that are malformed are told so if they have a cid', async () => {
    const packets = await open();
    const wrong = kind => `{"rid":6,"error":{"message":"${kind} channel name was malformatted",`
      + '"name":"InvalidActionError"}}';
    await told(packets, '{"event":"#publish","data":{"channel":5},"cid":6}', wrong('Publish'));
    await told(packets, '{"event":"#subscribe","data":{"channel":["a"]},"cid":6}',
      wrong('Subscribe'));
    await told(packets, '{"event":"#unsubscribe","data":{},"cid":6}', wrong('Unsubscribe'));
    packets.send('{"event":"#publish","data":5}');
    packets.send('{"event":"#unsubscribe"}');
    await packets.quiet();
    await packets.close();
  });

  test('that mean nothing are ignored', async () => {
    const packets = await open();
    for (const message of ['', '#2', 'x', '5', '[]', '{}', '[5,null]', '{"event":5,"cid":1}',
      '{"rid":99,"data":1}', '{"event":"echo","data":1,"cid":"2"}', '{"event":"#removeAuthToken","cid":4}',
      Buffer.alloc(0), Buffer.from('{')]) {
      packets.send(message);
    }
    await packets.quiet();
    await packets.close();
  });

  test('of an array are carried out in order and answered one by one', async () => {
    const packets = await open();
    await told(packets, '[{"event":"#subscribe","data":{"channel":"o"},"cid":2},'
      + '{"event":"#unsubscribe","data":"o","cid":3},{"event":"echo","data":1,"cid":4}]',
    '{"rid":2}', '{"rid":3}', '{"rid":4,"data":1}');
    await packets.close();
  });

  test('#authenticate must have a cid', async () => {
    const packets = await open();
    packets.send('{"event":"#authenticate","data":"x"}');
    assert.deepEqual(await packets.whenClosed(), {code: 4008, reason: ''});
  });

  test('a call, and its answer', async () => {
    const packets = await open();
    const asked = control.ask({selector: only(packets), method: 'q', params: json(5)});
    assert.equal(await packets.nextRaw(), '{"event":"q","cid":1,"data":5}');
    packets.send('{"rid":1,"data":{"ans":5}}');
    assert.deepEqual(JSON.parse((await asked).answers[0].result.json), {ans: 5});
    await packets.close();
  });

  test('a kick-out', async () => {
    const packets = await open();
    await packets.ask({event: '#subscribe', data: {channel: 'k'}, cid: 2});
    await control.outcome('KickOut', {selector: only(packets), channels: ['k'], message: 'bye'});
    assert.equal(await packets.nextRaw(),
      '{"event":"#kickOut","data":{"channel":"k","message":"bye"}}');
    await packets.close();
  });

  test('closes have no reason but the backend\'s', async () => {
    for (const [request, closed] of [
      [{code: 4321, reason: 'why not'}, {code: 4321, reason: 'why not'}],
      [{}, {code: 1000, reason: ''}]]) {
      const packets = await open();
      await control.outcome('Disconnect', {selector: only(packets), ...request});
      assert.deepEqual(await packets.whenClosed(), closed);
    }
    const packets = await open();
    await control.call('StartDrain', {selector: only(packets), per_second: 100});
    assert.deepEqual(await packets.whenClosed(), {code: 1001, reason: ''});
  });
});

describe('bounds', () => {
  const echoes = count => Array.from({length: count}, (_, i) => ({event: 'echo', data: i, cid: i}));

  test('of an array: what is behind it is refused', async () => {
    const narrow = await Gateway.start({'socketcluster-batch-max': 2});
    try {
      const packets = await Packets.open(narrow, NAMESPACE);
      packets.send(echoes(3));
      const texts = [await packets.nextRaw(), await packets.nextRaw(), await packets.nextRaw()];
      assert.equal(texts.at(-1), '{"rid":2,"error":{"message":"More than 2 packets in a batch",'
        + '"name":"InvalidMessageError"}}');
    } finally {
      await narrow.stop();
    }
  });

  test('of commands a second: refused, then closed', async () => {
    const packets = await open();
    for (let i = 0; i < 10; ++i) packets.send(echoes(100));
    assert.equal((await packets.whenClosed()).code, 4429);
    const refused = packets.inbox.takeAll().map(text => JSON.parse(text))
      .find(p => p.error?.name === 'RateLimitedError');
    assert.equal(refused.error.retry, true);
  });

  test('of a message', async () => {
    const packets = await open();
    packets.send({event: 'echo', data: 'x'.repeat(70_000), cid: 2});
    assert.equal((await packets.whenClosed()).code, 1009);
  });

  test('of strictness: who may come early is only refused', async () => {
    const lax = await Gateway.start({'socketcluster-strict-handshake': false});
    try {
      const packets = await Plain.open(lax.url('/socketcluster/'));
      for (const early of ['', 'x', {event: 'e'}]) packets.send(early);
      await told(packets, '{"event":"e","cid":5}', '{"rid":5,"error":{"message":'
        + '"The handshake has not been completed","name":"InvalidActionError"}}');
      assert.equal((await packets.ask({event: '#handshake', cid: 6})).rid, 6);
    } finally {
      await lax.stop();
    }
  });
});
