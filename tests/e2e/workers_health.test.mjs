// SPDX-License-Identifier: Apache-2.0
//
// Workers that hang, come back, or are gone without a word.
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import {Gateway, HOLD, Plain, Valve, Watcher, Worker, grpc, until, workersOf}
  from './harness.mjs';

const TIMEOUT = -32011;
const WORKER_LOST = -32015;
let gateway, control;

before(async () => {
  gateway = await Gateway.start({
    shards: 2, 'commands-per-second': 0, 'call-timeout': '400ms', 'admission-timeout': '400ms', 'guard-timeout': '400ms',
    'worker-ejection-time': '1s', 'control-keepalive-time': '1s',
    'control-keepalive-timeout': '1s', 'worker-batch-max': 4,
  });
  control = gateway.controlClient();
});
after(() => gateway.stop());

const worker = (name, credit = 64) => Worker.open(gateway, {name, credit});
const open = target => Plain.open(gateway.url(target));
const methodsOf = async namespace => (await control.call('ListMethods', {namespace})).methods;

describe('a worker that hangs beside one that does not', () => {
  test('loses one call, however much credit it has', async () => {
    const [hung, well] = [await worker('hung', 100), await worker('well', 50)];
    await hung.serve('hang', {methods: {m: () => HOLD}});
    await well.serve('hang', {methods: {m: () => 'fine'}});
    const client = await open('/hang');
    let lost = 0;
    for (let i = 0; i < 60; ++i) lost += (await client.call('m', [], i + 1)).result !== 'fine';
    assert.ok(lost <= 1, `${lost} were lost`);
    await hung.finish();
    await well.finish();
    await client.close();
  });

  test('keeps one admission waiting', async () => {
    const [hung, well] = [await worker('hung', 100), await worker('well', 50)];
    await hung.serve('door', {admission: () => new Promise(() => {})});
    await well.serve('door', {admission: () => ({user: 'ann'})});
    const codes = [];
    for (let i = 0; i < 10; ++i) {
      const client = await open('/door');
      const closed = client.closed.then(({code}) => code);
      codes.push(await Promise.race([closed, client.call('nope').then(() => 'open', () => closed)]));
      if (codes.at(-1) === 'open') await client.close();
    }
    assert.ok(codes.filter(code => code !== 'open').length <= 1, codes.join(' '));
    await hung.finish();
    await well.finish();
  });
});

test('time-outs eject, for longer each time; one call is the probe; all of it is told', async () => {
  const watcher = await Watcher.open(control,
    {namespace: 'eject', types: ['TYPE_WORKER_EJECTED', 'TYPE_WORKER_READMITTED']});
  const before = await gateway.metric('sluice_worker_ejections_total');
  let hangs = true;
  const bad = await worker('bad');
  await bad.serve('eject', {methods: {m: () => (hangs ? HOLD : 'bad')}});
  const client = await open('/eject');
  for (let id = 1; id <= 3; ++id) assert.equal((await client.call('m', [], id)).error.code, TIMEOUT);
  const first = await watcher.next();
  assert.deepEqual([first.type, first.worker, first.namespace],
    ['TYPE_WORKER_EJECTED', 'bad', 'eject']);
  assert.match(first.reason, /1s/);
  await until(() => /warning? worker ejected worker=bad/.test(gateway.log), 'the line');
  assert.equal(await gateway.metric('sluice_workers_ejected'), 1);

  const good = await worker('good');
  await good.serve('eject', {methods: {m: () => 'good'}});
  const [method] = await methodsOf('eject');
  assert.deepEqual([method.workers, method.ejected_workers], [['bad', 'good'], ['bad']]);
  // Until its probe fails.
  let second;
  let failed = 0;
  await until(async () => {
    failed += (await client.call('m', [], 9)).error?.code === TIMEOUT;
    return failed > 0;
  }, 'the probe');
  second = await watcher.next();
  assert.match(second.reason, /2s/);
  assert.equal(bad.received, 4, 'one call was the probe');
  hangs = false;
  const results = new Set();
  await until(async () => results.add((await client.call('m', [], 9)).result).has('bad'), 'it again');
  assert.deepEqual([...results].sort(), ['bad', 'good'], 'no call was lost');
  assert.equal((await watcher.next()).type, 'TYPE_WORKER_READMITTED');
  assert.deepEqual((await methodsOf('eject'))[0].ejected_workers, []);
  assert.equal(await gateway.metric('sluice_workers_ejected'), 0);
  await gateway.rises('sluice_worker_ejections_total', {}, before, 2);
  watcher.close();
  await bad.finish();
  await good.finish();
  await client.close();
});

describe('a worker whose network is gone', () => {
  // A worker on a connection that can be cut without a word.
  async function behindValve(name) {
    const valve = gateway.owns(await Valve.open(gateway.control));
    const client = gateway.owns(new (workersOf(String))(valve.address,
      grpc.credentials.createInsecure(), {'grpc.use_local_subchannel_pool': 1}));
    return {valve, worker: await Worker.open(gateway, {name, client})};
  }

  test('is noticed within seconds, also after it was idle for long', async () => {
    const {valve, worker: lone} = await behindValve('lone');
    await lone.serve('gone', {methods: {m: () => 'lone'}});
    const other = await worker('other');
    await other.serve('gone', {methods: {m: () => 'other'}});
    // Idle for several pings, which it answers.
    const bytes = valve.bytes;
    await until(() => valve.pauses >= 5, 'five pings', 20_000);
    assert.ok(valve.bytes > bytes);
    valve.shut();
    const began = performance.now();
    await until(async () => (await methodsOf('gone'))[0].workers.length === 1, 'it to be gone');
    assert.ok(performance.now() - began < 4000);
    await other.finish();
  });

  test('what it was never sent is done by another', async () => {
    const {valve, worker: lone} = await behindValve('lone');
    await lone.serve('unsent', {methods: {m: {run: () => 'lone', time_limit: {seconds: 20}}}});
    const client = await open('/unsent');
    const before = await gateway.metric('sluice_calls_given_again_total');
    valve.shut();
    const CALLS = 40;
    const params = ['x'.repeat(20_000)];
    for (let id = 1; id <= CALLS; ++id) client.send({jsonrpc: '2.0', method: 'm', params, id});
    // Some are being written, some wait to be, and some wait for room to wait there.
    await until(async () => CALLS <= await gateway.metric('sluice_calls_in_flight') +
      await gateway.metric('sluice_calls_waiting'), 'the calls');
    const other = await worker('other');
    await other.serve('unsent', {methods: {m: {run: ([text]) => text.length,
      time_limit: {seconds: 20}}}});
    const seen = new Map();
    for (let i = 0; i < CALLS; ++i) {
      const {id, result, error} = await client.next();
      assert.ok(!seen.has(id));
      seen.set(id, result ?? error.code);
    }
    const done = [...seen.values()].filter(value => value === 20_000).length;
    const lost = [...seen.values()].filter(value => value === WORKER_LOST).length;
    assert.equal(done + lost, CALLS, [...seen.values()].join(' '));
    assert.ok(done >= CALLS / 4, `${done} were done by the other`);
    const again = await gateway.metric('sluice_calls_given_again_total') - before;
    assert.ok(again > 0 && again <= done, `${again} were given again`);
    await other.finish();
    await client.close();
  });
});
