// SPDX-License-Identifier: Apache-2.0
//
// Three nodes on a Redis that refuses, and two installations on one Redis.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {Cluster, Plain, agreed, count, until} from './harness.mjs';
import {QUICK, WHOLE_MS, World, allDegraded, closeAll, isOpen} from './world.mjs';

let cluster;
before(async () => { cluster = await Cluster.start(3, QUICK); });
after(() => cluster.stop());

async function refusedAt(node, space) {
  const client = await Plain.open(node.url(`/${space}?socket_id=late`));
  return (await client.whenClosed()).code;
}

// Sockets stay; once it is over all are there within WHOLE_MS, and nobody was told that one left.
async function during(name, begin, end) {
  const world = await World.open(cluster, name, 10);
  await begin(world);
  await end();
  const ms = await world.whole(WHOLE_MS);
  await allDegraded(cluster.nodes, false, WHOLE_MS - ms);
  await world.publicationsCross();
  world.quiet();
  await world.close();
}

test('without memory newcomers are refused, and who leaves is gone', () => during('memory',
  async world => {
    cluster.redis.cli('config', 'set', 'maxmemory', '1');
    assert.equal(await refusedAt(cluster.nodes[0], world.space), 1013);
    const client = world.clients.get('n2-0');
    world.clients.delete('n2-0');
    await client.close();
    await world.whole(WHOLE_MS);
  }, () => cluster.redis.cli('config', 'set', 'maxmemory', '0')));

test('Redis pauses for longer than a command may take', () => during('paused',
  async () => {
    cluster.redis.cli('client', 'pause', '2500');
    await allDegraded(cluster.nodes, true, 5000);
  }, () => allDegraded(cluster.nodes, false, 5000)));

test('scripts are forgotten while clients come', () => during('scripts', async world => {
  for (let i = 0; i < 10; ++i) {
    cluster.redis.cli('script', 'flush');
    const id = `n1-late${i}`;
    const url = cluster.nodes[i % 3].url(`/${world.space}?socket_id=${id}`);
    world.clients.set(id, await Plain.open(url));
  }
}, () => {}));

test('two installations with other prefixes know nothing of each other', async () => {
  const own = await Plain.open(cluster.nodes[0].url('/both?socket_id=same'));
  const other = await cluster.startNode('n1', {'redis-key-prefix': 'other:'});
  try {
    const theirs = await Plain.open(other.url('/both?socket_id=same'));
    await until(async () => await count(other, 'both') === 1, 'the other one');
    assert.equal(await cluster.reached(other), 1);
    await agreed(cluster.nodes, 'both', ['same'], 2000);
    assert.ok(isOpen(own) && isOpen(theirs));
    await closeAll([own, theirs]);
  } finally {
    await other.kill();
  }
});
