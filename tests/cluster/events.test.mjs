// SPDX-License-Identifier: Apache-2.0
//
// WatchEvents over three nodes: one stream of what happens on all of them.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {Cluster, LEASE_MS, Plain, connected, until, within} from './harness.mjs';

// From when a death could be known until the last node has told of it, on a busy machine.
const SLACK_MS = 4000;

let cluster, n1, n2, n3;
before(async () => {
  cluster = await Cluster.start(3, {'events-kept': 1000});
  [n1, n2, n3] = cluster.nodes;
});
after(() => cluster.stop());

// What one stream was told, by node.
class Watcher {
  events = [];
  states = [];  // "n1 FOLLOWED"
  positions = new Map();
  lost = 0;
  gaps = 0;

  // Opens, and waits until it follows every node.
  static async open(node, request = {}) {
    const watcher = new Watcher();
    watcher.stream = node.api.raw.WatchEvents(request);
    await within(new Promise((resolve, reject) => {
      watcher.stream.on('error', reject);
      watcher.stream.on('data', message => {
        watcher.#take(message);
        if (message.node === node.name) resolve();
      });
    }), 'the asked node to be followed, behind all others');
    return watcher;
  }

  #take({node, events, lost, gap, state, position}) {
    if (position) this.positions.set(node, position);
    if (state !== 'NODE_STATE_UNSPECIFIED') {
      this.states.push(`${node} ${state.slice('NODE_STATE_'.length)}`);
    }
    this.lost += lost;
    if (gap) ++this.gaps;
    for (const event of events) {
      this.events.push({...event, of: node, type: event.type.slice('TYPE_'.length)});
    }
  }

  // Positions to go on from.
  get after() {
    return [...this.positions.values()];
  }

  ids(type, of) {
    return this.events.filter(event => event.type === type && (!of || event.of === of))
      .map(event => event.connection_id);
  }

  close() {
    this.stream.cancel();
  }
}

async function openOn(node, namespace, count, from = 0) {
  const clients = [];
  for (let i = from; i < from + count; ++i) {
    clients.push(await Plain.open(node.url(`/${namespace}?socket_id=${node.name}-${i}`)));
  }
  // A client sees its handshake's answer before it is open; who leaves before that was never there.
  await until(async () => {
    const {connections} = await node.api.call('CountConnections',
      {selector: {namespace}, scope: 'SCOPE_LOCAL'});
    return connections >= from + count;
  }, 'all to be open');
  return clients;
}

const closeAll = clients => Promise.all(clients.map(client => client.close()));

test('one stream tells what happens on all nodes, each in its order', async () => {
  const watchers = [];
  for (const node of cluster.nodes) {
    watchers.push(await Watcher.open(node, {namespace: 'all'}));
    assert.deepEqual([...watchers.at(-1).states].sort(),
      ['n1 FOLLOWED', 'n2 FOLLOWED', 'n3 FOLLOWED']);
  }
  const clients = [];
  for (const node of cluster.nodes) clients.push(...await openOn(node, 'all', 5));
  await closeAll(clients);
  for (const watcher of watchers) {
    await until(() => watcher.ids('NAMESPACE_EMPTY').length === 3, 'the end of all');
    for (const node of cluster.nodes) {
      const ids = [0, 1, 2, 3, 4].map(i => `${node.name}-${i}`);
      // A client sees its handshake's answer before all know of it, and each has its own thread.
      assert.deepEqual(watcher.ids('OPENED', node.name).sort(), ids);
      assert.deepEqual(watcher.ids('CLOSED', node.name).sort(), ids);
      const numbers = watcher.events.filter(({of}) => of === node.name).map(e => e.sequence);
      assert.deepEqual(numbers, [...numbers].sort((a, b) => a - b));
    }
    assert.deepEqual([watcher.lost, watcher.gaps], [0, 0]);
    watcher.close();
  }
});

test('a local stream tells of its node alone', async () => {
  const local = await Watcher.open(n1, {namespace: 'local', scope: 'SCOPE_LOCAL'});
  const wide = await Watcher.open(n1, {namespace: 'local'});
  const clients = [...await openOn(n2, 'local', 1), ...await openOn(n1, 'local', 1)];
  await until(() => wide.events.length === 2 && local.events.length === 1, 'both to be told');
  assert.deepEqual(local.ids('OPENED'), ['n1-0']);
  assert.deepEqual(local.states, ['n1 FOLLOWED']);
  for (const watcher of [local, wide]) watcher.close();
  await closeAll(clients);
});

test('a stream goes on on another node, and tells each event once', async () => {
  const first = await Watcher.open(n1, {namespace: 'on', types: ['TYPE_OPENED']});
  const clients = [];
  for (const node of cluster.nodes) clients.push(...await openOn(node, 'on', 3));
  await until(() => first.events.length === 9, 'the first ones');
  first.close();
  for (const node of cluster.nodes) {
    clients.push(...await openOn(node, 'on', 2, 3));
  }
  const second = await Watcher.open(n2,
    {namespace: 'on', types: ['TYPE_OPENED'], after: first.after});
  await until(() => second.events.length >= 6, 'what happened meanwhile');
  assert.deepEqual(second.ids('OPENED').sort(),
    ['n1-3', 'n1-4', 'n2-3', 'n2-4', 'n3-3', 'n3-4']);
  assert.equal(second.gaps, 0);
  second.close();
  await closeAll(clients);
});

test('what a node does not keep any more is told as a gap', async () => {
  const first = await Watcher.open(n1, {namespace: 'kept'});
  first.close();
  const clients = await openOn(n2, 'kept', 1);
  const to = {selector: {namespace: 'kept'}};
  for (let i = 0; i < 600; ++i) {
    await n2.api.outcome('Join', {...to, channels: ['c']});
    await n2.api.outcome('Leave', {...to, channels: ['c']});
  }
  const second = await Watcher.open(n3, {namespace: 'kept', after: first.after});
  await until(() => second.events.length > 0, 'what is left');
  assert.equal(second.gaps, 1);
  assert.ok(second.events.length <= 1000);
  second.close();
  await closeAll(clients);
});

test('a node that is killed: CLOSED for each connection once, then its end', async () => {
  const watchers = [await Watcher.open(n1, {namespace: 'dead'}),
    await Watcher.open(n2, {namespace: 'dead'}),
    await Watcher.open(n2, {types: ['TYPE_CLOSED']})];
  const local = await Watcher.open(n1, {namespace: 'dead', scope: 'SCOPE_LOCAL'});
  const others = await openOn(n1, 'dead', 2);
  await openOn(n3, 'dead', 20);
  await until(async () => await n1.api.count({namespace: 'dead'}) === 22, 'all to be open');
  // What nobody had fetched dies with it.
  await until(() => watchers.slice(0, 2).every(watcher => watcher.ids('OPENED', 'n3').length === 20),
    'all openings to be told');
  const ids = Array.from({length: 20}, (_, i) => `n3-${i}`).sort();
  const began = performance.now();
  await n3.kill();
  for (const watcher of watchers) {
    await until(() => watcher.ids('CLOSED').length >= 20, 'the ends of all',
      LEASE_MS + SLACK_MS - (performance.now() - began));
    await until(() => watcher.states.includes('n3 ENDED'), 'the end of the node', 10_000);
  }
  // The death is told once more after a lease, to nodes alone; then its entry goes.
  await until(() => !cluster.redis.cli('hkeys', 'sluice:nodes').includes('n3'),
    'it to be forgotten', 60_000);
  for (const watcher of watchers) {
    assert.deepEqual(watcher.ids('CLOSED').sort(), ids);
    for (const event of watcher.events.filter(({type}) => type === 'CLOSED')) {
      assert.deepEqual([event.node, event.code], ['n3', 1006]);
      assert.notEqual(event.of, 'n3');
    }
    assert.equal(watcher.states.filter(state => state === 'n3 ENDED').length, 1);
  }
  assert.deepEqual(local.ids('CLOSED'), []);
  // Whoever goes on from before the death hears of it as well.
  n3 = await cluster.replace(n3);
  await until(() => watchers.every(({states}) => states.at(-1) === 'n3 FOLLOWED'),
    'the new one to be followed');
  const [client] = await openOn(n3, 'dead', 1);
  for (const watcher of watchers.slice(0, 2)) {
    await until(() => watcher.ids('OPENED', 'n3').length === 21, 'an event of it');
  }
  for (const watcher of [...watchers, local]) watcher.close();
  await closeAll([...others, client]);
});

test('a node that leaves tells the ends itself, and all of them', async () => {
  const fourth = await cluster.startNode('n4');
  cluster.nodes.push(fourth);
  await cluster.settled(4);
  const watcher = await Watcher.open(n1, {namespace: 'left'});
  await openOn(fourth, 'left', 10);
  cluster.nodes.pop();
  await fourth.stop();
  await until(() => watcher.states.includes('n4 ENDED'), 'its end');
  assert.deepEqual(watcher.ids('CLOSED', 'n4').sort(),
    Array.from({length: 10}, (_, i) => `n4-${i}`));
  assert.equal(watcher.gaps, 0);
  watcher.close();
});

// A Subscribe stream, and its first message.
const greeting = async (node, namespace) => {
  const stream = node.api.raw.Subscribe({namespace, channels: ['c']});
  stream.on('error', () => {});
  const [first] = await within(new Promise(resolve => {
    stream.once('data', message => resolve([message]));
  }), 'the greeting', 10_000);
  return {stream, first};
};

test('a line that is cut is told as messages lost', async () => {
  const watcher = await Watcher.open(n1, {types: ['TYPE_MESSAGES_LOST']});
  const {stream} = await greeting(n2, 'cut');  // it hears the namespace
  await cluster.redis.kill();
  await cluster.redis.restart();
  await cluster.settled();
  await until(() => watcher.events.some(({of}) => of === 'n1'), 'the loss, here', 20_000);
  await until(() => watcher.events.some(({of, namespace}) => of === 'n2' && namespace === 'cut'),
    'and there', 20_000);
  assert.ok(watcher.events.every(({type}) => type === 'MESSAGES_LOST'));
  watcher.close();
  stream.cancel();
});

test('a Subscribe stream greets once it hears the other nodes, or says that it does not', async () => {
  const publisher = await connected(n2, 'greet');
  for (let i = 0; i < 20; ++i) {
    const {stream, first} = await greeting(n1, 'greet');
    assert.equal(first.degraded, false);
    const told = new Promise(resolve => stream.once('data', resolve));
    // A client's publication: said in Redis, to those that hear.
    publisher.transmitPublish('c', i);
    assert.equal((await within(told, 'the publication')).publications.length, 1);
    stream.cancel();
  }
  publisher.disconnect();
  cluster.redis.freeze();
  try {
    const {stream, first} = await greeting(n1, 'frozen');
    assert.equal(first.degraded, true);
    stream.cancel();
  } finally {
    cluster.redis.thaw();
  }
});
