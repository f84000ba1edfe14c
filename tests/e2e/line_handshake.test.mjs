// SPDX-License-Identifier: Apache-2.0
//
// line's handshake, with line-socket's own client and, for what no client says, with plain sockets.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {ErrorCode, Failure, Gateway, HOLD, Line, Plain, Worker, fromBody, json, until}
  from './harness.mjs';

let gateway, control, worker;

before(async () => {
  gateway = await Gateway.start({shards: 1});
  control = gateway.controlClient();
  worker = await Worker.open(gateway);
});
after(() => gateway.stop());

const url = namespace => gateway.url(`/line/${namespace}`);
const plain = namespace => Plain.open(url(namespace));
const get = (namespace, connection_id) =>
  control.call('GetConnection', {namespace, connection_id});

test('accepted without anybody being asked', async () => {
  const client = new Line(url('free'));
  assert.equal(await client.welcomes.next(), undefined);
  assert.match(client.id, /^[0-9a-f]{8}-[0-9a-f]{4}-4/);
  const {id, dialect, authenticated} = await get('free', client.id);
  assert.deepEqual([id, dialect, authenticated], [client.id, 'DIALECT_LINE', false]);
  assert.deepEqual(await client.close(), {code: 1000, reason: ''});
});

test('accepted by a worker, with an id and a payload', async () => {
  const asked = [];
  await worker.serve('adm', {admission: (connection, {admission}) => {
    asked.push(admission.payload);
    return {id: 'user-1', user: 'ann', channels: ['room'],
      payload: {body: json({welcome: true})}};
  }});
  const client = new Line(url('adm'), {payload: {id: 'user-1'}});
  assert.deepEqual(await client.welcomes.next(), {welcome: true});
  assert.equal(client.id, 'user-1');
  assert.deepEqual(fromBody(asked[0]), {id: 'user-1'});
  const {user, channels, authenticated} = await get('adm', 'user-1');
  assert.deepEqual([user, channels, authenticated], ['ann', ['room'], true]);
  await client.close();
});

test('frames of acceptance', async () => {
  await worker.serve('frames', {admission: () =>
    ({id: 'user-1', payload: {body: json({welcome: true})}})});
  const client = await plain('frames');
  client.send('{"n":"_h","p":{"id":"user-1"},"i":"ap6n"}');
  assert.equal(await client.nextRaw(),
    '{"n":"_r","p":{"payload":{"welcome":true},"id":"user-1"},"i":"ap6n","e":null}');
  client.send('{"n":"_h","i":"h2"}');
  assert.equal(await client.nextRaw(),
    '{"n":"_r","i":"h2","e":{"name":"Error","message":"Handshake is already resolved"}}');
  await Line.quiet(client);
  await client.close();
  const anonymous = await plain('unasked');
  anonymous.send('{"n":"_h","i":7}');
  assert.match(await anonymous.nextRaw(),
    /^{"n":"_r","p":{"id":"[0-9a-f-]{36}"},"i":7,"e":null}$/);
  await anonymous.close();
});

test('a first message of a worker follows the acceptance', async () => {
  await worker.serve('first', {admission: () =>
    ({payload: {event: 'hello', body: json([1])}})});
  const client = await plain('first');
  client.send('{"n":"_h","i":"a"}');
  assert.match(await client.nextRaw(), /^{"n":"_r","p":{"id":"[^"]+"},"i":"a","e":null}$/);
  assert.equal(await client.nextRaw(), '{"n":"hello","p":[1]}');
  await client.close();
});

test('rejected, and the client says why', async () => {
  await worker.serve('rej', {admission: () => {
    throw new Failure(
      {name: 'AuthError', message: 'Auth failed', code: 401, data: {hint: 'key'}});
  }});
  const client = new Line(url('rej'));
  const error = await client.refusals.next();
  assert.equal(error.code, ErrorCode.HANDSHAKE_REJECTED);
  assert.deepEqual({name: error.payload.name, message: error.payload.message,
    code: error.payload.code, hint: error.payload.hint},
  {name: 'AuthError', message: 'Auth failed', code: 401, hint: 'key'});
  assert.equal((await client.whenClosed()).code, 4203);
  assert.equal(await control.count({namespace: 'rej'}), 0);
});

test('frames of rejection', async () => {
  const how = {
    error: new Failure({message: 'Auth failed', code: 401}),
    string: new Failure({data: 'plain'}),
    reject: {reject: {reason: 'not you'}},
  };
  await worker.serve('rejf', {admission: (_, {admission}) => {
    throw how[fromBody(admission.payload)];
  }});
  const refusal = async kind => {
    const client = await plain('rejf');
    client.send({n: '_h', p: kind, i: '3bxl'});
    const frame = await client.nextRaw();
    assert.deepEqual(await client.whenClosed(), {code: 4203, reason: 'Handshake rejected'});
    return frame;
  };
  assert.equal(await refusal('error'),
    '{"n":"_r","i":"3bxl","e":{"name":"Error","message":"Auth failed","code":401}}');
  assert.equal(await refusal('string'),
    '{"n":"_r","i":"3bxl","e":"plain"}');
  assert.equal(await refusal('reject'),
    '{"n":"_r","i":"3bxl","e":{"name":"Rejected","message":"not you"}}');
});

test('the client tries again after a rejection, and comes in when it may', async () => {
  let attempts = 0;
  await worker.serve('again', {admission: () => {
    if (++attempts < 3) throw new Failure({message: 'not yet'});
    return {};
  }});
  const client = new Line(url('again'), {reconnect: true,
    reconnectOptions: {initialDelay: 10, maxDelay: 20}});
  await client.welcomes.next('the third attempt');
  assert.equal(attempts, 3);
  assert.equal(client.refusals.size, 2);
  await client.client.dispose();
});

test('an id that is taken', async () => {
  await worker.serve('conflict', {admission: () => ({id: 'user-1'})});
  const first = await Line.open(url('conflict'));
  const second = new Line(url('conflict'));
  const {code, payload} = await second.refusals.next();
  assert.equal(code, ErrorCode.HANDSHAKE_REJECTED);
  assert.deepEqual([payload.name, payload.code], ['LineError', 'scIdConflict']);
  assert.match(payload.message, /^Conflict! There is already connection with /);
  assert.equal((await second.whenClosed()).code, 4203);
  assert.equal(first.id, 'user-1');
  assert.equal(await first.client.ping(), 'pong');
  await first.close();
});

test('two that want one id at the same time: one gets it', async () => {
  const both = await Worker.open(gateway);
  await both.serve('race', {admission: () => HOLD});
  const clients = [new Line(url('race')), new Line(url('race'))];
  const asked = [await both.invocations.next(), await both.invocations.next()];
  for (const {id} of asked) both.answer({id, accept: {id: 'same'}});
  await until(() => clients.filter(({welcomes}) => welcomes.size === 1).length === 1,
    'one to come in');
  await until(() => clients.filter(({refusals}) => refusals.size === 1).length === 1,
    'one to be refused');
  for (const {client} of clients) await client.dispose();
  await both.finish();
});

test('registered only once it is accepted', async () => {
  const slow = await Worker.open(gateway);
  await slow.serve('slow', {admission: () => HOLD, methods: {echo: x => x}});
  const client = await plain('slow');
  client.send('{"n":"_h","i":"a"}');
  const {id} = await slow.invocations.next();
  assert.equal(await control.count({namespace: 'slow'}), 0);
  client.send('{"n":"echo","p":1,"i":"b"}');  // waits; the original loses it
  slow.answer({id, accept: {id: 'late'}});
  assert.equal(await client.nextRaw(), '{"n":"_r","p":{"id":"late"},"i":"a","e":null}');
  assert.equal(await client.nextRaw(), '{"n":"_r","p":1,"i":"b","e":null}');
  assert.equal(await control.count({namespace: 'slow'}), 1);
  await client.close();
  await slow.finish();
});

test('before it, pings are answered and nothing else is', async () => {
  await worker.serve('early', {methods: {add: ({a, b}) => a + b}});
  const client = await plain('early');
  client.send('{"n":"add","p":{"a":1,"b":2},"i":"x"}');
  client.send('{"n":"fire"}');
  client.send('{"n":"_r","i":"1","p":1}');
  client.send('{"n":"_p","i":"6emo"}');
  assert.equal(await client.nextRaw(), '{"n":"_r","p":"pong","i":"6emo","e":null}');
  assert.equal(await control.count({namespace: 'early'}), 0);
  await client.close();
});

test('no admission worker where there must be one', async () => {
  const away = await Worker.open(gateway);
  await away.serve('door', {admission: () => ({})});
  await away.finish();
  const client = new Line(url('door'));
  const {code, payload} = await client.refusals.next();
  assert.deepEqual([code, payload.code, payload.retry],
    [ErrorCode.HANDSHAKE_REJECTED, 'unavailable', true]);
  await client.whenClosed();
});
