// SPDX-License-Identifier: Apache-2.0
//
// A worker that is connected to one node serves the clients of all three.
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import {Client} from 'rpc-websockets';
import {
  Cluster, ForeignWorker, HOLD, LANGUAGES, Line, Plain, Worker, connected, rejection, until, whySkipped,
  within,
} from './harness.mjs';

let cluster, n1, n2, n3;
before(async () => {
  cluster = await Cluster.start(3, {'call-timeout': '2s', 'admission-required': 'locked'});
  [n1, n2, n3] = cluster.nodes;
});
after(() => cluster.stop());

const others = () => [n2, n3];

const [METHOD_NOT_FOUND, UNAVAILABLE, TIMED_OUT, LOST] = [-32601, -32010, -32011, -32015];

// What is answered once the node knows the worker.
async function known(client, method, params = []) {
  let answer;
  await until(async () => {
    answer = await client.call(method, params);
    return ![METHOD_NOT_FOUND, UNAVAILABLE].includes(answer.error?.code);
  }, `${method} to be known`);
  return answer;
}

// Waits until the node's clients can call it.
async function offered(node, namespace, method) {
  const client = await Plain.open(node.url(`/${namespace}`));
  await until(async () => (await client.call('__listMethods')).result.includes(method),
    `${node.name} to know ${method}`);
  await client.close();
}

// What whoever comes there is closed with; 0: it is let in.
async function codeAt(url) {
  const client = await Plain.open(url);
  const code = await Promise.race(
    [client.closed.then(closed => closed.code), client.call('__listMethods').then(() => 0)]);
  if (code === 0) await client.close();
  return code;
}

async function rpc(node, namespace) {
  const client = new Client(node.url(`/${namespace}`), {reconnect: false});
  await within(new Promise((resolve, reject) => {
    client.once('open', resolve);
    client.once('error', reject);
  }), 'the client to open');
  return client;
}

describe('a worker of another node', () => {
  test('is called by clients of each dialect, and hears notifications', async () => {
    const heard = [];
    const worker = await Worker.open(n1);
    await worker.serve('shop', {
      methods: {
        sum: ([a, b]) => a + b, add: ({a, b}) => a + b, note: params => { heard.push(params); },
        who: (_, {context}) => context,
      },
      context: ['CONNECTION'],
    });
    for (const node of others()) {
      await offered(node, 'shop', 'sum');
      const client = await rpc(node, 'shop');
      assert.equal(await client.call('sum', [1, 2]), 3);
      await client.notify('note', [node.name]);
      const context = await client.call('who', []);
      assert.ok(context.connection_id);
      assert.equal(context.namespace, '', 'it did not ask for that');
      client.close();
      const sc = await connected(node, 'shop');
      assert.equal(await sc.invoke('add', {a: 3, b: 4}), 7);
      await sc.transmit('note', `${node.name} sc`);
      const line = await Line.open(node.url('/line/shop'));
      assert.equal(await line.send('add', {a: 5, b: 6}), 11);
      await line.fire('note', `${node.name} line`);
      line.client.disconnect();
      await until(() => heard.length === 3, 'what wants no answer');
      assert.deepEqual(heard.splice(0).flat().sort(),
        [node.name, `${node.name} line`, `${node.name} sc`]);
    }
    await worker.finish();
  });

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

  test('gets what waited once it has credit', async () => {
    const worker = await Worker.open(n1, {credit: 1});
    await worker.serve('narrow', {methods: {hold: () => HOLD}});
    const clients = [];
    for (const node of others()) {
      await offered(node, 'narrow', 'hold');
      clients.push(await Plain.open(node.url('/narrow')));
    }
    const answers = clients.map(client => client.call('hold'));
    for (let i = 0; i < 2; ++i) {
      const {id} = await worker.invocations.next();
      assert.equal(worker.held.size, 1);
      worker.answer({id, result: {json: Buffer.from(`${i}`)}});
    }
    assert.deepEqual((await Promise.all(answers)).map(({result}) => result).sort(), [0, 1]);
    for (const client of clients) await client.close();
    await worker.finish();
  });

  test('hears that nobody waits any more', async () => {
    const worker = await Worker.open(n1);
    await worker.serve('patience', {methods: {hold: () => HOLD}});
    await offered(n2, 'patience', 'hold');
    const gone = await Plain.open(n2.url('/patience'));
    gone.send({jsonrpc: '2.0', method: 'hold', id: 1});
    const first = await worker.invocations.next();
    await gone.close();
    assert.equal(await worker.cancelled.next(), first.id);
    const waits = await Plain.open(n2.url('/patience'));
    const asked = waits.call('hold');
    const second = await worker.invocations.next();
    assert.equal((await asked).error.code, TIMED_OUT);
    assert.equal(await worker.cancelled.next(), second.id);
    worker.answer({id: second.id, result: {}});
    await until(async () => await n2.metric('sluice_cluster_results_late_total') > 0,
      'the late result to be counted');
    await waits.close();
    await worker.finish();
  });

  test('is asked only if the own one has no credit', async () => {
    const near = await Worker.open(n2, {name: 'near', credit: 1});
    const far = await Worker.open(n1, {name: 'far'});
    await near.serve('both', {methods: {m: () => 'near', hold: () => HOLD}});
    await far.serve('both', {methods: {m: () => 'far'}});
    await until(async () => {
      const {methods} = await n2.api.call('ListMethods', {namespace: 'both'});
      return methods.find(({name}) => name === 'm').workers.length === 2;
    }, 'both to be known');
    const client = await Plain.open(n2.url('/both'));
    for (let i = 0; i < 5; ++i) assert.equal((await client.call('m')).result, 'near');
    const busy = await Plain.open(n2.url('/both'));
    const held = busy.call('hold');
    await until(() => near.held.size === 1, 'it to be busy');
    assert.equal((await client.call('m')).result, 'far');
    near.answer({id: [...near.held][0], result: {}});
    await held;
    for (const one of [client, busy]) await one.close();
    await Promise.all([near.finish(), far.finish()]);
  });

  test('that dies loses what it had; another that comes elsewhere serves on', async () => {
    const worker = await Worker.open(n1);
    await worker.serve('moves', {methods: {hold: () => HOLD}});
    await offered(n2, 'moves', 'hold');
    const client = await Plain.open(n2.url('/moves'));
    const asked = client.call('hold');
    await worker.invocations.next();
    worker.kill();
    assert.equal((await asked).error.code, LOST);
    await until(async () => (await client.call('hold')).error?.code === UNAVAILABLE, 'it to be gone');
    const next = await Worker.open(n3);
    await next.serve('moves', {methods: {hold: () => 'again'}});
    assert.equal((await known(client, 'hold')).result, 'again');
    await client.close();
    await next.finish();
  });
});

describe('when a node or Redis goes', () => {
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

  test('Redis away in the middle of a call ends it; calls go on when it is back', async () => {
    const worker = await Worker.open(n1);
    await worker.serve('outage', {methods: {m: () => 'ok', hold: () => HOLD}});
    await offered(n2, 'outage', 'm');
    const client = await Plain.open(n2.url('/outage'));
    const asked = client.call('hold');
    await worker.invocations.next();
    await cluster.redis.kill();
    assert.equal((await asked).error.code, LOST);
    await cluster.redis.restart();
    await until(async () => (await client.call('m')).result === 'ok', 'calls to go on', 20_000);
    await cluster.settled();
    await client.close();
    await worker.finish();
  });

  test('kill -9 of the worker\'s node ends calls as a worker\'s end does', async () => {
    const worker = await Worker.open(n3);
    await worker.serve('dies', {methods: {
      m: () => 'ok', hold: {run: () => HOLD, time_limit: {seconds: 60}},
    }});
    worker.ended.catch(() => {});
    await offered(n2, 'dies', 'hold');
    const client = await Plain.open(n2.url('/dies'));
    // Redis was away a moment ago, and what is sent to who does not hear yet is lost, and told so.
    await until(async () => (await client.call('m')).result === 'ok', 'the way to be there', 20_000);
    const asked = client.call('hold');
    await worker.invocations.next();
    await n3.kill();
    assert.equal((await within(asked, 'the end of the call', 15_000)).error.code, LOST);
    assert.equal((await client.call('hold')).error.code, UNAVAILABLE);
    n3 = await cluster.replace(n3);
    const back = await Worker.open(n3);
    await back.serve('dies', {methods: {hold: () => 'back'}});
    assert.equal((await known(client, 'hold')).result, 'back');
    await client.close();
    await back.finish();
  });
});
