// SPDX-License-Identifier: Apache-2.0
//
// What SocketCluster's unmodified client can do: connect, transmit and invoke both ways, reconnect.
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import {Failure, Gateway, HOLD, Plain, Worker, connected, inboxOf, json, once, outcome, refusal,
  rejection, socketCluster, until, within} from './harness.mjs';

let gateway, control, worker;
const NAMESPACE = 'sc';
const selector = {namespace: NAMESPACE};

before(async () => {
  gateway = await Gateway.start();
  control = gateway.controlClient();
  worker = await Worker.open(gateway);
  await worker.serve(NAMESPACE, {
    context: ['CONNECTION'],
    methods: {
      add: ({a, b}) => a + b,
      echo: data => data,
      hello: () => undefined,
      nothing: () => undefined,
      nil: () => null,
      hold: () => HOLD,
      custom: () => {
        throw new Failure({name: 'CustomError', message: 'custom failure', data: {code: 'E1'}});
      },
      coded: () => { throw new Failure({name: 'E', message: 'm', code: 42, data: [1]}); },
      thrown: () => { throw new Failure({data: 'plain string'}); },
      slow: {run: () => HOLD, time_limit: {nanos: 100e6}},
    },
  });
});
after(() => gateway.stop());

const connect = options => connected(gateway, NAMESPACE, options);
const only = client => ({...selector, connection_ids: [client.id]});

describe('connecting', () => {
  test('the handshake gives an id, the time-out of pings, and who it is', async () => {
    const client = await connect();
    assert.equal(client.status.id, client.id);
    assert.equal(client.status.pingTimeout, 30_000);
    assert.equal(client.status.isAuthenticated, false);
    assert.equal(client.status.authError, undefined);
    assert.equal(client.pingTimeout, 30_000);
    const [connection] = await control.list(only(client));
    assert.equal(connection.dialect, 'DIALECT_SOCKETCLUSTER');
    assert.deepEqual(connection.channels, []);
  });

  test('the namespace is a parameter of the query, and there may be others', async () => {
    const other = await connected(gateway, undefined,
      {query: {foo: 'bar', a: [1, 2]}, timestampRequests: true});
    assert.equal((await control.list({namespace: 'default', connection_ids: [other.id]})).length, 1);
  });

  test('the path is exact', async () => {
    for (const path of ['/socketcluster', '/socketcluster/chat', '/socketcluster//']) {
      assert.equal((await refusal(gateway.url(path))).status, 400, path);
    }
    const lost = socketCluster(gateway, NAMESPACE, {path: '/socketcluster', autoReconnect: false});
    assert.equal((await once(lost.listener('connectAbort'))).code, 1006);
  });

  test('a page of another origin is refused', async () => {
    const error = await refusal(gateway.url('/socketcluster/'), {origin: 'http://evil.com'});
    assert.equal(error.status, 403);
  });

  test('the client closes, and the backend hears the code', async () => {
    const client = await connect();
    const watch = control.raw.WatchEvents({namespace: NAMESPACE, types: ['TYPE_CLOSED']});
    watch.on('error', () => {});
    const seen = [];
    watch.on('data', ({events}) => seen.push(...events));
    await until(() => seen !== undefined && watch.listenerCount('data') > 0);
    const {id} = client;
    await control.count(selector);
    client.disconnect(4123, 'enough');
    const event = await until(() => seen.find(e => e.connection_id === id), 'the event');
    assert.deepEqual([event.code, event.reason], [4123, 'enough']);
    watch.cancel();
  });
});

describe('from the client', () => {
  test('transmit', async () => {
    const client = await connect();
    worker.invocations.takeAll();
    await client.transmit('hello', {a: ['ü']});
    await client.transmit('hello');
    const [one, two] = [await worker.invocations.next(), await worker.invocations.next()];
    assert.deepEqual(JSON.parse(one.call.params.json), {a: ['ü']});
    assert.equal(one.call.notification, true);
    assert.equal(one.context.connection_id, client.id);
    assert.equal(two.call.params?.content, undefined);
  });

  test('invoke', async () => {
    const client = await connect();
    assert.equal(await client.invoke('add', {a: 1, b: 2}), 3);
    assert.equal(await client.invoke('nothing'), undefined);
    assert.equal(await client.invoke('nil'), null);
    for (const value of [0, '', false, null, [], {}, 'ü€😀', [[{a: [null]}]], 'x'.repeat(20_000)]) {
      assert.deepEqual(await client.invoke('echo', value), value);
    }
  });

  test('bytes inside of data travel as base64', async () => {
    const client = await connect();
    assert.deepEqual(await client.invoke('echo', {b: Buffer.from('bin')}),
      {b: {base64: true, data: 'Ymlu'}});
  });

  test('a slow procedure does not delay the next', async () => {
    const client = await connect();
    const slow = client.invoke('hold');
    const [id] = await until(() => worker.held.size === 1 && [...worker.held], 'the held call');
    assert.equal(await client.invoke('add', {a: 2, b: 2}), 4);
    worker.answer({id, result: json('late')});
    assert.equal(await slow, 'late');
  });

  test('errors', async () => {
    const client = await connect();
    assert.deepEqual(await rejection(client.invoke('custom')),
      {message: 'custom failure', name: 'CustomError', code: 'E1'});
    assert.deepEqual(await rejection(client.invoke('coded')),
      {message: 'm', name: 'E', code: 42, data: [1]});
    assert.equal(await rejection(client.invoke('thrown')), 'plain string');
    assert.deepEqual(await rejection(client.invoke('nobody serves this')),
      {message: 'Method not found', name: 'MethodNotFoundError'});
    assert.equal((await rejection(client.invoke('slow'))).name, 'TimeoutError');
    for (const id of worker.held) worker.answer({id, result: {}});
  });

  test('what the client says before it is connected waits in the client', async () => {
    const client = socketCluster(gateway, NAMESPACE);
    assert.equal(await client.invoke('add', {a: 5, b: 6}), 11);
  });
});

describe('to the client', () => {
  test('Send is a transmit', async () => {
    const client = await connect();
    const heard = inboxOf(client.receiver('hi'));
    for (const [body, data] of [[json({you: 'abc'}), {you: 'abc'}], [json(null), null],
      [undefined, undefined], [{text: 'no "JSON"'}, 'no "JSON"'],
      [{binary: Buffer.from('bin')}, {base64: true, data: 'Ymlu'}]]) {
      assert.deepEqual(await control.send(only(client), 'hi', body), outcome(1, 1));
      assert.deepEqual(await heard.next(), data);
    }
  });

  test('Call is an invoke', async () => {
    const client = await connect();
    (async () => {
      for await (const request of client.procedure('clientproc')) {
        const {q} = request.data ?? {};
        if (q === 'fail') request.error(Object.assign(new Error('no'), {name: 'N', extra: [1]}));
        else request.end(q === undefined ? undefined : {answer: q});
      }
    })();
    const ask = async params => (await control.ask(
      {selector: only(client), method: 'clientproc', params})).answers[0];
    assert.deepEqual(JSON.parse((await ask(json({q: 1}))).result.json), {answer: 1});
    assert.equal((await ask()).result.content, undefined);
    const {error} = await ask(json({q: 'fail'}));
    assert.deepEqual([error.name, error.message, JSON.parse(error.data_json).extra], ['N', 'no', [1]]);
  });

  test('a client that does not answer', async () => {
    const client = await connect();
    const {answers} = await control.ask({selector: only(client), method: 'unheard',
      timeout: {nanos: 50e6}});
    assert.equal(answers[0].how, 'timed_out');
  });
});

describe('staying and leaving', () => {
  test('pings keep it, whatever else is said; without answers it is closed', async () => {
    const quick = await Gateway.start({'socketcluster-ping-interval': '50ms',
      'socketcluster-ping-timeout': '400ms'});
    try {
      const client = await connected(quick, 'p');
      assert.equal(client.status.pingTimeout, 400);
      const messages = inboxOf(client.listener('message'));
      for (let pings = 0; pings < 20;) pings += (await messages.next()).message === '' ? 1 : 0;
      assert.equal(client.state, 'open');
      const silent = await Plain.open(quick.url('/socketcluster/?namespace=p'));
      silent.send({event: '#handshake', data: {authToken: null}, cid: 1});
      assert.deepEqual(await silent.whenClosed(), {code: 4001, reason: ''});
      assert.equal(client.state, 'open');
    } finally {
      await quick.stop();
    }
  });

  test('after a drain it comes back by itself', async () => {
    const client = await connect();
    const gone = once(client.listener('disconnect'));
    const back = once(client.listener('connect'));
    const {id} = client;
    await control.call('StartDrain', {selector: only(client), per_second: 100});
    assert.equal((await gone).code, 1001);
    assert.notEqual((await back).id, id);
    assert.equal(await client.invoke('add', {a: 1, b: 1}), 2);
  });

  test('after a ban, and after Disconnect, it stays away', async () => {
    for (const [code, reason, seen] of [[4500, 'banned', [4500, 'banned']],
      [4999, '', [4999, undefined]], [0, '', [1000, undefined]]]) {
      const client = await connect();
      const gone = once(client.listener('disconnect'));
      await control.outcome('Disconnect', {selector: only(client), code, reason});
      const closed = await within(gone, 'the close');
      assert.equal(closed.code, seen[0]);
      assert.equal(closed.reason || undefined, seen[1]);
      assert.equal(client.pendingReconnect, false);
      assert.equal(client.state, 'closed');
    }
  });

  test('after another code it comes back', async () => {
    const client = await connect();
    const back = once(client.listener('connect'));
    await control.outcome('Disconnect', {selector: only(client), code: 4499});
    await back;
  });
});
