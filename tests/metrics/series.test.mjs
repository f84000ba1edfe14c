// SPDX-License-Identifier: Apache-2.0
//
// Which series there are is settled when a node starts: none comes with load, and none with names that
// strangers choose.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Gateway, Plain, Worker, grpc, json} from '../e2e/harness.mjs';
import {Redis} from '../e2e/harness/redis.mjs';
import {Load} from './load.mjs';

const NAMES = 2000;
const ROUNDS = 5;
const numbers = Array.from({length: NAMES}, (_, i) => i);

// The series that a node has before and after.
async function unchanged(gateway, run) {
  const before = (await gateway.metrics()).series();
  assert.equal(new Set(before).size, before.length);
  await run();
  const later = await gateway.metrics();
  assert.deepEqual(later.series(), before);
  return later;
}

async function underLoad(gateway) {
  const later = await unchanged(gateway, async () => {
    const load = await Load.start(gateway);
    for (let i = 0; i < ROUNDS; ++i) await load.round();
    await load.stop();
  });
  assert.ok(later.sum('sluice_connections_opened_total') >= ROUNDS);
  assert.ok(later.rpcs('GetConnection', 'NOT_FOUND') >= ROUNDS);
}

test('no series comes with load', () => Gateway.during({}, underLoad));

test('nor on Redis', async () => {
  const redis = await Redis.start();
  try {
    await Gateway.during({node: 'n1', storage: redis.url}, underLoad);
  } finally {
    await redis.stop();
  }
});

// In parts, so that no more than so many are under way.
async function eachOf(items, run, together = 50) {
  for (let i = 0; i < items.length; i += together) {
    await Promise.all(items.slice(i, i + together).map(run));
  }
}

// Namespaces, ids, paths and subprotocols of clients, and the codes that they leave with.
const strangers = gateway => eachOf(numbers, async i => {
  const client = await Plain.open(gateway.url(`/raw/space-${i}?id=id-${i}`),
    {protocols: i % 2 ? [`proto-${i}`] : []}).catch(() => undefined);
  client?.socket.close(3000 + i % 1000, `reason ${i}`);
  await client?.closed;
});

// Methods and channels of one client.
async function talker(gateway) {
  const client = await Plain.open(gateway.url('/talk'));
  await eachOf(numbers, async i => {
    client.send({jsonrpc: '2.0', id: `a${i}`, method: `method-${i}`, params: []});
    client.send({jsonrpc: '2.0', id: `b${i}`, method: 'rpc.on', params: [`channel-${i}`]});
    await client.next();
    await client.next();
  });
  client.socket.close();
}

// What workers call themselves and offer, and the errors that they answer with.
async function workers(gateway) {
  const worker = await Worker.open(gateway, {name: 'odd "worker"'});
  await eachOf(numbers.slice(0, 500), i => worker.serve(`offered-${i}`,
    {methods: {[`offer-${i}`]: () => { throw Object.assign(new Error('no'), {name: `error-${i}`}); }},
      events: [`event-${i}`]}), 1);
  const client = await Plain.open(gateway.url('/offered-1'));
  assert.ok((await client.call('offer-1')).error);
  client.socket.close();
  await worker.goodbye();
}

// Namespaces, channels, reasons and codes of backends, and rpcs that there are not.
async function backends(gateway) {
  const control = gateway.controlClient();
  await eachOf(numbers, async i => {
    const selector = {namespace: `asked-${i}`, channels: [`channel-${i}`]};
    await control.call('Disconnect', {selector, code: i, reason: `reason ${i}`}).catch(() => {});
    await control.call('Publish', {namespace: `asked-${i}`, channel: `c-${i}`, body: json(i)});
    await control.call('GetDrain', {id: `drain-${i}`}).catch(() => {});
    await new Promise(done => control.raw.makeUnaryRequest(`/sluice.v1.Control/Rpc${i}`,
      Buffer.from, Buffer.from, Buffer.alloc(0), new grpc.Metadata(), done));
  });
}

// Nobody is held up: it is not the point how fast they are.
const unhurried = Object.fromEntries(['accepts', 'commands', 'frames'].flatMap(
  what => [[`${what}-per-second`, 100_000], [`${what}-burst`, 100_000]]));

test('no series comes with names that strangers choose', () => Gateway.during(
  unhurried, async gateway => {
    const later = await unchanged(gateway, async () => {
      for (const attack of [strangers, talker, workers, backends]) await attack(gateway);
    });
    // They did get through.
    assert.ok(later.sum('sluice_connections_opened_total') > NAMES / 2);
    assert.ok(later.sum('sluice_command_errors_total', {reason: 'method_not_found'}) >= NAMES);
    assert.equal(later.rpcs('Publish', 'OK'), NAMES);
    assert.equal(later.rpcs('GetDrain', 'NOT_FOUND'), NAMES);
    assert.doesNotMatch(later.text, /(space|id|proto|method|channel|offer|event|error|asked|drain|reason) ?-?\d/);
  }));
