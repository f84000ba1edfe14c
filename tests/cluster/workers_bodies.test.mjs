// SPDX-License-Identifier: Apache-2.0
//
// Bytes that a worker of another node is sent and answers with.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {decode, encode} from '@msgpack/msgpack';
import {Cluster, HOLD, Plain, Worker} from './harness.mjs';
import {offered} from './workers.mjs';

const BIN = Buffer.from([0, 255, 1, 128]);
const AS_JSON = {base64: true, data: BIN.toString('base64')};
// Bytes at every depth, beside what JSON cannot tell from them.
const NESTED = {file: BIN, list: [1, BIN, {deep: {er: BIN}}], empty: Buffer.alloc(0), text: 'AP8B'};
const NESTED_JSON = {file: AS_JSON, list: [1, AS_JSON, {deep: {er: AS_JSON}}],
  empty: {base64: true, data: ''}, text: 'AP8B'};

let cluster, n1, n2, n3;
before(async () => {
  cluster = await Cluster.start(3);
  [n1, n2, n3] = cluster.nodes;
});
after(() => cluster.stop());

const others = () => [n2, n3];

test('answers with binary data', async () => {
  const worker = await Worker.open(n1);
  const bytes = Buffer.from([0, 255, 7]);
  await worker.serve('kinds', {methods: {binary: () => HOLD}});
  await offered(n2, 'kinds', 'binary');
  const client = await Plain.open(n2.url('/kinds'));
  const asked = client.call('binary');
  worker.answer({id: (await worker.invocations.next()).id, result: {binary: bytes}});
  assert.deepEqual((await asked).result, {base64: true, data: bytes.toString('base64')});
  await client.close();
  await worker.finish();
});

// A worker of n1 that answers each call with what `answer` makes of its params; what it got.
async function serve(namespace, register, answer) {
  const worker = await Worker.open(n1);
  await worker.serve(namespace, {methods: {echo: () => HOLD}, ...register});
  const bodies = [];
  (async () => {
    for (;;) {
      const {id, call} = await worker.invocations.next('a call', 60_000);
      bodies.push(call.params);
      worker.answer({id, result: answer(call.params)});
    }
  })().catch(() => {});
  for (const node of others()) await offered(node, namespace, 'echo');
  return {worker, bodies};
}

async function ask(node, namespace, params) {
  const client = await Plain.open(node.url(`/${namespace}`));
  client.pack({method: 'echo', params, id: 1});
  const {result} = await client.next();
  await client.close();
  return result;
}

const bare = params => ({content: params.content, [params.content]: params[params.content]});

test('bin stays bin through a worker that speaks JSON', async () => {
  const {worker, bodies} = await serve('json', {}, bare);
  for (const node of others()) {
    assert.deepEqual(await ask(node, 'json', [NESTED]), [NESTED]);
    assert.deepEqual(JSON.parse(bodies.shift().json), [NESTED_JSON]);
    assert.deepEqual(await ask(node, 'json', [BIN]), [BIN]);
    bodies.shift();
  }
  await worker.finish();
});

test('a worker that wants MessagePack gets it as it was sent', async () => {
  const {worker, bodies} = await serve('packed', {msgpack: true}, bare);
  const value = [{...NESTED, big: 2 ** 40, odd: 1.5}];
  for (const node of others()) {
    assert.deepEqual(await ask(node, 'packed', value), value);
    const {content, msgpack} = bodies.shift();
    assert.equal(content, 'msgpack');
    assert.deepEqual(decode(msgpack), value);
  }
  await worker.finish();
});

test('and a JSON client of the same worker sees base64', async () => {
  const {worker, bodies} = await serve('mixed', {msgpack: true},
    () => ({msgpack: Buffer.from(encode(NESTED))}));
  for (const node of others()) {
    const client = await Plain.open(node.url('/mixed'));
    assert.deepEqual((await client.call('echo', [NESTED_JSON])).result, NESTED_JSON);
    assert.deepEqual(JSON.parse(bodies.shift().json), [NESTED_JSON], 'JSON stays JSON');
    await client.close();
  }
  await worker.finish();
});
