// SPDX-License-Identifier: Apache-2.0
//
// The JSON-RPC dialect frame by frame: what exactly comes back for what exactly was sent.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {Failure, Gateway, HOLD, OPCODE, Plain, Raw, Worker, frame, fromBody, json, until}
  from './harness.mjs';

let gateway, control, worker, client;

before(async () => {
  gateway = await Gateway.start({'commands-per-second': 0});
  control = gateway.controlClient();
  worker = await Worker.open(gateway);
  await worker.serve('default', {
    methods: {
      sum: ([a, b]) => a + b,
      echo: params => params,
      raw: (_, {call}) => call.params.json.toString(),
      hold: () => HOLD,
      boom: () => { throw new Failure({name: 'Broken', message: 'it broke'}); },
      'ünï "x"': () => 'odd',
    },
    login: ({user}) => ({user}),
    events: ['ev'],
  });
  client = await Plain.open(gateway.url());
});
after(() => gateway.stop());

const same = async (sent, expected) => {
  client.send(sent);
  assert.equal(await client.nextRaw(`an answer to ${sent}`), expected);
};
const error = (code, message, data, id = 'null') =>
  `{"jsonrpc":"2.0","error":{"code":${code},"message":"${message}"` +
  `${data === undefined ? '' : `,"data":${JSON.stringify(data)}`}},"id":${id}}`;
const result = (value, id) => `{"jsonrpc":"2.0","result":${value},"id":${id}}`;
const call = (method, params, id) => `{"jsonrpc":"2.0","method":"${method}"` +
  `${params === undefined ? '' : `,"params":${params}`}${id === undefined ? '' : `,"id":${id}`}}`;

test('a call and its result', () => same(call('sum', '[1,2]', '1'), result('3', '1')));

test('members in any order, with white space', async () => {
  await same(' {\n "id" : 7 , "params":[ 1, 2 ],\t"method":"sum","jsonrpc":"2.0"}\r\n',
    result('3', '7'));
});

test('ids are echoed verbatim, whatever they are', async () => {
  for (const id of ['1', '-1', '1.50', '1e3', '123456789012345678901234567890', '"a"',
    '"\\u0041/\\/"', '" "', '"ü"', 'true', '[1, 2]', '{"a": [null]}']) {
    await same(call('sum', '[1,2]', id), result('3', id));
  }
});

test('a falsy id is an id', async () => {
  for (const id of ['0', '""', 'null', 'false']) {
    await same(call('sum', '[1,2]', id), result('3', id));
    await same(call('boom', '[]', id), error(-32000, 'Broken', 'it broke', id));
    await same(call('nope', '[]', id), error(-32601, 'Method not found', undefined, id));
  }
});

test('a message without an id is never answered, whatever goes wrong', async () => {
  for (const [method, params] of [['sum', '[1,2]'], ['boom', '[]'], ['nope', '[]'],
    ['rpc.on', '["nope"]'], ['rpc.on'], ['rpc.off', '5'], ['rpc.login'], ['rpc.answer', '[7,1]'],
    ['x'.repeat(300)]]) {
    client.send(call(method, params));
  }
  await client.quiet();
});

test('no document', async () => {
  for (const text of ['', ' ', '{', '[', '[1,', '{"a"}', 'nonsense', '{"a":1}}',
    '{"jsonrpc":"2.0",}', '{"a":"\\x"}', '{"a":01}', '"\\ud800"', '{"a":\u0001"b"}', '\u0000']) {
    client.send(text);
    const answer = await client.next(`an answer to ${JSON.stringify(text)}`);
    assert.equal(answer.error?.code, -32700, `${JSON.stringify(text)}: ${JSON.stringify(answer)}`);
    assert.equal(answer.error.message, 'Parse error');
    assert.equal(typeof answer.error.data, 'string');
    assert.equal(answer.id, null);
    assert.equal(answer.jsonrpc, '2.0');
  }
});

test('no request', async () => {
  for (const text of ['1', 'null', '"x"', 'true']) {
    await same(text, error(-32600, 'Invalid Request'));
  }
  const version = error(-32600, 'Invalid Request', 'Invalid JSON RPC version', '1');
  await same('{"method":"sum","id":1}', version);
  await same('{"jsonrpc":"1.0","method":"sum","id":1}', version);
  await same('{"jsonrpc":2.0,"method":"sum","id":1}', version);
  await same('{}', error(-32600, 'Invalid Request', 'Invalid JSON RPC version'));
  const name = error(-32600, 'Invalid Request', 'Invalid method name', '1');
  await same('{"jsonrpc":"2.0","method":5,"id":1}', name);
  await same('{"jsonrpc":"2.0","method":["sum"],"id":1}', name);
  const missing = error(-32602, 'Invalid params', 'Method not specified', '1');
  await same('{"jsonrpc":"2.0","id":1}', missing);
  await same('{"jsonrpc":"2.0","method":"","id":1}', missing);
  await same(call('sum', '"text"', '1'), error(-32600, 'Invalid Request', undefined, '1'));
});

test('a key twice', () =>
  same('{"jsonrpc":"2.0","method":"sum","method":"echo","id":1}',
    error(-32600, 'Invalid Request', 'Duplicate key method', '1')));

test('a handler\'s error', () =>
  same(call('boom', '[]', '1'), error(-32000, 'Broken', 'it broke', '1')));

test('an odd method name', () => same(call('ünï \\"x\\"', '[]', '1'), result('"odd"', '1')));

test('an escaped method name is the same method', () =>
  same(call('s\\u0075m', '[1,2]', '1'), result('3', '1')));

test('params pass through as they are', async () => {
  for (const params of ['[1.0,1e2,-0]', '[ 1 , 2 ]', '{"a" : "\\u0041"}', '[12345678901234567890]',
    '{"a":{"a":{"a":[]}}}']) {
    await same(call('raw', params, '1'), result(JSON.stringify(params), '1'));
  }
});

test('batches are answered in order, without the notifications', async () => {
  const [good, silent, bad] =
    [call('sum', '[1,2]', '1'), call('sum', '[1,2]'), call('nope', undefined, '2')];
  await same(`[${good},${silent},${bad}]`,
    `[${result('3', '1')},${error(-32601, 'Method not found', undefined, '2')}]`);
  await same(`[1,{},${call('sum', '[2,2]', '"x"')}]`,
    `[${error(-32600, 'Invalid Request')},` +
    `${error(-32600, 'Invalid Request', 'Invalid JSON RPC version')},${result('4', '"x"')}]`);
  await same(`[${call('rpc.on', '["ev"]', '1')},${call('rpc.off', '["ev"]', '2')}]`,
    `[${result('{"ev":"ok"}', '1')},${result('{"ev":"ok"}', '2')}]`);
});

test('an empty batch', () => same('[]', error(-32600, 'Invalid Request', 'Invalid array')));

test('a batch of notifications is not answered', async () => {
  client.send(`[${call('sum', '[1,2]')},${call('echo', '[]')}]`);
  await client.quiet();
});

test('the commands of a batch wait for one another', async () => {
  client.send(`[${call('hold', '[]', '1')},${call('sum', '[1,2]', '2')}]`);
  const [id] = await until(() => worker.held.size === 1 && [...worker.held], 'the first');
  const {received} = worker;
  await client.quiet();
  assert.equal((await client.call('sum', [1, 1], 'other')).result, 2);
  assert.equal(worker.received, received + 1);
  worker.answer({id, result: json('first')});
  assert.equal(await client.nextRaw(), `[${result('"first"', '1')},${result('3', '2')}]`);
});

test('event frames always carry params', async () => {
  await client.subscribe('ev');
  const bodies = [
    [undefined, '[]'], [{}, '[]'], [json(null), '[null]'], [json([]), '[]'], [json({}), '{}'],
    [json(5), '[5]'], [json([1, 'b']), '[1,"b"]'], [json({k: 1}), '{"k":1}'],
    [{json: Buffer.from(' [ 1 ] ')}, undefined],
    [{text: 'a"b'}, '["a\\"b"]'],
    [{binary: Buffer.from([0, 255])}, '[{"base64":true,"data":"AP8="}]'],
  ];
  for (const [body, params] of bodies) {
    await control.send({namespace: 'default', channels: ['ev']}, 'ev', body);
    const raw = await client.nextRaw();
    if (params) assert.equal(raw, `{"notification":"ev","params":${params}}`);
    else assert.deepEqual(JSON.parse(raw), {notification: 'ev', params: [1]});
  }
  await control.send({namespace: 'default', channels: ['ev']}, 'odd "name" \\ ü', undefined);
  assert.equal(await client.nextRaw(),
    '{"notification":"odd \\"name\\" \\\\ ü","params":[]}');
  await client.call('rpc.off', ['ev']);
});

test('a message in fragments, with a ping in between', async () => {
  const raw = await Raw.upgraded(gateway.client);
  const text = call('sum', '[1,2]', '1');
  raw.write(frame(OPCODE.text, text.slice(0, 10), {fin: false}));
  raw.write(frame(OPCODE.ping, 'here?'));
  raw.write(frame(OPCODE.continuation, text.slice(10), {fin: true}));
  const pong = await raw.frame();
  assert.deepEqual([pong.opcode, pong.payload.toString()], [OPCODE.pong, 'here?']);
  const answer = await raw.frame();
  assert.equal(answer.payload.toString(), result('3', '1'));
  assert.deepEqual([answer.opcode, answer.fin, answer.masked], [OPCODE.text, true, false]);
  raw.destroy();
});

test('JSON in a binary frame, once the dialect is settled', async () => {
  const other = await Plain.open(gateway.url());
  other.send(call('sum', '[1,2]', '1'));
  assert.equal(await other.nextRaw(), result('3', '1'));
  other.send(Buffer.from(call('sum', '[2,2]', '2')));
  assert.equal(await other.nextRaw(), result('4', '2'));
  await other.close();
});

test('a byte at a time', async () => {
  const raw = await Raw.upgraded(gateway.client);
  for (const byte of frame(OPCODE.text, call('sum', '[1,2]', '1'))) raw.write(Buffer.from([byte]));
  assert.equal((await raw.frame()).payload.toString(), result('3', '1'));
  raw.destroy();
});

test('many calls in one segment are all answered', async () => {
  const raw = await Raw.upgraded(gateway.client);
  const calls = Array.from({length: 50},
    (_, i) => frame(OPCODE.text, call('sum', `[${i},1]`, `"n${i}"`)));
  raw.write(Buffer.concat(calls));
  const got = new Set();
  for (let i = 0; i < 50; ++i) got.add((await raw.frame()).payload.toString());
  assert.deepEqual(got,
    new Set(Array.from({length: 50}, (_, i) => result(`${i + 1}`, `"n${i}"`))));
  raw.destroy();
});

test('what a worker gets is what was sent', async () => {
  worker.invocations.takeAll();
  await client.call('echo', {deep: [{x: 'ü'}]}, 1);
  const {call: {method, params, notification}, what} = await worker.invocations.next();
  assert.deepEqual([what, method, notification, fromBody(params)],
    ['call', 'echo', false, {deep: [{x: 'ü'}]}]);
  assert.equal(params.json.toString(), '{"deep":[{"x":"ü"}]}');
});
