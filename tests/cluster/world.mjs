// SPDX-License-Identifier: Apache-2.0
//
// Clients on every node of a cluster, and what must be true of them whatever befalls Redis.
import assert from 'node:assert/strict';
import {Plain, agreed, connected, count, json, openMany, outcome, recorded, until, within}
  from './harness.mjs';
import {Viewer, viewers} from './members.mjs';

// What a busy machine may add to what the nodes promise.
export const SLACK_MS = 1500;
// What the nodes of faults are started with, and what they promise by that.
export const SILENCE_MS = 1000;
export const COMMAND_MS = 1000;
export const QUICK = {
  'id-policy': 'takeover', 'redis-silence': `${SILENCE_MS}ms`,
  'redis-command-timeout': `${COMMAND_MS}ms`, 'redis-ping-interval': '300ms',
  'commands-per-second': 1_000_000, 'longhouse-lease': '10m',
};
// From Redis' return until everything is as before.
export const WHOLE_MS = 2000 + SLACK_MS;

export const degraded = async node => JSON.parse((await node.fetch('/readyz')).text).degraded;
export const allDegraded = (nodes, is, ms) => until(
  async () => (await Promise.all(nodes.map(degraded))).every(why => Boolean(why) === is),
  `all to be ${is ? '' : 'no longer '}degraded`, ms);
export const closeAll = clients => Promise.all(clients.map(client => client.close()));
export const isOpen = client => client.socket.readyState === client.socket.OPEN;

// Those of `ids` at this node, plain clients by their ids.
export async function openAt(node, space, ids) {
  const urlOf = i => node.url(`/${space}?socket_id=${ids[i]}`);
  return new Map((await openMany(ids.length, urlOf)).map((client, i) => [ids[i], client]));
}

// Runs `during` again and again as long as the fault lasts.
export async function lasting(ms, during) {
  const end = performance.now() + ms;
  do await during(); while (performance.now() < end);
}

// Each node has clients of one namespace and a member that sees the members of another.
export class World {
  constructor(cluster, name) {
    Object.assign(this, {cluster, name, space: `${name}-crowd`, seen: `${name}-seen`});
  }

  static async open(cluster, name, perNode) {
    const world = new World(cluster, name);
    world.clients = new Map();
    for (const node of cluster.nodes) {
      const ids = Array.from({length: perNode}, (_, i) => `${node.name}-${i}`);
      for (const entry of await openAt(node, world.space, ids)) world.clients.set(...entry);
    }
    world.viewers = await viewers(cluster.nodes, world.seen);
    await world.whole(5000);
    await until(() => world.viewers.every(({members}) => members.size === 3), 'all to be seen');
    for (const viewer of world.viewers) viewer.heard.length = 0;
    return world;
  }

  // All nodes list what is open, and Redis holds it.
  async whole(ms) {
    const begin = performance.now();
    const left = () => ms - (performance.now() - begin);
    const {nodes} = this.cluster;
    await agreed(nodes, this.space, [...this.clients.keys()], left());
    await agreed(nodes, this.seen, this.viewers.map(({id}) => id), left());
    // A node may be listed by the others before all of them are heard.
    for (const node of nodes) {
      await until(async () => (await count(node, this.space)) === this.clients.size,
        `${node.name} to count all`, left());
    }
    await until(() => recorded(this.cluster.redis, this.space) === this.clients.size &&
      recorded(this.cluster.redis, this.seen) === this.viewers.length, 'Redis to hold it', left());
    return performance.now() - begin;
  }

  // Nobody was closed, and no member heard that another one left or came.
  quiet() {
    for (const client of [...this.clients.values(), ...this.viewers]) assert.ok(isOpen(client));
    for (const {heard, faults} of this.viewers) assert.deepEqual([heard, faults], [[], []]);
  }

  // A backend that talks to one node reaches that node's own clients.
  async localDelivery(event) {
    await Promise.all(this.cluster.nodes.map(async node => {
      const outcome = await node.api.send({namespace: this.space}, event, json(0));
      const reached = outcome.enqueued;
      const own = [...this.clients.keys()].filter(id => id.startsWith(node.name)).length;
      assert.ok(reached >= own, `${reached} reached of ${own}`);
      if (reached < this.clients.size) assert.ok(outcome.unreachable.length > 0);
      const client = this.clients.get(`${node.name}-0`);
      await until(() => client.inbox.takeAll().some(text => text.includes(event)), event);
    }));
  }

  async publicationsCross() {
    const [n1, , n3] = this.cluster.nodes;
    const space = `${this.name}-talk`;
    const publisher = await connected(n1, space);
    const listener = await connected(n3, space);
    const channel = listener.subscribe('news');
    await channel.listener('subscribe').once();
    const next = channel.createConsumer().next();
    await publisher.invokePublish('news', 'x');
    assert.equal((await within(next, 'the publication')).value, 'x');
    for (const client of [publisher, listener]) client.disconnect();
  }

  close() {
    return closeAll([...this.clients.values(), ...this.viewers]);
  }
}

// Clients of three dialects in one namespace, on all nodes, are found, reached, heard and replaced.
export async function spans(nodes, space) {
  const [n1, n2, n3] = nodes;
  const plain = await Plain.open(n1.url(`/${space}?socket_id=plain`));
  const cluster = await connected(n2, space);
  const viewer = await Viewer.at(n3, space, 'viewer');
  await agreed(nodes, space, ['plain', 'viewer', cluster.id], 5000);
  assert.deepEqual(await n3.api.send({namespace: space, connection_ids: ['plain']}, 'e', json(1)),
    outcome(1, 1));
  assert.match(await plain.nextRaw(), /"e"/);
  const heard = cluster.receiver('e').once();
  assert.deepEqual(await n1.api.send({namespace: space, connection_ids: [cluster.id]}, 'e',
    json(2)), outcome(1, 1));
  assert.equal(await within(heard, 'what is sent'), 2);
  const heir = await Plain.open(n3.url(`/${space}?socket_id=plain`));
  assert.equal((await plain.whenClosed()).code, 4410);
  const other = await Viewer.at(n1, space, 'other');
  await until(() => viewer.members.has('other') && other.members.has('viewer'), 'both to be seen');
  await other.close();
  await until(() => viewer.heard.includes('-other'), 'the leave');
  assert.deepEqual(viewer.heard, ['+other', '-other']);
  await agreed(nodes, space, ['plain', 'viewer', cluster.id], 5000);
  cluster.disconnect();
  await closeAll([heir, viewer]);
}
