// SPDX-License-Identifier: Apache-2.0
//
// One value of a message cannot be read: the message keeps its envelope, so that whoever asked
// hears it by the id, and whoever waits for an answer hears it at once. In every dialect that has
// ids, with the clients that people already use where they can say such a thing.
import assert from 'node:assert/strict';
import {once} from 'node:events';
import {after, before, test} from 'node:test';
import {encode} from '@msgpack/msgpack';
import {Client} from 'rpc-websockets';
import {Gateway, Line, Packets, Plain, Worker, connected, json, outcome, within}
  from './harness.mjs';

const LONE = '\ud83d';  // half of a pair: JSON.stringify writes it as \ud83d
const deep = depth => `${'['.repeat(depth)}1${']'.repeat(depth)}`;

let gateway, control, worker;

before(async () => {
  gateway = await Gateway.start();
  control = gateway.controlClient();
  worker = await Worker.open(gateway);
  await worker.serve('default', {methods: {echo: params => params}});
  await worker.serve('sc', {methods: {echo: params => params}});
  await worker.serve('line', {methods: {echo: params => params}});
});
after(() => gateway.stop());

// A call that no client's answer settles would take this long.
const ask = (namespace, id) => control.ask({
  selector: {namespace, connection_ids: [id]}, method: 'q', params: json([1]),
  timeout: {seconds: 60},
});
const unreadable = async asked => {
  const {answers, outcome: total} = await within(asked, 'the answer that cannot be read');
  assert.deepEqual(total, outcome(1, 1));
  assert.equal(answers[0].how, 'error');
  assert.match(answers[0].error.message, /^The client's answer cannot be read: /);
  assert.equal(answers[0].error.name, 'parse');
};

test('rpc-websockets\' call with half a character is rejected', async () => {
  for (const target of ['/', '/rpc/']) {
    const client = new Client(gateway.url(target), {reconnect: false});
    await within(once(client, 'open'), 'open');
    const refused = client.call('echo', [LONE]);
    await assert.rejects(within(refused, 'a rejection'), {code: -32700, message: 'Parse error'});
    assert.deepEqual(await client.call('echo', ['\ud83d\ude00']), ['\ud83d\ude00']);
    client.close();
  }
});

test('JSON-RPC: the id is kept, alone and in a batch', async () => {
  const client = await Plain.open(gateway.url());
  const call = (params, id) => `{"jsonrpc":"2.0","method":"echo","params":${params},"id":${id}}`;
  const bad = ['["\\ud83d"]', deep(40), '[NaN]', '{"\\ud83d":1}', '["\\x"]'];
  for (const params of bad) {
    const {id, error} = await client.ask(call(params, '"a"'));
    assert.deepEqual([id, error.code], ['a', -32700], params);
  }
  const answers = await client.ask(`[${call('[1]', 1)},${call(bad[0], 2)},${call('[3]', 3)}]`);
  assert.deepEqual(answers.map(({id, result, error}) => [id, result ?? error.code]),
    [[1, [1]], [2, -32700], [3, [3]]]);
  client.send('{"jsonrpc":"2.0","method":"echo","params":["\\ud83d"]}');  // a notification
  await client.quiet();
  await client.close();
});

test('MessagePack: the id is kept, alone and in a batch', async () => {
  const client = await Plain.open(gateway.url('/?codec=msgpack'));
  const call = (bad, id) => Buffer.concat([Buffer.from([0x83]), ...[
    encode('method'), encode('echo'), encode('id'), encode(id), encode('params'),
    Buffer.concat([Buffer.from([0x91]), bad]),
  ]]);
  const bads = [Buffer.from('a1ff', 'hex'), Buffer.from('d40100', 'hex'), Buffer.from('c1', 'hex'),
    Buffer.concat([Buffer.alloc(40, 0x91), Buffer.from([1])])];
  for (const bad of bads) {
    client.send(call(bad, 7));
    const {id, error} = await client.next();
    assert.deepEqual([id, error.code], [7, -32700], bad.toString('hex'));
  }
  client.send(Buffer.concat([Buffer.from([0x92]), call(bads[0], 1), call(encode(5), 2)]));
  const answers = await client.next();
  assert.deepEqual(answers.map(({id, result, error}) => [id, result ?? error.code]),
    [[1, -32700], [2, [5]]]);
  await client.close();
});

test('SocketCluster\'s invoke with half a character is rejected', async () => {
  const client = await connected(gateway, 'sc');
  await assert.rejects(within(client.invoke('echo', LONE), 'a rejection'),
    {name: 'InvalidMessageError'});
  assert.equal(await client.invoke('echo', 'well'), 'well');
  const packets = await Packets.open(gateway, 'sc');
  packets.send(`[{"event":"echo","data":1,"cid":2},{"event":"echo","data":${deep(40)},"cid":3}]`);
  const answers = [await packets.next(), await packets.next()];
  const byCid = Object.fromEntries(answers.map(answer => [answer.rid, answer]));
  assert.equal(byCid[2].data, 1);
  assert.equal(byCid[3].error.name, 'InvalidMessageError');
  await packets.close();
});

test('line\'s request with half a character is rejected', async () => {
  const line = await Line.open(gateway.url('/line/line'));
  await assert.rejects(within(line.client.send('echo', LONE), 'a rejection'));
  assert.equal(await line.client.send('echo', 'well'), 'well');
  line.client.disconnect();
});

test('a JSON-RPC client\'s bad answer ends the call', async () => {
  for (const [target, namespace] of [['/', 'default'], ['/rpc/', 'default']]) {
    const client = await Plain.open(gateway.url(`${target}?socket_id=json`));
    for (const part of [`"result":"\\ud83d"`, `"error":{"code":1,"message":"\\ud83d"}`,
      `"result":${deep(40)}`, '"result":1,"result":2']) {
      const asked = ask(namespace, 'json');
      const {id} = await client.next();
      client.send(`{"jsonrpc":"2.0",${part},"id":${JSON.stringify(id)}}`);
      await unreadable(asked);
    }
    await client.close();
  }
});

test('so does a bad rpc.answer, and its sender is told', async () => {
  const client = new Client(gateway.url('/?socket_id=method'), {reconnect: false});
  await within(once(client, 'open'), 'open');
  await client.subscribe('rpc.call');
  const told = new Promise(resolve => {
    client.on('rpc.call', ({id}) => client.call('rpc.answer', {id, result: LONE}).catch(resolve));
  });
  await unreadable(ask('default', 'method'));
  assert.equal((await within(told, 'the rejection')).code, -32700);
  client.close();
});

test('a MessagePack client\'s bad answer ends the call', async () => {
  const client = await Plain.open(gateway.url('/?codec=msgpack&socket_id=packed'));
  const asked = ask('default', 'packed');
  const {id} = await client.next();
  client.send(Buffer.concat([Buffer.from([0x82]), encode('result'), Buffer.from([0xa1, 0xff]),
    encode('id'), encode(id)]));
  await unreadable(asked);
  await client.close();
});

test('a SocketCluster client\'s bad answer ends the call', async () => {
  const client = await connected(gateway, 'sc');
  (async () => {
    for await (const request of client.procedure('q')) request.end(LONE);
  })();
  await unreadable(ask('sc', client.status.id));
});

test('a line client\'s bad answer ends the call', async () => {
  const line = await Line.open(gateway.url('/line/line'));
  line.client.on('q', message => message.resolve(LONE));
  await unreadable(ask('line', line.id));
  line.client.disconnect();
});

test('a first binary frame that is JSON stays JSON', async () => {
  for (const target of ['/', '/rpc/']) {
    const client = new Client(gateway.url(target), {reconnect: false});
    await within(once(client, 'open'), 'open');
    const binary = {binary: true};
    assert.deepEqual(await within(client.call('echo', [1], 5000, binary), 'an answer'), [1]);
    assert.deepEqual(await client.call('echo', [2]), [2]);
    client.close();
  }
  const batch = await Plain.open(gateway.url());
  batch.send(Buffer.from(' [{"jsonrpc":"2.0","method":"echo","params":[3],"id":0}]'));
  assert.deepEqual(await batch.next(), [{jsonrpc: '2.0', result: [3], id: 0}]);
  await batch.close();
});
