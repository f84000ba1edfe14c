// SPDX-License-Identifier: Apache-2.0
//
// Control.Call of clients of three nodes: each answer as it comes, wherever its client is.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {Cluster, LEASE_MS, Plain, fromBody, outcome, until, within} from './harness.mjs';
import {SLACK_MS, closeAll} from './world.mjs';

let cluster, n1, n2, n3;
before(async () => {
  cluster = await Cluster.start(3, {'client-calls-per-connection': 1, 'message-bytes': '1MiB'});
  [n1, n2, n3] = cluster.nodes;
});
after(() => cluster.stop());

const open = (node, space, id) => Plain.open(node.url(`/${space}?socket_id=${id}`));

// A Call that may take a minute.
class Asking {
  answers = new Map();
  outcome = undefined;

  constructor(node, namespace, fields = {}) {
    this.stream = node.api.raw.Call(
      {selector: {namespace, ...fields}, method: 'm', timeout: {seconds: 60}});
    this.stream.on('data', ({what, answer, outcome: total}) => {
      assert.equal(this.outcome, undefined, 'nothing comes behind the outcome');
      if (what === 'outcome') {
        this.outcome = total;
      } else {
        assert.ok(!this.answers.has(answer.connection_id), 'each client answers once');
        this.answers.set(answer.connection_id, answer);
      }
    });
    this.ended = new Promise(resolve => {
      this.stream.on('end', () => resolve('OK'));
      this.stream.on('error', error => resolve(error.message));
    });
  }

  async answerOf(id) {
    await until(() => this.answers.has(id), `the answer of ${id}`);
    return fromBody(this.answers.get(id).result);
  }

  async end(ms) {
    assert.equal(await within(this.ended, 'the end', ms), 'OK');
    assert.ok(this.outcome);
    return this.outcome;
  }
}

// The client answers what it was asked.
async function reply(client, result) {
  const {id} = await client.next();
  client.send({jsonrpc: '2.0', result, id});
}

// None of the clients has an answer to give: each may owe one.
async function owesNothing(node, namespace, clients) {
  const {answers, outcome: {dropped}} = await node.api.ask(
    {selector: {namespace}, method: 'm', timeout: {nanos: 1e6}});
  return dropped.limit === undefined && answers.length === clients;
}

test('answers come from every node while other clients are awaited', async () => {
  const quick = await open(n2, 'live', 'quick');
  const slow = await open(n2, 'live', 'slow');
  const far = await open(n3, 'live', 'far');
  const near = await open(n1, 'live', 'near');
  await until(async () => await n1.api.count({namespace: 'live'}) === 4, 'all to be open');
  const asking = new Asking(n1, 'live');
  for (const client of [quick, far, near]) {
    await reply(client, 'here');
  }
  for (const id of ['quick', 'far', 'near']) assert.equal(await asking.answerOf(id), 'here');
  assert.equal(asking.outcome, undefined);
  assert.equal(asking.answers.size, 3);
  await reply(slow, 'at last');
  assert.deepEqual(await asking.end(10_000), outcome(4, 4));
  assert.equal(await asking.answerOf('slow'), 'at last');
  await closeAll([quick, slow, far, near]);
});

test('many answers, large ones too, all come, once', async () => {
  const clients = [];
  for (let i = 0; i < 60; ++i) clients.push(await open(cluster.nodes[i % 3], 'many', `c${i}`));
  await until(async () => await n2.api.count({namespace: 'many'}) === 60, 'all to be open');
  const asking = new Asking(n2, 'many');
  const large = 'x'.repeat(200_000);
  await Promise.all(clients.map(client => reply(client, large)));
  assert.deepEqual(await asking.end(30_000), outcome(60, 60));
  for (let i = 0; i < 60; ++i) {
    assert.equal((await asking.answerOf(`c${i}`))?.length, large.length);
  }
  await closeAll(clients);
});

test('a caller that goes away is forgotten on every node', async () => {
  const clients = [];
  for (const node of cluster.nodes) clients.push(await open(node, 'gone', node.name));
  await until(async () => await n1.api.count({namespace: 'gone'}) === 3, 'all to be open');
  const first = new Asking(n1, 'gone');
  for (const client of clients) await client.next();
  // None may owe two answers.
  const {outcome: limited} = await n2.api.ask({selector: {namespace: 'gone'}, method: 'm'});
  assert.deepEqual(limited, outcome(3, 0, {dropped: {limit: 3}}));
  first.stream.cancel();
  await until(() => owesNothing(n3, 'gone', 3), 'nothing to be awaited of anybody');
  await closeAll(clients);
});

test('of a node that is killed stays what came', async () => {
  const near = await open(n1, 'dead', 'near');
  const answered = await open(n3, 'dead', 'answered');
  const silent = await open(n3, 'dead', 'silent');
  await until(async () => await n1.api.count({namespace: 'dead'}) === 3, 'all to be open');
  const asking = new Asking(n1, 'dead');
  await reply(answered, 'before');
  assert.equal(await asking.answerOf('answered'), 'before');
  await silent.next();
  await n3.kill();
  await reply(near, 'after');
  const {matched, enqueued, unreachable} = await asking.end(LEASE_MS + 10_000 + SLACK_MS);
  assert.deepEqual({matched, enqueued, unreachable},
    {matched: 2, enqueued: 2, unreachable: ['n3']});
  assert.deepEqual([...asking.answers.keys()].sort(), ['answered', 'near']);
  await near.close();
  n3 = await cluster.replace(n3);
});

test('the node that asked is killed: the others forget the call', async () => {
  const client = await open(n2, 'orphan', 'c');
  await until(async () => await n1.api.count({namespace: 'orphan'}) === 1, 'it to be open');
  const asking = new Asking(n1, 'orphan');
  await client.next();
  await n1.kill();
  assert.notEqual(await within(asking.ended, 'the end'), 'OK');
  await until(() => owesNothing(n2, 'orphan', 1), 'nothing to be awaited of it', 60_000);
  await client.close();
  n1 = await cluster.replace(n1);
});
