// SPDX-License-Identifier: Apache-2.0
//
// Who is there, as the members on three nodes see it.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {Cluster, agreed, count, until} from './harness.mjs';
import {Viewer, viewers} from './members.mjs';
import {seed, seeded} from './random.mjs';

let cluster;
before(async () => {
  cluster = await Cluster.start(3, {'id-policy': 'takeover', 'longhouse-lease': '10m',
    'drain-per-second': 20, 'commands-per-second': 0});
});
after(() => cluster.stop());

const isOpen = client => client.socket.readyState === client.socket.OPEN;
const closeAll = clients => Promise.all(clients.map(client => client.close()));

// Every viewer sees exactly these, as do all nodes.
async function seen(watching, space, ids, ms) {
  await agreed(cluster.nodes, space, ids, ms);
  const expected = [...ids].sort();
  await until(() => watching.every(({sorted}) => sorted.join() === expected.join()),
    'every member to see the same', ms);
  for (const {faults} of watching) assert.deepEqual(faults, []);
}

test('an id goes around the nodes twenty times: nobody leaves, nobody comes', async () => {
  const watching = await viewers(cluster.nodes, 'around');
  const ids = watching.map(({id}) => id);
  const all = [await Viewer.at(cluster.nodes[0], 'around', 'roamer')];
  await seen(watching, 'around', [...ids, 'roamer'], 5000);
  for (const viewer of watching) viewer.heard.length = 0;
  await cluster.nodes[1].api.call('Join',
    {selector: {namespace: 'around', connection_ids: ['roamer']}, channels: ['room']});
  for (let i = 1; i <= 20; ++i) {
    all.push(await Viewer.at(cluster.nodes[i % 3], 'around', 'roamer'));
    assert.equal((await all[i - 1].whenClosed()).code, 4410);
  }
  await all.at(-1).listed;
  await seen(watching, 'around', [...ids, 'roamer'], 5000);
  assert.equal(all.filter(isOpen).length, 1);
  for (const {heard} of watching) assert.deepEqual(heard, []);
  const {node, channels} = await cluster.nodes[0].api.call('GetConnection',
    {namespace: 'around', connection_id: 'roamer'});
  assert.deepEqual({node, channels}, {node: 'n3', channels: ['room']});
  await closeAll([...watching, all.at(-1)]);
});

test('an id that many want at once on all nodes is had by one', async () => {
  const watching = await viewers(cluster.nodes, 'wanted');
  const all = await Promise.all(Array.from({length: 21},
    (_, i) => Viewer.at(cluster.nodes[i % 3], 'wanted', 'one')));
  await until(() => all.filter(isOpen).length === 1, 'one to be left', 5000);
  await seen(watching, 'wanted', [...watching.map(({id}) => id), 'one'], 5000);
  for (const {heard} of watching) {
    assert.deepEqual(heard.filter(what => what.endsWith('one')), ['+one']);
  }
  await closeAll([...watching, all.find(isOpen)]);
});

test('members come and go on all nodes at once', async t => {
  t.diagnostic(`seed ${seed}`);
  const random = seeded();
  const watching = await viewers(cluster.nodes, 'busy');
  const open = new Map();
  for (let step = 0; step < 300; ++step) {
    const id = `m${random(30)}`;
    const there = open.get(id);
    if (there && random(2) === 0) {
      open.delete(id);
      if (random(2) === 0) there.socket.terminate();
      else await there.close();
    } else {
      open.set(id, await Viewer.at(cluster.nodes[random(3)], 'busy', id));
    }
  }
  await Promise.all([...open.values()].map(({listed}) => listed));
  const ids = [...watching.map(({id}) => id), ...open.keys()];
  await seen([...watching, ...open.values()], 'busy', ids, 5000);
  await closeAll([...watching, ...open.values()]);
  await until(() => count(cluster.nodes[0], 'busy').then(n => n === 0), 'all to be gone');
});

test('a node is told to end: its members come back elsewhere', async () => {
  const [n1, n2, n3] = cluster.nodes;
  const watching = await viewers([n2, n3], 'moving');
  const names = Array.from({length: 30}, (_, i) => `m${i}`);
  const open = new Map();
  for (const id of names) open.set(id, await Viewer.at(n1, 'moving', id));
  const ids = [...watching.map(({id}) => id), ...names];
  await seen(watching, 'moving', ids, 5000);
  const back = names.map(async (id, i) => {
    const {code} = await open.get(id).closed;
    open.set(id, await Viewer.at([n2, n3][i % 2], 'moving', id));
    return code;
  });
  cluster.nodes.shift();
  const ended = n1.stop();
  // They talk all the time.
  let talking = true;
  const talk = (async () => {
    while (talking) {
      for (const viewer of open.values()) {
        if (isOpen(viewer)) viewer.send({action: 'cursor', x: 1});
      }
      await n2.api.send({namespace: 'moving'}, 'load', {json: Buffer.from('1')});
    }
  })();
  const codes = new Set(await Promise.all(back));
  talking = false;
  await talk;
  await ended;
  assert.deepEqual([...codes], [1001]);
  await seen(watching, 'moving', ids, 5000);
  for (const {heard} of watching) {
    for (const id of names) {
      const told = heard.filter(what => what.slice(1) === id);
      assert.ok(told.every((what, i) => what[0] === '+-'[i % 2]), told.join());
      assert.equal(told.at(-1), `+${id}`);
    }
  }
  await closeAll([...watching, ...open.values()]);
});
