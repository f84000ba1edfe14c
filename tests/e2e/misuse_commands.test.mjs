// SPDX-License-Identifier: Apache-2.0
//
// Clients that ask for more than their share.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {Bystander, Gateway, HOLD, Plain, Worker, json} from './harness.mjs';

let gateway, bystander, worker;

before(async () => {
  gateway = await Gateway.start({
    'commands-per-second': 0.001, 'commands-burst': 20, 'calls-per-connection': 3,
    'batch-max': 5, 'depth-max': 8, 'channel-name-bytes': 40,
  });
  bystander = await Bystander.open(gateway);
  worker = await Worker.open(gateway);
  await worker.serve('default', {
    methods: {hold: () => HOLD, echo: params => params}, events: ['ev']});
});
after(() => gateway.stop());

const faults = reason => gateway.metric('sluice_command_errors_total', {reason});
const rises = (reason, before, by) =>
  gateway.rises('sluice_command_errors_total', {reason}, before, by);
const error = (code, message, data, id) => ({jsonrpc: '2.0', error: {code, message, data}, id});

test('too many commands: errors first, then the close', async () => {
  const before = await faults('rate_limited');
  const closedBefore =
    await gateway.metric('sluice_connections_closed_total', {reason: 'rate_limited'});
  const client = await Plain.open(gateway.url());
  for (let id = 1; id <= 100; ++id) client.send({jsonrpc: '2.0', method: '__listMethods', id});
  assert.deepEqual(await client.whenClosed(), {code: 4429, reason: 'too many commands'});
  const answers = client.inbox.takeAll().map(text => JSON.parse(text));
  const good = answers.filter(answer => answer.result);
  const bad = answers.filter(answer => answer.error);
  assert.equal(good.length, 20);
  // The debt is as deep as the burst; what came back in between may allow one error more.
  assert.ok(bad.length === 19 || bad.length === 20, `${bad.length} errors`);
  for (const answer of bad) {
    assert.deepEqual(answer.error, {code: -32014,
      message: 'Too many commands a second on this connection', data: {retry: true}});
  }
  await rises('rate_limited', before, bad.length);
  await gateway.rises('sluice_connections_closed_total', {reason: 'rate_limited'}, closedBefore);
  await bystander.calm();
});

test('too many calls under way', async () => {
  const before = await faults('too_many_calls');
  const client = await Plain.open(gateway.url());
  for (let id = 1; id <= 4; ++id) client.send({jsonrpc: '2.0', method: 'hold', id});
  assert.deepEqual(await client.next(), error(-32013,
    'Too many calls are under way on this connection', {retry: true}, 4));
  await rises('too_many_calls', before);
  const {id} = await worker.invocations.next();
  worker.answer({id, result: json('done')});
  assert.deepEqual(await client.next(), {jsonrpc: '2.0', result: 'done', id: 1});
  assert.deepEqual((await client.call('echo', [1], 5)).result, [1]);
  await bystander.calm();
  await client.close();
});

test('too large a batch', async () => {
  const before = await faults('invalid_request');
  const client = await Plain.open(gateway.url());
  const batch = size => Array.from({length: size},
    (_, i) => ({jsonrpc: '2.0', method: 'echo', params: [i], id: i + 1}));
  assert.equal((await client.ask(batch(5))).length, 5);
  assert.deepEqual(await client.ask(batch(6)),
    error(-32600, 'Invalid Request', 'More than 5 messages in a batch', null));
  await rises('invalid_request', before);
  await bystander.calm();
  await client.close();
});

test('too deep a document', async () => {
  const before = await faults('parse');
  const client = await Plain.open(gateway.url());
  const nested = depth => `{"jsonrpc":"2.0","method":"echo","id":1,` +
    `"params":${'['.repeat(depth)}${']'.repeat(depth)}}`;
  client.send(nested(7));
  assert.equal((await client.next()).id, 1);
  for (const depth of [8, 2000]) {
    client.send(nested(depth));
    const {error: {code, message, data}, id} = await client.next();
    assert.deepEqual([code, message, id], [-32700, 'Parse error', 1]);
    assert.match(data, /nested too deeply/);
  }
  client.send('[{"a":'.repeat(5000));
  assert.equal((await client.next()).error.code, -32700);
  await rises('parse', before, 3);
  await bystander.calm();
  await client.close();
});

test('too deep a MessagePack document', async () => {
  const client = await Plain.open(gateway.url('/?codec=msgpack'));
  for (const depth of [9, 5000]) {
    client.send(Buffer.concat([Buffer.alloc(depth, 0x91), Buffer.from([0xc0])]));
    const [{error: {code, message}, id}] = await client.next();  // a batch of one
    assert.deepEqual([code, message, id], [-32700, 'Parse error', null]);
  }
  await bystander.calm();
  await client.close();
});

test('too long a name', async () => {
  const client = await Plain.open(gateway.url());
  const long = 'n'.repeat(41);
  assert.equal((await client.call(long, [], 1)).error.code, -32600);
  assert.equal((await client.call('rpc.on', [long], 1)).error.code, -32600);
  assert.equal((await client.call('n'.repeat(40), [], 1)).error.code, -32601);
  await bystander.calm();
  await client.close();
});
