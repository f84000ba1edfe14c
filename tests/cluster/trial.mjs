// SPDX-License-Identifier: Apache-2.0
//
// A fault of Redis that lasts for longer than a lease, and what three nodes promise during it and
// after it.
import assert from 'node:assert/strict';
import {Cluster, LEASE_MS, Plain, until, within} from './harness.mjs';
import {COMMAND_MS, QUICK, SLACK_MS, WHOLE_MS, World, allDegraded, degraded, lasting}
  from './world.mjs';

// The node with --storage-down accept.
const ACCEPTING = 'n3';

// `user`: NAME:PASSWORD at Redis.
export async function startNodes(redis, user = undefined) {
  const storage = user ? redis.url.replace('//', `//${user}@`) : redis.url;
  const cluster = await Cluster.start(2, {...QUICK, storage, 'cluster-timeout': '1s'}, redis);
  try {
    cluster.nodes.push(await cluster.startNode(ACCEPTING, {'storage-down': 'accept'}));
    await cluster.settled();
  } catch (error) {
    await cluster.kill();
    throw error;
  }
  return cluster;
}

// Clients on all nodes are to notice nothing of what `begin` does and `end` undoes; meanwhile all
// nodes say `why` they are degraded.
export async function tried(cluster, name, {begin, why, end}) {
  await allDegraded(cluster.nodes, false, WHOLE_MS);  // or who came would be refused
  const world = await World.open(cluster, name, 10);
  try {
    const before = await Promise.all(cluster.nodes.map(failures));
    try {
      await begin(world);
      await Promise.all(cluster.nodes.map(node => tells(node, why)));
      const after = await Promise.all(cluster.nodes.map(failures));
      assert.ok(after.every((count, i) => count > before[i]), `${before} and then ${after}`);
      await lasting(LEASE_MS, () => world.localDelivery('meanwhile'));
      await Promise.all(cluster.nodes.map(node => comes(world, node)));
    } finally {
      await end(world);
    }
    const ms = await world.whole(WHOLE_MS);
    await allDegraded(cluster.nodes, false, WHOLE_MS - ms);
    await world.publicationsCross();
    world.quiet();
  } finally {
    await world.close();
  }
}

const failures = async node => await node.metric('sluice_redis_errors_total') +
  await node.metric('sluice_redis_connects_total', {result: 'failed'});

// To each who asks; and it does not give up being ready.
async function tells(node, why) {
  let said;
  await until(async () => why.test(said = await degraded(node) ?? ''),
    `${node.name} to say ${why}`, COMMAND_MS * 2 + SLACK_MS).catch(error => {
    throw new Error(`${error.message}; it says: ${said}`);
  });
  assert.equal((await node.fetch('/readyz')).status, 200);
  const {nodes} = await node.api.call('ListNodes', {});
  assert.match(nodes.find(({name}) => name === node.name).degraded, why);
}

// Whoever comes meanwhile is let in or refused, as the node was told.
async function comes(world, node) {
  const id = `${node.name}-late`;
  const client = await Plain.open(node.url(`/${world.space}?socket_id=${id}`));
  const bound = COMMAND_MS * 2 + SLACK_MS;
  if (node.name === ACCEPTING) {
    world.clients.set(id, client);
    const selector = {namespace: world.space, connection_ids: [id]};
    await until(async () => (await node.api.call('CountConnections',
      {selector, scope: 'SCOPE_LOCAL'})).connections > 0, 'the newcomer to be let in', bound);
  } else {
    assert.equal((await within(client.closed, 'the refusal', bound)).code, 1013);
  }
}
