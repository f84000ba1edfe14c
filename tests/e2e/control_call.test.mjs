// SPDX-License-Identifier: Apache-2.0
//
// Control.Call: a backend asks clients, and hears from each.
import assert from 'node:assert/strict';
import {once} from 'node:events';
import {after, before, test} from 'node:test';
import {decode, encode} from '@msgpack/msgpack';
import {Client, CommonClient, WebSocket} from 'rpc-websockets';
import {Gateway, Plain, fromBody, json, outcome, refused, until, within} from './harness.mjs';

let gateway, control;

before(async () => {
  gateway = await Gateway.start({'client-calls-max': 50, shards: 1});
  control = gateway.controlClient();
});
after(() => gateway.stop());

const ask = (fields, method, params, timeout = {seconds: 5}) =>
  control.ask({selector: {namespace: 'default', ...fields}, method, params, timeout});
const one = async (fields, method, params, timeout) => {
  const {answers, outcome: total} = await ask(fields, method, params, timeout);
  assert.deepEqual(total, outcome(1, 1));
  assert.equal(answers.length, 1);
  return answers[0];
};
const open = (id, query = '') => Plain.open(gateway.url(`/?socket_id=${id}${query}`));

test('a JSON-RPC client answers the request by its id', async () => {
  const client = await open('plain');
  const answer = one({connection_ids: ['plain']}, 'ping', json({x: [1, 'ü']}));
  const request = await client.next();
  assert.deepEqual(Object.keys(request), ['jsonrpc', 'method', 'params', 'id']);
  assert.deepEqual([request.jsonrpc, request.method, request.params],
    ['2.0', 'ping', {x: [1, 'ü']}]);
  client.send({jsonrpc: '2.0', result: {pong: true}, id: request.id});
  const {connection_id, user, how, result} = await answer;
  assert.deepEqual([connection_id, user, how, fromBody(result)],
    ['plain', '', 'result', {pong: true}]);
  await client.close();
});

test('without params, and with a result of null', async () => {
  const client = await open('null');
  const answer = one({connection_ids: ['null']}, 'ping');
  const request = await client.next();
  assert.deepEqual(request.params, []);
  client.send({jsonrpc: '2.0', result: null, id: request.id});
  const {how, result} = await answer;
  assert.deepEqual([how, fromBody(result)], ['result', null]);
  await client.close();
});

test('a client rejects', async () => {
  const client = await open('no');
  const answer = one({connection_ids: ['no']}, 'ping');
  const {id} = await client.next();
  client.send({jsonrpc: '2.0', error: {code: -5, message: 'busy', data: {until: 'noon'}}, id});
  const {how, error} = await answer;
  assert.equal(how, 'error');
  assert.deepEqual([error.code, error.message, JSON.parse(error.data_json)],
    [-5, 'busy', {until: 'noon'}]);
  await client.close();
});

test('a MessagePack client answers', async () => {
  const client = await open('packed', '&codec=msgpack');
  const answer = one({connection_ids: ['packed']}, 'ping', json([7]));
  const request = await client.next();
  assert.deepEqual([request.method, request.params], ['ping', [7]]);
  client.pack({result: ['pong', 1.5], id: request.id});
  assert.deepEqual(fromBody((await answer).result), ['pong', 1.5]);
  await client.close();
});

// How users of the unmodified library answer: rpc.call is an event with the call's id in it, and
// rpc.answer a method. README, "Calling clients".
async function answersWithLibrary(client, id) {
  await within(once(client, 'open'), 'open');
  assert.deepEqual(await client.subscribe('rpc.call'), {'rpc.call': 'ok'});
  client.on('rpc.call', ({id: call, method, params}) => client.call('rpc.answer',
    method === 'add' ? {id: call, result: params[0] + params[1]}
      : {id: call, error: {code: 404, message: `no ${method}`}}));
  const added = await one({connection_ids: [id]}, 'add', json([2, 3]));
  assert.deepEqual([added.how, fromBody(added.result)], ['result', 5]);
  const {how, error} = await one({connection_ids: [id]}, 'sing');
  assert.deepEqual([how, error.code, error.message], ['error', 404, 'no sing']);
  await assert.rejects(client.call('rpc.answer', {id: 12345, result: 1}),
    e => (assert.deepEqual(e, {code: -32016, message: 'No call with this id is awaited'}), true));
  client.close();
}

test('unmodified rpc-websockets answers through rpc.call and rpc.answer', () =>
  answersWithLibrary(new Client(gateway.url('/?socket_id=library'), {reconnect: false}),
    'library'));

test('so does its CommonClient over MessagePack', () => {
  const pack = {encode: value => encode(value), decode: bytes => decode(bytes)};
  return answersWithLibrary(new CommonClient((address, options) => new WebSocket(address, options),
    gateway.url('/?socket_id=common'), {reconnect: false}, undefined, pack), 'common');
});

test('unmodified rpc-websockets without rpc.call still hears the request as an event', async () => {
  const client = new Client(gateway.url('/?socket_id=deaf'), {reconnect: false});
  await within(once(client, 'open'), 'open');
  const heard = once(client, 'ping');
  const answer = one({connection_ids: ['deaf']}, 'ping', json([1, 2]), {nanos: 100_000_000});
  assert.deepEqual(await within(heard, 'the event'), [[1, 2]]);
  const {how, timed_out} = await answer;
  assert.deepEqual([how, timed_out], ['timed_out', true]);
  client.close();
});

test('several clients: one answers, one is late, one leaves', async () => {
  const before = await gateway.metric('sluice_client_call_timeouts_total');
  const [quick, late, leaver] = [await open('m-quick'), await open('m-late'), await open('m-gone')];
  const all = ask({connection_ids: ['m-quick', 'm-late', 'm-gone', 'm-none']}, 'who', json([]),
    {nanos: 300_000_000});
  const {id} = await quick.next();
  await late.next();
  await leaver.next();
  quick.send({jsonrpc: '2.0', result: 'me', id});
  leaver.socket.terminate();
  const {answers, outcome: total} = await all;
  assert.deepEqual(total, outcome(3, 3, {not_found: ['m-none']}));
  assert.deepEqual(answers.map(a => [a.connection_id, a.how]).sort(),
    [['m-gone', 'disconnected'], ['m-late', 'timed_out'], ['m-quick', 'result']]);
  await gateway.rises('sluice_client_call_timeouts_total', {}, before);
  await quick.close();
  await late.close();
});

test('a second answer, and one to nothing, changes nothing', async () => {
  const client = await open('twice');
  const answer = one({connection_ids: ['twice']}, 'ping');
  const {id} = await client.next();
  for (const result of ['first', 'second']) client.send({jsonrpc: '2.0', result, id});
  client.send({jsonrpc: '2.0', result: 1, id: 987654});
  assert.equal(fromBody((await answer).result), 'first');
  await client.quiet();
  await client.close();
});

test('nobody to ask', async () => {
  assert.deepEqual(await ask({connection_ids: ['nobody']}, 'ping'),
    {answers: [], outcome: outcome(0, 0, {not_found: ['nobody']})});
});

test('a cancelled call forgets its answers', async () => {
  const client = await open('forgotten');
  const stream = control.raw.Call(
    {selector: {namespace: 'default', connection_ids: ['forgotten']}, method: 'ping'});
  const failed = once(stream, 'error');
  const {id} = await client.next();
  stream.cancel();
  assert.equal((await failed)[0].code, 1);
  client.send({jsonrpc: '2.0', result: 'too late', id});
  await client.quiet();
  await client.close();
});

test('bad input', async () => {
  const bad = (request, status, reason, field) => refused(
    control.collect('Call', {selector: {namespace: 'default'}, method: 'm', ...request}),
    status, reason, field);
  await bad({selector: {}}, 'INVALID_ARGUMENT', 'NAMESPACE_INVALID', 'selector.namespace');
  await bad({method: ''}, 'INVALID_ARGUMENT', 'METHOD_INVALID');
  await bad({method: 'x'.repeat(256)}, 'INVALID_ARGUMENT', 'METHOD_INVALID');
  await bad({params: {json: Buffer.from('{')}}, 'INVALID_ARGUMENT', 'MESSAGE_INVALID');
  await bad({timeout: {seconds: -1}}, 'INVALID_ARGUMENT', 'TIMEOUT_INVALID');
  await bad({timeout: {}}, 'INVALID_ARGUMENT', 'TIMEOUT_INVALID');
  await bad({timeout: {seconds: 301}}, 'INVALID_ARGUMENT', 'TIMEOUT_INVALID');
});

test('more answers awaited than --client-calls-max', async () => {
  const crowd = await Promise.all(Array.from({length: 51},
    (_, i) => Plain.open(gateway.url(`/crowd?socket_id=c${i}`))));
  const everybody = ask({namespace: 'crowd'}, 'm', undefined, {seconds: 30});
  await until(() => crowd.filter(client => client.inbox.size === 1).length === 50,
    'fifty requests');
  await refused(control.collect('Call', {selector: {namespace: 'crowd'}, method: 'm'}),
    'RESOURCE_EXHAUSTED', 'CLIENT_CALLS_EXHAUSTED');
  for (const client of crowd) client.socket.terminate();
  const {answers, outcome: total} = await everybody;
  assert.deepEqual(total, outcome(51, 50, {dropped: {limit: 1}}));
  assert.deepEqual(answers.map(({how}) => how), Array(50).fill('disconnected'));
});

test('a client that owes --client-calls-per-connection answers is asked no more', async () => {
  await Gateway.during({'client-calls-per-connection': 3, shards: 1}, async own => {
    const backend = own.controlClient();
    const debtor = await Plain.open(own.url('/debts'));
    const asking = Array.from({length: 3}, () => backend.ask(
      {selector: {namespace: 'debts'}, method: 'm', timeout: {seconds: 30}}));
    const requests = [await debtor.next(), await debtor.next(), await debtor.next()];
    const {answers, outcome: total} = await backend.ask(
      {selector: {namespace: 'debts'}, method: 'm'});
    assert.deepEqual([answers, total], [[], outcome(1, 0, {dropped: {limit: 1}})]);
    assert.equal(await own.metric('sluice_client_calls_limited_total'), 1);
    for (const {id} of requests) debtor.send({jsonrpc: '2.0', result: 1, id});
    for (const {answers: [{how}]} of await Promise.all(asking)) assert.equal(how, 'result');
    await debtor.close();
  });
});

test('Calls under way hold at most --client-calls-bytes', async () => {
  await Gateway.during({'client-calls-bytes': '1MiB', shards: 1}, async own => {
    const backend = own.controlClient();
    const client = await Plain.open(own.url('/many'));
    const request = {selector: {namespace: 'many'}, method: 'm', timeout: {seconds: 30}};
    const streams = [];
    let refusals = 0;
    for (let i = 0; i < 100; ++i) {
      const stream = backend.raw.Call(request);
      streams.push(stream);
      stream.on('data', () => {});
      stream.on('error', error => { refusals += error.code === 8; });
    }
    await until(async () => refusals > 0 &&
      refusals === await own.metric('sluice_client_calls_refused_total') &&
      client.inbox.size + refusals === 100, 'some to be refused, the others to be asked');
    assert.ok(client.inbox.size >= 55 && client.inbox.size <= 64, `${client.inbox.size}`);
    await refused(backend.collect('Call', request), 'RESOURCE_EXHAUSTED', 'CLIENT_CALLS_EXHAUSTED');
    const held = await own.metric('sluice_client_call_bytes');
    assert.ok(held > 2 ** 20 - 20_000 && held <= 2 ** 20, `${held}`);
    for (const stream of streams) stream.cancel();
    await until(async () => await own.metric('sluice_client_call_bytes') === 0, 'nothing to be held');
    await client.close();
  });
});
