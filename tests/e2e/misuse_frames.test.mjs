// SPDX-License-Identifier: Apache-2.0
//
// WebSockets that misbehave on the wire: the close code, the metric, and nobody else is disturbed.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {Bystander, Gateway, OPCODE, Plain, Raw, Worker, HOLD, frame, until} from './harness.mjs';

const MESSAGE_BYTES = 4096;
let gateway, control, bystander;

before(async () => {
  gateway = await Gateway.start({
    'message-bytes': MESSAGE_BYTES, 'outbox-bytes': '64KiB', 'pong-bytes': 2048,
    'close-timeout': '1s', 'ping-interval': '200ms', 'pong-timeout': '300ms',
  });
  control = gateway.controlClient();
  bystander = await Bystander.open(gateway);
});
after(() => gateway.stop());

// What is sent closes the connection with this code, and this counter rises.
async function closes(bytes, code, metric, labels) {
  const before = await gateway.metric(metric, labels);
  const raw = await Raw.upgraded(gateway.client, '/frames');
  raw.write(bytes);
  assert.equal((await raw.closeFrame()).code, code);
  await raw.whenEnded();
  await gateway.rises(metric, labels, before);
  await bystander.calm();
}
const violates = (bytes, code, reason) =>
  closes(bytes, code, 'sluice_edge_violations_total', {reason});

test('a message over --message-bytes: 1009', async () => {
  await violates(frame(OPCODE.text, 'x'.repeat(MESSAGE_BYTES + 1)), 1009, 'message_too_big');
  const half = 'x'.repeat(MESSAGE_BYTES / 2 + 1);
  await violates(Buffer.concat([frame(OPCODE.text, half, {fin: false}),
    frame(OPCODE.continuation, half)]), 1009, 'message_too_big');
  const announced = frame(OPCODE.binary, 'x'.repeat(70_000)).subarray(0, 20);
  await violates(announced, 1009, 'message_too_big');
});

test('one of exactly --message-bytes is fine', async () => {
  const client = await Plain.open(gateway.url());
  const text = '{"jsonrpc":"2.0","method":"__listMethods","id":1}';
  client.send(text + ' '.repeat(MESSAGE_BYTES - text.length));
  assert.deepEqual((await client.next()).result, ['__listMethods']);
  await client.close();
});

test('bad UTF-8: 1007', async () => {
  for (const bytes of [[0xff], [0x22, 0xc3, 0x28, 0x22], [0xed, 0xa0, 0x80],
    [0xf4, 0x90, 0x80, 0x80], [0xc0, 0x80], [0xe2, 0x82]]) {
    await violates(frame(OPCODE.text, Buffer.from(bytes)), 1007, 'bad_utf8');
  }
});

test('frames that no client may send: 1002', async () => {
  for (const bytes of [
    frame(OPCODE.text, 'x', {mask: false}),
    frame(OPCODE.text, 'x', {rsv: 4}),
    frame(3, 'x'),
    frame(11, 'x'),
    frame(OPCODE.continuation, 'x'),
    frame(OPCODE.ping, 'x'.repeat(126)),
    frame(OPCODE.ping, 'x', {fin: false}),
    Buffer.concat([frame(OPCODE.text, 'a', {fin: false}), frame(OPCODE.text, 'b')]),
    frame(OPCODE.close, Buffer.from([3])),
    frame(OPCODE.close, Buffer.from([0x03, 0xed])),
  ]) {
    await violates(bytes, 1002, 'protocol');
  }
});

test('random bytes behind the handshake', async () => {
  let seed = 42;
  const random = () => (seed = (seed * 1103515245 + 12345) % 2147483648) >> 16 & 0xff;
  for (let round = 0; round < 20; ++round) {
    const raw = await Raw.upgraded(gateway.client, '/frames');
    raw.write(Buffer.from(Array.from({length: 300}, random)));
    raw.socket.end();
    await raw.whenEnded();
  }
  await bystander.calm();
});

test('a client that is cut in mid-frame: 1006, and its calls are cancelled', async () => {
  const worker = await Worker.open(gateway);
  await worker.serve('cut', {methods: {hold: () => HOLD}});
  const before = await gateway.metric('sluice_connections_closed_total', {reason: 'peer'});
  const raw = await Raw.upgraded(gateway.client, '/cut');
  raw.write(frame(OPCODE.text, '{"jsonrpc":"2.0","method":"hold","id":1}'));
  const {id} = await worker.invocations.next();
  raw.write(frame(OPCODE.text, '{"jsonrpc":"2.0","method":"hold","id":2}').subarray(0, 20));
  raw.socket.resetAndDestroy();
  assert.equal(await worker.cancelled.next(), id);
  await until(async () => await control.count({namespace: 'cut'}) === 0, 'it to be gone');
  await gateway.rises('sluice_connections_closed_total', {reason: 'peer'}, before);
  assert.equal(worker.received, 1);
  await bystander.calm();
  await worker.finish();
});

// Whoever does not read does not answer pings either, which is another reason to be closed.
async function withoutPings() {
  const quiet = await Gateway.start({
    'outbox-bytes': '64KiB', 'close-timeout': '1s', 'ping-interval': '0s',
  });
  return {
    gateway: quiet, control: quiet.controlClient(), bystander: await Bystander.open(quiet),
  };
}

test('a client that does not read is closed when its outbox is full', async () => {
  const {gateway, control, bystander} = await withoutPings();
  const closed = ['sluice_connections_closed_total', {reason: 'slow_consumer'}];
  const dropped = ['sluice_deliveries_dropped_total', {reason: 'slow_consumer'}];
  const before = [await gateway.metric(...closed), await gateway.metric(...dropped)];
  const client = await Plain.open(gateway.url('/slow'));
  client.socket._socket.pause();
  const body = {text: 'x'.repeat(60_000)};
  const last = await until(async () => {
    const result = await control.send({namespace: 'slow'}, 'e', body);
    return result.matched === 1 && result.enqueued === 0 && result;
  }, 'the outbox to be full');
  assert.deepEqual([last.matched, last.dropped], [1, {slow_consumer: 1}]);
  assert.equal(await control.count({namespace: 'slow'}), 0);
  client.socket._socket.resume();
  assert.deepEqual(await client.whenClosed(), {code: 4420, reason: 'too slow to read'});
  await gateway.rises(...closed, before[0]);
  await gateway.rises(...dropped, before[1]);
  await bystander.calm();
  await gateway.stop();
});

test('who never reads again is cut off after --close-timeout', async () => {
  const {gateway, control, bystander} = await withoutPings();
  const before = await gateway.metric('sluice_edge_close_timeouts_total');
  const raw = await Raw.upgraded(gateway.client, '/deaf');
  raw.socket.pause();
  const sockets = await gateway.metric('sluice_edge_open_sockets');
  await until(async () => {
    const result = await control.send({namespace: 'deaf'}, 'e', {text: 'x'.repeat(60_000)});
    return result.matched === 1 && result.enqueued === 0;
  }, 'the outbox to be full');
  await gateway.rises('sluice_edge_close_timeouts_total', {}, before);
  await until(async () => await gateway.metric('sluice_edge_open_sockets') === sockets - 1,
    'its socket to be given back');
  raw.destroy();
  await bystander.calm();
  await gateway.stop();
});

test('pings whose answers nobody reads', async () => {
  const before = await gateway.metric('sluice_edge_violations_total', {reason: 'pong_overflow'});
  const raw = await Raw.upgraded(gateway.client, '/pings');
  raw.socket.pause();
  const pings = Buffer.concat(Array.from({length: 500}, () => frame(OPCODE.ping, 'p'.repeat(125))));
  const flood = setInterval(() => raw.write(pings), 1);
  await until(async () => await gateway.metric('sluice_edge_violations_total',
    {reason: 'pong_overflow'}) > before, 'it to be cut off', 20_000);
  clearInterval(flood);
  raw.destroy();
  await bystander.calm();
});

test('no pong: 4408', async () => {
  const before = await gateway.metric('sluice_connections_closed_total', {reason: 'pong_timeout'});
  const raw = await Raw.upgraded(gateway.client, '/dead');
  const ping = await raw.frame();
  assert.deepEqual([ping.opcode, ping.payload.length], [OPCODE.ping, 0]);
  raw.write(frame(OPCODE.pong));
  assert.equal((await raw.frame()).opcode, OPCODE.ping);
  assert.equal((await raw.closeFrame()).code, 4408);
  await gateway.rises('sluice_connections_closed_total', {reason: 'pong_timeout'}, before);
  await bystander.calm();
});

test('a close is answered with its own code, then the gateway ends the connection', async () => {
  const raw = await Raw.upgraded(gateway.client, '/polite');
  raw.write(frame(OPCODE.close, Buffer.concat([Buffer.from([0x0f, 0xa1]), Buffer.from('bye')])));
  assert.equal((await raw.closeFrame()).code, 4001);
  await raw.whenEnded();
  const empty = await Raw.upgraded(gateway.client, '/polite');
  empty.write(frame(OPCODE.close));
  assert.deepEqual((await empty.frame()).opcode, OPCODE.close);
  await empty.whenEnded();
});
