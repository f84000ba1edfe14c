// SPDX-License-Identifier: Apache-2.0
//
// Plain sockets without any protocol, in pools as @soketi/connections has them.
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import {Gateway, HOLD, Inbox, Plain, Watcher, Worker, openMany, outcome, refused, until}
  from './harness.mjs';

let gateway, control;

before(async () => {
  gateway = await Gateway.start({shards: 2});
  control = gateway.controlClient();
});
after(() => gateway.stop());

const url = target => gateway.url(`/raw/${target}`);
const open = target => Plain.open(url(target));
const get = (namespace, connection_id) =>
  control.call('GetConnection', {namespace, connection_id});
const send = (selector, body, rest) =>
  control.outcome('Send', {selector, message: {event: 'any', body}, ...rest});
const text = value => ({text: value});
const binary = (...bytes) => ({binary: Buffer.from(bytes)});
// Whatever the gateway sent before is in front of this.
async function quiet(client, namespace, id) {
  await send({namespace, connection_ids: [id]}, text('fence'));
  assert.equal(await client.nextRaw(), 'fence');
}

describe('messages of clients', () => {
  test('a worker gets each as it came, in order', async () => {
    const worker = await Worker.open(gateway);
    const got = new Inbox();
    await worker.serve('in', {context: ['CONNECTION', 'NAMESPACE'], raw: (message, {context}) => {
      got.put([message, context.connection_id, context.namespace]);
    }});
    const client = await open('in?socket_id=a');
    client.send('hello');
    client.send('{"n":"_h","i":"a"}');
    client.send('');
    client.send(Buffer.from([0, 0xff, 1]));
    client.send('\u00fc');
    const next = async () => {
      const [{content, text: said, binary: bytes}, ...who] = await got.next();
      assert.deepEqual(who, ['a', 'in']);
      return content === 'text' ? said : [...bytes];
    };
    assert.equal(await next(), 'hello');
    assert.equal(await next(), '{"n":"_h","i":"a"}');
    assert.equal(await next(), '');
    assert.deepEqual(await next(), [0, 0xff, 1]);
    assert.equal(await next(), '\u00fc');
    await quiet(client, 'in', 'a');  // nobody is answered
    await client.close();
    await worker.finish();
  });

  test('without a worker they are counted, and nothing else happens', async () => {
    const client = await open('deaf?socket_id=a');
    const faults = () =>
      gateway.metric('sluice_command_errors_total', {reason: 'method_not_found'});
    const before = await faults();
    client.send('hello');
    await until(async () => await faults() === before + 1, 'it to be counted');
    await quiet(client, 'deaf', 'a');
    await client.close();
  });

  test('the members of a pool through a worker: everybody but the sender', async () => {
    const worker = await Worker.open(gateway);
    await worker.serve('echo', {context: ['CONNECTION'], raw: (message, {context}) =>
      send({namespace: 'echo', except: {connection_ids: [context.connection_id]}},
        text(JSON.stringify(message.text)))});
    const [a, b] = [await open('echo?socket_id=a'), await open('echo?socket_id=b')];
    a.send('hi');
    assert.equal(await b.nextRaw(), '"hi"');
    await quiet(a, 'echo', 'a');
    for (const client of [a, b]) await client.close();
    await worker.finish();
  });
});

describe('messages to clients', () => {
  test('text, bytes and JSON as they are', async () => {
    const client = await open('out?socket_id=a');
    const to = {namespace: 'out', connection_ids: ['a']};
    assert.deepEqual(await send(to, text('hi "you"')), outcome(1, 1));
    assert.equal(await client.nextRaw(), 'hi "you"');
    await send(to, {json: Buffer.from('{ "a" : 1.50 }')});
    assert.equal(await client.nextRaw(), '{ "a" : 1.50 }');
    await send(to, binary(0, 0xff));
    assert.deepEqual([...await client.nextRaw()], [0, 0xff]);
    await send(to, text(''));
    assert.equal(await client.nextRaw(), '');
    await client.close();
  });

  test('what cannot be said is counted', async () => {
    const client = await open('mute?socket_id=a');
    assert.deepEqual(await send({namespace: 'mute'}, undefined),
      outcome(1, 0, {dropped: {unsupported: 1}}));
    const {answers, outcome: asked} =
      await control.ask({selector: {namespace: 'mute'}, method: 'q'});
    assert.deepEqual([answers, asked], [[], outcome(1, 0, {dropped: {unsupported: 1}})]);
    await client.close();
  });

  test('to one, to all, to all but some; an unknown id is reported', async () => {
    const clients = await openMany(4, i => url(`pool?socket_id=c${i}`));
    const next = i => clients[i].nextRaw();
    assert.deepEqual(await send({namespace: 'pool', connection_ids: ['c1', 'nobody']}, text('one')),
      outcome(1, 1, {not_found: ['nobody']}));
    assert.equal(await next(1), 'one');
    assert.deepEqual(await send({namespace: 'pool'}, text('all')), outcome(4, 4));
    for (let i = 0; i < 4; ++i) assert.equal(await next(i), 'all');
    assert.deepEqual(await send({namespace: 'pool', except: {connection_ids: ['c0', 'c2']}},
      text('some')), outcome(2, 2));
    for (const i of [1, 3]) assert.equal(await next(i), 'some');
    for (const i of [0, 2]) await quiet(clients[i], 'pool', `c${i}`);
    for (const client of clients) await client.close();
  });

  test('admission\'s payload comes first', async () => {
    const worker = await Worker.open(gateway);
    let body = text('welcome');
    await worker.serve('adm', {admission: () => ({payload: {event: 'any', body}})});
    const first = await open('adm');
    assert.equal(await first.nextRaw(), 'welcome');
    body = binary(1, 0xff);
    const second = await open('adm');
    assert.deepEqual([...await second.nextRaw()], [1, 0xff]);
    for (const client of [first, second]) await client.close();
    await worker.finish();
  });
});

describe('closing', () => {
  test('send, then close, as one', async () => {
    const clients = await openMany(3, i => url(`last?socket_id=c${i}`));
    assert.deepEqual(await send({namespace: 'last', connection_ids: ['c0']}, text('bye'),
      {close_after: {code: 4009, reason: 'enough'}}), outcome(1, 1));
    assert.equal(await clients[0].nextRaw(), 'bye');
    assert.deepEqual(await clients[0].whenClosed(), {code: 4009, reason: 'enough'});
    await send({namespace: 'last'}, binary(7), {close_after: {}});
    for (const client of clients.slice(1)) {
      assert.deepEqual([...await client.nextRaw()], [7]);
      assert.equal((await client.whenClosed()).code, 1000);
    }
    await refused(control.call('Send', {selector: {namespace: 'last'},
      message: {event: 'any', body: text('x')}, close_after: {code: 1006}}),
    'INVALID_ARGUMENT', 'CODE_INVALID');
  });

  test('everybody at once, with code and reason', async () => {
    const clients = await openMany(5, () => url('all'));
    assert.deepEqual(await control.outcome('Disconnect',
      {selector: {namespace: 'all'}, code: 4000, reason: 'Closing the connection.'}),
    outcome(5, 5));
    for (const client of clients) {
      assert.deepEqual(await client.whenClosed(), {code: 4000, reason: 'Closing the connection.'});
    }
    assert.equal(await control.count({namespace: 'all'}), 0);
  });

  test('a drain is paced over the whole pool, and says why', async () => {
    const clients = await openMany(30, () => url('drain'));
    const closes = [];
    for (const client of clients) client.closed.then(() => closes.push(performance.now()));
    const began = performance.now();
    await control.call('StartDrain', {selector: {namespace: 'drain'}, per_second: 30, code: 4200,
      reason: 'Closed by the server.', drain_id: 'raw'});
    for (const client of clients) {
      assert.deepEqual(await client.whenClosed(), {code: 4200, reason: 'Closed by the server.'});
    }
    const took = closes.at(-1) - began;
    assert.ok(took > 700 && took < 5000, `30 at 30 a second took ${took} ms`);
    const early = closes.filter(at => at - began < 400).length;
    assert.ok(early <= 20, `${early} of 30 within 400 ms`);
  });

  test('an event says that a namespace is empty', async () => {
    const watcher = await Watcher.open(control, {namespace: 'empty',
      types: ['TYPE_CLOSED', 'TYPE_NAMESPACE_EMPTY']});
    const clients = await openMany(2, i => url(`empty?socket_id=c${i}`));
    for (const client of clients) await client.close();
    const seen = (await watcher.take(3)).map(({type}) => type);
    assert.deepEqual(seen, ['TYPE_CLOSED', 'TYPE_CLOSED', 'TYPE_NAMESPACE_EMPTY']);
    watcher.close();
    const {namespaces} = await control.call('ListNamespaces', {});
    assert.ok(!namespaces.some(({name}) => name === 'empty'));
  });
});

describe('pools', () => {
  test('ids are unique in a namespace, and free in another', async () => {
    const [a, b] = [await open('one?socket_id=x'), await open('two?socket_id=x')];
    for (const namespace of ['one', 'two']) {
      const {id, dialect} = await get(namespace, 'x');
      assert.deepEqual([id, dialect], ['x', 'DIALECT_RAW']);
    }
    const second = await open('one?socket_id=x');
    assert.equal((await second.whenClosed()).code, 4409);
    await quiet(a, 'one', 'x');
    for (const client of [a, b]) await client.close();
  });

  test('asking for nobody creates nothing', async () => {
    await refused(get('nowhere', 'x'), 'NOT_FOUND', 'CONNECTION_NOT_FOUND');
    const {namespaces} = await control.call('ListNamespaces', {});
    assert.ok(!JSON.stringify(namespaces).includes('nowhere'));
  });

  test('WebSocket pings, as far as a client is silent', async () => {
    const quick = await Gateway.start({'ping-interval': '150ms', 'pong-timeout': '300ms'});
    try {
      const polite = await Plain.open(quick.url('/raw/p'));
      const deaf = await Plain.open(quick.url('/raw/p'), {autoPong: false});
      let pings = 0;
      polite.socket.on('ping', () => ++pings);
      assert.deepEqual(await deaf.whenClosed(), {code: 4408, reason: 'no sign of life'});
      await until(() => pings >= 3, 'three pings');
      assert.equal(polite.inbox.size, 0);
      await polite.close();
    } finally {
      await quick.stop();
    }
  });
});

test('--calls-per-connection: what is beyond waits, and nothing is lost', async () => {
  await Gateway.during({'calls-per-connection': 4, 'commands-per-second': 0, shards: 1}, async own => {
    const worker = await Worker.open(own, {credit: 500});
    await worker.serve('bound', {raw: () => HOLD});
    const client = await Plain.open(own.url('/raw/bound'));
    for (let i = 0; i < 100; ++i) client.send(`${i}`);
    await until(() => worker.held.size === 4, 'four messages');
    assert.equal(await own.metric('sluice_calls_in_flight'), 4);
    const seen = [];
    while (seen.length < 100) {
      const {id, raw} = await worker.invocations.next();
      seen.push(raw.message.text);
      assert.ok(worker.held.size <= 4);
      worker.answer({id, result: {}});
    }
    assert.deepEqual(seen, Array.from({length: 100}, (_, i) => `${i}`));
    await worker.finish();
    await client.close();
  });
});
