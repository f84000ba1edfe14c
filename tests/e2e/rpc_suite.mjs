// SPDX-License-Identifier: Apache-2.0
//
// What an unmodified rpc-websockets client can do, written once for every codec it may carry.
import assert from 'node:assert/strict';
import {once} from 'node:events';
import {after, before, describe, test} from 'node:test';
import {Failure, Gateway, HOLD, Worker, json, outcome, until, within} from './harness.mjs';

const METHODS = {
  sum: ([a, b]) => a + b,
  subtract: ({minuend, subtrahend}) => minuend - subtrahend,
  echo: params => params,
  nothing: () => undefined,
  hold: () => HOLD,
  whoami: (_, {context}) => context.connection_id,
  secret: {access: 'ACCESS_PROTECTED', run: (_, {context}) => `hello ${context.user}`},
  boom: () => { throw new TypeError('boom'); },
  refuse: () => { throw new Failure({code: 500, message: 'E msg', data: {k: 1}}); },
};

const UUID_4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const login = params => {
  if (params.password !== 'secret') throw {reject: {}};
  return {user: params.user};
};

// `open(url, options, makeId)` makes a client that connects by itself.
export function rpcSuite(name, open) {
  describe(name, () => {
    let gateway, control, worker;
    const clients = [];

    before(async () => {
      gateway = await Gateway.start();
      control = gateway.controlClient();
      worker = await Worker.open(gateway);
      for (const namespace of ['default', 'chat', 'chat/']) {
        await worker.serve(namespace, {
          methods: METHODS, login, context: ['CONNECTION', 'USER'],
          events: ['news', 'other', {name: 'vip', access: 'ACCESS_PROTECTED'}],
        });
      }
      await worker.serve('bare', {methods: {sum: METHODS.sum}});
    });
    after(async () => {
      for (const client of clients) {
        client.setAutoReconnect(false);
        client.close();
      }
      await gateway.stop();
    });

    const make = (target = '/', options, makeId) => {
      const client = open(gateway.url(target), {reconnect: false, ...options}, makeId);
      clients.push(client);
      return client;
    };
    const connect = async (target, options, makeId) => {
      const client = make(target, options, makeId);
      await within(once(client, 'open'), 'open');
      return client;
    };
    const heard = (client, event) => new Promise(resolve => {
      client.once(event, (...args) => resolve(args));
    });
    // Everything that the client said before has been taken by the gateway.
    const settled = client => client.listMethods();

    test('call with params by position, by name, and without', async () => {
      const client = await connect();
      assert.equal(await client.call('sum', [1, 2]), 3);
      assert.equal(await client.call('subtract', {minuend: 42, subtrahend: 23}), 19);
      worker.invocations.takeAll();
      assert.equal(await client.call('nothing'), null);
      const {call} = await worker.invocations.next();
      assert.equal(call.method, 'nothing');
      assert.equal(call.notification, false);
      assert.equal(call.params?.content, undefined);
    });

    test('values arrive as they were sent, there and back', async () => {
      const client = await connect();
      const values = [0, -1, 127, 128, 255, 256, -32, -33, -128, -129, 65535, 65536, 2 ** 31 - 1,
        2 ** 31, 2 ** 32 - 1, 2 ** 32, -(2 ** 31), -(2 ** 31) - 1, 2 ** 53 - 1, 1.5, 0.1, -1e-7,
        1e300, '', 'ü€😀', '\u0000\n"\\', true, false, null, [], {}, [[[1]]],
        {a: {b: [null, 'c']}, 'key with "quotes"': 1}, 'x'.repeat(40), 'y'.repeat(300),
        'z'.repeat(20_000), Array.from({length: 20}, (_, i) => i)];
      assert.deepEqual(await client.call('echo', values), values);
      assert.deepEqual(await client.call('echo', {only: values}), {only: values});
    });

    test('a failed call rejects with the error object', async () => {
      const client = await connect();
      await assert.rejects(client.call('nope', [1]),
        e => (assert.deepEqual(e, {code: -32601, message: 'Method not found'}), true));
      await assert.rejects(client.call('boom'),
        e => (assert.deepEqual(e, {code: -32000, message: 'TypeError', data: 'boom'}), true));
      await assert.rejects(client.call('refuse'),
        e => (assert.deepEqual(e, {code: 500, message: 'E msg', data: {k: 1}}), true));
    });

    test('the client gives up by its own timeout, and the late answer does no harm', async () => {
      const client = await connect();
      await assert.rejects(client.call('hold', [], 30), {message: 'reply timeout'});
      const [id] = await until(() => worker.held.size === 1 && [...worker.held], 'the held call');
      worker.answer({id, result: json('late')});
      assert.equal(await client.call('sum', [2, 2], 5000, {compress: false, fin: true}), 4);
    });

    test('a slow call does not delay the next', async () => {
      const client = await connect();
      const slow = client.call('hold');
      const [id] = await until(() => worker.held.size === 1 && [...worker.held], 'the held call');
      assert.equal(await client.call('sum', [1, 1]), 2);
      worker.answer({id, result: json('slow')});
      assert.equal(await slow, 'slow');
    });

    test('notify reaches the worker', async () => {
      const client = await connect();
      worker.invocations.takeAll();
      await client.notify('echo', ['quietly']);
      await client.notify('echo');
      const first = await worker.invocations.next();
      assert.deepEqual(JSON.parse(first.call.params.json), ['quietly']);
      assert.equal(first.call.notification, true);
      assert.equal((await worker.invocations.next()).call.notification, true);
    });

    test('ids of the client\'s own making', async () => {
      const asked = [];
      const client = await connect('/', {}, (method, params) => {
        asked.push([method, params]);
        return `id-${asked.length}`;
      });
      assert.equal(await client.call('sum', [3, 4]), 7);
      assert.equal(await client.call('sum', [5, 4]), 9);
      assert.deepEqual(asked, [['sum', [3, 4]], ['sum', [5, 4]]]);
    });

    test('login accepted, refused, and without params', async () => {
      const client = await connect();
      await assert.rejects(client.call('secret'),
        e => (assert.deepEqual(e, {code: -32605, message: 'Method forbidden'}), true));
      await assert.rejects(client.login({user: 'bob', password: 'wrong'}),
        {message: 'authentication failed'});
      await assert.rejects(client.call('secret'), {code: -32605});
      await assert.rejects(client.login(),
        e => (assert.deepEqual(e, {code: -32604, message: 'Params not found'}), true));
      assert.equal(await client.login({user: 'bob', password: 'secret'}), true);
      assert.equal(await client.call('secret'), 'hello bob');
    });

    test('no login where nobody serves it', async () => {
      const client = await connect('/bare');
      await assert.rejects(client.login({user: 'bob'}),
        e => (assert.deepEqual(e, {code: -32601, message: 'Method not found'}), true));
    });

    test('login holds for one connection only', async () => {
      const [one, two] = [await connect(), await connect()];
      await one.login({user: 'ann', password: 'secret'});
      assert.equal(await one.call('secret'), 'hello ann');
      await assert.rejects(two.call('secret'), {code: -32605});
    });

    test('listMethods', async () => {
      const client = await connect();
      assert.deepEqual((await client.listMethods()).sort(),
        ['__listMethods', ...Object.keys(METHODS), 'rpc.login'].sort());
      const bare = await connect('/bare');
      assert.deepEqual((await bare.listMethods()).sort(), ['__listMethods', 'sum']);
      const unknown = await connect('/nobody/was/here');
      assert.deepEqual(await unknown.listMethods(), ['__listMethods']);
    });

    test('subscribe and unsubscribe, one and many', async () => {
      const client = await connect();
      assert.deepEqual(await client.subscribe('news'), {news: 'ok'});
      assert.deepEqual(await client.subscribe(['news', 'other', 'nope']), {
        news: 'socket has already been subscribed to event',
        other: 'ok',
        nope: 'provided event invalid',
      });
      assert.deepEqual(await client.unsubscribe('news'), {news: 'ok'});
      assert.deepEqual(await client.unsubscribe(['news', 'other', 'nope']), {
        news: 'not subscribed', other: 'ok', nope: 'provided event invalid',
      });
      await assert.rejects(client.call('rpc.on'),
        e => (assert.deepEqual(e, {code: -32000, message: 'Event not provided'}), true));
      await assert.rejects(client.call('rpc.off'),
        e => (assert.deepEqual(e, {code: -32000, message: 'Event not provided'}), true));
    });

    test('a protected event fails the subscription, those before it stay', async () => {
      const client = await connect();
      await assert.rejects(client.subscribe(['news', 'vip', 'other']),
        e => (assert.deepEqual(e, {code: -32606, message: 'Event forbidden'}), true));
      assert.deepEqual(await client.unsubscribe(['news', 'other']),
        {news: 'ok', other: 'not subscribed'});
      await client.login({user: 'ann', password: 'secret'});
      assert.deepEqual(await client.subscribe('vip'), {vip: 'ok'});
    });

    test('events with every shape of params', async () => {
      const client = await connect();
      await client.subscribe('news');
      const shapes = [
        [undefined, []],
        [json([]), []],
        [json({}), []],
        [json([1, 'b']), [1, 'b']],
        [json({k: 1}), [{k: 1}]],
        [json([{k: 1}]), [{k: 1}]],
        [json([[1, 2]]), [[1, 2]]],
        [json(5), [5]],
        [json('five'), ['five']],
        [json(null), [null]],
        [json(false), [false]],
        [{text: 'no "JSON"'}, ['no "JSON"']],
      ];
      for (const [body, args] of shapes) {
        const event = heard(client, 'news');
        assert.deepEqual(
          await control.send({namespace: 'default', channels: ['news']}, 'news', body),
          outcome(1, 1));
        assert.deepEqual(await within(event, JSON.stringify(args)), args);
      }
      await client.unsubscribe('news');
      assert.deepEqual(
        await control.send({namespace: 'default', channels: ['news']}, 'news', json([])),
        outcome(0, 0));
    });

    test('the path is the namespace, to the last slash', async () => {
      const [root, chat, slash] =
        [await connect('/'), await connect('/chat?x=1'), await connect('/chat/')];
      for (const client of [root, chat, slash]) await client.subscribe('news');
      const got = [];
      root.on('news', () => got.push('default'));
      chat.on('news', () => got.push('chat'));
      slash.on('news', () => got.push('chat/'));
      for (const namespace of ['chat/', 'chat', 'default']) {
        assert.deepEqual(await control.send({namespace, channels: ['news']}, 'news'),
          outcome(1, 1));
        await until(() => got.includes(namespace), `the event in ${namespace}`);
      }
      for (const client of [root, chat, slash]) await settled(client);
      assert.deepEqual(got, ['chat/', 'chat', 'default']);
      for (const client of [root, chat, slash]) await client.unsubscribe('news');
    });

    test('socket_id names the connection, and without one each gets its own', async () => {
      const named = await connect('/?socket_id=my%20own%2Fid');
      assert.equal(await named.call('whoami'), 'my own/id');
      const [one, two] = [await connect(), await connect()];
      const ids = [await one.call('whoami'), await two.call('whoami')];
      for (const id of ids) assert.match(id, UUID_4);
      assert.notEqual(ids[0], ids[1]);
    });

    test('the client closes with a code of its own, and the backend sees it', async () => {
      for (const [args, code, reason] of [[[], 1000, ''], [[4001, 'bye'], 4001, 'bye']]) {
        const client = await connect('/chat?socket_id=closer');
        const watch = control.raw.WatchEvents({namespace: 'chat', types: ['TYPE_CLOSED']});
        watch.on('error', () => {});
        const [start] = await within(once(watch, 'data'), 'the position');
        assert.deepEqual(start.events, []);
        const seen = once(watch, 'data');
        const closed = heard(client, 'close');
        client.close(...args);
        assert.equal((await closed)[0], code);
        const [{events}] = await within(seen, 'the event');
        assert.deepEqual(events.map(e => [e.connection_id, e.code, e.reason]),
          [['closer', code, reason]]);
        watch.cancel();
      }
    });

    test('after Disconnect the client stays away', async () => {
      const client = await connect('/?socket_id=banned', {reconnect: true, reconnect_interval: 1});
      const closed = heard(client, 'close');
      assert.deepEqual(await control.outcome('Disconnect',
        {selector: {namespace: 'default', connection_ids: ['banned']}, reason: 'enough'}),
      outcome(1, 1));
      assert.deepEqual(await within(closed, 'close'), [1000, 'enough']);
      assert.equal(client.getCurrentReconnects(), 0);
      assert.equal(client.isReconnecting(), false);
    });

    test('after a drain the client comes back, without its subscriptions', async () => {
      const client = await connect('/chat?socket_id=returning',
        {reconnect: true, reconnect_interval: 5});
      await client.subscribe('news');
      const closed = heard(client, 'close');
      const again = heard(client, 'open');
      await control.call('StartDrain', {
        selector: {namespace: 'chat', connection_ids: ['returning']}, per_second: 100,
        drain_id: `come-back-${name.toLowerCase()}`,
      });
      assert.equal((await within(closed, 'close'))[0], 1001);
      await within(again, 'open again');
      assert.equal(await client.call('whoami'), 'returning');
      assert.deepEqual(await client.unsubscribe('news'), {news: 'not subscribed'});
    });

    test('the client\'s reconnect settings', async () => {
      const client = make('/shut', {autoconnect: false, reconnect: true, reconnect_interval: 1,
        max_reconnects: 7});
      assert.equal(client.isReconnecting(), false);
      assert.equal(client.getMaxReconnects(), 7);
      client.setMaxReconnects(3);
      client.setReconnectInterval(2);
      assert.equal(client.willReconnect(), true);
      const opened = heard(client, 'open');
      client.connect();
      await within(opened, 'open');
      client.setAutoReconnect(false);
      assert.equal(client.willReconnect(), false);
      client.setAutoReconnect(true);
      assert.equal(client.getCurrentReconnects(), 0);
      client.close();
      await heard(client, 'close');
      await assert.rejects(client.call('sum', [1, 2]), {message: 'socket not ready'});
    });
  });
}
