// SPDX-License-Identifier: Apache-2.0
//
// The Serve stream itself: hello, registrations, and what ends it.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {Gateway, Plain, Worker, failure, json, within} from './harness.mjs';

let gateway, control;

before(async () => {
  gateway = await Gateway.start({
    'workers-max': 4, 'worker-credit-max': 100, 'methods-max': 20});
  control = gateway.controlClient();
});
after(() => gateway.stop());

const ends = async (worker, status, reason) => {
  const error = await within(worker.ended, 'the stream to end');
  assert.ok(error, 'the stream ended with OK');
  const found = failure(error);
  assert.deepEqual([found.status, found.reason], [status, reason], error.message);
};

// A stream on which nothing was said yet.
function bare() {
  const stream = gateway.workersClient().Serve();
  const ended = new Promise(resolve => {
    stream.on('data', () => {});
    stream.on('error', resolve);
    stream.on('end', () => resolve(undefined));
  });
  return {stream, ended};
}

test('Welcome names the node and what the credit became', async () => {
  const worker = await Worker.open(gateway, {credit: 1000});
  assert.equal(worker.welcome.credit, 100);
  assert.notEqual(worker.welcome.node, '');
  assert.notEqual(worker.welcome.epoch, '');
  assert.equal(await worker.finish(), undefined);
});

test('the first message is Hello', async () => {
  const first = bare();
  first.stream.write({registers: [{id: 1, namespace: 'x', methods: [{name: 'm'}]}]});
  await ends(first, 'INVALID_ARGUMENT', 'HELLO_EXPECTED');
  const named = bare();
  named.stream.write({hello: {worker: '', credit: 1}});
  await ends(named, 'INVALID_ARGUMENT', 'MALFORMED');
  const credit = bare();
  credit.stream.write({hello: {worker: 'w', credit: 0}});
  await ends(credit, 'INVALID_ARGUMENT', 'MALFORMED');
});

test('a second Hello is malformed', async () => {
  const worker = await Worker.open(gateway);
  worker.write({hello: {worker: 'again', credit: 1}});
  await ends(worker, 'INVALID_ARGUMENT', 'MALFORMED');
});

test('registrations are refused one by one, and the stream lives on', async () => {
  const worker = await Worker.open(gateway);
  const register = async request => {
    const {refused_reason, refused_message} =
      await worker.change('registers', {namespace: 'reg', ...request});
    assert.equal(refused_reason === '', refused_message === '');
    return refused_reason;
  };
  assert.equal(await register({methods: [{name: 'rpc.mine'}]}), 'NAME_RESERVED');
  assert.equal(await register({methods: [{name: '__listMethods'}]}), 'NAME_RESERVED');
  assert.equal(await register({methods: [{name: 'fine'}, {name: ''}]}), 'NAME_INVALID');
  assert.equal(await register({methods: [{name: 'x'.repeat(256)}]}), 'NAME_INVALID');
  assert.equal(await register({events: [{name: ''}]}), 'NAME_INVALID');
  assert.equal(await register({namespace: ''}), 'NAMESPACE_INVALID');
  assert.equal(await register({roles: [77]}), 'ROLE_INVALID');
  assert.equal(await register({methods: [{name: 'm', time_limit: {seconds: -1}}]}),
    'TIME_LIMIT_INVALID');
  assert.equal(await register({methods: Array.from({length: 21}, (_, i) => ({name: `m${i}`}))}),
    'REGISTRATIONS_EXHAUSTED');
  assert.deepEqual(await control.call('ListMethods', {namespace: 'reg'}),
    {methods: [], events: [], next_page_token: ''});
  await worker.serve('reg', {methods: {ok: () => 'fine'}});
  const client = await Plain.open(gateway.url('/reg'));
  assert.equal((await client.call('ok')).result, 'fine');
  await client.close();
  await worker.finish();
});

test('a later registration adds to the earlier, and replaces what it names again', async () => {
  const worker = await Worker.open(gateway);
  await worker.serve('add', {methods: {a: () => 1}});
  await worker.serve('add', {methods: {b: () => 2}});
  const client = await Plain.open(gateway.url('/add'));
  assert.equal((await client.call('a')).result, 1);
  assert.equal((await client.call('b')).result, 2);
  await worker.serve('add', {methods: {a: {access: 'ACCESS_PROTECTED', run: () => 3}}});
  assert.equal((await client.call('a')).error.code, -32605);
  const {methods} = await control.call('ListMethods', {namespace: 'add'});
  assert.deepEqual(methods.map(({name, protected: p, workers}) => [name, p, workers]),
    [['a', true, ['worker']], ['b', false, ['worker']]]);
  await worker.change('deregisters', {namespace: 'add', methods: ['a']});
  assert.equal((await client.call('a')).error.code, -32601);
  await worker.change('deregisters', {namespace: 'add'});
  assert.equal((await client.call('b')).error.code, -32010);
  await client.close();
  await worker.finish();
});

test('events outlive their worker, and go when they are deregistered', async () => {
  const worker = await Worker.open(gateway);
  await worker.serve('ev', {events: ['stays', 'goes']});
  await worker.change('deregisters', {namespace: 'ev', events: ['goes']});
  const client = await Plain.open(gateway.url('/ev'));
  await client.subscribe('stays');
  await worker.finish();
  assert.deepEqual((await client.call('rpc.on', ['stays', 'goes'])).result, {
    stays: 'socket has already been subscribed to event', goes: 'provided event invalid'});
  await client.close();
});

test('two workers in one namespace, each with its own methods', async () => {
  const [one, two] = [await Worker.open(gateway, {name: 'one'}),
    await Worker.open(gateway, {name: 'two'})];
  await one.serve('pair', {methods: {m1: () => 1}});
  await two.serve('pair', {methods: {m2: () => 2}});
  const client = await Plain.open(gateway.url('/pair'));
  assert.deepEqual([(await client.call('m1')).result, (await client.call('m2')).result], [1, 2]);
  await one.finish();
  assert.equal((await client.call('m1')).error.code, -32010);
  assert.equal((await client.call('m2')).result, 2);
  await two.finish();
  await client.close();
});

test('a result for an unknown invocation is counted, no more', async () => {
  const worker = await Worker.open(gateway);
  const before = await gateway.metric('sluice_worker_results_unknown_total');
  worker.answer({id: 12345, result: json(1)});
  await gateway.rises('sluice_worker_results_unknown_total', {}, before);
  await worker.finish();
});

test('more streams than --workers-max', async () => {
  const workers = [];
  for (let i = 0; i < 4; ++i) workers.push(await Worker.open(gateway));
  const extra = bare();
  extra.stream.write({hello: {worker: 'extra', credit: 1}});
  await ends(extra, 'RESOURCE_EXHAUSTED', 'WORKERS_EXHAUSTED');
  for (const worker of workers) assert.equal(await worker.finish(), undefined);
  const again = await Worker.open(gateway);
  await again.finish();
});
