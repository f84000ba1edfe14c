// SPDX-License-Identifier: Apache-2.0
//
// Rights end when authentication ends: each dialect's clients leave what a stranger may not hear, and
// hear of it in their own words.
import assert from 'node:assert/strict';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, before, describe, test} from 'node:test';
import {Client as OpenRpc, RequestManager, WebSocketTransport} from '@open-rpc/client-js';
import {Client} from 'rpc-websockets';
import {Gateway, HOLD, Inbox, Line, Packets, Plain, Watcher, Worker, connected, json, once,
  outcome, token, until, within, writeKeys} from './harness.mjs';

const KEY = {kid: 'k', algorithm: 'HS256', secret: 'rights'};
const NO_LONGER = 'no longer allowed';
const folder = mkdtempSync(join(tmpdir(), 'sluice-rights-'));
const keys = join(folder, 'keys.json');
writeKeys(keys, [KEY]);
after(() => rmSync(folder, {recursive: true}));

const soon = () => Math.floor(Date.now() / 1000) + 1000;
const tokenOf = (sub, exp = soon()) => token({sub, exp}, KEY);

// "vip" is for whoever is authenticated, "room" for whom the guard knows by name.
async function start(options = {}) {
  const gateway = await Gateway.start({'jwt-keys': keys, 'id-policy': 'takeover', ...options});
  const control = gateway.controlClient();
  const worker = await Worker.open(gateway);
  const serve = (namespace, rest) => worker.serve(namespace, {
    events: [{name: 'vip', access: 'ACCESS_PROTECTED'}, 'room', 'news'], context: ['USER'],
    login: ({user}) => ({user}),
    guards: {SUBSCRIBE: (_, {guard, context}) => (guard.name !== 'room' || context.user === 'ann'
      ? {allow: {}} : {block: {silent: true}})},
    ...rest});
  const channelsOf = async (namespace, id) => (await control.call('GetConnection',
    {namespace, connection_id: id})).channels;
  const reaches = async (namespace, channel) => (await control.send(
    {namespace, channels: [channel]}, channel, json('secret'))).enqueued;
  const takeUser = (namespace, user = '') =>
    control.outcome('UpdateConnections', {selector: {namespace}, user});
  return {gateway, control, worker, serve, channelsOf, reaches, takeUser};
}

describe('by default', () => {
  let world, gateway, control;
  before(async () => {
    world = await start();
    ({gateway, control} = world);
  });
  after(() => gateway.stop());

  test('rpc-websockets hears rpc.off', async () => {
    await world.serve('calls');
    const client = new Client(gateway.url('/calls?socket_id=c'), {reconnect: false});
    try {
      await within(new Promise(resolve => { client.on('open', resolve); }), 'open');
      await client.login({user: 'ann'});
      await client.subscribe(['vip', 'room', 'news']);
      const off = new Inbox();
      client.on('rpc.off', (...args) => off.put(args));
      await world.takeUser('calls');
      assert.deepEqual(await off.next(), ['vip', NO_LONGER]);
      assert.deepEqual(await off.next(), ['room', NO_LONGER]);
      assert.deepEqual(await off.next(), ['news', NO_LONGER]);
      for (const channel of ['vip', 'room']) assert.equal(await world.reaches('calls', channel), 0);
      await assert.rejects(client.subscribe('vip'), {code: -32606});
    } finally {
      client.close();
    }
  });

  test('MessagePack hears rpc.off', async () => {
    await world.serve('pack');
    const client = await Plain.open(gateway.url('/pack?codec=msgpack'));
    const say = async (method, params) => {
      client.pack({jsonrpc: '2.0', method, params, id: 1});
      return (await client.next()).result;
    };
    assert.equal(await say('rpc.login', {user: 'ann'}), true);
    assert.deepEqual(await say('rpc.on', ['vip']), {vip: 'ok'});
    await control.outcome('Deauthenticate', {selector: {namespace: 'pack'}});
    assert.deepEqual(await client.next(), {notification: 'rpc.off', params: ['vip', NO_LONGER]});
    assert.equal(await world.reaches('pack', 'vip'), 0);
    await client.close();
  });

  test('by the book, OpenRPC\'s client hears rpc.off', async () => {
    await world.serve('book');
    const client = new OpenRpc(new RequestManager([
      new WebSocketTransport(gateway.url('/rpc/book'))]));
    try {
      const off = new Inbox();
      client.onNotification(heard => off.put(heard));
      const ask = (method, params) => within(client.request({method, params}), method);
      assert.equal(await ask('rpc.login', {user: 'ann'}), true);
      assert.deepEqual(await ask('rpc.on', ['vip', 'room', 'news']),
        {vip: 'ok', room: 'ok', news: 'ok'});
      await control.outcome('Deauthenticate', {selector: {namespace: 'book'}});
      for (const channel of ['vip', 'room', 'news']) {
        assert.deepEqual(await off.next(`the end of ${channel}`),
          {jsonrpc: '2.0', method: 'rpc.off', params: [channel, NO_LONGER]});
        assert.equal(await world.reaches('book', channel), 0);
      }
      await assert.rejects(ask('rpc.on', ['vip']), {code: -32006});
    } finally {
      client.close();
    }
  });

  test('KickOut has the same word', async () => {
    await world.serve('kick');
    const client = await Plain.open(gateway.url('/kick'));
    await client.subscribe('news');
    const selector = {namespace: 'kick'};
    await control.outcome('KickOut', {selector, channels: ['news'], message: 'bye'});
    assert.deepEqual(await client.next(), {notification: 'rpc.off', params: ['news', 'bye']});
    await control.outcome('Join', {selector, channels: ['news']});
    await control.outcome('KickOut', {selector, channels: ['news']});
    assert.deepEqual(await client.next(), {notification: 'rpc.off', params: ['news']});
    await client.close();
  });

  test('socketcluster-client is kicked out when it gives its token up', async () => {
    await world.serve('sc');
    const client = await connected(gateway, 'sc');
    await client.authenticate(tokenOf('ann'));
    const channel = client.subscribe('room');
    await once(channel.listener('subscribe'));
    const kicked = once(channel.listener('kickOut'));
    await client.deauthenticate();
    assert.equal((await kicked).message, NO_LONGER);
    assert.equal(channel.state, 'unsubscribed');
    assert.equal(await world.reaches('sc', 'room'), 0);
  });

  test('and when its token expires while it says nothing', async () => {
    await world.serve('silent');
    const client = await Packets.open(gateway, 'silent');
    await client.ask({event: '#authenticate', cid: 2,
      data: tokenOf('ann', Math.floor(Date.now() / 1000) + 2)});
    assert.deepEqual(await client.ask({event: '#subscribe', cid: 3, data: {channel: 'vip'}}),
      {rid: 3});
    assert.deepEqual(await client.next('the expiry'), {event: '#removeAuthToken'});
    assert.deepEqual(await client.next(),
      {event: '#kickOut', data: {channel: 'vip', message: NO_LONGER}});
    assert.equal(await world.reaches('silent', 'vip'), 0);
    await client.close();
  });

  test('who is somebody else is asked about again', async () => {
    await world.serve('other');
    const client = await Packets.open(gateway, 'other');
    await client.ask({event: '#authenticate', data: tokenOf('ann'), cid: 2});
    for (const channel of ['room', 'vip']) {
      await client.ask({event: '#subscribe', data: {channel}, cid: 3});
    }
    client.send({event: '#authenticate', data: tokenOf('bob'), cid: 4});
    assert.equal((await client.next()).rid, 4);
    assert.deepEqual(await client.next(),
      {event: '#kickOut', data: {channel: 'room', message: NO_LONGER}});
    await until(async () => await world.reaches('other', 'vip') === 1, 'bob to be in vip');
    assert.equal(await world.reaches('other', 'room'), 0);
    await client.close();
  });

  test('a token that names nobody does not keep the earlier one\'s user', async () => {
    const client = await connected(gateway, 'nameless');
    const view = async () => (await control.list({namespace: 'nameless'}))[0];
    await client.authenticate(tokenOf('ann'));
    assert.equal((await view()).user, 'ann');
    await client.authenticate(token({roles: ['x'], exp: soon()}, KEY));
    assert.deepEqual([(await view()).user, (await view()).authenticated], ['', true]);
  });

  for (const [dialect, url] of [['line', '/line/plain-line'], ['raw', '/raw/plain-raw'],
    ['presence', '/presence/plain-presence?identity=a']]) {
    test(`${dialect} has no word for channels, and leaves them as well`, async () => {
      const namespace = `plain-${dialect}`;
      await world.serve(namespace, {
        admission: () => ({user: 'ann', channels: ['given']})});
      const client = await (dialect === 'line' ? Line.greeted : Plain.open)(gateway.url(url));
      if (dialect === 'presence') await client.next('the snapshot');
      await until(async () => await control.count({namespace}) === 1, 'it to be open');
      const [{id}] = await control.list({namespace});
      await control.outcome('Join', {selector: {namespace}, channels: ['vip', 'backends']});
      assert.deepEqual(await world.channelsOf(namespace, id), ['backends', 'given', 'vip']);
      await control.outcome('Deauthenticate', {selector: {namespace}});
      assert.deepEqual(await world.channelsOf(namespace, id), ['backends']);
      assert.equal(await world.reaches(namespace, 'vip'), 0);
      client.socket.ping();
      await within(new Promise(resolve => { client.socket.once('pong', resolve); }), 'the pong');
      assert.equal(client.inbox.size, 0, 'it is told nothing');
      await client.close();
    });
  }

  test('a stranger who takes an id over inherits nothing that needed a right', async () => {
    await world.serve('heir');
    const watcher = await Watcher.open(control, {namespace: 'heir',
      types: ['TYPE_TAKEN_OVER', 'TYPE_LEFT', 'TYPE_JOINED']});
    const ann = await Plain.open(gateway.url('/heir?socket_id=x'));
    await ann.call('rpc.login', {user: 'ann'});
    await ann.subscribe('vip', 'room');
    await watcher.take(2);
    const stranger = await Plain.open(gateway.url('/heir?socket_id=x'));
    await ann.whenClosed();
    assert.equal((await watcher.next()).type, 'TYPE_TAKEN_OVER');
    const left = await watcher.take(2);
    assert.deepEqual(left.map(({type, channel, reason}) => [type, channel, reason]), ['vip', 'room']
      .map(channel => ['TYPE_LEFT', channel, 'another connection has the id']));
    for (const channel of ['vip', 'room']) assert.equal(await world.reaches('heir', channel), 0);
    await stranger.quiet();
    await stranger.close();
    watcher.close();
  });

  test('an event that becomes protected is left by strangers', async () => {
    await world.serve('flip');
    const client = await Plain.open(gateway.url('/flip'));
    await client.subscribe('news');
    const other = await Worker.open(gateway);
    await other.serve('flip', {events: [{name: 'news', access: 'ACCESS_PROTECTED'}]});
    assert.deepEqual(await client.next(), {notification: 'rpc.off', params: ['news', NO_LONGER]});
    await other.finish();
    await client.close();
  });
});

test('--on-deauthenticated keep', async () => {
  const world = await start({'on-deauthenticated': 'keep'});
  try {
    await world.serve('keep');
    const client = await Plain.open(world.gateway.url('/keep'));
    await client.call('rpc.login', {user: 'ann'});
    await client.subscribe('vip', 'room');
    await world.takeUser('keep');
    for (const channel of ['vip', 'room']) {
      assert.equal(await world.reaches('keep', channel), 1);
      assert.deepEqual(await client.next(), {notification: channel, params: ['secret']});
    }
  } finally {
    await world.gateway.stop();
  }
});

test('--on-deauthenticated recheck: the guard decides about the stranger', async () => {
  const world = await start({'on-deauthenticated': 'recheck', 'guard-timeout': '500ms'});
  try {
    await world.serve('again');
    const client = await Plain.open(world.gateway.url('/again'));
    await client.call('rpc.login', {user: 'ann'});
    await client.subscribe('vip', 'room', 'news');
    await world.takeUser('again');
    assert.deepEqual(await client.next(), {notification: 'rpc.off', params: ['vip', NO_LONGER]});
    assert.deepEqual(await client.next(), {notification: 'rpc.off', params: ['room', NO_LONGER]});
    await until(async () => await world.reaches('again', 'news') === 1, 'the guard\'s leave');

    await world.serve('mute', {guards: {SUBSCRIBE: () => HOLD}});
    const other = await Plain.open(world.gateway.url('/mute'));
    const {error} = await other.call('rpc.on', ['news']);
    assert.equal(error.code, -32011, 'nobody decides');
  } finally {
    await world.gateway.stop();
  }
});
