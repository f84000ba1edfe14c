// SPDX-License-Identifier: Apache-2.0
//
// A space with more members than --members-max, or with names longer than --list-bytes: the list is
// cut and says so, nothing else is.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {Bystander, Gateway, Plain, Worker} from './harness.mjs';

const MEMBERS = 3;
let gateway, bystander;

before(async () => {
  gateway = await Gateway.start({'members-max': MEMBERS, 'list-bytes': '4KiB',
    'outbox-bytes': '16KiB'});
  bystander = await Bystander.open(gateway);
});
after(() => gateway.stop());

async function join(space, id) {
  const client = await Plain.open(gateway.url(`/presence/${space}?identity=i-${id}&id=${id}`));
  client.snapshot = await client.next('the snapshot');
  return client;
}
const ids = client => client.snapshot.clients.map(({id}) => id);

test('whoever comes next gets that many, and is heard of by all', async () => {
  const clients = [];
  for (const id of ['a', 'b', 'c']) clients.push(await join('full', id));
  assert.deepEqual(ids(clients[2]), ['a', 'b', 'c']);
  const late = await join('full', 'd');
  assert.equal(late.snapshot.id, 'd');
  assert.equal(late.snapshot.cut, true);
  assert.equal('cut' in clients[2].snapshot, false);
  assert.equal(ids(late).length, MEMBERS);
  for (const [client, news] of [[clients[0], 'bcd'], [clients[1], 'cd'], [clients[2], 'd']]) {
    for (const id of news) {
      const {event, client: other} = await client.next('the remote join');
      assert.deepEqual([event, other.id], ['remote join', id]);
    }
  }
  await clients[0].close();
  const {event, client} = await late.next('the remote leave');
  assert.deepEqual([event, client.id], ['remote leave', 'a']);
  await bystander.calm();
  for (const each of [late, ...clients.slice(1)]) await each.close();
});

test('one is always in one\'s own list', async () => {
  const clients = [];
  for (const id of ['a', 'b', 'c', 'd']) clients.push(await join('own', id));
  assert.ok(ids(clients[3]).includes('d'), `${ids(clients[3])}`);
  for (const client of clients) await client.close();
});

test('long names shut no room', async () => {
  const before = await gateway.metric('sluice_member_lists_cut_total');
  const clients = [];
  for (const id of ['a', 'b', 'c']) {
    const target = `/presence/long?identity=i&id=${id}&username=${'x'.repeat(1500)}`;
    const client = await Plain.open(gateway.url(target));
    client.snapshot = await client.next('the snapshot');
    clients.push(client);
  }
  assert.deepEqual(clients.map(({snapshot}) => snapshot.cut), [undefined, undefined, true]);
  assert.ok(ids(clients[2]).includes('c'), `${ids(clients[2])}`);
  await gateway.rises('sluice_member_lists_cut_total', {}, before);
  await bystander.calm();
  for (const client of clients) await client.close();
});

test('a long list of methods is cut', async () => {
  const worker = await Worker.open(gateway);
  const names = Array.from({length: 50}, (_, i) => `${i}`.padStart(200, 'm'));
  await worker.serve('methods', {
    methods: Object.fromEntries(names.map(name => [name, () => 1]))});
  for (const [target, method] of [['/methods', '__listMethods'],
    ['/rpc/methods', 'rpc.listMethods']]) {
    const client = await Plain.open(gateway.url(target));
    const {result, cut} = await client.call(method);
    assert.equal(cut, true);
    assert.ok(result.length > 10 && result.length < 30, `${result.length}`);
    assert.equal((await client.call(names[49])).result, 1);
    await client.close();
  }
  assert.ok(await gateway.metric('sluice_method_lists_cut_total') >= 2);
});

test('an rpc.on that could not be answered does nothing', async () => {
  const client = await Plain.open(gateway.url('/methods'));
  const many = Array.from({length: 100}, (_, i) => `event-${i}`);
  const {error} = await client.call('rpc.on', many);
  assert.deepEqual([error.code, error.message], [-32600, 'Too many names in one message']);
  assert.deepEqual((await client.call('rpc.off', ['x'])).result, {x: 'provided event invalid'});
  await client.close();
});

test('a list that was cut is counted', async () => {
  const before = await gateway.metric('sluice_member_lists_cut_total');
  const clients = [];
  for (const id of ['a', 'b', 'c', 'd']) clients.push(await join('counted', id));
  await gateway.rises('sluice_member_lists_cut_total', {}, before);
  for (const client of clients) await client.close();
});
