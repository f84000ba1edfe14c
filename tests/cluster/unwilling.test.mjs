// SPDX-License-Identifier: Apache-2.0
//
// Three nodes on a Redis that answers, and does not do what it is asked.
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdirSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {Plain, Redis, until} from './harness.mjs';
import {Operator} from './operator.mjs';
import {startNodes, tried} from './trial.mjs';

// What is to be loaded, so many that it takes longer than everything here.
const LOADED_KEYS = 60_000;

let redis, cluster;
before(async () => {
  redis = await Redis.start({'busy-reply-threshold': 50});
  cluster = await startNodes(redis);
});
after(() => cluster.stop());

test('MISCONF: its disk fails', async () => {
  // A folder stands where the snapshot should go.
  const snapshot = join(redis.folder, 'dump.rdb');
  const saves = async how => {
    redis.cli('bgsave');
    await until(() => redis.cli('info', 'persistence').includes(`rdb_last_bgsave_status:${how}`),
      `the snapshot: ${how}`);
  };
  await tried(cluster, 'disk', {
    begin: async () => {
      mkdirSync(join(snapshot, 'full'), {recursive: true});
      redis.cli('config', 'set', 'save', '3600 1000000');
      await saves('err');
    },
    why: /MISCONF/,
    end: async () => {
      rmSync(snapshot, {recursive: true});
      await saves('ok');
    },
  });
  redis.cli('config', 'set', 'save', '');
});

test('BUSY: a script of others runs on', async () => {
  let ended;
  await tried(cluster, 'busy', {
    begin: () => {
      const script = spawn('redis-cli', ['-p', redis.port, 'eval', 'while true do end', '0'],
        {stdio: 'ignore'});
      ended = once(script, 'close');
    },
    why: /BUSY/,
    end: async () => {
      await until(() => redis.cli('script', 'kill') === 'OK', 'the script to be killed');
      await ended;
    },
  });
});

test('NOAUTH: it wants a password all at once', async t => {
  const operator = await Operator.at(redis);
  t.after(() => operator.close());
  await tried(cluster, 'password', {
    begin: async () => {
      await operator.do('config', 'set', 'requirepass', 'secret');
      await operator.cutAll();
    },
    why: /NOAUTH/,
    end: () => operator.do('config', 'set', 'requirepass', ''),
  });
});

test('READONLY: it is a replica for a while, and has an older state of things then', async t => {
  const other = await Redis.start({replicaof: `127.0.0.1 ${redis.port}`});
  t.after(() => other.stop());
  await tried(cluster, 'replica', {
    begin: async world => {
      await until(() => other.cli('info', 'replication').includes('master_link_status:up') &&
        other.cli('keys', '*').includes(world.space), 'the copy');
      other.cli('replicaof', 'no', 'one');
      await change(world);
      redis.cli('replicaof', '127.0.0.1', other.port);
    },
    why: /slave/,
    end: () => redis.cli('replicaof', 'no', 'one'),
  });
});

test('LOADING: it starts slowly, from an old snapshot', async () => {
  let loaded;
  await tried(cluster, 'loads', {
    begin: async world => {
      redis.cli('eval', `for i = 1, ${LOADED_KEYS} do redis.call('SET', 'k' .. i, i) end`, '0');
      redis.cli('save');
      await change(world);
      await redis.kill();
      Object.assign(redis.options,
        {'key-load-delay': 1000, 'loading-process-events-interval-bytes': 1024});
      loaded = redis.restart();
    },
    why: /LOADING/,
    end: () => {
      redis.cli('config', 'set', 'key-load-delay', '0');
      return loaded;
    },
  });
});

// Two that are known to Redis leave, and two come.
async function change(world) {
  const [n1, n2] = world.cluster.nodes;
  for (const node of [n1, n2]) {
    const gone = `${node.name}-1`;
    await world.clients.get(gone).close();
    world.clients.delete(gone);
    const url = node.url(`/${world.space}?socket_id=${node.name}-new`);
    world.clients.set(`${node.name}-new`, await Plain.open(url));
  }
  await world.whole(5000);
}
