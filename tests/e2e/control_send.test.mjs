// SPDX-License-Identifier: Apache-2.0
//
// Control.Send: each field of the selector, and what the outcome says.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {Gateway, Plain, Worker, json, outcome, refused, until} from './harness.mjs';

const ROOM = 'room';
// id -> who it is; admission gives users, labels and channels.
const PEOPLE = {
  a1: {user: 'ann', labels: {tier: 'gold', lang: 'en'}, channels: ['red', 'blue']},
  a2: {user: 'ann', labels: {tier: 'gold'}, channels: ['red']},
  b1: {user: 'bob', labels: {tier: 'free', lang: 'en'}, channels: ['blue']},
  c1: {user: '', labels: {}, channels: []},
};

let gateway, control;
const clients = {};

before(async () => {
  gateway = await Gateway.start();
  control = gateway.controlClient();
  const worker = await Worker.open(gateway);
  await worker.serve(ROOM, {admission: ({id}) => PEOPLE[id] ?? {}});
  for (const id of Object.keys(PEOPLE)) {
    const codec = id === 'b1' ? '&codec=msgpack' : '';
    clients[id] = await Plain.open(gateway.url(`/${ROOM}?socket_id=${id}${codec}`));
  }
  clients.elsewhere = await Plain.open(gateway.url('/elsewhere?socket_id=a1'));
  // The upgrade is answered before admission is.
  await until(async () => await control.count({namespace: ROOM}) === Object.keys(PEOPLE).length,
    'everybody is in');
});
after(() => gateway.stop());

let serial = 0;

// Sends to a selector and asserts who gets it: exactly these.
async function reaches(fields, ids, extra = {}) {
  const event = `m${++serial}`;
  assert.deepEqual(await control.send({namespace: ROOM, ...fields}, event, json([serial])),
    outcome(ids.length, ids.length, extra));
  for (const id of ids) {
    assert.deepEqual(await clients[id].next(`${event} at ${id}`),
      {notification: event, params: [serial]});
  }
  assert.equal(await control.count({namespace: ROOM, ...fields}), ids.length);
}

// One last message to all: whoever had got something else would show it here.
async function nothingElse() {
  await reaches({}, ['a1', 'a2', 'b1', 'c1']);
  assert.equal(clients.elsewhere.inbox.size, 0);
}

test('namespace alone: everybody in it', () => reaches({}, ['a1', 'a2', 'b1', 'c1']));

test('connection_ids', async () => {
  await reaches({connection_ids: ['a1', 'c1']}, ['a1', 'c1']);
  await reaches({connection_ids: ['a1', 'a1']}, ['a1']);
  await reaches({connection_ids: ['b1', 'zz', 'yy']}, ['b1'], {not_found: ['yy', 'zz']});
  await nothingElse();
});

test('user_ids', async () => {
  await reaches({user_ids: ['ann']}, ['a1', 'a2']);
  await reaches({user_ids: ['ann', 'bob', 'nobody']}, ['a1', 'a2', 'b1']);
  await nothingElse();
});

test('channels', async () => {
  await reaches({channels: ['red']}, ['a1', 'a2']);
  await reaches({channels: ['red', 'blue']}, ['a1', 'a2', 'b1']);
  await reaches({channels: ['green']}, []);
  await nothingElse();
});

test('labels must all be equal', async () => {
  await reaches({labels: {tier: 'gold'}}, ['a1', 'a2']);
  await reaches({labels: {tier: 'gold', lang: 'en'}}, ['a1']);
  await reaches({labels: {lang: 'en'}}, ['a1', 'b1']);
  await reaches({labels: {tier: 'none'}}, []);
  await nothingElse();
});

test('dialects', async () => {
  await reaches({dialects: ['DIALECT_MSGPACK_RPC']}, ['b1']);
  await reaches({dialects: ['DIALECT_JSON_RPC']}, ['a1', 'a2', 'c1']);
  await reaches({dialects: ['DIALECT_JSON_RPC', 'DIALECT_MSGPACK_RPC']}, ['a1', 'a2', 'b1', 'c1']);
});

test('nodes', async () => {
  const {node} = await control.call('GetConnection', {namespace: ROOM, connection_id: 'a1'});
  await reaches({nodes: [node]}, ['a1', 'a2', 'b1', 'c1']);
  await reaches({nodes: ['some-other-node']}, []);
});

test('fields narrow one another', async () => {
  await reaches({user_ids: ['ann'], channels: ['blue']}, ['a1']);
  await reaches({connection_ids: ['a2', 'b1'], labels: {tier: 'gold'}}, ['a2']);
  await reaches({channels: ['blue'], dialects: ['DIALECT_JSON_RPC']}, ['a1']);
  await nothingElse();
});

test('except', async () => {
  await reaches({except: {connection_ids: ['a1', 'unknown']}}, ['a2', 'b1', 'c1']);
  await reaches({except: {user_ids: ['ann']}}, ['b1', 'c1']);
  await reaches({channels: ['red'], except: {connection_ids: ['a2']}}, ['a1']);
  await nothingElse();
});

test('connected before and after', async () => {
  const at = {};
  for (const {id, connected_at} of await control.list({namespace: ROOM})) at[id] = connected_at;
  const order = Object.keys(PEOPLE);
  await reaches({connected_before: at.a2}, order.slice(0, 1));
  await reaches({connected_after: at.a2}, order.slice(1));
  await reaches({connected_after: at.a2, connected_before: at.c1}, ['a2', 'b1']);
});

test('a sample is stable, and a larger one contains the smaller', async () => {
  const many = await Promise.all(Array.from({length: 100},
    (_, i) => Plain.open(gateway.url(`/crowd?socket_id=s${i}`))));
  const ids = async sample_percent =>
    (await control.list({namespace: 'crowd', sample_percent})).map(({id}) => id);
  const [ten, twenty, again] = [await ids(10), await ids(20), await ids(10)];
  assert.deepEqual(ten, again);
  assert.ok(ten.length > 0 && ten.length < twenty.length && twenty.length < 50,
    `${ten.length} and ${twenty.length} of 100`);
  assert.deepEqual(ten.filter(id => !twenty.includes(id)), []);
  assert.equal((await ids(100)).length, 100);
  for (const client of many) client.socket.terminate();
});

test('a namespace without anybody', async () => {
  assert.deepEqual(await control.send({namespace: 'void'}, 'e', json([])), outcome(0, 0));
});

test('messages of one caller arrive in their order', async () => {
  for (let i = 0; i < 200; ++i) {
    await control.send({namespace: ROOM, connection_ids: ['a1']}, 'n', json([i]));
  }
  for (let i = 0; i < 200; ++i) {
    assert.deepEqual((await clients.a1.next()).params, [i]);
  }
});

test('bad input', async () => {
  const send = (selector, message = {event: 'e'}) => control.call('Send', {selector, message});
  const bad = (selector, reason, field) =>
    refused(send(selector), 'INVALID_ARGUMENT', reason, field);
  const here = {namespace: ROOM};
  await refused(control.call('Send', {message: {event: 'e'}}), 'INVALID_ARGUMENT',
    'NAMESPACE_INVALID', 'selector.namespace');
  await bad({}, 'NAMESPACE_INVALID', 'selector.namespace');
  await bad({namespace: 'x'.repeat(256)}, 'NAMESPACE_INVALID', 'selector.namespace');
  await bad({namespace: 'a\u0000b'}, 'NAMESPACE_INVALID', 'selector.namespace');
  await bad({...here, sample_percent: 101}, 'SELECTOR_INVALID', 'selector.sample_percent');
  await bad({...here, connection_ids: ['']}, 'SELECTOR_INVALID', 'selector.connection_ids');
  await bad({...here, user_ids: ['']}, 'SELECTOR_INVALID', 'selector.user_ids');
  await bad({...here, channels: ['']}, 'SELECTOR_INVALID', 'selector.channels');
  await bad({...here, dialects: [77]}, 'SELECTOR_INVALID', 'selector.dialects');
  await bad({...here, connected_before: {seconds: 1, nanos: -1}}, 'SELECTOR_INVALID',
    'selector.connected_before');
  await refused(send({...here, connection_ids: Array.from({length: 10001}, (_, i) => `${i}`)}),
    'RESOURCE_EXHAUSTED', 'SELECTOR_TOO_LARGE', 'selector.connection_ids');
  const message = (value, reason) => refused(send(here, value), 'INVALID_ARGUMENT', reason);
  await message({}, 'MESSAGE_INVALID');
  await message({event: 'x'.repeat(256)}, 'MESSAGE_INVALID');
  for (const text of ['', '{', '[1,]', '{"a":1}x', 'nan', '"\\ud800"']) {
    await message({event: 'e', body: {json: Buffer.from(text)}}, 'MESSAGE_INVALID');
  }
  await message({event: 'e', body: {json: Buffer.from([0x22, 0xff, 0x22])}}, 'MESSAGE_INVALID');
  await message({event: 'e', body: {json: Buffer.from('['.repeat(40) + ']'.repeat(40))}},
    'MESSAGE_INVALID');
  await message({event: 'e', body: {text: 'x'.repeat((1 << 20) + 1)}}, 'MESSAGE_TOO_LARGE');
  await nothingElse();
});
