// SPDX-License-Identifier: Apache-2.0
//
// Who is here, and what can be called: Get, List, Count, ListNamespaces, ListChannels, ListMethods.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {Gateway, Plain, Worker, openMany, refused, until} from './harness.mjs';

let gateway, control, worker;

before(async () => {
  gateway = await Gateway.start();
  control = gateway.controlClient();
  worker = await Worker.open(gateway, {name: 'w1'});
});
after(() => gateway.stop());

const pages = async (rpc, list, request) => {
  const all = [];
  let page_token = '';
  do {
    const answer = await control.call(rpc, {...request, page_token});
    assert.deepEqual(answer.unreachable, []);
    all.push(answer[list]);
    page_token = answer.next_page_token;
  } while (page_token !== '');
  return all;
};

test('GetConnection', async () => {
  await worker.serve('get', {events: ['ev'],
    admission: () => ({user: 'ann', labels: {a: '1'}, channels: ['z', 'b']})});
  const began = Date.now();
  const client = await Plain.open(gateway.url('/get?socket_id=me'));
  await client.subscribe('ev');
  const {connected_at, node, remote_address, ...rest} =
    await control.call('GetConnection', {namespace: 'get', connection_id: 'me'});
  assert.deepEqual(rest, {
    namespace: 'get', id: 'me', user: 'ann', labels: {a: '1'}, dialect: 'DIALECT_JSON_RPC',
    channels: ['b', 'ev', 'z'], authenticated: true, outbox_bytes: 0, calls_in_flight: 0,
    channel_count: 3,
  });
  assert.equal(remote_address, `127.0.0.1:${client.socket._socket.localPort}`);
  assert.equal(node, worker.welcome.node);
  const at = connected_at.seconds * 1000 + connected_at.nanos / 1e6;
  assert.ok(at >= began - 1000 && at <= Date.now() + 1000, `${at}`);
  await refused(control.call('GetConnection', {namespace: 'get', connection_id: 'other'}),
    'NOT_FOUND', 'CONNECTION_NOT_FOUND');
  await refused(control.call('GetConnection', {namespace: 'other', connection_id: 'me'}),
    'NOT_FOUND', 'CONNECTION_NOT_FOUND');
  await refused(control.call('GetConnection', {namespace: '', connection_id: 'me'}),
    'INVALID_ARGUMENT', 'NAMESPACE_INVALID', 'namespace');
  await refused(control.call('GetConnection', {namespace: 'get', connection_id: ''}),
    'INVALID_ARGUMENT', 'FIELD_INVALID', 'connection_id');
  await client.close();
});

test('ListConnections pages in the order of ids, each once', async () => {
  const names = Array.from({length: 25}, (_, i) => `l${String(i).padStart(2, '0')}`);
  const clients = await openMany(25, i => gateway.url(`/list?socket_id=${names[24 - i]}`));
  const got = await pages('ListConnections', 'connections',
    {selector: {namespace: 'list'}, page_size: 10});
  assert.deepEqual(got.map(page => page.length), [10, 10, 5]);
  assert.deepEqual(got.flat().map(({id}) => id), names);
  const some = await pages('ListConnections', 'connections',
    {selector: {namespace: 'list', connection_ids: ['l03', 'l01', 'no']}, page_size: 1});
  assert.deepEqual(some.flat().map(({id}) => id), ['l01', 'l03']);
  assert.equal(await control.count({namespace: 'list'}), 25);
  assert.equal(await control.count({namespace: 'list', connection_ids: ['l03', 'no']}), 1);
  for (const client of clients) client.socket.terminate();
  await until(async () => await control.count({namespace: 'list'}) === 0, 'all to leave');
});

test('a page has 100 unless said, and 1000 at most', async () => {
  const clients = await openMany(1010, () => gateway.url('/big'));
  const size = async page_size => (await control.call('ListConnections',
    {selector: {namespace: 'big'}, page_size})).connections.length;
  assert.equal(await size(0), 100);
  assert.equal(await size(100_000), 1000);
  for (const client of clients) client.socket.terminate();
  await until(async () => await control.count({namespace: 'big'}) === 0, 'all to leave');
});

test('bad pages', async () => {
  const selector = {namespace: 'list'};
  const clients = await openMany(3, i => gateway.url(`/list?socket_id=t${i}`));
  const {next_page_token} = await control.call('ListConnections', {selector, page_size: 1});
  assert.notEqual(next_page_token, '');
  const bad = (rpc, request, reason, field) =>
    refused(control.call(rpc, request), 'INVALID_ARGUMENT', reason, field);
  await bad('ListConnections', {selector: {namespace: 'other'}, page_token: next_page_token},
    'PAGE_TOKEN_INVALID', 'page_token');
  const requests = [['ListConnections', {selector}], ['ListNamespaces', {}],
    ['ListChannels', {namespace: 'list'}]];
  for (const [rpc, request] of requests) {
    await bad(rpc, {...request, page_token: 'nonsense'}, 'PAGE_TOKEN_INVALID', 'page_token');
    await bad(rpc, {...request, page_size: -1}, 'PAGE_SIZE_INVALID', 'page_size');
  }
  for (const rpc of ['ListConnections', 'CountConnections']) {
    await bad(rpc, {selector: {}}, 'NAMESPACE_INVALID', 'selector.namespace');
  }
  for (const rpc of ['ListChannels', 'ListMethods']) {
    await bad(rpc, {}, 'NAMESPACE_INVALID', 'namespace');
  }
  for (const client of clients) client.socket.terminate();
  await until(async () => await control.count({namespace: 'list'}) === 0, 'all to leave');
});

test('ListNamespaces and ListChannels count', async () => {
  const clients = await openMany(6, i => gateway.url(`/ns${i % 3}?socket_id=n${i}`));
  const found = (await pages('ListNamespaces', 'namespaces', {page_size: 2})).flat()
    .filter(({name}) => name.startsWith('ns'));
  assert.deepEqual(found, ['ns0', 'ns1', 'ns2'].map(name => ({name, connections: 2})));
  await control.outcome('Join', {selector: {namespace: 'ns1'}, channels: ['b', 'a']});
  await control.outcome('Join',
    {selector: {namespace: 'ns1', connection_ids: ['n1']}, channels: ['c']});
  assert.deepEqual(await pages('ListChannels', 'channels', {namespace: 'ns1', page_size: 2}),
    [[{name: 'a', connections: 2}, {name: 'b', connections: 2}], [{name: 'c', connections: 1}]]);
  assert.deepEqual(await pages('ListChannels', 'channels', {namespace: 'ns0'}), [[]]);
  for (const client of clients) client.socket.terminate();
  await until(async () => {
    const {namespaces} = await control.call('ListNamespaces', {});
    return namespaces.length === 0;
  }, 'the namespaces to be gone');
});

test('ListMethods', async () => {
  const list = async () => {
    const {next_page_token, methods, events} =
      await control.call('ListMethods', {namespace: 'methods'});
    assert.equal(next_page_token, '');
    for (const {ejected_workers} of methods) assert.deepEqual(ejected_workers, []);
    return {methods: methods.map(({ejected_workers, ...rest}) => rest), events};
  };
  assert.deepEqual(await list(), {methods: [], events: []});
  await worker.serve('methods', {
    methods: {sum: () => 1, secret: {access: 'ACCESS_PROTECTED', run: () => 1}},
    events: ['ev', {name: 'vip', access: 'ACCESS_PROTECTED'}], login: () => ({}),
  });
  const second = await Worker.open(gateway, {name: 'w2'});
  await second.serve('methods', {methods: {sum: () => 2}});
  const events = [{name: 'ev', protected: false, workers: ['w1']},
    {name: 'vip', protected: true, workers: ['w1']}];
  assert.deepEqual(await list(), {
    methods: [{name: 'secret', protected: true, workers: ['w1']},
      {name: 'sum', protected: false, workers: ['w1', 'w2']}],
    events,
  });
  const secret = {name: 'secret', protected: true, workers: ['w1']};
  const gone = {name: 'sum', protected: false, workers: []};
  await worker.change('deregisters', {namespace: 'methods', methods: ['sum']});
  assert.deepEqual((await list()).methods, [secret, {...gone, workers: ['w2']}]);
  assert.equal(await second.goodbye(), undefined);
  assert.deepEqual(await list(), {methods: [secret, gone], events});
  await worker.serve('methods', {methods: {sum: () => 1}});
  await worker.change('deregisters', {namespace: 'methods', methods: ['sum'], events: ['ev']});
  assert.deepEqual(await list(), {methods: [secret], events: events.slice(1)});
});
