// SPDX-License-Identifier: Apache-2.0
//
// What becomes of calls when a worker of another node, its node or Redis goes.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {Cluster, HOLD, Plain, Worker, until, within} from './harness.mjs';
import {LOST, UNAVAILABLE, known, offered} from './workers.mjs';
import {allDegraded} from './world.mjs';

let cluster, n1, n2, n3;
before(async () => {
  cluster = await Cluster.start(3, {'call-timeout': '2s'});
  [n1, n2, n3] = cluster.nodes;
});
after(() => cluster.stop());

test('that dies loses what it had; another that comes elsewhere serves on', async () => {
  const worker = await Worker.open(n1);
  await worker.serve('moves', {methods: {hold: () => HOLD}});
  await offered(n2, 'moves', 'hold');
  const client = await Plain.open(n2.url('/moves'));
  const asked = client.call('hold');
  await worker.invocations.next();
  worker.kill();
  assert.equal((await asked).error.code, LOST);
  await until(async () => (await client.call('hold')).error?.code === UNAVAILABLE, 'it to be gone');
  const next = await Worker.open(n3);
  await next.serve('moves', {methods: {hold: () => 'again'}});
  assert.equal((await known(client, 'hold')).result, 'again');
  await client.close();
  await next.finish();
});

test('Redis away in the middle of a call ends it; calls go on when it is back', async () => {
  const worker = await Worker.open(n1);
  await worker.serve('outage', {methods: {m: () => 'ok', hold: () => HOLD}});
  await offered(n2, 'outage', 'm');
  const client = await Plain.open(n2.url('/outage'));
  const asked = client.call('hold');
  await worker.invocations.next();
  await cluster.redis.kill();
  assert.equal((await asked).error.code, LOST);
  await cluster.redis.restart();
  await until(async () => (await client.call('m')).result === 'ok', 'calls to go on', 20_000);
  await cluster.settled();
  // Until then newcomers may be refused with 1013.
  await allDegraded(cluster.nodes, false, 20_000);
  await client.close();
  await worker.finish();
});

test('kill -9 of the worker\'s node ends calls as a worker\'s end does', async () => {
  const worker = await Worker.open(n3);
  await worker.serve('dies', {methods: {
    m: () => 'ok', hold: {run: () => HOLD, time_limit: {seconds: 60}},
  }});
  worker.ended.catch(() => {});
  await offered(n2, 'dies', 'hold');
  const client = await Plain.open(n2.url('/dies'));
  // Redis was away a moment ago, and what is sent to who does not hear yet is lost, and told so.
  await until(async () => (await client.call('m')).result === 'ok', 'the way to be there', 20_000);
  const asked = client.call('hold');
  await worker.invocations.next();
  await n3.kill();
  assert.equal((await within(asked, 'the end of the call', 15_000)).error.code, LOST);
  assert.equal((await client.call('hold')).error.code, UNAVAILABLE);
  n3 = await cluster.replace(n3);
  const back = await Worker.open(n3);
  await back.serve('dies', {methods: {hold: () => 'back'}});
  assert.equal((await known(client, 'hold')).result, 'back');
  await client.close();
  await back.finish();
});
