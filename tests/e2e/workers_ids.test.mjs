// SPDX-License-Identifier: Apache-2.0
//
// Ids of invocations, as libraries read them that know no 64-bit integers.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {Gateway, HOLD, Plain, Worker, grpc, json, openMany, until, workersOf}
  from './harness.mjs';

const SHARDS = 4;
let gateway;

before(async () => {
  gateway = await Gateway.start({shards: SHARDS, 'call-timeout': '5s', 'admission-timeout': '5s'});
});
after(() => gateway.stop());

// A worker that reads every 64-bit integer as a double.
const rounding = async (name = 'rounding') => Worker.open(gateway, {name,
  client: gateway.owns(new (workersOf(Number))(gateway.control, grpc.credentials.createInsecure()))});

test('a worker that reads ids as numbers serves clients on every shard', async () => {
  const worker = await rounding();
  await worker.serve('numbers', {methods: {add: ([a, b]) => a + b},
    admission: () => ({user: 'ann'})});
  // The kernel spreads them over the shards.
  const clients = await openMany(8 * SHARDS, () => gateway.url('/numbers'));
  for (const client of clients) {
    assert.deepEqual(await client.call('add', [1, 2], 1), {jsonrpc: '2.0', result: 3, id: 1});
  }
  while (worker.invocations.size > 0) {
    const {id} = await worker.invocations.next();
    assert.equal(typeof id, 'number');
    assert.ok(Number.isSafeInteger(id) && id > 0, `${id}`);
  }
  assert.equal(await gateway.metric('sluice_worker_results_unknown_total'), 0);
  await worker.finish();
  for (const client of clients) await client.close();
});

test('cancelled ids are the same numbers', async () => {
  const worker = await rounding();
  await worker.serve('leave', {methods: {hold: () => HOLD}});
  const clients = await openMany(4 * SHARDS, () => gateway.url('/leave'));
  const ids = [];
  for (const client of clients) {
    client.send({jsonrpc: '2.0', method: 'hold', params: [], id: 1});
    ids.push((await worker.invocations.next()).id);
  }
  for (const client of clients) await client.close();
  const cancelled = [];
  while (cancelled.length < ids.length) cancelled.push(await worker.cancelled.next());
  assert.deepEqual(cancelled.sort((a, b) => a - b), ids.sort((a, b) => a - b));
  await worker.finish();
});

test('a result that nobody waits for is counted, logged and told to its worker', async () => {
  const worker = await rounding('careless');
  await worker.serve('unknown', {methods: {hold: () => HOLD}});
  const client = await Plain.open(gateway.url('/unknown'));
  client.send({jsonrpc: '2.0', method: 'hold', params: [], id: 1});
  const {id} = await worker.invocations.next();
  const before = await gateway.metric('sluice_worker_results_unknown_total');
  const wrong = [id + 1000, 2 ** 53, 0];
  for (const one of wrong) worker.answer({id: one, result: json('lost')});
  for (const one of wrong) assert.equal(await worker.unknown.next(), one);
  await gateway.rises('sluice_worker_results_unknown_total', {}, before, wrong.length);
  await until(() => /results that nobody waits for.*worker=careless/.test(gateway.log), 'the line');
  worker.answer({id, result: json('right')});
  assert.equal((await client.next()).result, 'right');
  worker.answer({id, result: json('again')});
  assert.equal(await worker.unknown.next(), id);
  assert.equal(gateway.log.match(/results that nobody waits for/g).length, 1, 'not each time');
  await worker.finish();
  await client.close();
});
