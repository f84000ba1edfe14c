// SPDX-License-Identifier: Apache-2.0
//
// Three gateways on a master that sentinels watch, before, while and after another one takes over.
import {after, before, test} from 'node:test';
import {Cluster, until} from './harness.mjs';
import {Sentinels} from './sentinels.mjs';
import {QUICK, SLACK_MS, World, allDegraded, spans} from './world.mjs';

// From the moment that another server is master until presence is whole on it: sentinels are asked
// once a second, and the rest is as when Redis comes back.
const WHOLE_MS = 1000 + 2000 + SLACK_MS;

// Whoever subscribed on an old master that woke up finds out when sentinels have made it a replica.
const LISTENS_MS = 30_000;

let cluster, group;
before(async () => {
  group = await Sentinels.start();
  cluster = await Cluster.start(3, QUICK, group);
});
after(async () => {
  if (cluster) await cluster.stop();
  else await group?.stop();
});

test('a cluster on sentinels is one gateway', () => spans(cluster.nodes, 'calm'));

// On its mailbox.
const listens = node => group.cli('pubsub', 'numsub', `sluice:m:${node}`).endsWith('\n1');

async function failOver(name, fail, recover) {
  const world = await World.open(cluster, name, 20);
  const {master} = group;
  await fail(master);
  await group.failedOver(master);
  recover(master);
  const ms = await world.whole(WHOLE_MS);
  await allDegraded(cluster.nodes, false, WHOLE_MS - ms);
  await until(() => cluster.nodes.every(({name: node}) => listens(node)),
    'all to listen on the new master', LISTENS_MS);
  await world.publicationsCross();
  await spans(cluster.nodes, `${name}-after`);
  world.quiet();
  await world.close();
}

// For seconds it says OK to what it loses then.
test('the master is frozen, another one takes over, the old one wakes up', async () => {
  await failOver('frozen', master => master.freeze(), master => master.thaw());
  await group.ready();
});

test('the master is killed', async () => {
  await failOver('killed', master => master.kill(), () => {});
});
