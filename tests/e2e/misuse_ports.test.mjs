// SPDX-License-Identifier: Apache-2.0
//
// Garbage on every port, and nothing else is disturbed.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {Bystander, Gateway, Raw, failure, grpc, until} from './harness.mjs';

let gateway, control, bystander;

before(async () => {
  gateway = await Gateway.start({'handshake-timeout': '2s', 'admin-timeout': '2s'});
  control = gateway.controlClient();
  bystander = await Bystander.open(gateway);
});
after(() => gateway.stop());

const GARBAGE = {
  'nothing but zeros': Buffer.alloc(4096),
  'binary': Buffer.from(Array.from({length: 4096}, (_, i) => i * 7919 % 256)),
  'a TLS hello': Buffer.from('16030100a5010000a10303', 'hex'),
  'an HTTP/2 preface': Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  'an endless line': Buffer.alloc(200_000, 'x'),
  'a WebSocket frame': Buffer.from('8185000000006869686968', 'hex'),
  'nothing': Buffer.alloc(0),
};

for (const [port, name] of [['client', 'public'], ['control', 'control'], ['admin', 'admin']]) {
  test(`garbage on the ${name} port`, async () => {
    for (const bytes of Object.values(GARBAGE)) {
      const raw = await Raw.connect(gateway[port]);
      raw.write(bytes);
      raw.socket.end();
      await raw.whenEnded(15_000);
      await bystander.calm();
    }
    assert.equal(await control.count({namespace: 'bystander'}), 1);
    assert.equal((await gateway.fetch('/healthz')).status, 200);
  });
}

test('connections that are dropped at once, on every port', async () => {
  for (const port of ['client', 'control', 'admin']) {
    for (let i = 0; i < 30; ++i) {
      const raw = await Raw.connect(gateway[port]);
      raw.socket.resetAndDestroy();
    }
  }
  await until(async () => await gateway.metric('sluice_edge_open_sockets') === 1,
    'the sockets to be given back');
  await bystander.calm();
});

test('gRPC messages that are no protobuf', async () => {
  const client = gateway.owns(new grpc.Client(gateway.control, grpc.credentials.createInsecure()));
  const pass = bytes => bytes;
  const garbage = Buffer.from('ffffffffffffffffff', 'hex');
  for (const rpc of ['Send', 'Join', 'CountConnections']) {
    const error = await new Promise(resolve => {
      client.makeUnaryRequest(`/sluice.v1.Control/${rpc}`, pass, pass, garbage, resolve);
    });
    assert.equal(error.code, grpc.status.INVALID_ARGUMENT, `${rpc}: ${error.message}`);
  }
  await bystander.calm();
});

// A worker's stream that says this much before the garbage.
async function endOfGarbageBehind(messages) {
  const client = gateway.owns(new grpc.Client(gateway.control, grpc.credentials.createInsecure()));
  const pass = bytes => bytes;
  const stream = client.makeBidiStreamRequest('/sluice.v1.Workers/Serve', pass, pass);
  const ended = new Promise(resolve => {
    stream.on('data', () => {});
    stream.on('error', resolve);
    stream.on('end', () => resolve(undefined));
  });
  for (const message of messages) stream.write(message);
  stream.write(Buffer.from('ffffffffffffffffff', 'hex'));
  return failure(await ended);
}

test('a worker that speaks no protobuf, at once and behind its hello', async () => {
  const hello = Buffer.from('0a050a01771001', 'hex');  // {hello: {worker: "w", credit: 1}}
  for (const before of [[], [hello]]) {
    const {status, reason} = await endOfGarbageBehind(before);
    assert.deepEqual({status, reason}, {status: 'INVALID_ARGUMENT', reason: 'MALFORMED'});
  }
  await bystander.calm();
});

test('an admin request that is no GET, and one that is nothing', async () => {
  assert.equal((await gateway.fetch('/metrics', {method: 'POST'})).status, 405);
  assert.equal((await gateway.fetch('/no/such/page')).status, 404);
  const raw = await Raw.connect(gateway.admin);
  raw.write('rubbish\r\n\r\n');
  assert.equal((await raw.http()).status, 400);
  raw.destroy();
});
