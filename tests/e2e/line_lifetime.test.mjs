// SPDX-License-Identifier: Apache-2.0
//
// How connections of line's clients stay alive, and how they end.
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import {Gateway, Line, Plain, Watcher, until} from './harness.mjs';

let gateway, control;

before(async () => {
  gateway = await Gateway.start({shards: 1});
  control = gateway.controlClient();
});
after(() => gateway.stop());

const url = namespace => gateway.url(`/line/${namespace}`);

describe('closing', () => {
  const again = {reconnect: true, reconnectOptions: {initialDelay: 10, maxDelay: 20}};

  for (const code of [1000, 1001, 4321]) {
    test(`the client comes back after ${code}`, async () => {
      const client = await Line.open(url('back'), again);
      const {id} = client;
      await control.outcome('Disconnect', {selector: {namespace: 'back'}, code, reason: 'why not'});
      assert.deepEqual(await client.whenClosed(), {code, reason: 'why not'});
      await client.welcomes.next('the client to come back');
      assert.notEqual(client.id, id);
      await client.client.dispose();
    });
  }

  test('what was sent before arrives before the close', async () => {
    const client = (await Line.open(url('last'))).expect('note');
    await control.call('Send', {selector: {namespace: 'last'}, message: {event: 'note'},
      close_after: {code: 4100, reason: 'bye'}});
    assert.deepEqual(await client.next(), {name: 'note', payload: undefined});
    assert.deepEqual(await client.whenClosed(), {code: 4100, reason: 'bye'});
  });

  test('a drain says 1001, and the client comes back', async () => {
    const client = await Line.open(url('drain'), again);
    await control.call('StartDrain', {selector: {namespace: 'drain'}, per_second: 100});
    assert.equal((await client.whenClosed()).code, 1001);
    await client.welcomes.next('the client to come back');
    await client.client.dispose();
  });

  test('the client\'s own codes are seen', async () => {
    const watcher = await Watcher.open(control, {namespace: 'own', types: ['TYPE_CLOSED']});
    const disposed = await Line.open(url('own'));
    await disposed.client.dispose();
    const other = await Line.open(url('own'));
    other.client.disconnect(4777, 'enough');
    await other.whenClosed();
    assert.deepEqual((await watcher.take(2)).map(({code, reason}) => [code, reason]),
      [[4205, 'Client disposed'], [4777, 'enough']]);
    watcher.close();
  });
});

describe('timers', () => {
  let quick;

  before(async () => {
    quick = await Gateway.start({shards: 1, 'line-handshake-timeout': '300ms',
      'line-ping-interval': '250ms', 'line-response-timeout': '400ms', 'commands-per-second': 0});
  });
  after(() => quick.stop());

  const open = () => Line.greeted(quick.url('/line/t'));

  test('no handshake in time', async () => {
    const client = await Plain.open(quick.url('/line/t'));
    client.send('{"n":"_p","i":"a"}');
    assert.equal(await client.nextRaw(), '{"n":"_r","p":"pong","i":"a","e":null}');
    assert.deepEqual(await client.whenClosed(),
      {code: 4202, reason: 'Handshake not completed after 300 ms'});
    const closed = {reason: 'handshake_timeout'};
    assert.equal(await quick.metric('sluice_connections_closed_total', closed), 1);
  });

  test('a ping is answered, and another comes', async () => {
    const client = await open();
    for (let i = 0; i < 3; ++i) {
      assert.equal(await client.nextRaw('a ping'), '{"n":"_p","i":"ping"}');
      client.send('{"n":"_r","p":"pong","i":"ping","e":null}');
    }
    await client.close();
  });

  test('a ping is not answered', async () => {
    const client = await open();
    assert.equal(await client.nextRaw('a ping'), '{"n":"_p","i":"ping"}');
    assert.deepEqual(await client.whenClosed(), {code: 4201, reason: 'Ping failed'});
  });

  test('whoever talks is not pinged', async () => {
    const client = await open();
    const end = performance.now() + 600;
    while (performance.now() < end) {
      client.send('{"n":"_p","i":"a"}');
      assert.equal(await client.nextRaw(), '{"n":"_r","p":"pong","i":"a","e":null}');
    }
    await client.close();
  });

  for (const [who, options] of [['the gateway', {}], ['the client', {pingInterval: 50}]]) {
    test(`line-socket lives on while ${who} pings`, async () => {
      const said = () => quick.metric('sluice_messages_received_total', {dialect: 'line'});
      const client = await Line.open(quick.url('/line/t'), options);
      const before = await said();
      await until(async () => await said() >= before + 4, 'four pings or answers to some');
      assert.equal(client.closes.size, 0);
      assert.equal(await client.client.ping(), 'pong');
      await client.close();
    });
  }
});
