// SPDX-License-Identifier: Apache-2.0
//
// Every rpc with requests that are empty, huge, or no more than a message's shape: each is answered
// with a documented status, and a client beside it notices nothing.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {setTimeout as pause} from 'node:timers/promises';
import {Bystander, Gateway, Plain, grpc, until, within} from './harness.mjs';
import {hostile, rpcs} from './harness/hostile.mjs';

// What the services say of themselves; the rest would be a fault of the gateway's own.
const SAID = ['OK', 'CANCELLED', 'INVALID_ARGUMENT', 'NOT_FOUND', 'ALREADY_EXISTS',
  'RESOURCE_EXHAUSTED', 'FAILED_PRECONDITION', 'OUT_OF_RANGE', 'DEADLINE_EXCEEDED', 'UNAVAILABLE'];
const ROUNDS = 25;

let gateway, bystander, client;

before(async () => {
  gateway = await Gateway.start({'client-call-timeout': '50ms', 'log-level': 'debug'});
  bystander = await Bystander.open(gateway);
  await Plain.open(gateway.url('/room?socket_id=a'));
  client = gateway.owns(new grpc.Client(gateway.control, grpc.credentials.createInsecure(),
    {'grpc.max_send_message_length': -1}));
});
after(() => gateway.stop());

const same = bytes => bytes;
const name = code => grpc.status[code];

// The status of one rpc whose request is these bytes; a stream is given up after a while.
function statusOf({path, requestStream, responseStream}, bytes) {
  const deadline = {deadline: Date.now() + 300};
  if (!responseStream) {
    return new Promise(resolve => {
      client.makeUnaryRequest(path, same, same, bytes, new grpc.Metadata(), deadline,
        error => resolve(name(error?.code ?? 0)));
    });
  }
  const stream = requestStream
    ? client.makeBidiStreamRequest(path, same, same, new grpc.Metadata(), deadline)
    : client.makeServerStreamRequest(path, same, same, bytes, new grpc.Metadata(), deadline);
  return new Promise(resolve => {
    stream.on('data', () => {});
    stream.on('error', () => {});
    stream.on('status', ({code}) => resolve(name(code)));
    if (requestStream) {
      stream.write(bytes);
      stream.write(bytes);
      stream.end();
    }
    if (path.endsWith('Subscribe') || path.endsWith('WatchEvents')) {
      pause(50).then(() => stream.cancel());
    }
  });
}

for (const rpc of rpcs) {
  const say = (bytes, what) => within(statusOf(rpc, bytes), `${rpc.path}: ${what}`, 20_000);
  const check = async (bytes, what, allowed = SAID) => {
    const status = await say(bytes, what);
    assert.ok(allowed.includes(status), `${what}: ${status} of ${bytes.toString('hex', 0, 200)}`);
  };

  test(`${rpc.path}: empty, huge, and odd in every field`, async () => {
    await check(Buffer.alloc(0), 'empty');
    await Promise.all(Array.from({length: ROUNDS}, (_, round) =>
      check(hostile(rpc, round), `round ${round}`)));
    await check(hostile(rpc, 1, {wide: 20_000}), 'long lists');
    await check(hostile(rpc, 2, {text: 'x'.repeat(900_000)}), 'long texts');
    // What is no message at all, or a text that is no UTF-8, is refused by gRPC itself.
    const foreign = hostile(rpc, 3, {text: Buffer.from('Caf\xe9', 'latin1')});
    for (const bytes of ['ff', '0a', '0affffffff7f', '0b0b0b0b', foreign]) {
      await check(Buffer.from(bytes, 'hex'), `no message: ${bytes}`, [...SAID, 'UNIMPLEMENTED']);
    }
    await bystander.calm();
    assert.equal((await gateway.fetch('/healthz')).status, 200);
  });
}

test('all of that at once, and everything is given back', async () => {
  for (let round = 0; round < 4; ++round) {
    const all = rpcs.flatMap(rpc => Array.from({length: 8}, (_, i) =>
      statusOf(rpc, hostile(rpc, round * 100 + i))));
    await within(Promise.all(all), 'all of them', 30_000);
    await bystander.calm();
  }
  for (const gauge of ['sluice_channel_subscribers', 'sluice_event_watchers', 'sluice_drain_watchers']) {
    await until(async () => await gateway.metric(gauge) === 0, `${gauge} to fall`);
  }
  await until(async () => await gateway.metric('sluice_workers') === 1, 'the workers to leave');
});
