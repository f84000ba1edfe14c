// SPDX-License-Identifier: Apache-2.0
//
// The MessagePack-RPC dialect byte by byte, in the manner of the msgpack-rpc-websockets forks: no
// "jsonrpc" key, integer keys, nothing of 64 bits on the way to the client.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {decode, encode} from '@msgpack/msgpack';
import {Gateway, Plain, Worker, json, outcome} from './harness.mjs';

let gateway, control, worker, client;

before(async () => {
  gateway = await Gateway.start({'commands-per-second': 0});
  control = gateway.controlClient();
  worker = await Worker.open(gateway);
  await worker.serve('default', {
    methods: {sum: ([a, b]) => a + b, echo: params => params ?? null,
      text: params => JSON.stringify(params)},
    events: ['ev'],
  });
  client = await Plain.open(gateway.url());
});
after(() => gateway.stop());

const bytes = hex => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const same = async (sent, expected, to = client) => {
  to.send(bytes(sent));
  const got = await to.nextRaw(`an answer to ${sent}`);
  assert.ok(Buffer.isBuffer(got), `a binary frame, got ${got}`);
  assert.equal(got.toString('hex'), bytes(expected).toString('hex'));
};
const hex = value => Buffer.from(encode(value)).toString('hex');

test('call', () => same('83 a66d6574686f64 a373756d a6706172616d73 920102 a26964 01',
  '82 a6726573756c74 03 a26964 01'));

test('call without params: nil, and absent', async () => {
  worker.invocations.takeAll();
  await same('83a66d6574686f64a46563686fa6706172616d73c0a2696403', '82a6726573756c74c0a2696403');
  assert.equal((await worker.invocations.next()).call.params?.content, undefined);
  await same('82a66d6574686f64a46563686fa2696403', '82a6726573756c74c0a2696403');
});

test('unknown method', () => same(hex({method: 'nope', params: [], id: 17}),
  '82a56572726f7282a4636f6465d180a7a76d657373616765b04d6574686f64206e6f7420666f756e64a2696411'));

test('notify', async () => {
  worker.invocations.takeAll();
  client.send(bytes('82a66d6574686f64a373756da6706172616d73920102'));
  assert.equal((await worker.invocations.next()).call.notification, true);
  await same(hex({method: 'sum', params: [1, 1], id: 1}), '82a6726573756c7402a2696401');
});

test('rpc.on, an event, rpc.off', async () => {
  await same(hex({method: 'rpc.on', params: ['ev'], id: 24}),
    '82a6726573756c7481a26576a26f6ba2696418');
  assert.deepEqual(
    await control.send({namespace: 'default', channels: ['ev']}, 'ev', json([1])), outcome(1, 1));
  assert.equal((await client.nextRaw()).toString('hex'),
    '82ac6e6f74696669636174696f6ea26576a6706172616d739101');
  await same(hex({method: 'rpc.off', params: ['ev'], id: 25}),
    '82a6726573756c7481a26576a26f6ba2696419');
});

test('binary and text bodies of events', async () => {
  await same(hex({method: 'rpc.on', params: ['ev'], id: 24}),
    '82a6726573756c7481a26576a26f6ba2696418');
  const head = '82ac6e6f74696669636174696f6ea26576a6706172616d73';
  const cases = [
    [{binary: Buffer.from([1, 2, 255])}, '91c4030102ff'], [{text: 'hi'}, '91a26869'],
    [undefined, '90'], [json(null), '91c0'], [json({k: 1}), '81a16b01'], [json(5), '9105'],
  ];
  for (const [body, tail] of cases) {
    await control.send({namespace: 'default', channels: ['ev']}, 'ev', body);
    assert.equal((await client.nextRaw()).toString('hex'), head + tail);
  }
  await client.inbox.takeAll();
  client.pack({method: 'rpc.off', params: ['ev'], id: 25});
  await client.next();
});

test('batch', () => same(
  hex([{method: 'sum', params: [1, 2], id: 1}, {method: 'sum', params: [1, 2]},
    {method: 'nope', id: 2}]),
  hex([{result: 3, id: 1}, {error: {code: -32601, message: 'Method not found'}, id: 2}])));

test('an empty batch', () => same('90',
  hex({error: {code: -32600, message: 'Invalid Request', data: 'Invalid array'}, id: null})));

test('jsonrpc is mirrored only to those who said it', () => same(
  hex({jsonrpc: '2.0', method: 'sum', params: [1, 2], id: 1}),
  hex({jsonrpc: '2.0', result: 3, id: 1})));

test('ids of other types', async () => {
  for (const id of ['a', 'x'.repeat(40), -1, 200, 70000, 1.5, true]) {
    await same(hex({method: 'sum', params: [1, 2], id}), hex({result: 3, id}));
  }
});

test('integer keys are read as their decimal text', () => same(
  '83 a66d6574686f64 a474657874 a6706172616d73 810102 a26964 01',
  hex({result: '{"1":2}', id: 1})));

test('no integer of 64 bits goes out: floats, which every client in the field reads', async () => {
  const result = async number => {
    client.pack({method: 'echo', params: [number], id: 1});
    const got = (await client.nextRaw()).toString('hex');
    assert.match(got, /^82a6726573756c7491/);
    return got.slice('82a6726573756c7491'.length, -'a2696401'.length);
  };
  assert.equal(await result(2 ** 31 - 1), 'ce7fffffff');
  assert.equal(await result(2 ** 32 - 1), 'ceffffffff');
  assert.equal(await result(2 ** 32), 'cb41f0000000000000');
  assert.equal(await result(2 ** 53), 'cb4340000000000000');
  assert.equal(await result(-(2 ** 31)), 'd280000000');
  assert.equal(await result(-(2 ** 31) - 1), 'cbc1e0000000200000');
  assert.equal(await result(1), '01');
  assert.equal(await result(-1), 'ff');
  assert.equal(await result(128), 'cc80');
  assert.equal(await result(-129), 'd1ff7f');
});

test('uint64 and int64 from a client are accepted', async () => {
  await same(`83 a66d6574686f64 a474657874 a6706172616d73 92cf0000000100000000d3ffffffff00000000
    a26964 01`.replaceAll('\n', ''), hex({result: '[4294967296,-4294967296]', id: 1}));
});

test('float32 from a client', () => same(
  '83 a66d6574686f64 a474657874 a6706172616d73 91ca3fc00000 a26964 01',
  hex({result: '[1.5]', id: 1})));

test('no document', async () => {
  for (const broken of ['c1', '83', 'a5', 'dfffffffff', 'ddffffffff', 'dbffffffff61', '0102',
    '83a66d6574686f64a373756da6706172616d73920102a26964']) {
    client.send(bytes(broken));
    const answer = await client.next(`an answer to ${broken}`);
    assert.equal(answer.error?.code, -32700, `${broken}: ${JSON.stringify(answer)}`);
    assert.equal(answer.error.message, 'Parse error');
    assert.equal(answer.id, null);
    assert.ok(!('jsonrpc' in answer));
  }
});

test('no request', async () => {
  const missing = {code: -32602, message: 'Invalid params', data: 'Method not specified'};
  for (const scalar of ['c0', '01', 'a161', 'c3', 'cb3ff8000000000000']) {
    await same(scalar, hex({error: missing, id: null}));
  }
  await same('9101', hex([{error: {code: -32600, message: 'Invalid Request'}, id: null}]));
  client.pack({method: 5, id: 1});
  assert.deepEqual(await client.next(), {id: 1,
    error: {code: -32600, message: 'Invalid Request', data: 'Invalid method name'}});
  client.pack({id: 1});
  assert.deepEqual(await client.next(), {id: 1, error: missing});
});

test('a map as the params of rpc.on is refused, and nothing dies', async () => {
  client.pack({method: 'rpc.on', params: {a: 1}, id: 1});
  assert.equal((await client.next()).error.code, -32600);
  await same(hex({method: 'sum', params: [1, 1], id: 1}), '82a6726573756c7402a2696401');
});

test('a text frame is no MessagePack', async () => {
  client.send('{"method":"sum","params":[1,2],"id":1}');
  const {id, error: {code, message}} = await client.next();
  assert.deepEqual([id, code, message], [null, -32700, 'Parse error']);
  await same(hex({method: 'sum', params: [1, 1], id: 1}), '82a6726573756c7402a2696401');
});

test('?codec=msgpack speaks MessagePack before the client said anything', async () => {
  const other = await Plain.open(gateway.url('/?codec=msgpack&socket_id=codec'));
  await control.send({namespace: 'default', connection_ids: ['codec']}, 'hi', json([1]));
  assert.equal((await other.nextRaw()).toString('hex'), hex({notification: 'hi', params: [1]}));
  await other.close();
});

test('the subprotocol msgpack is chosen and answered', async () => {
  const other = await Plain.open(gateway.url('/?socket_id=sub'), {protocols: ['msgpack']});
  assert.equal(other.protocol, 'msgpack');
  await control.send({namespace: 'default', connection_ids: ['sub']}, 'hi', json([1]));
  assert.equal((await other.nextRaw()).toString('hex'), hex({notification: 'hi', params: [1]}));
  await other.close();
});

test('the first frame decides, and the directory shows it', async () => {
  const dialect = async id =>
    (await control.call('GetConnection', {namespace: 'default', connection_id: id})).dialect;
  const other = await Plain.open(gateway.url('/?socket_id=first'));
  assert.equal(await dialect('first'), 'DIALECT_JSON_RPC');
  await same(hex({method: 'sum', params: [1, 2], id: 1}), '82a6726573756c7403a2696401', other);
  assert.equal(await dialect('first'), 'DIALECT_MSGPACK_RPC');
  await other.close();
});

test('each dialect gets its own bytes of one message', async () => {
  const text = await Plain.open(gateway.url('/?socket_id=mixed-json'));
  const packed = await Plain.open(gateway.url('/?socket_id=mixed-msgpack&codec=msgpack'));
  const to = {namespace: 'default', connection_ids: ['mixed-json', 'mixed-msgpack']};
  const before = await gateway.metric('sluice_message_encodings_total');
  assert.deepEqual(await control.send(to, 'both', json({big: 4294967296})), outcome(2, 2));
  assert.equal(await text.nextRaw(), '{"notification":"both","params":{"big":4294967296}}');
  const raw = await packed.nextRaw();
  assert.deepEqual(decode(raw), {notification: 'both', params: {big: 4294967296}});
  assert.match(raw.toString('hex'), /cb41f0000000000000$/);
  await gateway.rises('sluice_message_encodings_total', {}, before, 2);
  await text.close();
  await packed.close();
});
