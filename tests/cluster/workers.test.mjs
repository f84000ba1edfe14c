// SPDX-License-Identifier: Apache-2.0
//
// A worker that is connected to one node serves the clients of all three.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {Cluster, HOLD, Line, Plain, Worker, connected, until} from './harness.mjs';
import {TIMED_OUT, offered, rpc} from './workers.mjs';

let cluster, n1, n2, n3;
before(async () => {
  cluster = await Cluster.start(3, {'call-timeout': '2s'});
  [n1, n2, n3] = cluster.nodes;
});
after(() => cluster.stop());

const others = () => [n2, n3];

test('is called by clients of each dialect, and hears notifications', async () => {
  const heard = [];
  const worker = await Worker.open(n1);
  await worker.serve('shop', {
    methods: {
      sum: ([a, b]) => a + b, add: ({a, b}) => a + b, note: params => { heard.push(params); },
      who: (_, {context}) => context,
    },
    context: ['CONNECTION'],
  });
  for (const node of others()) {
    await offered(node, 'shop', 'sum');
    const client = await rpc(node, 'shop');
    assert.equal(await client.call('sum', [1, 2]), 3);
    await client.notify('note', [node.name]);
    const context = await client.call('who', []);
    assert.ok(context.connection_id);
    assert.equal(context.namespace, '', 'it did not ask for that');
    client.close();
    const sc = await connected(node, 'shop');
    assert.equal(await sc.invoke('add', {a: 3, b: 4}), 7);
    await sc.transmit('note', `${node.name} sc`);
    const line = await Line.open(node.url('/line/shop'));
    assert.equal(await line.send('add', {a: 5, b: 6}), 11);
    await line.fire('note', `${node.name} line`);
    line.client.disconnect();
    await until(() => heard.length === 3, 'what wants no answer');
    assert.deepEqual(heard.splice(0).flat().sort(),
      [node.name, `${node.name} line`, `${node.name} sc`]);
  }
  await worker.finish();
});

test('gets what waited once it has credit', async () => {
  const worker = await Worker.open(n1, {credit: 1});
  await worker.serve('narrow', {methods: {hold: () => HOLD}});
  const clients = [];
  for (const node of others()) {
    await offered(node, 'narrow', 'hold');
    clients.push(await Plain.open(node.url('/narrow')));
  }
  const answers = clients.map(client => client.call('hold'));
  for (let i = 0; i < 2; ++i) {
    const {id} = await worker.invocations.next();
    assert.equal(worker.held.size, 1);
    worker.answer({id, result: {json: Buffer.from(`${i}`)}});
  }
  assert.deepEqual((await Promise.all(answers)).map(({result}) => result).sort(), [0, 1]);
  for (const client of clients) await client.close();
  await worker.finish();
});

test('hears that nobody waits any more', async () => {
  const worker = await Worker.open(n1);
  await worker.serve('patience', {methods: {hold: () => HOLD}});
  await offered(n2, 'patience', 'hold');
  const gone = await Plain.open(n2.url('/patience'));
  gone.send({jsonrpc: '2.0', method: 'hold', id: 1});
  const first = await worker.invocations.next();
  await gone.close();
  assert.equal(await worker.cancelled.next(), first.id);
  const waits = await Plain.open(n2.url('/patience'));
  const asked = waits.call('hold');
  const second = await worker.invocations.next();
  assert.equal((await asked).error.code, TIMED_OUT);
  assert.equal(await worker.cancelled.next(), second.id);
  worker.answer({id: second.id, result: {}});
  await until(async () => await n2.metric('sluice_cluster_results_late_total') > 0,
    'the late result to be counted');
  await waits.close();
  await worker.finish();
});

test('is asked only if the own one has no credit', async () => {
  const near = await Worker.open(n2, {name: 'near', credit: 1});
  const far = await Worker.open(n1, {name: 'far'});
  await near.serve('both', {methods: {m: () => 'near', hold: () => HOLD}});
  await far.serve('both', {methods: {m: () => 'far'}});
  await until(async () => {
    const {methods} = await n2.api.call('ListMethods', {namespace: 'both'});
    return methods.find(({name}) => name === 'm').workers.length === 2;
  }, 'both to be known');
  const client = await Plain.open(n2.url('/both'));
  for (let i = 0; i < 5; ++i) assert.equal((await client.call('m')).result, 'near');
  const busy = await Plain.open(n2.url('/both'));
  const held = busy.call('hold');
  await until(() => near.held.size === 1, 'it to be busy');
  assert.equal((await client.call('m')).result, 'far');
  near.answer({id: [...near.held][0], result: {}});
  await held;
  for (const one of [client, busy]) await one.close();
  await Promise.all([near.finish(), far.finish()]);
});
