// SPDX-License-Identifier: Apache-2.0
//
// Three nodes on one Redis are one gateway.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {readFileSync} from 'node:fs';
import {Cluster, Plain, connected, outcome, until} from './harness.mjs';

let cluster, n1, n2, n3;
before(async () => {
  cluster = await Cluster.start(3, {'id-policy': 'takeover'});
  [n1, n2, n3] = cluster.nodes;
});
after(() => cluster.stop());

const json = value => ({json: Buffer.from(JSON.stringify(value))});
const count = async (node, namespace) =>
  (await node.controlClient().call('CountConnections', {selector: {namespace}})).connections;

test('a backend that talks to one node reaches the clients of all', async () => {
  const clients = [];
  for (const node of cluster.nodes) clients.push(await Plain.open(node.url('/all')));
  await until(async () => await count(n1, 'all') === 3, 'all to be open');
  for (const node of cluster.nodes) {
    assert.equal(await count(node, 'all'), 3);
    assert.deepEqual(await node.controlClient().send({namespace: 'all'}, 'e', json(node.client)),
      outcome(3, 3));
    for (const client of clients) assert.deepEqual((await client.next()).params, [node.client]);
  }
  for (const client of clients) await client.close();
});

test('lists span nodes, page by page', async () => {
  const clients = [];
  for (let i = 0; i < 9; ++i) {
    clients.push(await Plain.open(cluster.nodes[i % 3].url(`/paged?socket_id=p${i}`)));
  }
  await until(async () => await count(n1, 'paged') === 9, 'all to be open');
  const control = n2.controlClient();
  const seen = [];
  let page_token = '';
  do {
    const page = await control.call('ListConnections',
      {selector: {namespace: 'paged'}, page_size: 2, page_token});
    assert.ok(page.connections.length <= 2);
    seen.push(...page.connections.map(({id, node}) => `${id}@${node}`));
    page_token = page.next_page_token;
  } while (page_token);
  assert.deepEqual(seen, Array.from({length: 9}, (_, i) => `p${i}@n${i % 3 + 1}`));
  for (const client of clients) await client.close();
});

test('what a client publishes is heard on every node, in order, and by subscribers', async () => {
  const publisher = await connected(n1, 'talk');
  const listener = await connected(n2, 'talk');
  const channel = listener.subscribe('news');
  const heard = [];
  (async () => { for await (const data of channel) heard.push(data); })();
  await channel.listener('subscribe').once();
  const stream = n3.controlClient().raw.Subscribe({namespace: 'talk', channels: ['news']});
  const told = [];
  stream.on('error', () => {});
  await new Promise(resolve => stream.once('data', resolve));
  stream.on('data', ({publications}) => told.push(...publications));
  for (let i = 0; i < 50; ++i) await publisher.invokePublish('news', i);
  const expected = Array.from({length: 50}, (_, i) => i);
  await until(() => heard.length >= 50, 'all of it on the other node');
  assert.deepEqual(heard, expected);
  await until(() => told.length >= 50, 'all of it in the stream');
  assert.deepEqual(told.map(({body}) => JSON.parse(body.json.toString())), expected);
  stream.cancel();
  publisher.disconnect();
  listener.disconnect();
});

test('nodes say where backends find them', async () => {
  const {nodes, unreachable} = await n3.controlClient().call('ListNodes', {});
  assert.deepEqual(unreachable, []);
  assert.deepEqual(nodes.map(({name, control_address, degraded}) =>
    ({name, control_address, degraded})), cluster.nodes.map(({control}, i) =>
    ({name: `n${i + 1}`, control_address: control, degraded: ''})));
  assert.equal(new Set(nodes.map(({epoch}) => epoch)).size, 3);
});

test('an id is taken over from another node, with its channels', async () => {
  const older = await Plain.open(n1.url('/ids?socket_id=same'));
  await until(() => count(n2, 'ids'), 'it to be open');
  await n3.controlClient().call('Join',
    {selector: {namespace: 'ids', connection_ids: ['same']}, channels: ['room']});
  const newer = await Plain.open(n2.url('/ids?socket_id=same'));
  assert.equal((await older.closed).code, 4410);
  await until(() => count(n3, 'ids'), 'the newer one to be open');
  const {connections} = await n3.controlClient()
    .call('ListConnections', {selector: {namespace: 'ids'}});
  assert.deepEqual(connections.map(({node, channels}) => ({node, channels})),
    [{node: 'n2', channels: ['room']}]);
  await newer.close();
});

test('a node that has just started lets clients in', async () => {
  const fourth = await cluster.startNode('n4');
  const client = await Plain.open(fourth.url('/early'));
  await client.quiet();
  await client.close();
  await fourth.stop();
});

test('a node that leaves is not waited for', async () => {
  const fourth = await cluster.startNode('n4');
  cluster.nodes.push(fourth);
  await cluster.settled(4);
  const client = await Plain.open(fourth.url('/leaving'));
  await until(() => count(n1, 'leaving'), 'its client');
  cluster.nodes.pop();
  await fourth.stop();
  await client.closed;
  await until(async () => {
    const answer = await n1.controlClient()
      .call('CountConnections', {selector: {namespace: 'leaving'}});
    assert.equal(answer.connections, 0);
    return answer.unreachable.length === 0;
  }, 'nobody to wait for it');
});

test('metrics of the cluster in docs/bounds.md are there', async () => {
  const page = readFileSync(new URL('../../docs/bounds.md', import.meta.url), 'utf8');
  const metrics = await n1.metrics();
  const named = [...page.matchAll(/`((?:redis|broker)_[a-z_]+)\{reason="([a-z_]+)"\}`/g)];
  assert.ok(named.length >= 5);
  for (const [, name, reason] of named) metrics.sum(`sluice_${name}`, {reason});
});
