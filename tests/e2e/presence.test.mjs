// SPDX-License-Identifier: Apache-2.0
//
// Longhouse's presence protocol, over plain sockets: no client library of it exists.
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import {Gateway, Plain, Worker, json, outcome} from './harness.mjs';

let gateway, control;

before(async () => {
  gateway = await Gateway.start({shards: 2});
  control = gateway.controlClient();
});
after(() => gateway.stop());

const open = (target, at = gateway) => Plain.open(at.url(`/presence/${target}`));
// Joins, and gives the client with its snapshot.
async function join(target, at) {
  const client = await open(target, at);
  client.snapshot = await client.next('the snapshot');
  return client;
}
// Whatever the gateway sent before is in front of this answer.
async function quiet(client) {
  client.send('{"action":"fence"}');
  assert.equal(await client.nextRaw(), '{"error":"Unrecognized action sent: fence"}');
}
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describe('members', () => {
  test('the first frame: the snapshot, with oneself in it', async () => {
    const before = Date.now();
    const client = await open('space1?identity=a@x.com&username=Ann');
    const frame = await client.nextRaw();
    const {id, clients} = JSON.parse(frame);
    const {joinedAt} = clients[0];
    assert.match(joinedAt, ISO);
    assert.ok(Date.parse(joinedAt) >= before - 1 && Date.parse(joinedAt) <= Date.now());
    assert.equal(frame, `{"id":"${id}","clients":[{"id":"${id}","identity":"a@x.com",` +
      `"joinedAt":"${joinedAt}","username":"Ann"}]}`);
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    await client.close();
  });

  test('a username that was not given, and what a query can hold', async () => {
    const client = await join('space2?identity=a%22%20%C3%BC+b%7C/');
    const [{identity, username}] = client.snapshot.clients;
    assert.deepEqual([identity, username], ['a" ü b|/', '']);
    await client.close();
  });

  test('others are in the snapshot, and come and go', async () => {
    const ann = await join('space3?identity=ann');
    const bob = await join('space3?identity=bob');
    assert.equal(bob.snapshot.clients.length, 2);
    const [asAnn] = ann.snapshot.clients;
    assert.deepEqual(bob.snapshot.clients.find(({id}) => id === ann.snapshot.id), asAnn);
    const asBob = bob.snapshot.clients.find(({id}) => id === bob.snapshot.id);
    assert.equal(await ann.nextRaw(),
      `{"event":"remote join","client":${JSON.stringify(asBob)}}`);
    await quiet(bob);  // nobody is told of himself
    await bob.close();
    assert.equal(await ann.nextRaw(),
      `{"event":"remote leave","client":${JSON.stringify(asBob)}}`);
    await ann.close();
  });

  test('a crash is a leave as well', async () => {
    const [ann, bob] = [await join('crash?identity=ann'), await join('crash?identity=bob')];
    await ann.next();
    bob.socket.terminate();
    const {event, client} = await ann.next();
    assert.deepEqual([event, client.identity], ['remote leave', 'bob']);
    await ann.close();
  });

  test('a space is what follows the prefix, verbatim', async () => {
    const [ann, bob] = [await join('a/b?identity=ann'), await join('a?identity=bob')];
    assert.equal(bob.snapshot.clients.length, 1);
    assert.equal(await control.count({namespace: 'a/b'}), 1);
    await quiet(ann);
    for (const client of [ann, bob]) await client.close();
  });

  test('many at once: everybody is known to everybody, and nobody twice', async () => {
    const clients = await Promise.all(
      Array.from({length: 20}, (_, i) => join(`many?identity=i${i}`)));
    for (const client of clients) {
      const known = client.snapshot.clients.map(({identity}) => identity);
      while (known.length < 20) {
        const {event, client: other} = await client.next('a remote join');
        assert.equal(event, 'remote join');
        known.push(other.identity);
      }
      assert.equal(new Set(known).size, 20);
      await quiet(client);
    }
    for (const client of clients) client.socket.terminate();
  });

  test('backends see them', async () => {
    const ann = await join('seen?identity=ann&id=7500');
    const {id, dialect} = await control.call('GetConnection',
      {namespace: 'seen', connection_id: '7500'});
    assert.deepEqual([id, dialect], ['7500', 'DIALECT_PRESENCE']);
    assert.deepEqual((await control.list({namespace: 'seen'})).map(c => c.id), ['7500']);
    await ann.close();
  });

  test('who has been removed by a backend has left', async () => {
    const [ann, bob] = [await join('evict?identity=ann'), await join('evict?identity=bob')];
    await ann.next();
    await control.outcome('Disconnect',
      {selector: {namespace: 'evict', connection_ids: [bob.snapshot.id]}});
    assert.equal((await bob.whenClosed()).code, 1000);
    assert.equal((await ann.next()).event, 'remote leave');
    await ann.close();
  });
});

describe('who cannot join', () => {
  const targets = ['space', 'space?identity=', 'space?identity', 'space?identity=a&identity=b',
    'space?identity=%ff', 'space?identity=a&username=%', '?identity=a', ''];
  for (const target of targets) {
    test(`/presence/${target}`, async () => {
      const client = await open(target);
      assert.equal(await client.nextRaw(), '{"error":"Error when joining new client"}');
      assert.deepEqual(await client.whenClosed(), {code: 1000, reason: ''});
    });
  }

  test('the gateway lives on, and so does the space', async () => {
    const ann = await join('space?identity=ann');
    assert.equal(ann.snapshot.clients.length, 1);
    await ann.close();
  });
});

describe('messages', () => {
  test('a cursor reaches the others, with its values as they are', async () => {
    const [ann, bob] = [await join('cur?identity=ann'), await join('cur?identity=bob')];
    const stranger = await join('elsewhere?identity=eve');
    await ann.next();
    bob.send('{"action":"cursor","x":12,"y":3.5,"name":"Ann","flag":true,"sel":[1,2],' +
      '"deep":{"a|b":"c=d"},"clientId":"spoofed"}');
    assert.equal(await ann.nextRaw(),
      '{"action":"cursor","x":12,"y":3.5,"name":"Ann","flag":true,"sel":[1,2],' +
      `"deep":{"a|b":"c=d"},"clientId":"${bob.snapshot.id}"}`);
    await quiet(bob);
    await quiet(stranger);
    for (const client of [ann, bob, stranger]) await client.close();
  });

  test('errors, after which all goes on', async () => {
    const ann = await join('err?identity=ann');
    const said = async message => {
      ann.send(message);
      return ann.nextRaw();
    };
    for (const message of ['nope', '', '{', `${'['.repeat(100)}${']'.repeat(100)}`]) {
      assert.equal(await said(message), '{"error":"Unparsable message sent"}');
    }
    assert.equal(await said(Buffer.from([0xff, 0x00])), '{"error":"Unparsable message sent"}');
    assert.equal(await said('{"action":"dance"}'), '{"error":"Unrecognized action sent: dance"}');
    for (const message of ['{}', '5', '[]', '{"x":1}']) {
      assert.equal(await said(message), '{"error":"Unrecognized action sent: undefined"}');
    }
    ann.send('{"action":"ping"}');
    await quiet(ann);
    await ann.close();
  });

  test('what backends send', async () => {
    const ann = await join('said?identity=ann');
    const to = {namespace: 'said'};
    assert.deepEqual(await control.send(to, 'note', json({a: 1})), outcome(1, 1));
    assert.equal(await ann.nextRaw(), '{"event":"note","data":{"a":1}}');
    await control.send(to, 'cursor', json({action: 'cursor', x: 1}));
    assert.equal(await ann.nextRaw(), '{"action":"cursor","x":1}');
    const {answers, outcome: asked} = await control.ask({selector: to, method: 'q'});
    assert.deepEqual([answers, asked], [[], outcome(1, 0, {dropped: {unsupported: 1}})]);
    await ann.close();
  });

  test('a guard may change a cursor, or block it', async () => {
    const worker = await Worker.open(gateway);
    await worker.serve('guarded', {guards: {PUBLISH_IN: ({x}) => (x > 9
      ? {block: {error: {name: 'Far', message: 'too far'}}}
      : {allow: {replacement: json({action: 'cursor', x: x + 1})}})}});
    const [ann, bob] = [await join('guarded?identity=ann'), await join('guarded?identity=bob')];
    await ann.next();
    bob.send({action: 'cursor', x: 1});
    assert.deepEqual(await ann.next(), {action: 'cursor', x: 2, clientId: bob.snapshot.id});
    bob.send({action: 'cursor', x: 10});
    assert.equal(await bob.nextRaw(), '{"error":"too far"}');
    await quiet(ann);
    for (const client of [ann, bob]) await client.close();
    await worker.finish();
  });
});

describe('ids', () => {
  test('an id can be used again once its owner has left', async () => {
    const watcher = await join('ids?identity=eve');
    for (let i = 0; i < 3; ++i) {
      const ann = await join('ids?identity=ann&id=7500');
      assert.equal(ann.snapshot.id, '7500');
      assert.equal(ann.snapshot.clients.length, 2);
      assert.deepEqual([(await watcher.next()).event], ['remote join']);
      await ann.close();
      assert.equal((await watcher.next()).event, 'remote leave');
    }
    await watcher.close();
  });

  test('by default, nobody can push a member out by taking its id', async () => {
    const ann = await join('keep?identity=ann&id=7500');
    const other = await open('keep?identity=eve&id=7500');
    assert.equal((await other.whenClosed()).code, 4409);
    await quiet(ann);
    await ann.close();
  });

  test('--id-policy takeover: who comes back has not left, and is not expired', async () => {
    const taking = await Gateway.start({shards: 2, 'id-policy': 'takeover'});
    try {
      const bob = await join('back?identity=bob', taking);
      const first = await join('back?identity=ann&id=7500', taking);
      await bob.next('the join');
      const second = await open('back?identity=ann&id=7500', taking);
      assert.equal((await first.whenClosed()).code, 4410);
      const {id, clients} = await second.next('the snapshot');
      assert.equal(id, '7500');
      assert.equal(clients.filter(c => c.id === '7500').length, 1);
      await quiet(bob);  // neither a leave nor a second join
      bob.send({action: 'cursor', x: 1});
      assert.equal((await second.next()).action, 'cursor');  // it still gets what happens
      await second.close();
      assert.equal((await bob.next()).event, 'remote leave');
      await quiet(bob);
      await bob.close();
    } finally {
      await taking.stop();
    }
  });
});

describe('leases', () => {
  let quick;

  before(async () => {
    quick = await Gateway.start({shards: 2, 'longhouse-lease': '700ms',
      'longhouse-ping-interval': '150ms'});
  });
  after(() => quick.stop());

  test('who does not renew is told, closed, and gone for the others', async () => {
    const bob = await join('lease?identity=bob', quick);
    const ann = await join('lease?identity=ann', quick);
    const asAnn = ann.snapshot.clients.find(({id}) => id === ann.snapshot.id);
    const seen = [];
    // Bob renews with every frame that he gets.
    for (;;) {
      const frame = await bob.nextRaw();
      bob.send('{"action":"ping"}');
      if (frame !== '{"ping":true}') seen.push(frame);
      if (seen.length === 2) break;
    }
    assert.deepEqual(seen, [`{"event":"remote join","client":${JSON.stringify(asAnn)}}`,
      `{"event":"remote leave","client":${JSON.stringify(asAnn)}}`]);
    assert.deepEqual(await ann.whenClosed(), {code: 1000, reason: ''});
    const got = ann.inbox.takeAll();
    assert.equal(got.pop(), '{"event":"expired"}');
    assert.ok(got.length >= 2 && got.every(frame => frame === '{"ping":true}'), `${got}`);
    await bob.close();
  });

  test('a cursor renews the lease as well', async () => {
    const ann = await join('move?identity=ann', quick);
    for (let i = 0; i < 12; ++i) {  // for more than two leases
      assert.equal(await ann.nextRaw('a ping'), '{"ping":true}');
      ann.send({action: 'cursor', x: i});
    }
    await ann.close();
  });

  test('pings come steadily, whatever the client says', async () => {
    const ann = await join('steady?identity=ann', quick);
    let pings = 0;
    while (pings < 3) {
      ann.send('{"action":"ping"}');
      if (await ann.nextRaw('a ping') === '{"ping":true}') ++pings;
    }
    await ann.close();
  });
});
