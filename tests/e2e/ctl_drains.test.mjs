// SPDX-License-Identifier: Apache-2.0
//
// sluicectl drains: started, watched, steered, listed.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {Gateway, openMany, until} from './harness.mjs';
import {Ctl, golden, steady} from './harness/ctl.mjs';

let gateway, control;

before(async () => {
  gateway = await Gateway.start({node: 'n1'});
  control = gateway.controlClient();
});
after(() => gateway.stop());

const ctl = (code, ...words) => Ctl.expect(code, words, {gateway});
const fill = (space, count) => openMany(count, i => gateway.url(`/${space}?socket_id=${space}${i}`));
const drain = async id => (await Ctl.json(['drain', 'get', id], {gateway})).state;

test('started and watched to its end, in lines', async () => {
  await fill('lines', 30);
  const {out} = await ctl(0, 'drain', 'start', '-n', 'lines', '--all', '--per-second', '20',
    '--drain-id', 'lines');
  const lines = out.trim().split('\n');
  assert.match(lines[0], /^lines RUNNING matched=30 closed=\d+ gone=0 remaining=\d+ rate=\S+ eta=\ds$/);
  assert.equal(lines.at(-1), 'lines DONE matched=30 closed=30 gone=0 remaining=0');
  assert.ok(lines.length <= 5, out);
  assert.match(lines[1], /rate=\d+\.\d\/s/);
});

test('on a terminal a bar, on one line', async () => {
  await fill('bar', 30);
  const {code, out} = await Ctl.run(['-qec', `stty cols 70; ${Ctl.path} drain start -n bar --all ` +
    '--per-second 30 --drain-id bar', '/dev/null'], {gateway, command: ['script']});
  assert.equal(code, 0, out);
  const states = out.split('\r').filter(state => state.startsWith('bar'));
  assert.ok(states.length > 5, `${states.length} states`);
  for (const state of states) assert.match(state, /^bar {2}\[#*\.*\] +\d+% {2}\d+\/30 .*\x1b\[K/);
  assert.match(states.at(-1), /\[#+\] {2}100% {2}30\/30 {2}DONE/);
  assert.ok(states.some(state => /\d\.\d\/s {2}ETA \d+m?s/.test(state)), out);
  assert.equal(out.trimEnd().split('\n').length, 1);
});

test('code, reason and the advised moment of the comeback', async () => {
  const [client] = await fill('advised', 1);
  await ctl(0, 'drain', 'start', '-n', 'advised', '--all', '--per-second', '50', '--code', '4123',
    '--reason', 'moving', '--reconnect-window', '30s');
  const {code, reason} = await client.whenClosed();
  assert.equal(code, 4123);
  assert.match(reason, /^moving.*retry-after=\d+(\.\d+)?s$/);
});

test('in JSON a state a line', async () => {
  await fill('json', 5);
  const {out} = await ctl(0, 'drain', 'start', '-n', 'json', '--all', '--per-second', '50', '-o', 'json');
  const states = out.trim().split('\n').map(line => JSON.parse(line));
  assert.equal(states.at(-1).state, 'STATE_DONE');
  assert.strictEqual(states.at(-1).closed, '5');
});

test('paused, resumed, cancelled; who watches is told', async () => {
  await fill('steer', 50);
  const {out} = await ctl(0, 'drain', 'start', '-n', 'steer', '--all', '--per-second', '5',
    '--no-wait', '--drain-id', 'steer');
  assert.match(out, /^ID .*\nsteer +RUNNING +steer +5 +50 /);
  const watch = new Ctl(['drain', 'watch', 'steer'], {gateway});
  await watch.shows(/RUNNING/);
  await ctl(0, 'drain', 'pause', 'steer');
  assert.equal(await drain('steer'), 'STATE_PAUSED');
  await watch.shows(/PAUSED/);
  await ctl(0, 'drain', 'resume', 'steer');
  assert.equal(await drain('steer'), 'STATE_RUNNING');
  await ctl(0, 'drain', 'cancel', 'steer');
  const ended = await watch.ended;
  assert.equal(ended.code, 1);
  assert.match(ended.err, /steer was cancelled/);
  assert.match((await ctl(1, 'drain', 'pause', 'steer')).err, /DRAIN_ENDED/);
  assert.match((await ctl(5, 'drain', 'watch', 'nobody')).err, /DRAIN_NOT_FOUND/);
});

test('Ctrl-C ends the watching and not the drain', async () => {
  await fill('go', 20);
  const watch = new Ctl(['drain', 'start', '-n', 'go', '--all', '--per-second', '2',
    '--drain-id', 'go'], {gateway});
  await watch.shows(/RUNNING/);
  const {code, err} = await watch.interrupt();
  assert.equal(code, 130);
  assert.match(err, /the drain goes on: sluicectl drain watch go, or drain cancel go/);
  assert.equal(await drain('go'), 'STATE_RUNNING');
  await ctl(0, 'drain', 'cancel', 'go');
});

test('drain this node: one namespace after the other', async () => {
  await fill('one', 3);
  await fill('two', 4);
  const {out} = await ctl(0, 'drain', 'start', '-A', '--node', 'n1', '--per-second', '100');
  assert.match(out, /DONE matched=3 closed=3[^]*DONE matched=4 closed=4/);
  await until(async () => await control.count({namespace: 'two'}) === 0, 'all to be gone');
  await ctl(5, 'drain', 'start', '-n', 'one', '--node', 'n1', '--per-second', '100');
});

test('listed', async () => {
  const listed = (await ctl(0, 'drain', 'list')).out;
  for (const row of [/^lines +DONE +lines +20 +30 +30 +0 +0 +0 /m, /^steer +CANCELLED /m]) {
    assert.match(listed, row);
  }
  const {drains} = await Ctl.json(['drain', 'list'], {gateway});
  const ids = drains.map(({id}) => id);
  assert.deepEqual(ids, [...ids].sort());
  assert.deepEqual(drains.find(({id}) => id === 'lines').selector.namespace, 'lines');
  const {out} = await ctl(0, 'drain', 'get', 'lines', '-o', 'yaml');
  golden('drain.yaml', steady(out));
});

test('what a drain must be told', async () => {
  assert.match((await ctl(2, 'drain', 'start', '--all')).err, /^sluicectl: --per-second: needed/);
  assert.match((await ctl(2, 'drain', 'start', '-A', '--all', '--per-second', '1', '--no-wait')).err,
    /--all-namespaces: goes with neither/);
  assert.match((await ctl(1, 'drain', 'start', '--id', 'x', '--refuse-new', '--per-second', '1')).err,
    /REFUSE_NEEDS_WHOLE_NAMESPACE/);
});

test('a gateway that ends while its drain is watched', async () => {
  const other = await Gateway.start({node: 'n2'});
  await openMany(10, i => other.url(`/dies?socket_id=d${i}`));
  const watch = new Ctl(['drain', 'start', '-n', 'dies', '--all', '--per-second', '1',
    '--drain-id', 'dies'], {gateway: other});
  await watch.shows(/RUNNING/);
  await other.kill();
  const {code, err} = await watch.ended;
  assert.equal(code, 3, err);
  assert.match(err, /the drain goes on/);
});
