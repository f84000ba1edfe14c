// SPDX-License-Identifier: Apache-2.0
//
// Clients that leave while somebody still decides about them.
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import {Gateway, HOLD, OPCODE, Packets, Plain, Raw, Watcher, Worker, frame, until}
  from './harness.mjs';

let gateway, control;
before(async () => {
  gateway = await Gateway.start({'admission-timeout': '1m', 'guard-timeout': '1m'});
  control = gateway.controlClient();
});
after(() => gateway.stop());

const closeFrame = code => {
  const payload = Buffer.alloc(2);
  payload.writeUInt16BE(code);
  return frame(OPCODE.close, payload);
};

const ways = {
  'a FIN': async raw => raw.socket.end(),
  'a reset': async raw => raw.socket.resetAndDestroy(),
  'a close frame': async raw => {
    raw.write(closeFrame(4444));
    assert.equal((await raw.closeFrame()).code, 4444);
  },
};

const TYPES = ['TYPE_OPENED', 'TYPE_CLOSED', 'TYPE_ABORTED', 'TYPE_REFUSED'];

for (const [who, declare] of [
  ['admission', {admission: () => HOLD}],
  ['a connect guard', {guards: {CONNECT: () => HOLD}}],
]) {
  describe(`while ${who} decides`, () => {
    for (const [way, leave] of Object.entries(ways)) {
      test(`${way} is noticed at once`, async () => {
        const namespace = `${who}-${way}`.replaceAll(' ', '-');
        const watcher = await Watcher.open(control, {namespace, types: TYPES});
        const worker = await Worker.open(gateway);
        await worker.serve(namespace, declare);
        const raw = await Raw.upgraded(gateway.client, `/${namespace}`);
        const {id} = await worker.invocations.next();
        await leave(raw);
        assert.equal(await worker.cancelled.next('cancelled', 2000), id);
        const event = await watcher.next();
        assert.equal(event.type, 'TYPE_ABORTED');
        assert.equal(event.code, way === 'a close frame' ? 4444 : 1006);
        worker.answer({id, accept: {}});
        assert.equal(await control.count({namespace}), 0);
        assert.equal(watcher.events.size, 0);
        watcher.close();
        raw.destroy();
        await worker.finish();
      });
    }
  });
}

test('while a handshake guard decides: the greeting is not answered', async () => {
  const watcher = await Watcher.open(control, {namespace: 'greeted', types: TYPES});
  const worker = await Worker.open(gateway);
  await worker.serve('greeted', {guards: {HANDSHAKE: () => HOLD}});
  const packets = new Packets(gateway.url('/socketcluster/?namespace=greeted'));
  await packets.opened;
  packets.send({event: '#handshake', data: {}, cid: 1});
  const {id} = await worker.invocations.next();
  assert.equal((await packets.close(4321)).code, 4321);
  assert.equal(await worker.cancelled.next('cancelled', 2000), id);
  assert.equal((await watcher.next()).type, 'TYPE_ABORTED');
  assert.equal(packets.inbox.size, 0);
  watcher.close();
  await worker.finish();
});

test('while a call is decided: the guard hears it, and pings are answered meanwhile', async () => {
  const worker = await Worker.open(gateway);
  await worker.serve('calls', {guards: {CALL: () => HOLD}, methods: {m: () => 1}});
  const client = await Plain.open(gateway.url('/calls'));
  for (let id = 1; id <= 5; ++id) client.send({jsonrpc: '2.0', method: 'm', params: [], id});
  const {id} = await worker.invocations.next();
  const pong = new Promise(resolve => client.socket.on('pong', resolve));
  client.socket.ping();
  await pong;
  await client.close();
  assert.equal(await worker.cancelled.next('cancelled', 2000), id);
  await until(async () => await control.count({namespace: 'calls'}) === 0);
  await worker.finish();
});

test('a guard that takes longer than the pong time-out does not cost the connection',
  () => Gateway.during({'ping-interval': '100ms', 'pong-timeout': '300ms'}, async quick => {
    const worker = await Worker.open(quick);
    await worker.serve('long', {guards: {CALL: () => HOLD}, methods: {m: () => 1}});
    const client = await Plain.open(quick.url('/long'));
    client.send({jsonrpc: '2.0', method: 'm', params: [], id: 1});
    const {id} = await worker.invocations.next();
    let pings = 0;
    client.socket.on('ping', () => ++pings);
    await until(() => pings >= 8, 'pings to go on');
    worker.answer({id, verdict: {allow: {}}});
    assert.equal((await client.next()).result, 1);
    await client.close();
  }));
