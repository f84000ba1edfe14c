// SPDX-License-Identifier: Apache-2.0
//
// Join, Leave, UpdateConnections, Disconnect.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {Gateway, Plain, Worker, json, outcome, refused, until} from './harness.mjs';

let gateway, control;

before(async () => {
  gateway = await Gateway.start({'channels-per-connection': 4});
  control = gateway.controlClient();
  const worker = await Worker.open(gateway);
  await worker.serve('room', {
    events: ['news'],
    methods: {secret: {access: 'ACCESS_PROTECTED', run: () => 'told'}},
  });
});
after(() => gateway.stop());

const open = id => Plain.open(gateway.url(`/room?socket_id=${id}`));
const at = (...connection_ids) => ({namespace: 'room', connection_ids});
const get = id => control.call('GetConnection', {namespace: 'room', connection_id: id});
const act = (verb, selector, rest) => control.outcome(verb, {selector, ...rest});

test('Join puts connections into channels, Leave takes them out', async () => {
  const [one, two] = [await open('j1'), await open('j2')];
  assert.deepEqual(await act('Join', at('j1', 'j2', 'j3'), {channels: ['x', 'y']}),
    outcome(2, 2, {not_found: ['j3']}));
  assert.deepEqual((await get('j1')).channels, ['x', 'y']);
  assert.deepEqual(await act('Join', at('j1', 'j2'), {channels: ['x']}), outcome(2, 0));
  assert.deepEqual(await act('Join', at('j1'), {channels: ['x', 'z']}), outcome(1, 1));
  assert.deepEqual(await control.send({namespace: 'room', channels: ['x']}, 'e', json([1])),
    outcome(2, 2));
  for (const client of [one, two]) {
    assert.equal(await client.nextRaw(), '{"notification":"e","params":[1]}');
  }
  assert.deepEqual(await act('Leave', {namespace: 'room', channels: ['x'],
    except: {connection_ids: ['j2']}}, {channels: ['x', 'nothing']}), outcome(1, 1));
  assert.deepEqual(await act('Leave', at('j1'), {channels: ['x']}), outcome(1, 0));
  assert.deepEqual((await get('j1')).channels, ['y', 'z']);
  assert.deepEqual((await get('j2')).channels, ['x', 'y']);
  await one.close();
  await two.close();
});

test('a join and a subscription are the same membership', async () => {
  const client = await open('same');
  await act('Join', at('same'), {channels: ['news']});
  assert.deepEqual((await client.call('rpc.on', ['news'])).result,
    {news: 'socket has already been subscribed to event'});
  assert.deepEqual((await client.call('rpc.off', ['news'])).result, {news: 'ok'});
  assert.deepEqual((await get('same')).channels, []);
  await client.close();
});

test('more channels than --channels-per-connection', async () => {
  const client = await open('many');
  const before = await gateway.metric('sluice_channel_limit_hits_total');
  assert.deepEqual(await act('Join', at('many'), {channels: ['1', '2', '3', '4']}), outcome(1, 1));
  assert.deepEqual(await act('Join', at('many'), {channels: ['5']}),
    outcome(1, 0, {dropped: {limit: 1}}));
  assert.deepEqual((await get('many')).channels, ['1', '2', '3', '4']);
  await gateway.rises('sluice_channel_limit_hits_total', {}, before);
  assert.deepEqual((await client.call('rpc.on', ['news'])).result,
    {news: 'too many subscriptions'});
  await gateway.rises('sluice_channel_limit_hits_total', {}, before, 2);
  await client.close();
});

test('UpdateConnections sets the user and labels', async () => {
  const client = await open('up');
  assert.equal((await client.call('secret')).error.code, -32605);
  assert.deepEqual(await act('UpdateConnections', at('up'),
    {user: 'ann', labels: {a: '1', b: '2'}}), outcome(1, 1));
  let seen = await get('up');
  assert.deepEqual([seen.user, seen.labels, seen.authenticated], ['ann', {a: '1', b: '2'}, true]);
  assert.equal((await client.call('secret')).result, 'told');
  await act('UpdateConnections', at('up'), {labels: {a: '', b: '3', c: '4'}});
  seen = await get('up');
  assert.deepEqual([seen.user, seen.labels], ['ann', {b: '3', c: '4'}]);
  await act('UpdateConnections', at('up'), {user: ''});
  seen = await get('up');
  assert.deepEqual([seen.user, seen.labels, seen.authenticated], ['', {b: '3', c: '4'}, false]);
  assert.equal((await client.call('secret')).error.code, -32605);
  assert.deepEqual(await control.count({namespace: 'room', labels: {b: '3'}}), 1);
  assert.deepEqual(await control.count({namespace: 'room', user_ids: ['ann']}), 0);
  await client.close();
});

test('Disconnect closes behind what was sent before', async () => {
  const client = await open('bye');
  await control.send(at('bye'), 'last', json(['words']));
  assert.deepEqual(await act('Disconnect', at('bye'), {code: 4321, reason: 'grüße'}),
    outcome(1, 1));
  assert.equal(await client.nextRaw(), '{"notification":"last","params":["words"]}');
  assert.deepEqual(await client.whenClosed(), {code: 4321, reason: 'grüße'});
  await until(async () => await control.count(at('bye')) === 0, 'it to leave the directory');
});

test('Disconnect without a code', async () => {
  const client = await open('plain');
  await act('Disconnect', at('plain'));
  assert.equal((await client.whenClosed()).code, 1000);
});

test('validate_only only counts', async () => {
  const client = await open('dry');
  assert.deepEqual(await act('Disconnect', at('dry', 'none'), {validate_only: true}),
    outcome(1, 0, {not_found: ['none']}));
  await client.quiet();
  assert.equal(client.socket.readyState, client.socket.OPEN);
  await client.close();
});

test('bad input', async () => {
  const bad = (verb, rest, reason, field) =>
    refused(act(verb, {namespace: 'room'}, rest), 'INVALID_ARGUMENT', reason, field);
  for (const verb of ['Join', 'Leave']) {
    await bad(verb, {}, 'CHANNEL_INVALID', 'channels');
    for (const channel of ['', 'x'.repeat(256), 'tab\t']) {
      await bad(verb, {channels: [channel]}, 'CHANNEL_INVALID', 'channels');
    }
    await bad(verb, {channels: Array.from({length: 101}, (_, i) => `${i}`)}, 'CHANNEL_INVALID',
      'channels');
  }
  await bad('UpdateConnections', {}, 'UPDATE_INVALID');
  await bad('UpdateConnections', {labels: {x: 'y'.repeat(256)}}, 'UPDATE_INVALID');
  await bad('UpdateConnections', {labels: {'': 'y'}}, 'UPDATE_INVALID');
  await bad('UpdateConnections', {user: 'u'.repeat(256)}, 'UPDATE_INVALID');
  for (const code of [1, 999, 1002, 1004, 1005, 1006, 1015, 2999, 5000, 70000]) {
    await bad('Disconnect', {code}, 'CODE_INVALID', 'code');
  }
  await bad('Disconnect', {code: 4000, reason: 'x'.repeat(124)}, 'REASON_TOO_LONG', 'reason');
  for (const verb of ['Join', 'Leave', 'UpdateConnections', 'Disconnect']) {
    await refused(act(verb, {}, {channels: ['c'], user: 'u'}), 'INVALID_ARGUMENT',
      'NAMESPACE_INVALID', 'selector.namespace');
  }
});
