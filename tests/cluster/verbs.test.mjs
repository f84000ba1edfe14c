// SPDX-License-Identifier: Apache-2.0
//
// What a backend says to one node about clients of three dialects on all of them.
import assert from 'node:assert/strict';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {Cluster, Line, Plain, connected, inboxOf, json, once, outcome, until, within, writeKeys}
  from './harness.mjs';

const folder = mkdtempSync(join(tmpdir(), 'sluice-tokens-'));

let cluster, n1, n2, n3;
before(async () => {
  const keys = join(folder, 'keys.json');
  writeKeys(keys, [{kid: 'k', algorithm: 'HS256', secret: 'secret'}]);
  cluster = await Cluster.start(3, {'jwt-keys': keys});
  [n1, n2, n3] = cluster.nodes;
});
after(async () => {
  await cluster.stop();
  rmSync(folder, {recursive: true});
});

// One client of each dialect on each node.
class Crowd {
  static async open(namespace) {
    const crowd = Object.assign(new Crowd(), {namespace, plain: [], sc: [], line: []});
    for (const node of cluster.nodes) {
      crowd.plain.push(await Plain.open(node.url(`/${namespace}`)));
      crowd.sc.push(await connected(node, namespace, {autoReconnect: false}));
      crowd.line.push(await Line.open(node.url(`/line/${namespace}`)));
    }
    for (const node of cluster.nodes) {
      await until(async () => (await crowd.views(node)).length === 9, 'all to be open');
    }
    return crowd;
  }

  // All of them, as a node knows them.
  views(node) {
    return node.api.list({namespace: this.namespace});
  }

  // Their ids, of some nodes.
  async ids(...nodes) {
    const names = nodes.map(({name}) => name);
    return (await this.views(n1)).filter(({node}) => names.includes(node)).map(({id}) => id);
  }

  all(node, rpc, request) {
    return node.api.outcome(rpc, {selector: {namespace: this.namespace}, ...request});
  }

  only(node, rpc, connection_ids, request) {
    return this.all(node, rpc,
      {selector: {namespace: this.namespace, connection_ids}, ...request});
  }

  async close() {
    for (const client of this.sc) client.disconnect();
    await Promise.all([...this.plain, ...this.line].map(client => client.close()));
  }
}

test('UpdateConnections: users and labels, and who is found by them', async () => {
  const crowd = await Crowd.open('update');
  assert.deepEqual(await crowd.all(n1, 'UpdateConnections', {user: 'ann', labels: {shop: 'x'}}),
    outcome(9, 9));
  const foreign = await crowd.ids(n2, n3);
  assert.deepEqual(await crowd.only(n1, 'UpdateConnections', [...foreign, 'nobody'],
    {user: 'bob'}), outcome(6, 6, {not_found: ['nobody']}));
  for (const node of cluster.nodes) {
    const views = await crowd.views(node);
    assert.deepEqual(views.map(view => [view.user, view.labels.shop, view.node === 'n1']).sort(),
      [...Array(3).fill(['ann', 'x', true]), ...Array(6).fill(['bob', 'x', false])]);
    assert.equal(await node.api.count({namespace: 'update', user_ids: ['bob']}), 6);
    assert.deepEqual(await node.api.outcome('Send',
      {selector: {namespace: 'update', user_ids: ['ann']}, message: {event: 'e', body: json(1)}}),
    outcome(3, 3));
  }
  assert.deepEqual(await crowd.all(n3, 'UpdateConnections', {user: ''}), outcome(9, 9));
  assert.deepEqual((await crowd.views(n2)).map(({user}) => user), Array(9).fill(''));
  await crowd.close();
});

test('Join, Publish and Leave', async () => {
  const crowd = await Crowd.open('rooms');
  const heard = [];
  for (const client of crowd.sc) {
    const channel = client.subscribe('news');
    await channel.listener('subscribe').once();
    heard.push(inboxOf(channel));
  }
  for (const line of crowd.line) line.expect('news');
  // Those of SocketCluster are in it.
  assert.deepEqual(await crowd.all(n2, 'Join', {channels: ['news']}), outcome(9, 6));
  for (const node of cluster.nodes) {
    const {channels} = await node.api.call('ListChannels', {namespace: 'rooms'});
    assert.deepEqual(channels.map(({name, connections}) => [name, connections]), [['news', 9]]);
    assert.deepEqual(await node.api.outcome('Publish',
      {namespace: 'rooms', channel: 'news', body: json(node.name)}), outcome(9, 9));
    for (const inbox of heard) assert.equal(await inbox.next(), node.name);
    for (const line of crowd.line) assert.equal((await line.next()).payload, node.name);
    for (const plain of crowd.plain) assert.deepEqual((await plain.next()).params, [node.name]);
  }
  assert.deepEqual(await crowd.only(n1, 'Leave', await crowd.ids(n2, n3), {channels: ['news']}),
    outcome(6, 6));
  assert.deepEqual(await crowd.all(n3, 'Leave', {channels: ['news']}), outcome(9, 3));
  assert.deepEqual((await n2.api.call('ListChannels', {namespace: 'rooms'})).channels, []);
  await crowd.close();
});

test('KickOut: who is in it is told, and is out of it', async () => {
  const crowd = await Crowd.open('kicked');
  const told = [];
  for (const client of crowd.sc) {
    const channel = client.subscribe('vip');
    await channel.listener('subscribe').once();
    told.push(once(channel.listener('kickOut')));
  }
  await crowd.only(n1, 'Join', await crowd.ids(n2, n3), {channels: ['vip']});
  assert.deepEqual(await crowd.all(n1, 'KickOut', {channels: ['vip'], message: 'out'}),
    outcome(9, 7));
  for (const {message} of await Promise.all(told)) assert.equal(message, 'out');
  for (const plain of crowd.plain.slice(1)) {
    assert.deepEqual(await plain.next(), {notification: 'rpc.off', params: ['vip', 'out']});
  }
  await crowd.plain[0].quiet();
  assert.deepEqual((await n3.api.call('ListChannels', {namespace: 'kicked'})).channels, []);
  await crowd.close();
});

test('SetAuthToken and Deauthenticate: who cannot take a token is counted', async () => {
  const crowd = await Crowd.open('tokens');
  const claims_json = Buffer.from(JSON.stringify({sub: 'ann'}));
  assert.deepEqual(await crowd.all(n1, 'SetAuthToken', {claims_json, confirm_within: {seconds: 10}}),
    outcome(9, 3, {dropped: {unsupported: 6}}));
  for (const client of crowd.sc) assert.equal(client.authToken.sub, 'ann');
  for (const node of cluster.nodes) {
    const views = await crowd.views(node);
    assert.equal(views.filter(({user, authenticated}) => user === 'ann' && authenticated).length, 3);
  }
  const told = crowd.sc.map(client => once(client.listener('deauthenticate')));
  assert.deepEqual(await crowd.only(n2, 'Deauthenticate', await crowd.ids(n1, n3)), outcome(6, 6));
  assert.deepEqual(await crowd.all(n3, 'Deauthenticate'), outcome(9, 9));
  for (const {oldAuthToken} of await Promise.all(told)) assert.equal(oldAuthToken.sub, 'ann');
  assert.ok((await crowd.views(n1)).every(({authenticated, user}) => !authenticated && !user));
  await crowd.close();
});

test('Disconnect: counted first, then each with the code', async () => {
  const crowd = await Crowd.open('closed');
  const closed = [...crowd.plain.map(client => client.whenClosed()),
    ...crowd.line.map(client => client.whenClosed()),
    ...crowd.sc.map(client => once(client.listener('disconnect')))];
  const how = {code: 4123, reason: 'enough'};
  assert.deepEqual(await crowd.all(n2, 'Disconnect', {...how, validate_only: true}), outcome(9, 0));
  const foreign = await crowd.ids(n2, n3);
  assert.deepEqual(await crowd.only(n1, 'Disconnect', [...foreign, 'x'], how),
    outcome(6, 6, {not_found: ['x']}));
  await until(async () => (await crowd.views(n2)).length === 3, 'those of n1 to be left');
  assert.deepEqual(await crowd.all(n3, 'Disconnect', how), outcome(3, 3));
  for (const {code, reason} of await within(Promise.all(closed), 'all to be closed')) {
    assert.deepEqual({code, reason}, how);
  }
  assert.deepEqual(await crowd.all(n1, 'Disconnect', how), outcome(0, 0));
});
