// SPDX-License-Identifier: Apache-2.0
//
// Who reads is not slow, and what could never be delivered is the sender's mistake.
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import {Gateway, Packets, Plain, Worker, connected, openMany, outcome, until}
  from './harness.mjs';

let gateway, control;
before(async () => {
  gateway = await Gateway.start({shards: 1});
  control = gateway.controlClient();
});
after(() => gateway.stop());

const text = size => ({json: Buffer.from(JSON.stringify('x'.repeat(size)))});
const closed = () => gateway.metric('sluice_connections_closed_total', {reason: 'slow_consumer'});
const tooLarge = {dropped: {message_too_large: 1}};

describe('a message that could never fit', () => {
  for (const [what, body] of [
    ['exactly 1 MiB of JSON', text((1 << 20) - 2)],
    ['800,000 bytes that become base64', {binary: Buffer.alloc(800_000, 1)}],
    ['200,000 bytes that are escaped', {text: '\u0001'.repeat(200_000)}],
  ]) {
    test(`${what}: dropped with its own reason, and nobody is closed`, async () => {
      const before = await gateway.metric('sluice_deliveries_dropped_total',
        {reason: 'message_too_large'});
      const client = await Plain.open(gateway.url('/idle'));
      assert.deepEqual(await control.send({namespace: 'idle'}, 'e', body),
        outcome(1, 0, tooLarge));
      await client.quiet();
      await gateway.rises('sluice_deliveries_dropped_total', {reason: 'message_too_large'}, before);
      assert.deepEqual(await control.send({namespace: 'idle'}, 'e', text(1_000_000)),
        outcome(1, 1));
      assert.equal((await client.next()).params.length ?? 1, 1);
      await client.close();
    });
  }

  test('mixed dialects: each gets what it can get', async () => {
    const json = await Plain.open(gateway.url('/mixed'));
    const packed = await Plain.open(gateway.url('/mixed?codec=msgpack'));
    const body = {binary: Buffer.alloc(900_000, 7)};
    assert.deepEqual(await control.send({namespace: 'mixed'}, 'e', body),
      outcome(2, 1, tooLarge));
    assert.ok((await packed.nextRaw()).length > 900_000);
    await json.quiet();
    await json.close();
    await packed.close();
  });

  test('a result, alone and in a batch, is an error to the caller', () => Gateway.during(
    {'outbox-bytes': '512KiB'}, async small => {
      const worker = await Worker.open(small);
      await worker.serve('results', {methods: {big: () => 'x'.repeat(300_000),
        huge: () => Array(100_000).fill(0.5), small: () => 1}});
      const client = await Plain.open(small.url('/results'));
      // 400 KB of JSON, and 900 KB of MessagePack.
      const packed = await Plain.open(small.url('/results?codec=msgpack'));
      packed.pack({jsonrpc: '2.0', method: 'huge', params: [], id: 1});
      const {error} = await packed.next();
      assert.deepEqual([error.code, error.message],
        [-32020, 'The message is too large for --outbox-bytes']);
      assert.equal((await client.call('huge', [], 1)).result.length, 100_000);
      const answers = await client.ask(['big', 'big', 'small'].map(
        (method, id) => ({jsonrpc: '2.0', method, params: [], id: id + 1})));
      assert.deepEqual(answers.map(answer => answer.error?.code ?? 'ok'), ['ok', -32020, 'ok']);
      assert.equal((await client.call('small', [], 2)).result, 1);
      await packed.close();
      await client.close();
      await worker.finish();
    }));
});

describe('readers who read', () => {
  test('three messages of 500 KB at once to twenty clients', async () => {
    const slow = await closed();
    const clients = await openMany(20, () => gateway.url('/many'));
    const sends = await Promise.all([1, 2, 3].map(() =>
      control.send({namespace: 'many'}, 'e', text(500_000))));
    for (const sent of sends) assert.deepEqual(sent, outcome(20, 20));
    for (const client of clients) {
      for (let i = 0; i < 3; ++i) assert.equal((await client.nextRaw()).length > 500_000, true);
    }
    assert.equal(await closed(), slow);
    await Promise.all(clients.map(client => client.close()));
  });

  test('18 publications of 60 KB by one client to four', async () => {
    const slow = await closed();
    const members = await Promise.all([0, 1, 2, 3].map(() => connected(gateway, 'pubs')));
    const got = members.map(() => 0);
    for (const [i, member] of members.entries()) {
      const channel = member.subscribe('ch');
      await channel.listener('subscribe').once();
      (async () => {
        for await (const data of channel) got[i] += data.length > 0;
      })();
    }
    const publisher = await connected(gateway, 'pubs');
    await Promise.all(Array.from({length: 18},
      () => publisher.invokePublish('ch', 'x'.repeat(60_000))));
    await until(() => got.every(count => count === 18), 'all publications');
    assert.equal(await closed(), slow);
  });

  for (const publishers of [1, 5]) {
    test(`a publish-out guard: the burst of ${publishers} client(s) finds room`, async () => {
      const slow = await closed();
      const namespace = `guarded${publishers}`;
      const worker = await Worker.open(gateway, {credit: 1000});
      await worker.serve(namespace, {guards: {PUBLISH_OUT: () => ({allow: {}})}});
      const members = await Promise.all(Array.from({length: 10},
        () => Packets.open(gateway, namespace)));
      for (const member of members) {
        await member.ask({event: '#subscribe', data: {channel: 'ch'}, cid: 2});
      }
      const counts = members.map(() => 0);
      members.forEach((member, i) => member.socket.on('message', bytes => {
        counts[i] += bytes.toString().includes('"#publish"');
      }));
      for (let p = 0; p < publishers; ++p) {
        const publisher = await Packets.open(gateway, namespace);
        for (let i = 0; i < 150; ++i) {
          publisher.send({event: '#publish', data: {channel: 'ch', data: 'y'.repeat(100)}});
        }
      }
      await until(() => counts.every(count => count === 150 * publishers),
        'every publication everywhere', 30_000);
      assert.equal(await closed(), slow);
      await worker.finish();
    });
  }
});
