// SPDX-License-Identifier: Apache-2.0
//
// How calls find workers: credit, queues, time limits, cancellation, and workers that die.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {Gateway, HOLD, Plain, Worker, fromBody, json, until} from './harness.mjs';

let gateway, control;

before(async () => {
  gateway = await Gateway.start({
    shards: 1, 'method-queue': 4, 'call-timeout': '5s', 'calls-per-connection': 64,
    'context-headers': 'x-tenant,cookie,user-agent',
  });
  control = gateway.controlClient();
});
after(() => gateway.stop());

const worker = (name, credit = 64) => Worker.open(gateway, {name, credit});
const open = (target, options) => Plain.open(gateway.url(target), options);
const send = (client, method, id, params = []) =>
  client.send({jsonrpc: '2.0', method, params, id});
const error = (code, message, id) =>
  ({jsonrpc: '2.0', error: {code, message, ...RETRY.has(code) && {data: {retry: true}}}, id});

const UNAVAILABLE = [-32010, 'No worker serves this method now'];
const TIMEOUT = [-32011, 'No answer within the time limit'];
const OVERLOADED = [-32012, 'Too many calls wait for a worker'];
const WORKER_LOST = [-32015, 'The worker left before it answered'];
// Nothing has run, and it may work later.
const RETRY = new Set([-32010, -32012]);

test('never registered is -32601, registered before is unavailable', async () => {
  const client = await open('/known');
  assert.deepEqual(await client.call('m', [], 1), error(-32601, 'Method not found', 1));
  const one = await worker('one');
  await one.serve('known', {methods: {m: () => 'served'}});
  assert.equal((await client.call('m', [], 2)).result, 'served');
  assert.equal(await one.finish(), undefined);
  assert.deepEqual(await client.call('m', [], 3), error(...UNAVAILABLE, 3));
  const again = await worker('again');
  await again.serve('known', {methods: {m: () => 'back'}});
  assert.equal((await client.call('m', [], 4)).result, 'back');
  await again.finish();
  await client.close();
});

test('two workers share by free credit', async () => {
  const [big, small] = [await worker('big', 8), await worker('small', 2)];
  for (const each of [big, small]) await each.serve('share', {methods: {hold: () => HOLD}});
  const client = await open('/share');
  for (let id = 1; id <= 10; ++id) send(client, 'hold', id);
  await until(() => big.held.size + small.held.size === 10, 'ten calls to arrive');
  assert.deepEqual([big.held.size, small.held.size], [8, 2]);
  for (const each of [big, small]) {
    for (const id of each.held) each.answer({id, result: json(each.welcome.credit)});
  }
  const results = [];
  for (let i = 0; i < 10; ++i) results.push((await client.next()).result);
  assert.deepEqual(results.sort(), [2, 2, 8, 8, 8, 8, 8, 8, 8, 8]);
  await big.finish();
  await small.finish();
  await client.close();
});

test('without credit calls wait, in their order, and the queue has an end', async () => {
  const before = await gateway.metric('sluice_command_errors_total', {reason: 'overloaded'});
  const one = await worker('one', 1);
  await one.serve('queue', {methods: {hold: () => HOLD}});
  const client = await open('/queue');
  for (let id = 1; id <= 6; ++id) send(client, 'hold', id, [id]);
  assert.deepEqual(await client.next(), error(...OVERLOADED, 6));
  await gateway.rises('sluice_command_errors_total', {reason: 'overloaded'}, before);
  assert.equal(one.received, 1);
  assert.equal(await gateway.metric('sluice_calls_waiting'), 4);
  for (let id = 1; id <= 5; ++id) {
    const invocation = await one.invocations.next();
    assert.deepEqual(fromBody(invocation.call.params), [id]);
    one.answer({id: invocation.id, result: json(id)});
    assert.deepEqual(await client.next(), {jsonrpc: '2.0', result: id, id});
  }
  await one.finish();
  await client.close();
});

test('credit may be added and taken away', async () => {
  const one = await worker('one', 1);
  assert.equal(one.welcome.credit, 1);
  await one.serve('credit', {methods: {hold: () => HOLD}});
  const client = await open('/credit');
  for (let id = 1; id <= 4; ++id) send(client, 'hold', id);
  await until(() => one.held.size === 1, 'the first call');
  one.write({add_credit: 2});
  await until(() => one.held.size === 3, 'two more');
  one.write({add_credit: -2});
  const [first, second, third] = [...one.held];
  for (const id of [first, second]) one.answer({id, result: json('x')});
  await client.next();
  await client.next();
  assert.equal(one.held.size, 1);
  one.answer({id: third, result: json('x')});
  await until(() => one.held.size === 1 && one.received === 4, 'the last');
  one.answer({id: [...one.held][0], result: json('x')});
  await client.next();
  await client.next();
  await one.finish();
  await client.close();
});

test('in_flight_max bounds one method of a worker', async () => {
  const one = await worker('one');
  await one.serve('bound', {methods: {hold: {in_flight_max: 2, run: () => HOLD}, free: () => 1}});
  const client = await open('/bound');
  for (let id = 1; id <= 3; ++id) send(client, 'hold', id);
  await until(() => one.held.size === 2, 'two calls');
  assert.equal((await client.call('free', [], 9)).result, 1);
  assert.equal(one.held.size, 2);
  one.answer({id: [...one.held][0], result: json('done')});
  await client.next();
  await until(() => one.received === 4, 'the third call');
  for (const id of one.held) one.answer({id, result: json('done')});
  await client.next();
  await client.next();
  await one.finish();
  await client.close();
});

test('a worker that dies fails what it had, and nothing else', async () => {
  const before = await gateway.metric('sluice_command_errors_total', {reason: 'worker_lost'});
  const [dying, living] = [await worker('dying'), await worker('living')];
  await dying.serve('death', {methods: {hold: () => HOLD, both: () => 'dying'}});
  const client = await open('/death');
  const other = await open('/death');
  send(client, 'hold', 1);
  send(client, 'hold', 2);
  await until(() => dying.held.size === 2, 'the calls');
  await living.serve('death', {methods: {both: () => 'living'}});
  dying.kill();
  const lost = [await client.next(), await client.next()].sort((a, b) => a.id - b.id);
  assert.deepEqual(lost, [error(...WORKER_LOST, 1), error(...WORKER_LOST, 2)]);
  await gateway.rises('sluice_command_errors_total', {reason: 'worker_lost'}, before, 2);
  assert.deepEqual(await client.call('hold', [], 3), error(...UNAVAILABLE, 3));
  assert.equal((await client.call('both', [], 4)).result, 'living');
  assert.equal((await other.call('both', [], 5)).result, 'living');
  await living.finish();
  await client.close();
  await other.close();
});

test('what waits fails as unavailable when the last worker goes', async () => {
  const one = await worker('one', 1);
  await one.serve('last', {methods: {hold: () => HOLD}});
  const client = await open('/last');
  send(client, 'hold', 1);
  send(client, 'hold', 2);
  await until(async () => await gateway.metric('sluice_calls_waiting') === 1, 'one to wait');
  one.kill();
  const both = [await client.next(), await client.next()].sort((a, b) => a.id - b.id);
  assert.deepEqual(both, [error(...WORKER_LOST, 1), error(...UNAVAILABLE, 2)]);
  await client.close();
});

test('the time limit fails the call, and the cancellation reaches the worker', async () => {
  const one = await worker('one');
  await one.serve('late', {methods: {
    hold: {time_limit: {nanos: 100_000_000}, run: () => HOLD}, ok: () => 1}});
  const client = await open('/late');
  const before = Date.now();
  assert.deepEqual(await client.call('hold', [], 1), error(...TIMEOUT, 1));
  const {id, deadline} = await one.invocations.next();
  const at = deadline.seconds * 1000 + deadline.nanos / 1e6;
  assert.ok(at > before && at < before + 2000, `${at - before}`);
  assert.equal(await one.cancelled.next(), id);
  const dropped = await gateway.metric('sluice_results_dropped_total');
  one.answer({id, result: json('too late')});
  await gateway.rises('sluice_results_dropped_total', {}, dropped);
  await client.quiet();
  await one.finish();
  await client.close();
});

test('a cancelled call holds its credit until it is answered', async () => {
  const one = await worker('one', 1);
  await one.serve('slot', {methods: {
    hold: {time_limit: {nanos: 50_000_000}, run: () => HOLD}, ok: () => 'ok'}});
  const client = await open('/slot');
  assert.deepEqual(await client.call('hold', [], 1), error(...TIMEOUT, 1));
  const {id} = await one.invocations.next();
  send(client, 'ok', 2);
  await until(async () => await gateway.metric('sluice_calls_waiting') === 1, 'it to wait');
  one.answer({id, error: {name: 'Late', message: 'cancelled'}});
  assert.equal((await client.next()).result, 'ok');
  await one.finish();
  await client.close();
});

test('a client that leaves cancels its calls', async () => {
  const one = await worker('one');
  await one.serve('leave', {methods: {hold: () => HOLD}});
  for (const leave of [c => c.close(), c => c.socket.terminate()]) {
    const client = await open('/leave');
    send(client, 'hold', 1);
    const {id} = await one.invocations.next();
    await leave(client);
    assert.equal(await one.cancelled.next(), id);
    one.answer({id, error: {name: 'Gone', message: ''}});
  }
  await one.finish();
});

test('Goodbye: no new work, what is under way may finish', async () => {
  const one = await worker('one');
  await one.serve('bye', {methods: {hold: () => HOLD}});
  const client = await open('/bye');
  send(client, 'hold', 1);
  await until(() => one.held.size === 1, 'the call');
  const end = one.goodbye();
  await until(async () => {
    const {methods} = await control.call('ListMethods', {namespace: 'bye'});
    return methods[0].workers.length === 0;
  }, 'the registrations to go');
  assert.deepEqual(await client.call('hold', [], 2), error(...UNAVAILABLE, 2));
  one.answer({id: [...one.held][0], result: json('finished')});
  assert.equal((await client.next()).result, 'finished');
  assert.equal(await end, undefined);
  await client.close();
});

test('the context is what was asked for, no more', async () => {
  const [all, some] = [await worker('all'), await worker('some')];
  let seen;
  const look = (_, {context}) => { seen = context; };
  await all.serve('ctx-all', {
    methods: {look}, header_names: ['X-Tenant', 'Cookie', 'Authorization', 'Absent'],
    context: ['CONNECTION', 'USER', 'LABELS', 'NAMESPACE', 'REMOTE_ADDRESS', 'HEADERS', 'TARGET'],
  });
  await some.serve('ctx-some', {methods: {look}, context: ['USER'], header_names: ['X-Tenant']});
  const headers = {'X-Tenant': 'acme', Authorization: 'secret', Cookie: 'a=1'};
  const client = await open('/ctx-all?socket_id=me&q=%20', {headers});
  await control.outcome('UpdateConnections', {
    selector: {namespace: 'ctx-all'}, user: 'ann', labels: {tier: 'gold'}});
  await client.call('look');
  assert.deepEqual(seen, {
    connection_id: 'me', user: 'ann', labels: {tier: 'gold'}, namespace: 'ctx-all',
    remote_address: `127.0.0.1:${client.socket._socket.localPort}`,
    headers: {'x-tenant': 'acme', cookie: 'a=1'}, target: '/ctx-all?socket_id=me&q=%20',
    claims_json: Buffer.alloc(0), offered_subprotocols: [], subprotocol: '', traceparent: '',
  });
  const other = await open('/ctx-some', {headers});
  await other.call('look');
  assert.deepEqual(seen, {connection_id: '', user: '', labels: {}, namespace: '',
    remote_address: '', headers: {}, target: '', claims_json: Buffer.alloc(0),
    offered_subprotocols: [], subprotocol: '', traceparent: ''});
  await all.finish();
  await some.finish();
  await client.close();
  await other.close();
});
