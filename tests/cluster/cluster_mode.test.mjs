// SPDX-License-Identifier: Apache-2.0
//
// Three gateways on a Redis Cluster of three masters: its slots move, a master dies.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {Cluster, Plain, connected, until} from './harness.mjs';
import {RedisCluster} from './redis_cluster.mjs';
import {QUICK, SLACK_MS, World, allDegraded, spans} from './world.mjs';

// From the moment that another server has the slots until presence is whole again.
const WHOLE_MS = 1000 + 2000 + SLACK_MS;
const KEY = space => `sluice:presence:{:${space}}`;

let cluster, redis;
before(async () => {
  redis = await RedisCluster.start();
  cluster = await Cluster.start(3, QUICK, redis);
});
after(async () => {
  if (cluster) await cluster.stop();
  else await redis?.stop();
});

test('a cluster on a Redis Cluster is one gateway', () => spans(cluster.nodes, 'calm'));

test('slots move to and fro while clients come, go and talk', async () => {
  const world = await World.open(cluster, 'moving', 10);
  const publisher = await connected(cluster.nodes[0], 'moving-talk');
  const listener = await connected(cluster.nodes[1], 'moving-talk');
  const channel = listener.subscribe('news');
  const heard = [];
  (async () => { for await (const data of channel) heard.push(data); })();
  await channel.listener('subscribe').once();
  let moving = true, published = 0, came = 0, refused = 0;
  const talk = (async () => {
    while (moving) await publisher.invokePublish('news', published++);
  })();
  const comeAndGo = cluster.nodes.map(async (node, i) => {
    for (let n = 0; moving; ++n) {
      const client = await Plain.open(node.url(`/moving-guests?socket_id=guest-${i}-${n}`));
      const let_in = client.quiet().then(() => true);
      if (await Promise.race([let_in, client.closed.then(() => false)])) await client.close();
      else ++refused;
      ++came;
    }
  });
  for (let round = 0; round < 6; ++round) {
    const sets = [world.space, world.seen, 'moving-guests'].map(KEY);
    for (const key of [...sets, 'sluice:nodes', 'sluice:s:moving-talk']) {
      redis.migrate(key, (redis.ownerOf(key) + 1) % 3);
    }
    await world.whole(WHOLE_MS);
  }
  moving = false;
  await Promise.all([talk, ...comeAndGo]);
  await world.whole(WHOLE_MS);
  world.quiet();
  assert.ok(heard.every((n, i) => i === 0 || n > heard[i - 1]), 'in order, and nothing twice');
  const last = published;
  await until(async () => {
    await publisher.invokePublish('news', published++);
    return heard.at(-1) >= last;
  }, 'publications to cross again', WHOLE_MS);
  assert.ok(came > 20, `${came} came`);
  assert.equal(refused, 0);
  for (const client of [publisher, listener]) client.disconnect();
  await world.close();
});

test('a master is killed', async () => {
  // Of a namespace whose records are there.
  const name = Array.from({length: 50}, (_, i) => `killed${i}`)
    .find(one => redis.ownerOf(KEY(`${one}-crowd`)) === 0);
  const world = await World.open(cluster, name, 20);
  const {master} = redis;
  await master.kill();
  await redis.failedOver(master);
  const ms = await world.whole(WHOLE_MS);
  await allDegraded(cluster.nodes, false, WHOLE_MS - ms);
  await world.publicationsCross();
  await spans(cluster.nodes, `${name}-after`);
  world.quiet();
  await world.close();
});
