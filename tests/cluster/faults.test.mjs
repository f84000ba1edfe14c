// SPDX-License-Identifier: Apache-2.0
//
// Three nodes on one Redis, when a node or Redis dies, freezes or forgets.
import assert from 'node:assert/strict';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, before, describe, test} from 'node:test';
import {Cluster, LEASE_MS, Plain, agreed, connected, count, json, until, within}
  from './harness.mjs';
import {COMMAND_MS, QUICK, SILENCE_MS, SLACK_MS, WHOLE_MS, World, allDegraded, closeAll, isOpen,
  lasting, openAt} from './world.mjs';

describe('one cluster', () => {
  let cluster;
  before(async () => {
    cluster = await Cluster.start(3, QUICK);
  });
  after(() => cluster.stop());

  test('Redis is killed and comes back empty', async () => {
    const world = await World.open(cluster, 'killed', 67);
    await cluster.redis.kill();
    await allDegraded(cluster.nodes, true, SILENCE_MS + SLACK_MS);
    await lasting(LEASE_MS + SILENCE_MS, () => world.localDelivery('away'));
    for (const node of cluster.nodes) {
      const refused = await Plain.open(node.url('/refused'));
      const {code} = await within(refused.closed, 'the refusal', COMMAND_MS * 2 + SLACK_MS);
      assert.equal(code, 1013);
    }
    await cluster.redis.restart();
    const ms = await world.whole(WHOLE_MS);
    await allDegraded(cluster.nodes, false, WHOLE_MS - ms);
    await world.publicationsCross();
    world.quiet();
    await world.close();
  });

  test('Redis is frozen for longer than a lease', async () => {
    const world = await World.open(cluster, 'frozen', 20);
    cluster.redis.freeze();
    await allDegraded(cluster.nodes, true, SILENCE_MS * 2 + SLACK_MS);
    await lasting(LEASE_MS + SILENCE_MS, () => world.localDelivery('away'));
    cluster.redis.thaw();
    const ms = await world.whole(WHOLE_MS);
    await allDegraded(cluster.nodes, false, WHOLE_MS - ms);
    await world.publicationsCross();
    world.quiet();
    await world.close();
  });

  test('Redis is flushed', async () => {
    const world = await World.open(cluster, 'flushed', 20);
    cluster.redis.cli('flushall');
    await world.whole(WHOLE_MS);
    await world.publicationsCross();
    // Nobody is called dead later, either.
    await lasting(LEASE_MS, () => world.whole(WHOLE_MS));
    world.quiet();
    await world.close();
  });

  test('subscriptions are cut in a stream of publications', async () => {
    const [n1, n2, n3] = cluster.nodes;
    const publisher = await connected(n1, 'cut');
    const listener = await connected(n2, 'cut');
    const channel = listener.subscribe('news');
    const heard = [];
    (async () => { for await (const data of channel) heard.push(data); })();
    await channel.listener('subscribe').once();
    const stream = n3.api.raw.Subscribe({namespace: 'cut', channels: ['news']});
    const told = [];
    let lost = 0;
    stream.on('error', () => {});
    await new Promise(resolve => stream.once('data', resolve));
    stream.on('data', message => {
      lost += Number(message.lost);
      told.push(...message.publications.map(({body}) => JSON.parse(body.json.toString())));
    });
    let published = 0;
    const publish = () => publisher.invokePublish('news', published++);
    for (let cut = 0; cut < 3; ++cut) {
      for (let i = 0; i < 100; ++i) await publish();
      cluster.redis.cli('client', 'kill', 'type', 'pubsub');
      for (let i = 0; i < 100; ++i) await publish();
      // It crosses again.
      await until(async () => {
        const sent = published;
        await publish();
        return heard.some(n => n >= sent - 50) && told.some(n => n >= sent - 50);
      }, 'publications to cross again', 3000 + SLACK_MS);
    }
    const last = published;
    await publish();
    await until(() => heard.at(-1) === last && told.at(-1) === last, 'the last one');
    for (const all of [heard, told]) {
      assert.ok(all.every((n, i) => i === 0 || n > all[i - 1]), 'in order, and nothing twice');
    }
    if (told.length < published) assert.ok(lost > 0, 'the loss is told');
    stream.cancel();
    for (const client of [publisher, listener]) client.disconnect();
  });

  test('a node freezes for longer than its lease and wakes up', async () => {
    const [n1, n2, n3] = cluster.nodes;
    const older = await openAt(n1, 'woken', ['a', 'b', 'c', 'd', 'e']);
    await agreed(cluster.nodes, 'woken', older.keys(), 5000);
    n1.signal('SIGSTOP');
    await agreed([n2, n3], 'woken', [], LEASE_MS + SLACK_MS);
    const newer = await openAt(n2, 'woken', ['a', 'b', 'c']);
    await agreed([n2, n3], 'woken', newer.keys(), 2000);
    n1.signal('SIGCONT');
    await agreed(cluster.nodes, 'woken', ['a', 'b', 'c', 'd', 'e'], 5000);
    for (const [id, client] of newer) {
      assert.ok(isOpen(client));
      assert.equal((await older.get(id).whenClosed()).code, 4410);
      older.delete(id);
    }
    await agreed(cluster.nodes, 'woken', ['a', 'b', 'c', 'd', 'e'], 2000);
    for (const client of older.values()) assert.ok(isOpen(client));
    assert.deepEqual((await n3.api.list({namespace: 'woken'})).map(({id, node}) => `${id}@${node}`),
      ['a@n2', 'b@n2', 'c@n2', 'd@n1', 'e@n1']);
    await closeAll([...older.values(), ...newer.values()]);
    await cluster.settled();
  });

  test('a node is killed', async () => {
    const world = await World.open(cluster, 'dead', 20);
    const [n1, n2, n3] = cluster.nodes;
    const begin = performance.now();
    await n1.kill();
    for (const id of world.clients.keys()) if (id.startsWith('n1-')) world.clients.delete(id);
    const dead = world.viewers.shift();
    const left = () => LEASE_MS + SLACK_MS - (performance.now() - begin);
    await agreed([n2, n3], world.space, [...world.clients.keys()], left());
    for (const {heard} of world.viewers) {
      await until(() => heard.length > 0, 'the leave', left());
    }
    // The death is told once more after a lease, to nodes alone.
    await lasting(LEASE_MS + SLACK_MS, () => agreed([n2, n3], world.seen,
      world.viewers.map(({id}) => id), SLACK_MS));
    for (const {heard, faults} of world.viewers) {
      assert.deepEqual([heard, faults], [[`-${dead.id}`], []]);
    }
    await cluster.replace(n1);
    await world.close();
  });

  test('two of three nodes are killed: the third names them, and then forgets them', async () => {
    const [n1, n2, n3] = cluster.nodes;
    const clients = await Promise.all(cluster.nodes.map(
      node => Plain.open(node.url(`/third?socket_id=${node.name}`))));
    await agreed(cluster.nodes, 'third', ['n1', 'n2', 'n3'], 5000);
    const counted = () => n3.api.call('CountConnections', {selector: {namespace: 'third'}});
    const begin = performance.now();
    await Promise.all([n1.kill(), n2.kill()]);
    const {connections, unreachable} = await counted();
    assert.equal(connections, 1);
    assert.deepEqual(unreachable.sort(), ['n1', 'n2']);
    const left = () => 2 * LEASE_MS + SLACK_MS - (performance.now() - begin);
    await until(async () => (await counted()).unreachable.length === 0, 'them to be forgotten', left());
    await agreed([n3], 'third', ['n3'], left());
    // Nobody is waited for any more.
    const asked = performance.now();
    await counted();
    assert.ok(performance.now() - asked < 1000, `${performance.now() - asked} ms`);
    for (const node of [n1, n2]) {
      cluster.nodes[cluster.nodes.indexOf(node)] = await cluster.startNode(node.name);
    }
    await cluster.settled();
    for (const client of clients) client.socket.terminate();
  });
});

test('--storage-down accept: who comes while Redis is away is claimed when it is back', async t => {
  const cluster = await Cluster.start(2, {'storage-down': 'accept', 'id-policy': 'reject'});
  t.after(() => cluster.kill());
  const [n1, n2] = cluster.nodes;
  await cluster.redis.kill();
  await allDegraded(cluster.nodes, true, 5000);
  const alone = await Plain.open(n1.url('/accept?socket_id=alone'));
  // Two that have one id, until somebody can say so.
  const twins = [await Plain.open(n1.url('/accept?socket_id=twin')),
    await Plain.open(n2.url('/accept?socket_id=twin'))];
  await until(async () => await n1.metric('sluice_connections', {dialect: 'json_rpc'}) === 2 &&
    await n2.metric('sluice_connections', {dialect: 'json_rpc'}) === 1, 'all to be let in', 10_000);
  await cluster.redis.restart();
  const loser = await within(Promise.race(twins.map(({closed}) => closed)), 'one twin to go');
  assert.equal(loser.code, 4410);
  await until(async () => await count(n2, 'accept') === 2, 'both that are left');
  assert.equal(twins.filter(isOpen).length, 1);
  assert.ok(isOpen(alone));
});

test('a node with other --cluster-keys is not believed', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'keys-'));
  const file = name => join(folder, name);
  writeFileSync(file('right'), 'one secret that all share\n');
  writeFileSync(file('wrong'), 'another one that is of nobody\n');
  const cluster = await Cluster.start(2, {'cluster-keys': file('right')});
  t.after(() => cluster.kill());
  const [n1, n2] = cluster.nodes;
  const n3 = await cluster.startNode('n3', {'cluster-keys': file('wrong')});
  cluster.nodes.push(n3);
  await allDegraded([n3], false, 5000);
  const clients = await Promise.all(cluster.nodes.map(node => Plain.open(node.url('/keys'))));
  const before = await n1.metric('sluice_broker_dropped_total', {reason: 'foreign'});
  await until(async () => {
    const {enqueued, unreachable} = await n3.api.send({namespace: 'keys'}, 'from-n3', json(0));
    return enqueued === 1 && [...unreachable].sort().join() === 'n1,n2';
  }, 'n3 to know the others, in vain');
  await until(async () =>
    await n1.metric('sluice_broker_dropped_total', {reason: 'foreign'}) > before, 'to be dropped');
  await until(async () => {
    const {enqueued, unreachable} = await n1.api.send({namespace: 'keys'}, 'from-n1', json(0));
    return enqueued === 2 && unreachable.join() === 'n3';
  }, 'the others to reach one another');
  await until(() => clients[1].inbox.takeAll().some(text => text.includes('from-n1')), 'from-n1');
  assert.ok(!clients[1].inbox.takeAll().concat(clients[0].inbox.takeAll())
    .some(text => text.includes('from-n3')));
  await closeAll(clients);
  await cluster.stop();
  rmSync(folder, {recursive: true});
});
