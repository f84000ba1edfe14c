// SPDX-License-Identifier: Apache-2.0
//
// Clients of every dialect side by side in one namespace.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {Gateway, Line, Plain, Worker, json, outcome, runToEnd} from './harness.mjs';

let gateway, control;

before(async () => {
  gateway = await Gateway.start({shards: 2, routes: [
    '/rpc/=json_rpc:lobby', '/packed/=msgpack_rpc:lobby', '/sc/=socketcluster:lobby',
    '/l/=line:lobby', '/p/=presence:lobby', '/r/=raw:lobby', '/any/=line:?room', '/raw/=line:*',
  ].join(',')});
  control = gateway.controlClient();
});
after(() => gateway.stop());

const open = target => Plain.open(gateway.url(target));

// Everybody with two connections, ready to get events; {name: [clients]}.
async function everybody() {
  const two = async target => [await open(target), await open(target)];
  const clients = {
    json_rpc: await two('/rpc/'), msgpack_rpc: await two('/packed/'),
    socketcluster: await two('/sc/'), raw: await two('/r/'),
    line: [await Line.greeted(gateway.url('/l/')), await Line.greeted(gateway.url('/l/'))],
    presence: await two('/p/?identity=ann'),
  };
  for (const client of clients.socketcluster) {
    client.send('{"event":"#handshake","data":{"authToken":null},"cid":1}');
    await client.nextRaw('the handshake');
  }
  for (const client of clients.presence) await client.nextRaw('the snapshot');
  await clients.presence[0].nextRaw('the join of the other');
  return clients;
}

const SHAPES = {
  json_rpc: '{"notification":"note","params":{"a":1}}',
  msgpack_rpc: '82ac6e6f74696669636174696f6ea46e6f7465a6706172616d7381a16101',
  socketcluster: '{"event":"note","data":{"a":1}}',
  line: '{"n":"note","p":{"a":1}}',
  presence: '{"event":"note","data":{"a":1}}',
  raw: '{"a":1}',
};

test('one Send reaches each in its own shape, encoded once a dialect', async () => {
  const clients = await everybody();
  const encodings = () => gateway.metric('sluice_message_encodings_total');
  const before = await encodings();
  assert.deepEqual(await control.send({namespace: 'lobby'}, 'note', json({a: 1})), outcome(12, 12));
  for (const [dialect, some] of Object.entries(clients)) {
    for (const client of some) {
      const frame = await client.nextRaw(dialect);
      assert.equal(typeof frame === 'string' ? frame : frame.toString('hex'), SHAPES[dialect],
        dialect);
    }
  }
  assert.equal(await encodings() - before, 6);
  assert.deepEqual(await control.send({namespace: 'lobby', dialects: ['DIALECT_LINE',
    'DIALECT_RAW']}, 'note', json({a: 1})), outcome(4, 4));
  assert.equal(await encodings() - before, 8);
  for (const some of Object.values(clients)) for (const client of some) client.socket.terminate();
});

test('what one dialect relays or calls, the others take part in', async () => {
  const worker = await Worker.open(gateway);
  await worker.serve('lobby2', {methods: {add: ([a, b]) => a + b}});
  const line = await Line.greeted(gateway.url('/any/?room=lobby2'));
  const rpc = await open('/lobby2');
  const ann = await open('/presence/lobby2?identity=ann&id=7500');
  await ann.nextRaw('the snapshot');
  ann.send('{"action":"cursor","x":1}');
  assert.deepEqual(await line.next(),
    {n: 'cursor', p: {action: 'cursor', x: 1, clientId: '7500'}});
  assert.deepEqual(await rpc.next(),
    {notification: 'cursor', params: {action: 'cursor', x: 1, clientId: '7500'}});
  line.send('{"n":"add","p":[1,2],"i":"b"}');
  assert.equal(await line.nextRaw(), '{"n":"_r","p":3,"i":"b","e":null}');
  assert.equal((await rpc.call('add', [1, 2])).result, 3);
  for (const client of [line, rpc, ann]) await client.close();
  await worker.finish();
});

test('a listed route wins over a default', async () => {
  const client = await Line.open(gateway.url('/raw/pool'));
  const {dialect} = await control.call('GetConnection',
    {namespace: 'pool', connection_id: client.id});
  assert.equal(dialect, 'DIALECT_LINE');
  await client.close();
});

test('a route that is none stops the start', async () => {
  for (const [route, why] of [['/a/=smoke', 'the dialect is unknown'], ['/a=raw', 'slash'],
    ['/a/', 'PREFIX=DIALECT'], ['/a/=raw,/a/=line', 'given twice']]) {
    const {code, errors} = await runToEnd([`--routes=${route}`, '--listen=127.0.0.1:0',
      '--control=127.0.0.1:0', '--admin=127.0.0.1:0']);
    assert.notEqual(code, 0, route);
    assert.ok(errors.includes(why), errors);
    assert.ok(errors.includes('/a'), errors);
  }
});
