// SPDX-License-Identifier: Apache-2.0
//
// How an unmodified rpc-websockets client comes and goes, written once for every codec.
import assert from 'node:assert/strict';
import {once} from 'node:events';
import {after, before, describe, test} from 'node:test';
import {outcome, until, within} from './harness.mjs';
import {RpcWorld, heard} from './rpc_world.mjs';

const UUID_4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

export function connectionsSuite(name, open) {
  describe(`${name}: connections`, () => {
    const world = new RpcWorld(open);
    const connect = (...args) => world.connect(...args);
    before(() => world.start());
    after(() => world.stop());

    test('the path is the namespace, to the last slash', async () => {
      const [root, chat, slash] =
        [await connect('/'), await connect('/chat?x=1'), await connect('/chat/')];
      for (const client of [root, chat, slash]) await client.subscribe('news');
      const got = [];
      root.on('news', () => got.push('default'));
      chat.on('news', () => got.push('chat'));
      slash.on('news', () => got.push('chat/'));
      for (const namespace of ['chat/', 'chat', 'default']) {
        assert.deepEqual(await world.control.send({namespace, channels: ['news']}, 'news'),
          outcome(1, 1));
        await until(() => got.includes(namespace), `the event in ${namespace}`);
      }
      for (const client of [root, chat, slash]) await client.listMethods();
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
        const watch = world.control.raw.WatchEvents({namespace: 'chat', types: ['TYPE_CLOSED']});
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
      assert.deepEqual(await world.control.outcome('Disconnect',
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
      await world.control.call('StartDrain', {
        selector: {namespace: 'chat', connection_ids: ['returning']}, per_second: 100,
        drain_id: `come-back-${name.toLowerCase()}`,
      });
      assert.equal((await within(closed, 'close'))[0], 1001);
      await within(again, 'open again');
      assert.equal(await client.call('whoami'), 'returning');
      assert.deepEqual(await client.unsubscribe('news'), {news: 'not subscribed'});
    });

    test('the client\'s reconnect settings', async () => {
      const client = world.make('/shut',
        {autoconnect: false, reconnect: true, reconnect_interval: 1, max_reconnects: 7});
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
