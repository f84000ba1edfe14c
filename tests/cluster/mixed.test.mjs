// SPDX-License-Identifier: Apache-2.0
//
// Nodes of two releases are one gateway, as in an upgrade of one node after the other.
// SLUICE_PREVIOUS is the other release's binary (tools/build_at.sh).
import {test} from 'node:test';
import {BINARY, Cluster} from './harness.mjs';
import {QUICK, WHOLE_MS, World, allDegraded, spans} from './world.mjs';

const PREVIOUS = process.env.SLUICE_PREVIOUS;
const skip = !PREVIOUS && 'SLUICE_PREVIOUS names no binary of an earlier release';

// All old, then one node after the other is of this release, and back again.
test('an upgrade node by node, and back', {skip, timeout: 180_000}, async t => {
  const cluster = await Cluster.start(0, QUICK);
  t.after(() => cluster.kill());
  for (const name of ['n1', 'n2', 'n3']) {
    cluster.nodes.push(await cluster.startNode(name, {}, {binary: PREVIOUS}));
  }
  await cluster.settled();
  await spans(cluster.nodes, 'old');
  for (const binary of [BINARY, PREVIOUS]) {
    for (const at of [0, 1, 2]) {
      await cluster.nodes[at].stop();
      await cluster.replace(cluster.nodes[at], {}, {binary});
      // Who asks and who answers are of either release.
      const step = `${binary === BINARY ? 'up' : 'down'}${at}`;
      await spans(cluster.nodes, step);
      await spans([...cluster.nodes].reverse(), `${step}-reversed`);
    }
  }
  await cluster.stop();
});

test('of nodes of two releases everybody is there after Redis was away', {skip}, async t => {
  const cluster = await Cluster.start(2, QUICK);
  t.after(() => cluster.kill());
  cluster.nodes.push(await cluster.startNode('n3', {}, {binary: PREVIOUS}));
  await cluster.settled();
  const world = await World.open(cluster, 'away', 20);
  await cluster.redis.kill();
  await allDegraded(cluster.nodes, true, 5000);
  await cluster.redis.restart();
  const ms = await world.whole(WHOLE_MS);
  await allDegraded(cluster.nodes, false, WHOLE_MS - ms);
  await world.publicationsCross();
  world.quiet();
  await world.close();
  await cluster.stop();
});
