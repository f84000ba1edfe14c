// SPDX-License-Identifier: Apache-2.0
//
// WatchEvents: what happens to connections, in order, with a place to go on from.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {Gateway, Plain, Watcher, Worker, openMany, refused, until}
  from './harness.mjs';

let gateway, control, worker;

before(async () => {
  gateway = await Gateway.start({'events-kept': 500, 'watchers-max': 3});
  control = gateway.controlClient();
  worker = await Worker.open(gateway);
});
after(() => gateway.stop());

// Waits until it is gone, so that the bound of watchers is not met.
async function close(watcher) {
  watcher.close();
  await until(async () => await gateway.metric('sluice_event_watchers') === 0, 'it to be gone');
}

const short = ({type, connection_id, user, channel, code}) =>
  [type.slice('TYPE_'.length), connection_id, user, channel, code].filter(Boolean);

test('the life of a connection, in order and numbered', async () => {
  const watcher = await Watcher.open(control, {namespace: 'life'});
  const client = await Plain.open(gateway.url('/life?socket_id=c'));
  const to = {selector: {namespace: 'life', connection_ids: ['c']}};
  await control.outcome('Join', {...to, channels: ['x']});
  await control.outcome('UpdateConnections', {...to, user: 'ann'});
  await control.outcome('Leave', {...to, channels: ['x']});
  await control.outcome('Disconnect', {...to, code: 4005, reason: 'done'});
  await client.whenClosed();
  const events = await watcher.take(6);
  assert.deepEqual(events.map(short), [
    ['OPENED', 'c'], ['JOINED', 'c', 'x'], ['USER_CHANGED', 'c', 'ann'], ['LEFT', 'c', 'ann', 'x'],
    ['CLOSED', 'c', 'ann', 4005], ['NAMESPACE_EMPTY']]);
  assert.equal(events[4].reason, 'done');
  for (let i = 1; i < 6; ++i) assert.ok(events[i].sequence > events[i - 1].sequence);
  for (const event of events) {
    assert.equal(event.namespace, 'life');
    assert.ok(Math.abs(event.time.seconds - Date.now() / 1000) < 60);
  }
  assert.equal(watcher.position.epoch, worker.welcome.epoch);
  assert.equal(watcher.lost, 0);
  await close(watcher);
});

test('a peer that just vanishes is 1006', async () => {
  const watcher = await Watcher.open(control, {namespace: 'vanish', types: ['TYPE_CLOSED']});
  const client = await Plain.open(gateway.url('/vanish?socket_id=v'));
  client.socket._socket.destroy();
  assert.deepEqual(short(await watcher.next()), ['CLOSED', 'v', 1006]);
  await close(watcher);
});

test('an id that is taken over', async () => {
  await worker.serve('take', {admission: ({id}) => ({id, user: 'ann'})});
  const watcher = await Watcher.open(control, {namespace: 'take'});
  const older = await Plain.open(gateway.url('/take?socket_id=t'));
  assert.deepEqual(short(await watcher.next()), ['OPENED', 't', 'ann']);
  const newer = await Plain.open(gateway.url('/take?socket_id=t'));
  await older.whenClosed();
  assert.deepEqual(short(await watcher.next()), ['TAKEN_OVER', 't', 'ann']);
  await newer.close();
  assert.deepEqual((await watcher.take(2)).map(short),
    [['CLOSED', 't', 'ann', 1000], ['NAMESPACE_EMPTY']]);
  await close(watcher);
});

// Both ways of telling, of two watchers.
test('what a connection was in is told behind its end', async () => {
  const types = ['TYPE_JOINED', 'TYPE_CLOSED', 'TYPE_LEFT', 'TYPE_NAMESPACE_EMPTY'];
  const each = await Watcher.open(control, {namespace: 'left', types});
  const together = await Watcher.open(control, {namespace: 'left', types, left_together: true});
  const client = await Plain.open(gateway.url('/left?socket_id=l'));
  const to = {selector: {namespace: 'left'}};
  await control.outcome('Join', {...to, channels: ['x', 'y', 'z']});
  await control.outcome('Leave', {...to, channels: ['z']});
  await client.close();
  const joined = ['x', 'y', 'z'].map(channel => ['JOINED', 'l', channel]);
  assert.deepEqual((await each.take(8)).map(short), [...joined, ['LEFT', 'l', 'z'],
    ['CLOSED', 'l', 1000], ['LEFT', 'l', 'x'], ['LEFT', 'l', 'y'], ['NAMESPACE_EMPTY']]);
  const one = await together.take(7);
  assert.deepEqual(one.map(short), [...joined, ['LEFT', 'l'], ['CLOSED', 'l', 1000], ['LEFT', 'l'],
    ['NAMESPACE_EMPTY']]);
  assert.deepEqual([one[3].channels, one[5].channels], [['z'], ['x', 'y']]);
  together.close();
  await close(each);
});

test('filtered by namespace and type; gaps in the numbers are no losses', async () => {
  const watcher = await Watcher.open(control,
    {namespace: 'f1', types: ['TYPE_OPENED', 'TYPE_JOINED']});
  const clients = [];
  for (const target of ['/f2', '/f1?socket_id=a', '/f2', '/f1?socket_id=b']) {
    clients.push(await Plain.open(gateway.url(target)));
  }
  await control.outcome('Join',
    {selector: {namespace: 'f1', connection_ids: ['a']}, channels: ['ch']});
  assert.deepEqual((await watcher.take(3)).map(short),
    [['OPENED', 'a'], ['OPENED', 'b'], ['JOINED', 'a', 'ch']]);
  for (const client of clients) await client.close();
  assert.equal(watcher.lost, 0);
  await close(watcher);
});

test('every namespace', async () => {
  const watcher = await Watcher.open(control, {types: ['TYPE_OPENED']});
  for (const target of ['/e1?socket_id=x', '/e2?socket_id=y']) {
    await (await Plain.open(gateway.url(target))).close();
  }
  assert.deepEqual((await watcher.take(2)).map(e => [e.namespace, e.connection_id]),
    [['e1', 'x'], ['e2', 'y']]);
  await close(watcher);
});

test('refused connections', async () => {
  const watcher = await Watcher.open(control,
    {namespace: 'club', types: ['TYPE_REFUSED', 'TYPE_OPENED']});
  await worker.serve('club', {admission: () => { throw {reject: {code: 4999, reason: 'no'}}; }});
  const client = await Plain.open(gateway.url('/club?socket_id=r'));
  assert.deepEqual(await client.whenClosed(), {code: 4999, reason: 'no'});
  const event = await watcher.next();
  assert.deepEqual([...short(event), event.reason], ['REFUSED', 'r', 4999, 'no']);
  await close(watcher);
});

test('going on after a position', async () => {
  const first = await Watcher.open(control, {namespace: 'pos', types: ['TYPE_OPENED']});
  const open = id => Plain.open(gateway.url(`/pos?socket_id=${id}`));
  const clients = [await open('1'), await open('2')];
  const [one] = await first.take(2);
  await close(first);
  clients.push(await open('3'));
  const second = await Watcher.open(control, {namespace: 'pos', types: ['TYPE_OPENED'],
    after: [{epoch: first.start.epoch, sequence: one.sequence}]});
  clients.push(await open('4'));
  assert.deepEqual((await second.take(3)).map(short), [['OPENED', '2'], ['OPENED', '3'],
    ['OPENED', '4']]);
  await close(second);
  for (const client of clients) await client.close();
});

test('what is not kept any more, and other epochs', async () => {
  const bad = after => refused(control.collect('WatchEvents', {namespace: 'pos', after: [after]}),
    'OUT_OF_RANGE', 'EVENTS_GONE');
  const {epoch} = worker.welcome;
  await bad({epoch: 'another', sequence: 1});
  await bad({epoch, sequence: 1e9});
  const clients = await openMany(300, () => gateway.url('/churn'));
  for (const client of clients) client.socket.terminate();
  await until(async () => await control.count({namespace: 'churn'}) === 0, 'all to leave');
  await bad({epoch, sequence: 0});
});

test('a slow watcher is told how many it lost', async () => {
  const lostBefore = await gateway.metric('sluice_events_lost_total');
  const watcher = await Watcher.open(control,
    {namespace: 'flood', types: ['TYPE_JOINED', 'TYPE_LEFT']});
  watcher.stream.pause();
  const client = await Plain.open(gateway.url('/flood?socket_id=x'));
  const selector = {namespace: 'flood', connection_ids: ['x']};
  const channels = Array.from({length: 100}, (_, i) => `${'channel'.repeat(30)}-${i}`);
  // More than all buffers on the way hold.
  const rounds = 200;
  for (let i = 0; i < rounds; ++i) {
    await control.outcome('Join', {selector, channels});
    await control.outcome('Leave', {selector, channels});
  }
  const sent = rounds * 2 * channels.length;
  watcher.stream.resume();
  let got = 0;
  await until(() => {
    got += watcher.events.takeAll().length;
    return got + watcher.lost === sent;
  }, 'what came and what was lost to add up');
  assert.ok(watcher.lost > 0);
  await gateway.rises('sluice_events_lost_total', {}, lostBefore, watcher.lost);
  await close(watcher);
  await client.close();
});

test('bad input and too many watchers', async () => {
  await refused(control.collect('WatchEvents', {types: [99]}), 'INVALID_ARGUMENT', 'TYPE_INVALID');
  await refused(control.collect('WatchEvents', {namespace: 'x'.repeat(256)}), 'INVALID_ARGUMENT',
    'NAMESPACE_INVALID', 'namespace');
  const watchers = [];
  for (let i = 0; i < 3; ++i) watchers.push(await Watcher.open(control, {namespace: `w${i}`}));
  await refused(control.collect('WatchEvents', {}), 'RESOURCE_EXHAUSTED', 'WATCHERS_EXHAUSTED');
  for (const watcher of watchers) watcher.stream.cancel();
  const next = await until(() => Watcher.open(control, {}).catch(() => undefined),
    'room for a watcher');
  await close(next);
});
