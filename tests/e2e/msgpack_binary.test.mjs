// SPDX-License-Identifier: Apache-2.0
//
// What a MessagePack client sends as bin comes back as bin, whatever the worker speaks.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {decode, encode} from '@msgpack/msgpack';
import {Gateway, HOLD, Plain, Worker, refused} from './harness.mjs';

const BIN = Buffer.from([0, 255, 1, 128]);
const AS_JSON = {base64: true, data: BIN.toString('base64')};
// Bytes at every depth, beside what JSON cannot tell from them.
const NESTED = {file: BIN, list: [1, BIN, {deep: {er: BIN}}], empty: Buffer.alloc(0), text: 'AP8B'};
const NESTED_JSON = {file: AS_JSON, list: [1, AS_JSON, {deep: {er: AS_JSON}}],
  empty: {base64: true, data: ''}, text: 'AP8B'};

let gateway, control;
before(async () => {
  gateway = await Gateway.start();
  control = gateway.controlClient();
});
after(() => gateway.stop());

// A worker of one namespace that answers each call with what `answer` makes of its params.
async function serve(namespace, register, answer) {
  const worker = await Worker.open(gateway);
  await worker.serve(namespace, {methods: {echo: () => HOLD}, ...register});
  const bodies = [];
  (async () => {
    for (;;) {
      const {id, call} = await worker.invocations.next('a call', 60_000);
      bodies.push(call.params);
      worker.answer({id, result: answer(call.params)});
    }
  })().catch(() => {});
  return {worker, bodies};
}

async function ask(url, params) {
  const client = await Plain.open(url);
  client.pack({method: 'echo', params, id: 1});
  const answer = await client.next();
  await client.close();
  return answer.result;
}

const bare = params => ({content: params.content, [params.content]: params[params.content]});

test('a worker that speaks JSON', async () => {
  const {bodies} = await serve('json', {}, bare);
  assert.deepEqual(await ask(gateway.url('/json'), [NESTED]), [NESTED]);
  assert.deepEqual(JSON.parse(bodies[0].json), [NESTED_JSON]);
  assert.deepEqual(await ask(gateway.url('/json'), [BIN]), [BIN]);
});

test('a worker that wants MessagePack gets it as it was sent', async () => {
  const {bodies} = await serve('packed', {msgpack: true}, bare);
  const value = [{...NESTED, big: 2 ** 40, odd: 1.5}];
  assert.deepEqual(await ask(gateway.url('/packed'), value), value);
  assert.equal(bodies[0].content, 'msgpack');
  assert.deepEqual(decode(bodies[0].msgpack), value);
});

test('and a JSON client of the same worker sees base64', async () => {
  const {bodies} = await serve('mixed', {msgpack: true},
    () => ({msgpack: Buffer.from(encode(NESTED))}));
  const client = await Plain.open(gateway.url('/mixed'));
  const {result} = await client.call('echo', [NESTED_JSON]);
  assert.deepEqual(result, NESTED_JSON);
  assert.deepEqual(JSON.parse(bodies[0].json), [NESTED_JSON], 'what came as JSON stays JSON');
  await client.close();
});

test('Send takes it, too, and refuses what is none', async () => {
  const packed = await Plain.open(gateway.url('/send?codec=msgpack'));
  const plain = await Plain.open(gateway.url('/send'));
  const send = bytes => control.call('Send',
    {selector: {namespace: 'send'}, message: {event: 'e', body: {msgpack: bytes}}});
  await send(Buffer.from(encode([NESTED])));
  assert.deepEqual((await packed.next()).params, [NESTED]);
  assert.deepEqual((await plain.next()).params, [NESTED_JSON]);
  for (const bytes of [[0xc1], [0x92, 1], [1, 1], [0xa1, 0xff]]) {
    await refused(send(Buffer.from(bytes)), 'INVALID_ARGUMENT', 'MESSAGE_INVALID', 'message.body');
  }
  await packed.close();
  await plain.close();
});
