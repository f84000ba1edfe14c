// SPDX-License-Identifier: Apache-2.0
//
// What an unmodified rpc-websockets client can call and hear, written once for every codec.
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import {json, outcome, until, within} from './harness.mjs';
import {METHODS, RpcWorld, heard} from './rpc_world.mjs';

export function callsSuite(name, open) {
  describe(`${name}: calls and events`, () => {
    const world = new RpcWorld(open);
    const connect = (...args) => world.connect(...args);
    before(() => world.start());
    after(() => world.stop());

    test('call with params by position, by name, and without', async () => {
      const client = await connect();
      assert.equal(await client.call('sum', [1, 2]), 3);
      assert.equal(await client.call('subtract', {minuend: 42, subtrahend: 23}), 19);
      world.worker.invocations.takeAll();
      assert.equal(await client.call('nothing'), null);
      const {call} = await world.worker.invocations.next();
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
      const [id] = await until(
        () => world.worker.held.size === 1 && [...world.worker.held], 'the held call');
      world.worker.answer({id, result: json('late')});
      assert.equal(await client.call('sum', [2, 2], 5000, {compress: false, fin: true}), 4);
    });

    test('a slow call does not delay the next', async () => {
      const client = await connect();
      const slow = client.call('hold');
      const [id] = await until(
        () => world.worker.held.size === 1 && [...world.worker.held], 'the held call');
      assert.equal(await client.call('sum', [1, 1]), 2);
      world.worker.answer({id, result: json('slow')});
      assert.equal(await slow, 'slow');
    });

    test('notify reaches the worker', async () => {
      const client = await connect();
      world.worker.invocations.takeAll();
      await client.notify('echo', ['quietly']);
      await client.notify('echo');
      const first = await world.worker.invocations.next();
      assert.deepEqual(JSON.parse(first.call.params.json), ['quietly']);
      assert.equal(first.call.notification, true);
      assert.equal((await world.worker.invocations.next()).call.notification, true);
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
          await world.control.send({namespace: 'default', channels: ['news']}, 'news', body),
          outcome(1, 1));
        assert.deepEqual(await within(event, JSON.stringify(args)), args);
      }
      await client.unsubscribe('news');
      assert.deepEqual(
        await world.control.send({namespace: 'default', channels: ['news']}, 'news', json([])),
        outcome(0, 0));
    });
  });
}
