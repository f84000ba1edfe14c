// SPDX-License-Identifier: Apache-2.0
//
// What befalls a cluster: each lasts a while that is random, and is over when it returns. It gives
// the names of the nodes that stood still for long, or ended.
import {setTimeout as pause} from 'node:timers/promises';
import {LEASE_MS, Redis, until} from './harness.mjs';
import {RedisCluster} from './redis_cluster.mjs';
import {Sentinels} from './sentinels.mjs';

const pick = (cluster, random) => cluster.nodes[random(cluster.nodes.length)];
const aWhile = random => pause(200 + random(800));

// --- Nodes ---------------------------------------------------------------------------------------

async function killNode(cluster, random) {
  const node = pick(cluster, random);
  await node.kill();
  await pause(random(LEASE_MS));
  await cluster.replace(node);
  return [node.name];
}

async function freezeNode(cluster, random, ms) {
  const node = pick(cluster, random);
  node.signal('SIGSTOP');
  await pause(ms);
  node.signal('SIGCONT');
  return [node.name];
}

const freezeForLong = (cluster, random) =>
  freezeNode(cluster, random, LEASE_MS + random(1500));

// Says it to every server.
const say = (...words) => async ({redis}, random) => {
  await aWhile(random);
  for (const server of redis.servers ?? [redis]) server.cli(...words);
  await aWhile(random);
  return [];
};

const EVERYWHERE = {
  'none': async (_, random) => { await aWhile(random); return []; },
  'a node is killed': killNode,
  'a node is frozen for longer than its lease': freezeForLong,
  'a node is frozen for a moment': (cluster, random) => freezeNode(cluster, random, random(1000)),
  'Redis is flushed': say('flushall'),
  'Redis forgets scripts': say('script', 'flush'),
  'Redis pauses': say('client', 'pause', '1500'),
  'subscriptions are cut': say('client', 'kill', 'type', 'pubsub'),
  'connections to Redis are cut': say('client', 'kill', 'type', 'normal'),
  'a node is frozen while Redis is flushed': async (cluster, random) => {
    const frozen = freezeForLong(cluster, random);
    await say('flushall')(cluster, random);
    return frozen;
  },
};

// --- One server ----------------------------------------------------------------------------------

async function killRedis({redis}, random) {
  await redis.kill();
  await pause(random(LEASE_MS));
  await redis.restart();
  return [];
}

const ON_ONE_SERVER = {
  'Redis is killed': killRedis,
  'Redis is killed twice': async (cluster, random) => {
    await killRedis(cluster, random);
    await aWhile(random);
    return killRedis(cluster, random);
  },
  'Redis is frozen': async ({redis}, random) => {
    redis.freeze();
    await pause(random(LEASE_MS * 2));
    redis.thaw();
    return [];
  },
  'Redis has no memory': async ({redis}, random) => {
    redis.cli('config', 'set', 'maxmemory', '1');
    await aWhile(random);
    redis.cli('config', 'set', 'maxmemory', '0');
    return [];
  },
  'a node is killed while Redis is away': async (cluster, random) => {
    await cluster.redis.kill();
    const node = pick(cluster, random);
    await node.kill();
    await aWhile(random);
    await cluster.redis.restart();
    await cluster.replace(node);
    return [node.name];
  },
};

// --- Masters with a replica ----------------------------------------------------------------------

// Another server takes over from the master, which is back later.
const masterFails = (fail, recover) => async ({redis}, random) => {
  await aWhile(random);
  const {master} = redis;
  await fail(master);
  await redis.failedOver(master);
  await pause(random(1500));
  await recover(master);
  await redis.ready();
  return [];
};

const ON_REPLICAS = {
  'the master is killed': masterFails(master => master.kill(), master => master.restart()),
  'the master is frozen': masterFails(master => master.freeze(), master => master.thaw()),
  'another master is ordered': async ({redis}, random) => {
    const {master} = redis;
    redis.orderFailover();
    await redis.failedOver(master);
    await aWhile(random);
    await redis.ready();
    return [];
  },
  'the master is frozen for a moment': async ({redis}, random) => {
    const {master} = redis;
    master.freeze();
    await pause(random(450));
    master.thaw();
    await aWhile(random);
    await until(() => redis.master.answers(), 'a master');
    return [];
  },
};

const ON_SLOTS = {
  'slots move': async ({redis}, random, space) => {
    const keys = ['sluice:nodes', 'sluice:presence-disputed', 'sluice:m:n1', `sluice:s:${space}`,
      `sluice:presence:{:${space}}`];
    for (let i = 0; i < 4; ++i) {
      const masters = [redis.servers.indexOf(redis.master), 1, 2];
      for (const key of keys) redis.migrate(key, masters[random(masters.length)]);
      await aWhile(random);
    }
    return [];
  },
};

export const GROUNDS = {
  'one server': {
    start: () => Redis.start(), troubles: {...EVERYWHERE, ...ON_ONE_SERVER},
  },
  'sentinels': {
    start: () => Sentinels.start(), troubles: {...EVERYWHERE, ...ON_REPLICAS},
  },
  'a Redis Cluster': {
    start: () => RedisCluster.start(), troubles: {...EVERYWHERE, ...ON_REPLICAS, ...ON_SLOTS},
  },
};
