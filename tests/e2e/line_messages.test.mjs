// SPDX-License-Identifier: Apache-2.0
//
// What line's clients and backends say to one another, asked and unasked.
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import {ErrorCode, Failure, Gateway, HOLD, Line, Worker, fromBody, json, outcome, until}
  from './harness.mjs';

let gateway, control, worker;

before(async () => {
  gateway = await Gateway.start({shards: 1});
  control = gateway.controlClient();
  worker = await Worker.open(gateway);
});
after(() => gateway.stop());

const url = namespace => gateway.url(`/line/${namespace}`);
const get = (namespace, connection_id) =>
  control.call('GetConnection', {namespace, connection_id});
const greeted = namespace => Line.greeted(url(namespace));

const rejectedWith = check => error => {
  assert.equal(error.code, ErrorCode.MESSAGE_REJECTED);
  check(error.payload);
  return true;
};

describe('what clients ask', () => {
  before(() => worker.serve('ask', {methods: {
    add: ({a, b}) => a + b,
    nothing: () => undefined,
    error: () => { throw new Failure({name: 'TypeError', message: 'bad', data: {code: 'E9'}}); },
    value: () => { throw new Failure({data: ['any', {json: 1}]}); },
    never: {run: () => HOLD, time_limit: {nanos: 200e6}},
    silent: () => HOLD,
  }}));

  test('resolved', async () => {
    const client = await Line.open(url('ask'));
    assert.equal(await client.send('add', {a: 1, b: 2}), 3);
    assert.equal(await client.send('nothing'), undefined);
    await client.close();
  });

  test('rejected with an error, and with any value', async () => {
    const client = await Line.open(url('ask'));
    await assert.rejects(client.send('error'), rejectedWith(payload => {
      assert.ok(payload instanceof Error);
      assert.deepEqual([payload.name, payload.message, payload.code], ['TypeError', 'bad', 'E9']);
    }));
    await assert.rejects(client.send('value'), rejectedWith(payload =>
      assert.deepEqual(payload, ['any', {json: 1}])));
    await client.close();
  });

  test('a rejection is told from a time-out', async () => {
    const client = await Line.open(url('ask'));
    await assert.rejects(client.send('silent', undefined, 50),
      ({code}) => code === ErrorCode.MESSAGE_TIMEOUT);
    await assert.rejects(client.send('never'), rejectedWith(({name, code}) =>
      assert.deepEqual([name, code], ['LineError', 'timeout'])));
    await client.close();
  });

  test('a name that nobody serves is rejected', async () => {
    const client = await Line.open(url('ask'));
    await assert.rejects(client.send('nope'), rejectedWith(({name, message, code}) =>
      assert.deepEqual([name, message, code],
        ['LineError', 'Method not found', 'method_not_found'])));
    await client.close();
  });

  test('frames', async () => {
    const client = await greeted('ask');
    const ask = async message => {
      client.send(message);
      return client.nextRaw();
    };
    assert.equal(await ask('{"n":"add","p":{"a":1,"b":2},"i":"9yoq"}'),
      '{"n":"_r","p":3,"i":"9yoq","e":null}');
    assert.equal(await ask('{"n":"add","p":{"a":1,"b":2},"i":7}'),
      '{"n":"_r","p":3,"i":7,"e":null}');
    assert.equal(await ask('{"n":"nothing","i":"pecw"}'), '{"n":"_r","i":"pecw","e":null}');
    assert.equal(await ask('{"n":"error","i":"259w"}'),
      '{"n":"_r","i":"259w","e":{"name":"TypeError","message":"bad","code":"E9"}}');
    assert.equal(await ask('{"n":"value","i":"259w"}'),
      '{"n":"_r","i":"259w","e":["any",{"json":1}]}');
    await client.close();
  });

  test('fire and forget', async () => {
    const asked = await Worker.open(gateway);
    await asked.serve('fire', {methods: {fire: () => undefined}});
    const client = await Line.open(url('fire'));
    await client.fire('fire', {x: 1});
    await client.fire('fire');
    const [one, two] = [await asked.invocations.next(), await asked.invocations.next()];
    assert.deepEqual([one.call.notification, fromBody(one.call.params)], [true, {x: 1}]);
    assert.deepEqual([two.call.notification, two.call.params?.content], [true, undefined]);
    await client.fire('nobody', {x: 1});
    assert.equal(await client.client.ping(), 'pong');
    await client.close();
    await asked.finish();
  });

  test('what is no message is ignored', async () => {
    const client = await greeted('ask');
    for (const message of ['', '{', 'nope', '5', 'null', '[]', '{"i":"a"}', '{"n":5,"i":"a"}',
      '{"n":"add","n":"add"}', '{"n":"add","i":"a","p":[1}',
      '{"n":"_r","i":"99","p":1}', '{"n":"_r","i":{"a":1}}']) {
      client.send(message);
    }
    client.send(Buffer.from([0x7b, 0xff, 0x00]));
    await Line.quiet(client);
    client.send(Buffer.from('{"n":"add","p":{"a":1,"b":2},"i":"bin"}'));
    assert.equal(await client.nextRaw(), '{"n":"_r","p":3,"i":"bin","e":null}');
    await client.close();
  });
});

describe('what backends ask', () => {
  const ask = (client, method, params, timeout = {seconds: 5}) => control.ask({
    selector: {namespace: 'asked', connection_ids: [client.id]}, method, params, timeout});
  const one = async (...args) => {
    const {answers, outcome: total} = await ask(...args);
    assert.deepEqual(total, outcome(1, 1));
    return answers[0];
  };

  test('the client resolves, with and without a payload', async () => {
    const client = await Line.open(url('asked'));
    client.client.on('q', message => message.resolve({ans: message.payload}));
    client.client.on('ok', message => message.resolve());
    const {connection_id, how, result} = await one(client, 'q', json(5));
    assert.deepEqual([connection_id, how, fromBody(result)], [client.id, 'result', {ans: 5}]);
    assert.equal((await one(client, 'ok')).how, 'result');
    await client.close();
  });

  test('the client rejects, which is told from a time-out and from leaving', async () => {
    const client = await Line.open(url('asked'));
    client.client.on('error', message => message.reject(
      Object.assign(new TypeError('client says no'), {code: 'E9', extra: [1]})));
    client.client.on('string', message => message.reject('plain'));
    client.client.on('leave', () => client.client.disconnect());
    const {how, error} = await one(client, 'error');
    assert.deepEqual([how, error.name, error.message], ['error', 'TypeError', 'client says no']);
    assert.deepEqual(JSON.parse(error.data_json), {code: 'E9', extra: [1]});
    const plainly = (await one(client, 'string')).error;
    assert.deepEqual([plainly.message, JSON.parse(plainly.data_json)], ['plain', 'plain']);
    assert.equal((await one(client, 'deaf', json(1), {nanos: 100e6})).how, 'timed_out');
    assert.equal((await one(client, 'leave')).how, 'disconnected');
  });

  test('frames', async () => {
    const client = await greeted('askf');
    const answer = control.ask({selector: {namespace: 'askf'}, method: 'q', params: json(5)});
    const request = await client.nextRaw();
    assert.match(request, /^{"n":"q","p":5,"i":"\d+"}$/);
    client.send(`{"n":"_r","p":{"ans":5},"i":"${JSON.parse(request).i}","e":null}`);
    assert.deepEqual(fromBody((await answer).answers[0].result), {ans: 5});
    await client.close();
  });

  test('both sides may use one id at once', async () => {
    await worker.serve('twin', {methods: {add: ({a, b}) => a + b}});
    const client = await greeted('twin');
    const answer = control.ask({selector: {namespace: 'twin'}, method: 'q'});
    const {i} = await client.next();
    client.send({n: 'add', p: {a: 1, b: 2}, i});
    assert.deepEqual(await client.next(), {n: '_r', p: 3, i, e: null});
    client.send({n: '_r', p: 'mine', i, e: null});
    assert.equal(fromBody((await answer).answers[0].result), 'mine');
    await client.close();
  });
});

describe('rooms and broadcasts', () => {
  const channels = async namespace =>
    (await control.call('ListChannels', {namespace})).channels
      .map(({name, connections}) => [name, connections]);

  test('rooms: join, send, list, leave', async () => {
    const [ann, bob] = [await Line.open(url('rooms')), await Line.open(url('rooms'))];
    for (const client of [ann, bob]) client.expect('note');
    const only = client => ({namespace: 'rooms', connection_ids: [client.id]});
    const joined = await control.outcome('Join',
      {selector: only(ann), channels: ['red', 'blue']});
    assert.deepEqual(joined, outcome(1, 1));
    await control.outcome('Join', {selector: only(bob), channels: ['red']});
    assert.deepEqual((await get('rooms', ann.id)).channels, ['blue', 'red']);
    assert.deepEqual(await channels('rooms'), [['blue', 1], ['red', 2]]);
    assert.deepEqual(await control.send({namespace: 'rooms', channels: ['blue']}, 'note',
      json({room: 1})), outcome(1, 1));
    assert.deepEqual(await ann.next(), {name: 'note', payload: {room: 1}});
    await control.send({namespace: 'rooms', channels: ['red']}, 'note', json({room: 2}));
    for (const client of [ann, bob]) {
      assert.deepEqual(await client.next(), {name: 'note', payload: {room: 2}});
    }
    await control.outcome('Leave', {selector: only(ann), channels: ['red', 'blue']});
    assert.deepEqual(await channels('rooms'), [['red', 1]]);
    await bob.close();
    await until(async () => (await channels('rooms')).length === 0, 'the room to go with bob');
    assert.equal(ann.messages.size, 0);
    await ann.close();
  });

  test('broadcast, and to all but some', async () => {
    const clients = await Promise.all(Array.from({length: 3}, () => Line.open(url('all'))));
    for (const client of clients) client.expect('note');
    assert.deepEqual(await control.send({namespace: 'all'}, 'note', json('hi')), outcome(3, 3));
    for (const client of clients) {
      assert.deepEqual(await client.next(), {name: 'note', payload: 'hi'});
    }
    await control.send({namespace: 'all', except: {connection_ids: [clients[0].id]}}, 'note');
    for (const client of clients.slice(1)) {
      assert.deepEqual(await client.next(), {name: 'note', payload: undefined});
    }
    assert.equal(await clients[0].client.ping(), 'pong');
    assert.equal(clients[0].messages.size, 0);
    for (const client of clients) await client.close();
  });

  test('the frame has no room in it', async () => {
    const client = await greeted('bare');
    await control.outcome('Join', {selector: {namespace: 'bare'}, channels: ['red']});
    await control.send({namespace: 'bare', channels: ['red']}, 'note', json({room: 1}));
    assert.equal(await client.nextRaw(), '{"n":"note","p":{"room":1}}');
    await control.send({namespace: 'bare'}, 'fire');
    assert.equal(await client.nextRaw(), '{"n":"fire"}');
    await client.close();
  });

  test('who is here', async () => {
    const clients = await Promise.all(Array.from({length: 3}, () => Line.open(url('here'))));
    assert.equal(await control.count({namespace: 'here'}), 3);
    const listed = (await control.list({namespace: 'here', dialects: ['DIALECT_LINE']}))
      .map(({id}) => id);
    assert.deepEqual(listed, clients.map(({id}) => id).sort());
    for (const client of clients) await client.close();
  });
});
