// SPDX-License-Identifier: Apache-2.0
//
// How the process ends: drained, or at once.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Bystander, Gateway, HOLD, Plain, Worker, failure, json, openMany, refusal, until, within}
  from './harness.mjs';

test('SIGTERM without clients ends at once, with 0', async () => {
  const gateway = await Gateway.start();
  const began = performance.now();
  await gateway.stop();
  assert.ok(performance.now() - began < 5000);
});

test('SIGTERM drains: 1001 for everybody, 503 on /readyz, no new ones, then 0', async () => {
  const gateway = await Gateway.start({'drain-per-second': 10, 'drain-timeout': '20s'});
  assert.equal((await gateway.fetch('/readyz')).status, 200);
  assert.equal((await gateway.fetch('/healthz')).status, 200);
  const worker = await Worker.open(gateway);
  await worker.serve('default', {methods: {add: ([a, b]) => a + b}});
  const clients = await openMany(20, () => gateway.url());
  gateway.signal('SIGTERM');
  await until(async () => (await gateway.fetch('/readyz')).status === 503, '/readyz to say 503');
  assert.equal((await gateway.fetch('/healthz')).status, 200);
  assert.equal(await gateway.health(), 'NOT_SERVING');
  const late = await refusal(gateway.url());
  assert.equal(late.status, 503);
  assert.match(late.headers['retry-after'], /^[1-9]\d*$/);
  const codes = await Promise.all(clients.map(async client => (await client.whenClosed()).code));
  assert.deepEqual(codes, Array(20).fill(1001));
  const ended = await within(worker.ended, 'the worker\'s stream to end');
  assert.ok(ended, 'the worker\'s stream ended with OK');
  const {status, reason} = failure(ended);
  assert.deepEqual([status, reason], ['UNAVAILABLE', 'DRAINING']);
  assert.deepEqual(await within(gateway.ended, 'the end'), {code: 0, signal: null});
  await gateway.kill();
});

test('--shutdown-delay: /readyz says so first, and nothing else changes meanwhile', async () => {
  const gateway = await Gateway.start({'shutdown-delay': '2s'});
  try {
    const bystander = await Bystander.open(gateway);
    const control = gateway.controlClient();
    const began = performance.now();
    gateway.signal('SIGTERM');
    await until(async () => (await gateway.fetch('/readyz')).status === 503, '/readyz to say 503');
    assert.deepEqual([await gateway.metric('sluice_draining'),
      await gateway.metric('sluice_drains_running')], [1, 0]);
    assert.equal((await gateway.fetch('/healthz')).status, 200);
    const late = await Plain.open(gateway.url('/bystander'));
    await Worker.open(gateway);
    assert.equal(await control.count({namespace: 'bystander'}), 2);
    await bystander.calm();
    assert.ok(performance.now() - began < 1900, 'all this was within the delay');
    assert.equal((await late.whenClosed()).code, 1001);
    assert.ok(performance.now() - began >= 1990, 'not before the delay was over');
    assert.equal((await bystander.client.whenClosed()).code, 1001);
    assert.deepEqual(await within(gateway.ended, 'the end'), {code: 0, signal: null});
  } finally {
    await gateway.kill();
  }
});

test('--shutdown-delay: a second SIGTERM ends it at once', async () => {
  const gateway = await Gateway.start({'shutdown-delay': '1h'});
  try {
    gateway.signal('SIGTERM');
    await until(async () => (await gateway.fetch('/readyz')).status === 503, '/readyz to say 503');
    gateway.signal('SIGTERM');
    assert.deepEqual(await within(gateway.ended, 'the end', 3000), {code: 1, signal: null});
  } finally {
    await gateway.kill();
  }
});

test('a drain is bounded: clients that never say goodbye are cut', async () => {
  const gateway = await Gateway.start({'drain-timeout': '500ms', 'close-timeout': '200ms'});
  const client = await Plain.open(gateway.url());
  client.socket._socket.pause();
  await gateway.stop(10_000);
  client.socket.terminate();
});

test('a call under way when the drain begins', async () => {
  const gateway = await Gateway.start({'drain-timeout': '5s'});
  const worker = await Worker.open(gateway);
  await worker.serve('default', {methods: {hold: () => HOLD}});
  const client = await Plain.open(gateway.url());
  client.send({jsonrpc: '2.0', method: 'hold', id: 1});
  await until(() => worker.held.size === 1, 'the call');
  gateway.signal('SIGTERM');
  worker.answer({id: [...worker.held][0], result: json('in time')});
  assert.equal((await client.whenClosed()).code, 1001);
  assert.deepEqual(await within(gateway.ended, 'the end'), {code: 0, signal: null});
  await gateway.kill();
});

test('a second SIGTERM ends it at once', async () => {
  const gateway = await Gateway.start({'drain-per-second': 1, 'drain-timeout': '60s'});
  const clients = await openMany(30, () => gateway.url());
  gateway.signal('SIGTERM');
  await until(async () => (await gateway.fetch('/readyz')).status === 503, 'the drain to begin');
  gateway.signal('SIGTERM');
  const {code, signal} = await within(gateway.ended, 'the end', 3000);
  assert.ok(code !== 0 || signal !== null, 'an interrupted drain is no success');
  await gateway.kill();
  for (const client of clients) client.socket.terminate();
});

test('SIGINT is the same as SIGTERM', async () => {
  const gateway = await Gateway.start();
  gateway.signal('SIGINT');
  assert.deepEqual(await within(gateway.ended, 'the end'), {code: 0, signal: null});
  await gateway.kill();
});
