// SPDX-License-Identifier: Apache-2.0
//
// A drain of three nodes is one: its pace, its steering, its progress, also when a node dies in it.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {Cluster, openMany, refused, until} from './harness.mjs';

let cluster;
before(async () => { cluster = await Cluster.start(3); });
after(() => cluster.stop());

const at = i => cluster.nodes[i];
const drain = (node, rpc, drain_id) => node.api.call(rpc, {drain_id});
const counts = ({matched, closed, gone, remaining, lost}) =>
  ({matched, closed, gone, remaining, lost: lost.map(({node, matched}) => `${node} ${matched}`)});

function addsUp({matched, closed, gone, remaining, lost}) {
  assert.equal(closed + gone + remaining + lost.reduce((sum, one) => sum + one.matched, 0), matched);
}

// So many clients on each node, and when each of them was closed with 1001.
class Crowd {
  closes = [];

  static async open(namespace, sizes) {
    const crowd = new Crowd();
    Object.assign(crowd, {namespace, clients: []});
    for (const [i, size] of sizes.entries()) {
      crowd.clients.push(...await openMany(size, k => at(i).url(`/${namespace}?socket_id=${i}-${k}`)));
    }
    const count = sizes.reduce((sum, size) => sum + size, 0);
    for (const {api} of cluster.nodes) {
      await until(async () => await api.count({namespace}) === count, 'all to be open');
    }
    return crowd;
  }

  start(node, drain_id, per_second) {
    for (const client of this.clients) {
      client.closed.then(({code}) => { if (code === 1001) this.closes.push(performance.now()); });
    }
    this.per_second = per_second;
    this.began = performance.now();
    return node.api.call('StartDrain',
      {selector: {namespace: this.namespace}, drain_id, per_second});
  }

  // Never were more closed than the pace allows: what is seen late does not matter. A node's clock
  // goes by steps, so each may be one ahead.
  heldItsPace() {
    for (const [i, time] of this.closes.entries()) {
      const allowed = this.per_second * (time - this.began) / 1000 + cluster.nodes.length;
      assert.ok(i + 1 <= allowed, `${i + 1} closed where ${allowed} may be`);
    }
  }

  close() {
    for (const {socket} of this.clients) socket.terminate();
  }
}

test('the pace is that of all nodes together, and progress adds up', async () => {
  const crowd = await Crowd.open('pace', [30, 20, 10]);
  const first = await crowd.start(at(0), 'pace', 30);
  assert.deepEqual([first.matched, first.per_second, first.unreachable], [60, 30, []]);
  const watched = await Promise.all(
    cluster.nodes.map(({api}) => api.collect('WatchDrain', {drain_id: 'pace'}, 60_000)));
  for (const seen of watched) {
    for (const [i, state] of seen.entries()) {
      addsUp(state);
      assert.equal(state.matched, 60);
      assert.ok(i === 0 || state.closed >= seen[i - 1].closed);
    }
    assert.equal(seen.at(-1).state, 'STATE_DONE');
    assert.deepEqual(counts(seen.at(-1)),
      {matched: 60, closed: 60, gone: 0, remaining: 0, lost: []});
  }
  await until(() => crowd.closes.length === 60, 'all to be closed');
  crowd.heldItsPace();
});

test('one a second is one of all nodes, not one of each', async () => {
  const crowd = await Crowd.open('slow', [2, 2, 2]);
  await crowd.start(at(1), 'slow', 1);
  await until(() => crowd.closes.length >= 4, 'four to be closed', 30_000);
  const last = crowd.closes.at(-1) - crowd.began;
  assert.ok(last >= 2000, `four were closed in ${last} ms`);
  await drain(at(2), 'CancelDrain', 'slow');
  crowd.close();
});

test('any node pauses, resumes and cancels it', async () => {
  const crowd = await Crowd.open('steered', [20, 20, 20]);
  await crowd.start(at(0), 'steered', 15);
  await until(() => crowd.closes.length >= 5, 'some to be closed');
  assert.equal((await drain(at(1), 'PauseDrain', 'steered')).state, 'STATE_PAUSED');
  const still = await until(async () => {
    const [one, two] = [await drain(at(2), 'GetDrain', 'steered'),
      await drain(at(0), 'GetDrain', 'steered')];
    return one.finishing === 0 && one.closed === two.closed && two;
  }, 'it to stand still');
  assert.equal(still.state, 'STATE_PAUSED');
  addsUp(still);
  for (const {api} of cluster.nodes) {
    await until(async () => await api.count({namespace: 'steered'}) === 60 - still.closed,
      'the others to be there');
  }
  assert.equal((await drain(at(2), 'ResumeDrain', 'steered')).state, 'STATE_RUNNING');
  await until(async () => (await drain(at(0), 'GetDrain', 'steered')).closed > still.closed,
    'it to go on');
  const cancelled = await drain(at(1), 'CancelDrain', 'steered');
  assert.equal(cancelled.state, 'STATE_CANCELLED');
  assert.ok(cancelled.remaining > 0);
  for (const node of cluster.nodes) {
    await refused(drain(node, 'ResumeDrain', 'steered'), 'FAILED_PRECONDITION', 'DRAIN_ENDED');
    addsUp(await drain(node, 'GetDrain', 'steered'));
  }
  crowd.heldItsPace();
  crowd.close();
});

// With its part of the pace alone, a node with four of 128 clients would take a minute and a half.
for (const [dies, starter] of [['another node', 0], ['the node that it was started on', 2]]) {
  test(`kill -9 of ${dies} in the middle of it: the others take over its part`, async () => {
    const id = `dies-${starter}`;
    const crowd = await Crowd.open(id, [4, 4, 120]);
    assert.equal((await crowd.start(at(starter), id, 1)).matched, 128);
    await until(() => crowd.closes.length >= 3, 'some to be closed', 30_000);
    const watching = at(1).api.collect('WatchDrain', {drain_id: id}, 60_000);
    await at(2).kill();
    const seen = await watching;
    for (const state of seen) addsUp(state);
    const last = seen.at(-1);
    assert.equal(last.state, 'STATE_DONE');
    assert.deepEqual(counts(last),
      {matched: 128, closed: 8, gone: 0, remaining: 0, lost: ['n3 120']});
    crowd.heldItsPace();
    await cluster.replace(at(2));
    for (const node of cluster.nodes) {
      assert.deepEqual(counts(await drain(node, 'GetDrain', id)), counts(last), 'n3 is another now');
    }
    crowd.close();
  });
}
