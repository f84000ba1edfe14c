// SPDX-License-Identifier: Apache-2.0
//
// A worker of another node admits, logs in, guards and protects.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {Cluster, ForeignWorker, LANGUAGES, Plain, Worker, connected, rejection, until, whySkipped}
  from './harness.mjs';
import {codeAt, offered} from './workers.mjs';

let cluster, n1, n2, n3;
before(async () => {
  cluster = await Cluster.start(3, {'admission-required': 'locked'});
  [n1, n2, n3] = cluster.nodes;
});
after(() => cluster.stop());

const others = () => [n2, n3];

for (const language of LANGUAGES) {
  test(`in ${language}, admits and answers`, {skip: whySkipped(language)}, async () => {
    const worker = await ForeignWorker.open(n1, language, `in-${language}`, 'admission');
    for (const node of others()) {
      await offered(node, `in-${language}`, 'echo');
      const client = await Plain.open(node.url(`/in-${language}?socket_id=a`));
      const {result} = await client.call('echo');
      assert.equal(result.connection, 'a');
      assert.equal(result.namespace, `in-${language}`);
      assert.equal((await client.call('big', [300_000])).result.length, 300_000);
      const {user} = await node.api.call('GetConnection',
        {namespace: `in-${language}`, connection_id: 'a'});
      assert.equal(user, language);
      await client.close();
    }
    await worker.close();
  });
}

test('logs clients in, and protects what it says', async () => {
  const worker = await Worker.open(n1);
  await worker.serve('login', {
    methods: {secret: {access: 'ACCESS_PROTECTED', run: (_, {context}) => context.user}},
    events: [{name: 'vip', access: 'ACCESS_PROTECTED'}, 'all'],
    login: ({user}) => { if (!user) throw {reject: {}}; return {user}; },
    context: ['USER'],
  });
  for (const node of others()) {
    await offered(node, 'login', 'secret');
    const client = await Plain.open(node.url('/login'));
    assert.equal((await client.call('secret')).error.code, -32605);
    assert.equal((await client.call('rpc.on', ['vip'])).error.code, -32606);
    assert.equal((await client.call('rpc.on', ['all'])).result.all, 'ok');
    assert.equal((await client.call('rpc.login', {})).result, false);
    assert.equal((await client.call('rpc.login', {user: 'ann'})).result, true);
    assert.equal((await client.call('secret')).result, 'ann');
    assert.equal((await client.call('rpc.on', ['vip'])).result.vip, 'ok');
    await client.close();
  }
  await worker.finish();
});

test('guards what clients of other nodes do', async () => {
  const worker = await Worker.open(n1);
  await worker.serve('guarded', {
    methods: {m: params => params},
    guards: {
      CALL: data => (data?.bad ? {block: {error: {name: 'Nope', message: 'nope'}}} : {allow: {}}),
      PUBLISH_IN: data => (data === 'bad' ? {block: {silent: true}} : {allow: {}}),
    },
  });
  await offered(n2, 'guarded', 'm');
  const client = await connected(n2, 'guarded');
  assert.deepEqual(await client.invoke('m', {bad: false}), {bad: false});
  assert.equal((await rejection(client.invoke('m', {bad: true}))).name, 'Nope');
  await rejection(client.invokePublish('c', 'bad'));
  await client.invokePublish('c', 'good');
  worker.kill();
  const other = await Worker.open(n3);
  await other.serve('guarded', {methods: {m: params => params}});
  await until(async () => {
    const {methods} = await n2.api.call('ListMethods', {namespace: 'guarded'});
    return methods[0].workers.length === 1;
  }, 'the guard to be gone');
  await rejection(client.invoke('m', {bad: false}));
  client.disconnect();
  await other.finish();
});

test('is asked before anybody comes in, whichever node they come to', async () => {
  assert.equal((await (await Plain.open(n2.url('/locked'))).whenClosed()).code, 1013);
  const worker = await Worker.open(n1);
  await worker.serve('locked', {methods: {m: () => 1}, admission: ({id}) => {
    if (id.startsWith('bad')) throw {reject: {code: 4777, reason: 'no'}};
    return {user: `u-${id}`};
  }});
  for (const node of others()) {
    await until(async () => await codeAt(node.url('/locked?socket_id=good')) === 0,
      'the door to open');
    assert.deepEqual(await (await Plain.open(node.url('/locked?socket_id=bad'))).whenClosed(),
      {code: 4777, reason: 'no'});
  }
  await worker.finish();
  for (const node of others()) {
    await until(async () => await codeAt(node.url('/locked?socket_id=late')) === 1013,
      'the door to be shut');
  }
});

test('a node that starts knows who must be asked before anybody comes in', async () => {
  const worker = await Worker.open(n1);
  await worker.serve('door', {admission: () => { throw {reject: {code: 4999}}; }});
  await until(async () => await codeAt(n2.url('/door')) === 4999, 'it to be known');
  const fourth = await cluster.startNode('n4');
  for (let i = 0; i < 5; ++i) {
    assert.equal(await codeAt(fourth.url('/door')), 4999);
  }
  await fourth.stop();
  await worker.finish();
});
