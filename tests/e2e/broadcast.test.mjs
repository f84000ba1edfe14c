// SPDX-License-Identifier: Apache-2.0
//
// A message to a thousand is encoded once a dialect, and leaves in gathered writes.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {Gateway, json, openMany, outcome, until} from './harness.mjs';

const COUNT = 1000;
let gateway, control, clients;

before(async () => {
  gateway = await Gateway.start();
  control = gateway.controlClient();
  clients = await openMany(COUNT, () => gateway.url('/all'));
});
after(() => gateway.stop());

const read = async () => {
  const metrics = await gateway.metrics();
  return {
    encodings: metrics.sum('sluice_message_encodings_total'),
    flushes: metrics.sum('sluice_edge_flushes_total'),
    enqueued: metrics.sum('sluice_messages_enqueued_total', {dialect: 'json_rpc'}),
  };
};

test('one message to a thousand connections', async () => {
  const before = await read();
  const body = json(['x'.repeat(100)]);
  assert.deepEqual(await control.send({namespace: 'all'}, 'e', body), outcome(COUNT, COUNT));
  for (const client of clients) {
    assert.equal(await client.nextRaw(), `{"notification":"e","params":${body.json}}`);
  }
  const seen = await read();
  assert.equal(seen.encodings, before.encodings + 1);
  assert.equal(seen.enqueued, before.enqueued + COUNT);
  assert.equal(seen.flushes, before.flushes + COUNT);
});

test('many messages at once share their writes', async () => {
  const before = await read();
  const sends = Array.from({length: 20},
    (_, i) => control.send({namespace: 'all'}, 'e', json([i])));
  for (const done of await Promise.all(sends)) assert.deepEqual(done, outcome(COUNT, COUNT));
  for (const client of clients) {
    const got = [];
    for (let i = 0; i < 20; ++i) got.push((await client.next()).params[0]);
    assert.deepEqual(got.sort((a, b) => a - b), Array.from({length: 20}, (_, i) => i));
  }
  const seen = await read();
  assert.equal(seen.encodings, before.encodings + 20);
  assert.equal(seen.enqueued, before.enqueued + 20 * COUNT);
  assert.ok(seen.flushes - before.flushes < 20 * COUNT, `${seen.flushes - before.flushes} flushes`);
});

test('a large message is passed on whole', async () => {
  const text = 'ü'.repeat(50_000);
  assert.deepEqual(await control.send({namespace: 'all', sample_percent: 2}, 'big', {text}),
    outcome(...Array(2).fill(await control.count({namespace: 'all', sample_percent: 2}))));
  const chosen = await control.count({namespace: 'all', sample_percent: 2});
  await until(() => clients.filter(c => c.inbox.size === 1).length === chosen, 'it to arrive');
  for (const client of clients.filter(c => c.inbox.size === 1)) {
    assert.deepEqual(await client.next(), {notification: 'big', params: [text]});
  }
});
