// SPDX-License-Identifier: Apache-2.0
//
// Drains: closing at a pace, seen, paused, resumed, cancelled.
import assert from 'node:assert/strict';
import {once} from 'node:events';
import {after, before, test} from 'node:test';
import {Client} from 'rpc-websockets';
import {Gateway, Plain, openMany, refusal, refused, until, within} from './harness.mjs';

let gateway, control;

before(async () => {
  gateway = await Gateway.start({'drains-max': 12});
  control = gateway.controlClient();
});
after(() => gateway.stop());

const drain = (rpc, drain_id) => control.call(rpc, {drain_id});
const start = request => control.call('StartDrain', {per_second: 1000, ...request});
const ended = id => until(async () => {
  const seen = await drain('GetDrain', id);
  return seen.ended_at && seen;
}, `drain ${id} to end`);
const counts = ({matched, closed, gone, remaining}) => ({matched, closed, gone, remaining});

test('a drain closes everybody at its pace, and shows how it goes', async () => {
  const clients = await openMany(40, i => gateway.url(`/pace?socket_id=p${i}`));
  const began = performance.now();
  const first = await start({selector: {namespace: 'pace'}, drain_id: 'pace', per_second: 80,
    jitter_percent: 50, reason: 'moving'});
  assert.deepEqual([first.id, first.per_second, first.matched, first.refuse_new],
    ['pace', 80, 40, false]);
  const seen = await control.collect('WatchDrain', {drain_id: 'pace'});
  const took = performance.now() - began;
  assert.ok(took > 300 && took < 5000, `40 at 80 a second took ${took} ms`);
  assert.ok(seen.length >= 3, `${seen.length} states`);
  for (let i = 0; i < seen.length; ++i) {
    const {matched, closed, gone, remaining, state} = seen[i];
    assert.equal(remaining, matched - closed - gone);
    assert.ok(i === 0 || closed >= seen[i - 1].closed);
    assert.equal(state, i === seen.length - 1 ? 'STATE_DONE' : 'STATE_RUNNING');
  }
  const last = seen.at(-1);
  assert.deepEqual(counts(last), {matched: 40, closed: 40, gone: 0, remaining: 0});
  assert.ok(last.started_at && last.ended_at);
  for (const client of clients) {
    assert.deepEqual(await client.whenClosed(), {code: 1001, reason: 'moving'});
  }
});

test('code and reason of the caller\'s choice', async () => {
  const client = await Plain.open(gateway.url('/own'));
  await start({selector: {namespace: 'own'}, code: 4123, reason: 'because'});
  assert.deepEqual(await client.whenClosed(), {code: 4123, reason: 'because'});
});

test('only what was selected at the start is closed', async () => {
  const [inside, outside] = [await Plain.open(gateway.url('/part?socket_id=in')),
    await Plain.open(gateway.url('/part?socket_id=out'))];
  const {id} = await start({selector: {namespace: 'part', except: {connection_ids: ['out']}}});
  assert.deepEqual(counts(await ended(id)), {matched: 1, closed: 1, gone: 0, remaining: 0});
  await inside.whenClosed();
  await outside.quiet();
  await outside.close();
});

test('pause, resume, gone, cancel', async () => {
  const clients = await openMany(30, i => gateway.url(`/stop?socket_id=s${i}`));
  await start({selector: {namespace: 'stop'}, drain_id: 'stop', per_second: 20});
  await until(async () => (await drain('GetDrain', 'stop')).closed >= 2, 'two to be closed');
  const paused = await drain('PauseDrain', 'stop');
  assert.equal(paused.state, 'STATE_PAUSED');
  assert.equal((await drain('PauseDrain', 'stop')).state, 'STATE_PAUSED');
  const still = await until(async () => {
    const [one, two] = [await drain('GetDrain', 'stop'), await drain('GetDrain', 'stop')];
    return one.closed === two.closed && two;
  }, 'it to stand still');
  const alive = await control.list({namespace: 'stop'});
  assert.equal(alive.length, 30 - still.closed);
  const leaver = clients.find(c => c.socket.url.endsWith(`=${alive.at(-1).id}`));
  await leaver.close();
  await until(async () => await control.count({namespace: 'stop'}) === alive.length - 1,
    'one to leave');
  assert.equal((await drain('ResumeDrain', 'stop')).state, 'STATE_RUNNING');
  await until(async () => (await drain('GetDrain', 'stop')).closed > still.closed, 'it to go on');
  const cancelled = await drain('CancelDrain', 'stop');
  assert.equal(cancelled.state, 'STATE_CANCELLED');
  assert.ok(cancelled.ended_at);
  assert.ok(cancelled.remaining > 0);
  for (const verb of ['PauseDrain', 'ResumeDrain', 'CancelDrain']) {
    await refused(drain(verb, 'stop'), 'FAILED_PRECONDITION', 'DRAIN_ENDED');
  }
  const rest = await start({selector: {namespace: 'stop'}});
  assert.ok(rest.matched > 0);
  await ended(rest.id);
});

test('who leaves by himself is gone, not closed', async () => {
  const clients = await openMany(5, i => gateway.url(`/gone?socket_id=g${i}`));
  await start({selector: {namespace: 'gone'}, drain_id: 'gone', per_second: 1});
  await drain('PauseDrain', 'gone');
  const left = await control.list({namespace: 'gone'});
  for (const client of clients) await client.close();
  await until(async () => await control.count({namespace: 'gone'}) === 0, 'all to leave');
  await drain('CancelDrain', 'gone');
  const two = await openMany(2, i => gateway.url(`/gone?socket_id=h${i}`));
  await start({selector: {namespace: 'gone'}, drain_id: 'gone-2', per_second: 2});
  await two[0].close();
  await two[1].close();
  const done = await ended('gone-2');
  assert.equal(done.closed + done.gone, 2);
  assert.equal(done.remaining, 0);
  assert.ok(left.length >= 4, `${left.length}`);
});

test('refuse_new: 503 while it lasts, and open again after', async () => {
  const before = await gateway.metric('sluice_edge_handshakes_refused_total', {reason: 'draining'});
  const clients = await openMany(3, () => gateway.url('/full'));
  await start({selector: {namespace: 'full'}, drain_id: 'full', per_second: 1, refuse_new: true});
  const answer = await refusal(gateway.url('/full'));
  assert.equal(answer.status, 503);
  assert.match(answer.headers['retry-after'], /^[1-9]\d*$/);
  await gateway.rises('sluice_edge_handshakes_refused_total', {reason: 'draining'}, before);
  const elsewhere = await Plain.open(gateway.url('/fuller'));
  await elsewhere.close();
  await drain('CancelDrain', 'full');
  const again = await until(
    () => Plain.open(gateway.url('/full')).catch(() => undefined), 'it to open again');
  await again.close();
  for (const client of clients) client.socket.terminate();
});

test('rpc-websockets gives up reconnecting after max_reconnects', async () => {
  const client = new Client(gateway.url('/nobody?socket_id=stubborn'),
    {reconnect_interval: 1, max_reconnects: 3});
  client.on('error', () => {});
  await within(once(client, 'open'), 'open');
  const gaveUp = new Promise(resolve => client.once('max_reconnects_reached', resolve));
  await start({selector: {namespace: 'nobody'}, drain_id: 'nobody', per_second: 1000,
    refuse_new: true, validate_only: true});
  const other = await Plain.open(gateway.url('/nobody?socket_id=held'));
  await start({selector: {namespace: 'nobody'}, drain_id: 'nobody', per_second: 1,
    refuse_new: true});
  await control.outcome('Disconnect',
    {selector: {namespace: 'nobody', connection_ids: ['stubborn']}, code: 1012});
  await within(gaveUp, 'it to give up');
  assert.equal(client.getCurrentReconnects(), 3);
  await drain('CancelDrain', 'nobody').catch(error => assert.equal(error.code, 9));
  other.socket.terminate();
});

test('the same request again is the same drain', async () => {
  const client = await Plain.open(gateway.url('/again'));
  const request = {selector: {namespace: 'again'}, drain_id: 'again', per_second: 1};
  const first = await start(request);
  assert.equal((await start(request)).id, first.id);
  await refused(start({...request, per_second: 2}), 'ALREADY_EXISTS', 'DRAIN_ID_TAKEN');
  await ended('again');
  assert.equal((await client.whenClosed()).code, 1001);
  assert.equal((await start(request)).state, 'STATE_DONE');
});

test('validate_only counts', async () => {
  const client = await Plain.open(gateway.url('/dry'));
  const dry = await start({selector: {namespace: 'dry'}, drain_id: 'dry', validate_only: true});
  assert.equal(dry.matched, 1);
  await refused(drain('GetDrain', 'dry'), 'NOT_FOUND', 'DRAIN_NOT_FOUND');
  await client.quiet();
  await client.close();
});

test('a drain of nobody is done at once', async () => {
  const {id} = await start({selector: {namespace: 'desert'}});
  assert.match(id, /^[a-z0-9-]{1,63}$/);
  assert.deepEqual(counts(await ended(id)), {matched: 0, closed: 0, gone: 0, remaining: 0});
});

test('bad input', async () => {
  const good = {selector: {namespace: 'bad'}, drain_id: 'bad'};
  const bad = (request, reason, field) =>
    refused(start({...good, ...request}), 'INVALID_ARGUMENT', reason, field);
  await bad({selector: {}}, 'NAMESPACE_INVALID', 'selector.namespace');
  await bad({per_second: 0}, 'PACE_INVALID', 'per_second');
  await bad({per_second: 100001}, 'PACE_INVALID', 'per_second');
  await bad({jitter_percent: 101}, 'JITTER_INVALID', 'jitter_percent');
  await bad({code: 1006}, 'CODE_INVALID', 'code');
  await bad({reason: 'x'.repeat(124)}, 'REASON_TOO_LONG', 'reason');
  await bad({drain_id: 'Not_Good'}, 'FIELD_INVALID', 'drain_id');
  await bad({drain_id: 'x'.repeat(64)}, 'FIELD_INVALID', 'drain_id');
  await bad({selector: {namespace: 'bad', user_ids: ['u']}, refuse_new: true},
    'REFUSE_NEEDS_WHOLE_NAMESPACE');
  for (const verb of ['GetDrain', 'PauseDrain', 'ResumeDrain', 'CancelDrain']) {
    await refused(drain(verb, 'no-such'), 'NOT_FOUND', 'DRAIN_NOT_FOUND');
  }
  await refused(control.collect('WatchDrain', {drain_id: 'no-such'}), 'NOT_FOUND',
    'DRAIN_NOT_FOUND');
});

test('more drains than --drains-max; ended ones make room', async () => {
  const clients = [];
  for (let i = 0; i < 12; ++i) {
    clients.push(...await openMany(2, () => gateway.url(`/many${i}`)));
    await start({selector: {namespace: `many${i}`}, drain_id: `many-${i}`, per_second: 1});
    await drain('PauseDrain', `many-${i}`);
  }
  await refused(start({selector: {namespace: 'many0'}, drain_id: 'one-more'}),
    'RESOURCE_EXHAUSTED', 'DRAINS_EXHAUSTED');
  await drain('CancelDrain', 'many-0');
  await start({selector: {namespace: 'many0'}, drain_id: 'one-more'});
  for (let i = 1; i < 12; ++i) await drain('CancelDrain', `many-${i}`);
  for (const client of clients) client.socket.terminate();
});
