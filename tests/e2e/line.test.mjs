// SPDX-License-Identifier: Apache-2.0
//
// line, with line-socket's own client and, for what no client says, with plain sockets.
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import {ErrorCode, Failure, Gateway, HOLD, Line, Plain, Watcher, Worker, fromBody, json, outcome,
  until} from './harness.mjs';

let gateway, control, worker;

before(async () => {
  gateway = await Gateway.start({shards: 1});
  control = gateway.controlClient();
  worker = await Worker.open(gateway);
});
after(() => gateway.stop());

const url = namespace => gateway.url(`/line/${namespace}`);
const plain = namespace => Plain.open(url(namespace));
const get = (namespace, connection_id) =>
  control.call('GetConnection', {namespace, connection_id});

// A socket whose handshake is done.
async function greeted(namespace) {
  const client = await plain(namespace);
  client.send('{"n":"_h","i":"a"}');
  await client.nextRaw('the handshake');
  return client;
}

// Asserts that nothing came but what was taken.
async function quiet(client) {
  client.send('{"n":"_p","i":"fence"}');
  assert.equal(await client.nextRaw(), '{"n":"_r","p":"pong","i":"fence","e":null}');
}

const rejectedWith = check => error => {
  assert.equal(error.code, ErrorCode.MESSAGE_REJECTED);
  check(error.payload);
  return true;
};

describe('handshake', () => {
  test('accepted without anybody being asked', async () => {
    const client = new Line(url('free'));
    assert.equal(await client.welcomes.next(), undefined);
    assert.match(client.id, /^[0-9a-f]{8}-[0-9a-f]{4}-4/);
    const {id, dialect, authenticated} = await get('free', client.id);
    assert.deepEqual([id, dialect, authenticated], [client.id, 'DIALECT_LINE', false]);
    assert.deepEqual(await client.close(), {code: 1000, reason: ''});
  });

  test('accepted by a worker, with an id and a payload', async () => {
    const asked = [];
    await worker.serve('adm', {admission: (connection, {admission}) => {
      asked.push(admission.payload);
      return {id: 'user-1', user: 'ann', channels: ['room'],
        payload: {body: json({welcome: true})}};
    }});
    const client = new Line(url('adm'), {payload: {id: 'user-1'}});
    assert.deepEqual(await client.welcomes.next(), {welcome: true});
    assert.equal(client.id, 'user-1');
    assert.deepEqual(fromBody(asked[0]), {id: 'user-1'});
    const {user, channels, authenticated} = await get('adm', 'user-1');
    assert.deepEqual([user, channels, authenticated], ['ann', ['room'], true]);
    await client.close();
  });

  test('frames of acceptance', async () => {
    await worker.serve('frames', {admission: () =>
      ({id: 'user-1', payload: {body: json({welcome: true})}})});
    const client = await plain('frames');
    client.send('{"n":"_h","p":{"id":"user-1"},"i":"ap6n"}');
    assert.equal(await client.nextRaw(),
      '{"n":"_r","p":{"payload":{"welcome":true},"id":"user-1"},"i":"ap6n","e":null}');
    client.send('{"n":"_h","i":"h2"}');
    assert.equal(await client.nextRaw(),
      '{"n":"_r","i":"h2","e":{"name":"Error","message":"Handshake is already resolved"}}');
    await quiet(client);
    await client.close();
    const anonymous = await plain('unasked');
    anonymous.send('{"n":"_h","i":7}');
    assert.match(await anonymous.nextRaw(),
      /^{"n":"_r","p":{"id":"[0-9a-f-]{36}"},"i":7,"e":null}$/);
    await anonymous.close();
  });

  test('a first message of a worker follows the acceptance', async () => {
    await worker.serve('first', {admission: () =>
      ({payload: {event: 'hello', body: json([1])}})});
    const client = await plain('first');
    client.send('{"n":"_h","i":"a"}');
    assert.match(await client.nextRaw(), /^{"n":"_r","p":{"id":"[^"]+"},"i":"a","e":null}$/);
    assert.equal(await client.nextRaw(), '{"n":"hello","p":[1]}');
    await client.close();
  });

  test('rejected, and the client says why', async () => {
    await worker.serve('rej', {admission: () => {
      throw new Failure(
        {name: 'AuthError', message: 'Auth failed', code: 401, data: {hint: 'key'}});
    }});
    const client = new Line(url('rej'));
    const error = await client.refusals.next();
    assert.equal(error.code, ErrorCode.HANDSHAKE_REJECTED);
    assert.deepEqual({name: error.payload.name, message: error.payload.message,
      code: error.payload.code, hint: error.payload.hint},
    {name: 'AuthError', message: 'Auth failed', code: 401, hint: 'key'});
    assert.equal((await client.whenClosed()).code, 4203);
    assert.equal(await control.count({namespace: 'rej'}), 0);
  });

  test('frames of rejection', async () => {
    const how = {
      error: new Failure({message: 'Auth failed', code: 401}),
      string: new Failure({data: 'plain'}),
      reject: {reject: {reason: 'not you'}},
    };
    await worker.serve('rejf', {admission: (_, {admission}) => {
      throw how[fromBody(admission.payload)];
    }});
    const refusal = async (kind, reason) => {
      const client = await plain('rejf');
      client.send({n: '_h', p: kind, i: '3bxl'});
      const frame = await client.nextRaw();
      assert.deepEqual(await client.whenClosed(), {code: 4203, reason});
      return frame;
    };
    assert.equal(await refusal('error', 'Auth failed'),
      '{"n":"_r","i":"3bxl","e":{"name":"Error","message":"Auth failed","code":401}}');
    assert.equal(await refusal('string', 'Handshake rejected'),
      '{"n":"_r","i":"3bxl","e":"plain"}');
    assert.equal(await refusal('reject', 'not you'),
      '{"n":"_r","i":"3bxl","e":{"name":"Rejected","message":"not you"}}');
  });

  test('the client tries again after a rejection, and comes in when it may', async () => {
    let attempts = 0;
    await worker.serve('again', {admission: () => {
      if (++attempts < 3) throw new Failure({message: 'not yet'});
      return {};
    }});
    const client = new Line(url('again'), {reconnect: true,
      reconnectOptions: {initialDelay: 10, maxDelay: 20}});
    await client.welcomes.next('the third attempt');
    assert.equal(attempts, 3);
    assert.equal(client.refusals.size, 2);
    await client.client.dispose();
  });

  test('an id that is taken', async () => {
    await worker.serve('conflict', {admission: () => ({id: 'user-1'})});
    const first = await Line.open(url('conflict'));
    const second = new Line(url('conflict'));
    const {code, payload} = await second.refusals.next();
    assert.equal(code, ErrorCode.HANDSHAKE_REJECTED);
    assert.deepEqual([payload.name, payload.code], ['LineError', 'scIdConflict']);
    assert.match(payload.message, /^Conflict! There is already connection with /);
    assert.equal((await second.whenClosed()).code, 4203);
    assert.equal(first.id, 'user-1');
    assert.equal(await first.client.ping(), 'pong');
    await first.close();
  });

  test('two that want one id at the same time: one gets it', async () => {
    const both = await Worker.open(gateway);
    await both.serve('race', {admission: () => HOLD});
    const clients = [new Line(url('race')), new Line(url('race'))];
    const asked = [await both.invocations.next(), await both.invocations.next()];
    for (const {id} of asked) both.answer({id, accept: {id: 'same'}});
    await until(() => clients.filter(({welcomes}) => welcomes.size === 1).length === 1,
      'one to come in');
    await until(() => clients.filter(({refusals}) => refusals.size === 1).length === 1,
      'one to be refused');
    for (const {client} of clients) await client.dispose();
    await both.finish();
  });

  test('registered only once it is accepted', async () => {
    const slow = await Worker.open(gateway);
    await slow.serve('slow', {admission: () => HOLD, methods: {echo: x => x}});
    const client = await plain('slow');
    client.send('{"n":"_h","i":"a"}');
    const {id} = await slow.invocations.next();
    assert.equal(await control.count({namespace: 'slow'}), 0);
    client.send('{"n":"echo","p":1,"i":"b"}');  // waits; the original loses it
    slow.answer({id, accept: {id: 'late'}});
    assert.equal(await client.nextRaw(), '{"n":"_r","p":{"id":"late"},"i":"a","e":null}');
    assert.equal(await client.nextRaw(), '{"n":"_r","p":1,"i":"b","e":null}');
    assert.equal(await control.count({namespace: 'slow'}), 1);
    await client.close();
    await slow.finish();
  });

  test('before it, pings are answered and nothing else is', async () => {
    await worker.serve('early', {methods: {add: ({a, b}) => a + b}});
    const client = await plain('early');
    client.send('{"n":"add","p":{"a":1,"b":2},"i":"x"}');
    client.send('{"n":"fire"}');
    client.send('{"n":"_r","i":"1","p":1}');
    client.send('{"n":"_p","i":"6emo"}');
    assert.equal(await client.nextRaw(), '{"n":"_r","p":"pong","i":"6emo","e":null}');
    assert.equal(await control.count({namespace: 'early'}), 0);
    await client.close();
  });

  test('no admission worker where there must be one', async () => {
    const away = await Worker.open(gateway);
    await away.serve('door', {admission: () => ({})});
    await away.finish();
    const client = new Line(url('door'));
    const {code, payload} = await client.refusals.next();
    assert.deepEqual([code, payload.code, payload.retry],
      [ErrorCode.HANDSHAKE_REJECTED, 'unavailable', true]);
    await client.whenClosed();
  });
});

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
      '{"n":"add","n":"add","i":"a"}',
      `{"n":"add","i":"a","p":${'['.repeat(100)}${']'.repeat(100)}}`,
      '{"n":"_r","i":"99","p":1}', '{"n":"_r","i":{"a":1}}']) {
      client.send(message);
    }
    client.send(Buffer.from([0x7b, 0xff, 0x00]));
    await quiet(client);
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

  const open = async () => {
    const client = await Plain.open(quick.url('/line/t'));
    client.send('{"n":"_h","i":"a"}');
    await client.nextRaw('the handshake');
    return client;
  };

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
