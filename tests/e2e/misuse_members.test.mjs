// SPDX-License-Identifier: Apache-2.0
//
// A space with more members than --members-max: the list is cut, nothing else is.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {Bystander, Gateway, Plain} from './harness.mjs';

const MEMBERS = 3;
let gateway, bystander;

before(async () => {
  gateway = await Gateway.start({'members-max': MEMBERS});
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

test('a list that was cut is counted', async () => {
  const before = await gateway.metric('sluice_member_lists_cut_total');
  const clients = [];
  for (const id of ['a', 'b', 'c', 'd']) clients.push(await join('counted', id));
  await gateway.rises('sluice_member_lists_cut_total', {}, before);
  for (const client of clients) await client.close();
});
