// SPDX-License-Identifier: Apache-2.0
//
// Login and admission, and who may have an id.
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import {Failure, Gateway, HOLD, Plain, Worker, json, until} from './harness.mjs';

let gateway, control, worker;

before(async () => {
  gateway = await Gateway.start({'admission-timeout': '300ms', 'admission-required': 'guarded'});
  control = gateway.controlClient();
  worker = await Worker.open(gateway);
});
after(() => gateway.stop());

const open = (target, options) => Plain.open(gateway.url(target), options);
const get = (namespace, connection_id) =>
  control.call('GetConnection', {namespace, connection_id});

describe('login', () => {
  test('accept sets user, labels and channels; the payload may replace true', async () => {
    await worker.serve('login', {login: ({how}) => {
      if (how === 'plain') return {user: 'ann', labels: {a: '1'}, channels: ['x']};
      if (how === 'payload') return {user: 'bob', payload: {event: 'e', body: json({hello: 1})}};
      if (how === 'reject') throw {reject: {}};
      throw new Failure({code: 42, message: 'no', data: 'why'});
    }});
    const client = await open('/login?socket_id=l');
    assert.deepEqual(await client.call('rpc.login', {how: 'plain'}),
      {jsonrpc: '2.0', result: true, id: 1});
    const {user, labels, channels, authenticated} = await get('login', 'l');
    assert.deepEqual([user, labels, channels, authenticated], ['ann', {a: '1'}, ['x'], true]);
    assert.deepEqual((await client.call('rpc.login', {how: 'payload'})).result, {hello: 1});
    assert.deepEqual((await client.call('rpc.login', {how: 'reject'})).result, false);
    assert.deepEqual((await client.call('rpc.login', {how: 'error'})).error,
      {code: 42, message: 'no', data: 'why'});
    await client.close();
  });

  test('without an id it never authenticates', async () => {
    await worker.serve('silent', {login: () => ({user: 'ann'})});
    const client = await open('/silent?socket_id=s');
    client.send({jsonrpc: '2.0', method: 'rpc.login', params: {}});
    await client.quiet();
    assert.equal((await get('silent', 's')).authenticated, false);
    await client.close();
  });

  test('unavailable while its worker is away', async () => {
    const other = await Worker.open(gateway);
    await other.serve('away', {login: () => ({user: 'x'})});
    const client = await open('/away');
    await other.finish();
    assert.equal((await client.call('rpc.login', {})).error.code, -32010);
    await client.close();
  });
});

describe('admission', () => {
  test('accept gives id, user, labels, channels and a first payload', async () => {
    let asked;
    await worker.serve('adm', {context: ['HEADERS', 'TARGET'], admission: connection => {
      asked = connection;
      return {id: 'given', user: 'ann', labels: {a: '1'}, channels: ['x', 'y'],
        payload: {event: 'welcome', body: json({hi: 1})}};
    }});
    const client = await open('/adm?socket_id=wanted');
    assert.equal(await client.nextRaw(), '{"notification":"welcome","params":{"hi":1}}');
    assert.deepEqual([asked.namespace, asked.id, asked.dialect],
      ['adm', 'wanted', 'DIALECT_JSON_RPC']);
    assert.equal(asked.remote_address, `127.0.0.1:${client.socket._socket.localPort}`);
    const {user, labels, channels, authenticated} = await get('adm', 'given');
    assert.deepEqual([user, labels, channels, authenticated],
      ['ann', {a: '1'}, ['x', 'y'], true]);
    await client.close();
  });

  test('what a client sends before it is admitted waits, and is answered', async () => {
    const slow = await Worker.open(gateway);
    await slow.serve('slow', {admission: () => HOLD, methods: {m: () => 'ok'}});
    const client = await open('/slow');
    client.send({jsonrpc: '2.0', method: 'm', id: 1});
    const {id, what} = await slow.invocations.next();
    assert.equal(what, 'admission');
    assert.equal(await control.count({namespace: 'slow'}), 0);
    slow.answer({id, accept: {}});
    assert.deepEqual(await client.next(), {jsonrpc: '2.0', result: 'ok', id: 1});
    await client.close();
    await slow.finish();
  });

  test('reject with code and reason, with neither, and with an error', async () => {
    const how = {
      code: () => { throw {reject: {code: 4777, reason: 'not today'}}; },
      none: () => { throw {reject: {}}; },
      error: () => { throw new Failure({message: 'broken'}); },
    };
    await worker.serve('rej', {admission: ({id}) => how[id]()});
    const closed = async id => (await open(`/rej?socket_id=${id}`)).whenClosed();
    assert.deepEqual(await closed('code'), {code: 4777, reason: 'not today'});
    assert.equal((await closed('none')).code, 4403);
    assert.deepEqual(await closed('error'), {code: 4403, reason: 'broken'});
    assert.equal(await control.count({namespace: 'rej'}), 0);
  });

  test('nobody is let in while the admission worker is away', async () => {
    const other = await Worker.open(gateway);
    await other.serve('door', {admission: () => ({})});
    const inside = await open('/door');
    await inside.quiet();
    await other.finish();
    const outside = await open('/door');
    assert.equal((await outside.whenClosed()).code, 1013);
    await inside.quiet();
    const polite = await Worker.open(gateway);
    await polite.serve('door', {admission: () => ({})});
    await (await open('/door')).close();
    assert.equal(await polite.goodbye(), undefined);
    assert.equal((await (await open('/door')).whenClosed()).code, 1013);
    const back = await Worker.open(gateway);
    await back.serve('door', {admission: () => ({})});
    const again = await open('/door');
    await again.quiet();
    for (const client of [inside, again]) await client.close();
    await back.finish();
  });

  test('a namespace of --admission-required was never open', async () => {
    const client = await open('/guarded');
    assert.equal((await client.whenClosed()).code, 1013);
  });

  test('no answer in time, and a worker that dies over it', async () => {
    const other = await Worker.open(gateway);
    await other.serve('mute', {admission: () => HOLD});
    const client = await open('/mute');
    assert.equal((await client.whenClosed()).code, 1013);
    const {id} = await other.invocations.next();
    assert.equal(await other.cancelled.next(), id);
    const second = await open('/mute');
    await other.invocations.next();
    other.kill();
    assert.equal((await second.whenClosed()).code, 1013);
  });
});

describe('two connections with one id', () => {
  const accept = ({id}) => ({id: id.split('-')[0], user: id.split('-')[1] ?? ''});

  test('the same user takes over, and membership continues', async () => {
    const before = await gateway.metric('sluice_takeovers_total');
    await worker.serve('take', {events: ['ev'], admission: accept});
    const older = await open('/take?socket_id=x-ann');
    await older.subscribe('ev');
    await control.outcome('Join', {selector: {namespace: 'take'}, channels: ['room']});
    const newer = await open('/take?socket_id=x-ann');
    assert.equal((await older.whenClosed()).code, 4410);
    await until(async () => (await get('take', 'x').catch(() => undefined))?.channels.length === 2,
      'the newer one to inherit');
    assert.deepEqual((await get('take', 'x')).channels, ['ev', 'room']);
    assert.equal(await control.count({namespace: 'take'}), 1);
    await control.send({namespace: 'take', channels: ['ev']}, 'ev', json([1]));
    assert.equal(await newer.nextRaw(), '{"notification":"ev","params":[1]}');
    await gateway.rises('sluice_takeovers_total', {}, before);
    await newer.close();
  });

  test('another user does not, nor does nobody', async () => {
    await worker.serve('keep', {admission: accept});
    for (const [first, second] of [['y-ann', 'y-bob'], ['z', 'z'], ['w-ann', 'w']]) {
      const older = await open(`/keep?socket_id=${first}`);
      await older.quiet();
      const newer = await open(`/keep?socket_id=${second}`);
      assert.equal((await newer.whenClosed()).code, 4409);
      await older.quiet();
      await older.close();
    }
  });

  test('without admission the id belongs to the first', async () => {
    const older = await open('/free?socket_id=mine');
    await older.quiet();
    const newer = await open('/free?socket_id=mine');
    assert.equal((await newer.whenClosed()).code, 4409);
    await older.close();
    const later = await until(async () => {
      const client = await open('/free?socket_id=mine');
      const end = await Promise.race([client.quiet().then(() => 'open'), client.closed]);
      return end === 'open' && client;
    }, 'the id to be free');
    await later.close();
  });
});
