// SPDX-License-Identifier: Apache-2.0
//
// Pings that come when they should, and clients that read slowly.
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {Gateway, Line, Plain, Watcher, until} from './harness.mjs';

// Takes what a Node socket reads at once, then nothing for a while.
function readSlowly(client, everyMs) {
  const socket = client.socket._socket;
  socket.on('data', () => {
    socket.pause();
    setTimeout(() => socket.resume(), everyMs);
  });
}

const gap = (a, b) => Math.round(b - a);

describe('an interval shorter than the time-out', () => {
  const options = {shards: 1, 'ping-interval': '200ms', 'pong-timeout': '10s',
    'line-ping-interval': '200ms', 'line-response-timeout': '10s'};

  for (const [dialect, target] of [['JSON-RPC', '/'], ['MessagePack', '/?codec=msgpack'],
    ['raw', '/raw/r']]) {
    test(`${dialect}: a ping at every interval`, () => Gateway.during(options, async gateway => {
      const client = await Plain.open(gateway.url(target));
      const pings = [];
      client.socket.on('ping', () => pings.push(performance.now()));
      await until(() => pings.length >= 6, 'six pings', 3000);
      assert.ok(gap(pings[0], pings[5]) >= 900, `${pings}`);
      await client.close();
    }));
  }

  test('line: a ping at every interval', () => Gateway.during(options, async gateway => {
    const client = await Line.greeted(gateway.url('/line/l'));
    const began = performance.now();
    for (let i = 0; i < 6; ++i) {
      assert.equal(await client.nextRaw('a ping'), '{"n":"_p","i":"ping"}');
      client.send('{"n":"_r","p":"pong","i":"ping","e":null}');
    }
    assert.ok(performance.now() - began < 3000);
    await client.close();
  }));

  test('an answer that takes longer than an interval', () => Gateway.during(options,
    async gateway => {
      const client = await Plain.open(gateway.url('/'), {autoPong: false});
      let pings = 0;
      client.socket.on('ping', () => {
        ++pings;
        setTimeout(() => client.socket.pong(), 500);
      });
      await until(() => pings >= 4, 'four pings', 6000);
      await client.close();
    }));
});

describe('slow readers', () => {
  const SIZE = 900_000;
  const options = {shards: 1, 'ping-interval': '200ms', 'pong-timeout': '1s',
    'line-ping-interval': '200ms', 'line-response-timeout': '1s',
    'socketcluster-ping-interval': '200ms', 'socketcluster-ping-timeout': '1s'};
  const send = (gateway, namespace) => gateway.controlClient().send({namespace}, 'big',
    {json: Buffer.from(JSON.stringify(['x'.repeat(SIZE)]))});

  test('a message that takes longer than the time-outs arrives whole, and life goes on',
    () => Gateway.during(options, async gateway => {
      const client = await Plain.open(gateway.url('/slow'));
      readSlowly(client, 250);
      assert.equal((await send(gateway, 'slow')).enqueued, 1);
      const began = performance.now();
      const {params} = await client.next('the message');
      assert.ok(performance.now() - began > 2000, 'slow enough to tell');
      assert.equal(params[0].length, SIZE);
      assert.equal((await client.call('nobody', [], 3)).id, 3);
      await client.close();
    }));

  test('line: the same', () => Gateway.during(options, async gateway => {
    const client = await Line.greeted(gateway.url('/line/slow'));
    readSlowly(client, 250);
    client.socket.on('message', bytes => {
      if (bytes.toString().includes('"_p"')) {
        client.send('{"n":"_r","p":"pong","i":"ping","e":null}');
      }
    });
    assert.equal((await send(gateway, 'slow')).enqueued, 1);
    await until(async () => (await client.nextRaw('the message')).length >= SIZE);
    await client.close();
  }));

  test('who takes less than --alive-bytes-per-second is given up', () => Gateway.during(
    {...options, 'alive-bytes-per-second': '4MiB'}, async gateway => {
      const control = gateway.controlClient();
      const watcher = await Watcher.open(control, {namespace: 'sip', types: ['TYPE_CLOSED']});
      const client = await Plain.open(gateway.url('/sip'));
      readSlowly(client, 250);
      await send(gateway, 'sip');
      assert.equal((await watcher.next()).code, 4408);
      watcher.close();
      client.socket.terminate();
    }));

  test('who reads nothing is given up', () => Gateway.during({...options,
    'alive-bytes-per-second': '256KiB'}, async gateway => {
    const control = gateway.controlClient();
    const watcher = await Watcher.open(control, {namespace: 'deaf', types: ['TYPE_CLOSED']});
    const client = await Plain.open(gateway.url('/deaf'));
    client.socket.pause();
    const began = performance.now();
    await send(gateway, 'deaf');
    assert.equal((await watcher.next()).code, 4408);
    assert.ok(performance.now() - began < 4000, `${performance.now() - began} ms`);
    watcher.close();
    client.socket.terminate();
  }));

  test('what was said before a close still arrives, however slowly it is read', () => Gateway.during(
    {shards: 1, 'close-timeout': '500ms'}, async gateway => {
      const client = await Plain.open(gateway.url('/bye'));
      readSlowly(client, 250);
      await gateway.controlClient().call('Send', {selector: {namespace: 'bye'},
        message: {event: 'big', body: {json: Buffer.from(JSON.stringify(['x'.repeat(SIZE)]))}},
        close_after: {code: 4100, reason: 'bye'}});
      assert.equal((await client.next('the message')).params[0].length, SIZE);
      assert.deepEqual(await client.whenClosed(), {code: 4100, reason: 'bye'});
    }));
});
