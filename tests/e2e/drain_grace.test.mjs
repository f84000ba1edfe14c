// SPDX-License-Identifier: Apache-2.0
//
// A drain does not cut what is under way: what is asked is answered, then the connection closes.
import assert from 'node:assert/strict';
import {once} from 'node:events';
import {test} from 'node:test';
import {setTimeout as pause} from 'node:timers/promises';
import {Client} from 'rpc-websockets';
import {Gateway, HOLD, Plain, Worker, connected, json, openMany, refused, until, within}
  from './harness.mjs';

const slow = ms => async value => { await pause(ms); return value; };
const second = (seconds, nanos = 0) => ({seconds, nanos});

test('SIGTERM: clients that call all the time lose no call that a worker has', async () => {
  const gateway = await Gateway.start({'drain-timeout': '10s', 'drain-per-second': 100});
  try {
    let begun = 0;
    let done = 0;
    const worker = await Worker.open(gateway, {credit: 1000});
    await worker.serve('default', {methods: {work: async ([x]) => {
      ++begun;
      await pause(30 + Math.random() * 100);
      ++done;
      return x;
    }}});
    const clients = await openMany(100, () => gateway.url());
    const answered = new Set();
    const ends = clients.map(async (client, i) => {
      let number = 0;
      const say = () => client.send({jsonrpc: '2.0', method: 'work', params: [i], id: ++number});
      client.socket.on('message', text => {
        assert.equal(JSON.parse(text).result, i, `${text}`);
        answered.add(`${i}/${JSON.parse(text).id}`);
        say();
      });
      say();
      return {...await within(client.closed, 'the close'), number};
    });
    await until(() => answered.size > 300, 'some calls');
    const began = performance.now();
    gateway.signal('SIGTERM');
    const closes = await Promise.all(ends);
    const took = performance.now() - began;
    for (const {code} of closes) assert.equal(code, 1001);
    assert.equal(done, begun);
    assert.equal(answered.size, begun, 'whatever came to the worker was answered to the client');
    assert.equal(worker.cancelled.size, 0);
    assert.ok(took > 900, `the pace of 100 a second holds: ${took} ms`);
    assert.deepEqual(await within(gateway.ended, 'the end'), {code: 0, signal: null});
  } finally {
    await gateway.kill();
  }
});

test('SIGTERM: a call under way is answered first, by rpc-websockets and SocketCluster', async () => {
  const gateway = await Gateway.start({'drain-timeout': '10s'});
  try {
    const worker = await Worker.open(gateway);
    await worker.serve('default', {methods: {hold: () => HOLD}});
    const rpc = new Client(gateway.url('/default'), {reconnect: false});
    await within(once(rpc, 'open'), 'open');
    const cluster = await connected(gateway, 'default', {autoReconnect: false});
    const answers = [rpc.call('hold', [1]), cluster.invoke('hold', 2)];
    await until(() => worker.held.size === 2, 'the calls');
    const closed = once(rpc, 'close');
    gateway.signal('SIGTERM');
    await until(async () => (await gateway.metric('sluice_connections_leaving')) === 2, 'their turn');
    for (const id of [...worker.held]) worker.answer({id, result: json(`for ${id}`)});
    for (const answer of await within(Promise.all(answers), 'the answers')) {
      assert.match(answer, /^for \d+$/);
    }
    assert.equal((await within(closed, 'the close'))[0], 1001);
    assert.deepEqual(await within(gateway.ended, 'the end'), {code: 0, signal: null});
    cluster.disconnect();
  } finally {
    await gateway.kill();
  }
});

test('--drain-grace ends it, and a metric says so', async () => {
  const gateway = await Gateway.start({'drain-grace': '300ms'});
  try {
    const worker = await Worker.open(gateway);
    await worker.serve('default', {methods: {hold: () => HOLD}});
    const client = await Plain.open(gateway.url());
    client.send({jsonrpc: '2.0', method: 'hold', id: 1});
    await until(() => worker.held.size === 1, 'the call');
    const control = gateway.controlClient();
    const began = performance.now();
    const {id} = await control.call('StartDrain', {selector: {namespace: 'default'},
      per_second: 1000});
    await until(async () => (await control.call('GetDrain', {drain_id: id})).finishing === 1,
      'its turn');
    assert.equal((await client.whenClosed()).code, 1001);
    const took = performance.now() - began;
    assert.ok(took >= 290 && took < 5000, `${took} ms`);
    assert.equal(await worker.cancelled.next('the cancellation'), [...worker.held][0]);
    await gateway.rises('sluice_drain_graces_expired_total', {}, 0);
    const last = (await control.collect('WatchDrain', {drain_id: id})).at(-1);
    assert.deepEqual([last.state, last.closed, last.finishing], ['STATE_DONE', 1, 0]);
  } finally {
    await gateway.kill();
  }
});

test('SIGTERM: a grace beyond --drain-timeout ends with a close, not with a cut', async () => {
  const gateway = await Gateway.start({'drain-grace': '1h', 'drain-timeout': '1s'});
  try {
    const worker = await Worker.open(gateway);
    await worker.serve('default', {methods: {hold: () => HOLD}});
    const client = await Plain.open(gateway.url());
    client.send({jsonrpc: '2.0', method: 'hold', id: 1});
    await until(() => worker.held.size === 1, 'the call');
    gateway.signal('SIGTERM');
    assert.equal((await client.whenClosed()).code, 1001);
    assert.deepEqual(await within(gateway.ended, 'the end'), {code: 0, signal: null});
  } finally {
    await gateway.kill();
  }
});

test('StartDrain may state its own grace', async () => {
  await Gateway.during({'drain-grace': '1h'}, async gateway => {
    const control = gateway.controlClient();
    const worker = await Worker.open(gateway);
    await worker.serve('default', {methods: {hold: () => HOLD}});
    const busy = async () => {
      const client = await Plain.open(gateway.url());
      client.send({jsonrpc: '2.0', method: 'hold', id: 1});
      await until(() => worker.held.size === 1, 'the call');
      return client;
    };
    const drain = grace => control.call('StartDrain',
      {selector: {namespace: 'default'}, per_second: 1000, grace});

    const cut = await busy();
    await drain(second(0));
    assert.equal((await cut.whenClosed()).code, 1001);
    worker.held.clear();

    const short = await busy();
    const began = performance.now();
    await drain(second(0, 200e6));
    assert.equal((await short.whenClosed()).code, 1001);
    assert.ok(performance.now() - began >= 190);
    worker.held.clear();

    const patient = await busy();
    await drain(second(3600));
    await until(async () => (await gateway.metric('sluice_connections_leaving')) === 1, 'its turn');
    worker.answer({id: [...worker.held][0], result: json('done')});
    assert.equal((await patient.next()).result, 'done');
    assert.equal((await patient.whenClosed()).code, 1001);

    for (const bad of [second(-1), second(3601), second(0, -1), second(5, 1e9)]) {
      await refused(drain(bad), 'INVALID_ARGUMENT', 'GRACE_INVALID', 'grace');
    }
  });
});

test('what a client owes to a backend is still read; what it begins after that is not', async () => {
  await Gateway.during({}, async gateway => {
    const control = gateway.controlClient();
    const worker = await Worker.open(gateway);
    await worker.serve('default', {methods: {echo: ([x]) => x}});
    const client = await Plain.open(gateway.url('/default?socket_id=a'));
    const asked = control.ask({selector: {namespace: 'default'}, method: 'q',
      timeout: second(5)});
    const {id} = await client.next('the question');
    await control.call('StartDrain', {selector: {namespace: 'default'}, drain_id: 'd',
      per_second: 1000});
    await until(async () => (await control.call('GetDrain', {drain_id: 'd'})).finishing === 1,
      'its turn');
    const {outcome} = await control.ask({selector: {namespace: 'default'}, method: 'q',
      timeout: second(5)});
    assert.deepEqual(outcome.dropped, {leaving: 1});
    assert.deepEqual(await client.call('echo', ['still here'], 'e'),
      {jsonrpc: '2.0', result: 'still here', id: 'e'});
    client.send({jsonrpc: '2.0', result: 'owed', id});
    const {answers: [answer]} = await asked;
    assert.equal(JSON.parse(answer.result.json), 'owed');
    assert.equal((await client.whenClosed()).code, 1001);
  });
});

test('a drain that is cancelled lets go of whoever has its grace', async () => {
  await Gateway.during({'drain-grace': '1h'}, async gateway => {
    const control = gateway.controlClient();
    const worker = await Worker.open(gateway);
    await worker.serve('default', {methods: {hold: () => HOLD, add: ([a, b]) => a + b}});
    const client = await Plain.open(gateway.url());
    client.send({jsonrpc: '2.0', method: 'hold', id: 1});
    await until(() => worker.held.size === 1, 'the call');
    await control.call('StartDrain', {selector: {namespace: 'default'}, drain_id: 'd',
      per_second: 1000});
    await until(async () => (await gateway.metric('sluice_connections_leaving')) === 1, 'its turn');
    // The first may slip in, since it is awaited already; what is behind it is not read.
    client.send({jsonrpc: '2.0', method: 'add', params: [1, 1], id: 2});
    client.send({jsonrpc: '2.0', method: 'add', params: [2, 2], id: 3});
    const {state} = await control.call('CancelDrain', {drain_id: 'd'});
    assert.equal(state, 'STATE_CANCELLED');
    assert.deepEqual([(await client.next()).id, (await client.next()).id], [2, 3]);
    worker.answer({id: [...worker.held][0], result: json('done')});
    assert.equal((await client.next()).result, 'done');
    assert.equal(await gateway.metric('sluice_connections_leaving'), 0);
    await client.close();
  });
});

test('in a batch, behind a guard, and with a login: all of it is answered', async () => {
  await Gateway.during({}, async gateway => {
    const control = gateway.controlClient();
    const worker = await Worker.open(gateway);
    await worker.serve('default', {
      methods: {slow: slow(300)}, login: async () => { await pause(300); return {user: 'u'}; },
      guards: {CALL: async () => { await pause(200); return {allow: {}}; }}});
    const batch = await Plain.open(gateway.url());
    batch.send([1, 2].map(id => ({jsonrpc: '2.0', method: 'slow', params: [id], id})));
    const login = await Plain.open(gateway.url());
    login.send({jsonrpc: '2.0', method: 'rpc.login', params: {}, id: 1});
    await until(() => worker.received >= 2, 'both to be under way');
    await control.call('StartDrain', {selector: {namespace: 'default'}, per_second: 1000});
    assert.equal((await batch.next()).length, 2);
    assert.equal((await login.next()).result, true);
    assert.equal((await batch.whenClosed()).code, 1001);
    assert.equal((await login.whenClosed()).code, 1001);
  });
});

test('StartDrain, CancelDrain, StartDrain at once, with room for one drain', async () => {
  await Gateway.during({'drains-max': 1}, async gateway => {
    const control = gateway.controlClient();
    const clients = await openMany(20, () => gateway.url('/busy'));
    const start = id => control.call('StartDrain',
      {selector: {namespace: 'busy'}, drain_id: id, per_second: 1}).catch(() => {});
    const cancel = id => control.call('CancelDrain', {drain_id: id}).catch(() => {});
    for (let round = 0; round < 150; ++round) {
      const [a, b] = [`a${round % 3}`, `b${round % 3}`];
      await Promise.all([start(a), cancel(a), start(b), cancel(b), start(a), cancel(a)]);
      await Promise.all([cancel(a), cancel(b)]);
    }
    // A gauge of the home thread, which sets it with its next tick.
    await until(async () => (await gateway.metric('sluice_drains_running')) === 0, 'all to end');
    for (const client of clients) client.socket.terminate();
  });
});
