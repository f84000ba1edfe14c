// SPDX-License-Identifier: Apache-2.0
//
// What is asked of one node of three, and of all.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {Cluster, Plain, outcome, refused, until} from './harness.mjs';

let cluster, n1, n2, n3;
before(async () => {
  // So long that nobody is called dead for a pause.
  cluster = await Cluster.start(3, {'presence-lease': '30s'});
  [n1, n2, n3] = cluster.nodes;
});
after(() => cluster.stop());

const LOCAL = 'SCOPE_LOCAL';

async function clientsIn(namespace) {
  const clients = [];
  for (const node of cluster.nodes) {
    clients.push(await Plain.open(node.url(`/${namespace}?socket_id=${node.name}`)));
  }
  await until(async () => await n1.api.count({namespace}) === 3, 'all to be open');
  return clients;
}

test('a local Send reaches the clients of the node that is asked', async () => {
  const clients = await clientsIn('send');
  const send = scope => n2.api.outcome('Send',
    {selector: {namespace: 'send'}, message: {event: 'e'}, scope});
  assert.deepEqual(await send(LOCAL), outcome(1, 1));
  assert.deepEqual(await send('SCOPE_CLUSTER'), outcome(3, 3));
  assert.deepEqual(await send(undefined), outcome(3, 3));
  for (const [i, client] of clients.entries()) {
    for (let n = 0; n < (i === 1 ? 3 : 2); ++n) assert.equal((await client.next()).notification, 'e');
    await client.quiet();
  }
  for (const client of clients) await client.close();
});

test('queries and drains of one node', async () => {
  const clients = await clientsIn('asked');
  const selector = {namespace: 'asked'};
  const {connections} = await n3.api.call('ListConnections', {selector, scope: LOCAL});
  assert.deepEqual(connections.map(({id}) => id), ['n3']);
  assert.deepEqual(await n1.api.call('CountConnections', {selector, scope: LOCAL}),
    {connections: 1, unreachable: []});
  await refused(n1.api.call('GetConnection',
    {namespace: 'asked', connection_id: 'n2', scope: LOCAL}), 'NOT_FOUND', 'CONNECTION_NOT_FOUND');
  await n2.api.call('StartDrain', {selector, drain_id: 'one', per_second: 100, scope: LOCAL});
  await clients[1].closed;
  const states = await n2.api.collect('WatchDrain', {drain_id: 'one', scope: LOCAL});
  const {matched, closed, state} = states.at(-1);
  assert.deepEqual({matched, closed, state}, {matched: 1, closed: 1, state: 'STATE_DONE'});
  await refused(n1.api.call('GetDrain', {drain_id: 'one', scope: LOCAL}),
    'NOT_FOUND', 'DRAIN_NOT_FOUND');
  assert.equal((await n1.api.call('GetDrain', {drain_id: 'one'})).closed, 1);
  for (const client of [clients[0], clients[2]]) await client.close();
});

test('a local request waits neither for silent nodes nor for Redis', async () => {
  const clients = await clientsIn('alone');
  const selector = {namespace: 'alone'};
  n2.signal('SIGSTOP');
  try {
    const wide = await n1.api.call('CountConnections', {selector});
    assert.deepEqual(wide, {connections: 2, unreachable: ['n2']});
    const local = await n1.api.call('CountConnections', {selector, scope: LOCAL}, 1000);
    assert.deepEqual(local, {connections: 1, unreachable: []});
    cluster.redis.freeze();
    assert.deepEqual(await n1.api.outcome('Send',
      {selector, message: {event: 'e'}, scope: LOCAL}), outcome(1, 1));
  } finally {
    cluster.redis.thaw();
    n2.signal('SIGCONT');
  }
  await cluster.settled();
  for (const client of clients) await client.close();
});
