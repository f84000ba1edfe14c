// SPDX-License-Identifier: Apache-2.0
//
// sluicectl on a cluster: any node answers for all, and who does not answer is named.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {Ctl} from '../e2e/harness/ctl.mjs';
import {Cluster, openMany, until} from './harness.mjs';

let cluster;
// The lease outlasts the tests: a node that is frozen is silent, not dead.
before(async () => { cluster = await Cluster.start(3, {'presence-lease': '60s', 'cluster-timeout': '500ms'}); });
after(() => cluster.stop());

const at = i => cluster.nodes[i];
const fill = async (space, sizes) => {
  for (const [i, size] of sizes.entries()) {
    await openMany(size, k => at(i).url(`/${space}?socket_id=${space}-${i}-${k}`));
  }
  const total = sizes.reduce((sum, size) => sum + size, 0);
  for (const {api} of cluster.nodes) {
    await until(async () => await api.count({namespace: space}) === total, 'all to be open');
  }
};

test('any node answers for all', async () => {
  await fill('all', [2, 3, 4]);
  for (const gateway of cluster.nodes) {
    assert.equal((await Ctl.expect(0, ['conn', 'count', '-n', 'all'], {gateway})).out, '9\n');
    const {nodes} = await Ctl.json(['nodes', 'list'], {gateway});
    assert.deepEqual(nodes.map(({name}) => name), ['n1', 'n2', 'n3']);
    const own = await Ctl.json(['conn', 'list', '-n', 'all', '--local'], {gateway});
    assert.ok(own.connections.every(({node}) => node === gateway.name));
  }
  const {out} = await Ctl.expect(0, ['conn', 'count', '-n', 'all', '--node', 'n3'], {gateway: at(0)});
  assert.equal(out, '4\n');
});

test('a drain of all nodes, watched on another one', async () => {
  await fill('drained', [5, 5, 5]);
  await Ctl.expect(0, ['drain', 'start', '-n', 'drained', '--all', '--per-second', '30', '--drain-id',
    'd', '--no-wait'], {gateway: at(0)});
  const {out} = await Ctl.expect(0, ['drain', 'watch', 'd'], {gateway: at(1)});
  assert.match(out, /d DONE matched=15 closed=15/);
  const {drains} = await Ctl.json(['drain', 'list'], {gateway: at(2)});
  assert.deepEqual(drains.map(({id, matched}) => [id, matched]), [['d', '15']]);
});

test('events of all nodes in one tail', async () => {
  const tail = new Ctl(['events', '-n', 'seen', '--type', 'opened', '--limit', '3'], {gateway: at(0)});
  await tail.shows(/following n1/, 'err');
  await fill('seen', [1, 1, 1]);
  const {code, out} = await tail.ended;
  assert.equal(code, 0);
  for (const name of ['n1', 'n2', 'n3']) assert.match(out, new RegExp(`Z +${name} +opened`));
});

test('a node that does not answer is named, and the exit code says so', async () => {
  await fill('frozen', [2, 2, 2]);
  at(2).signal('SIGSTOP');
  try {
    const gateway = at(0);
    const ask = async (words, code = 4) => {
      const result = await Ctl.expect(code, words, {gateway});
      assert.match(result.err, /^sluicectl: did not answer: n3$/m, words.join(' '));
      return result.out;
    };
    assert.equal(await ask(['conn', 'count', '-n', 'frozen']), '4\n');
    assert.doesNotMatch(await ask(['conn', 'list', '-n', 'frozen']), /frozen-2/);
    assert.match(await ask(['who', '-n', 'frozen']), /^4 matched/);
    await ask(['who', '-n', 'nobody-here']);
    const {connections, unreachable} = JSON.parse(
      await ask(['conn', 'list', '-n', 'frozen', '-o', 'json']));
    assert.deepEqual([connections.length, unreachable], [4, ['n3']]);
    for (const list of ['nodes', 'ns', 'channels', 'drain']) await ask([list, 'list', '-n', 'frozen']);
    await ask(['send', 'news', '1', '-n', 'frozen', '--all']);
    await ask(['slow', '-n', 'frozen']);
    await ask(['top', '--rounds', '1', '--interval', '100ms']);
    const {err} = await Ctl.expect(4, ['conn', 'get', 'frozen-2-0', '-n', 'frozen'], {gateway});
    assert.match(err, /NODES_UNREACHABLE/);
    // The node alone asks nobody.
    await Ctl.expect(0, ['conn', 'count', '-n', 'frozen', '--local'], {gateway});
    await Ctl.expect(3, ['nodes', 'list', '--timeout', '300ms'], {gateway: at(2)});
  } finally {
    at(2).signal('SIGCONT');
  }
  await cluster.settled();
  await Ctl.expect(0, ['conn', 'count', '-n', 'frozen'], {gateway: at(0)});
});
