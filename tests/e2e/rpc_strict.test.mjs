// SPDX-License-Identifier: Apache-2.0
//
// JSON-RPC by the book, with the clients that people already use: each hears events and answers
// calls, unmodified.
import assert from 'node:assert/strict';
import {once} from 'node:events';
import {after, before, test} from 'node:test';
import {Client as OpenRpc, RequestManager, WebSocketTransport} from '@open-rpc/client-js';
import solana from '@solana/web3.js';
import {WebSocketProvider} from 'ethers';
import {createWebSocketConnection, toSocket} from 'vscode-ws-jsonrpc';
import WebSocket from 'ws';
import {Failure, Gateway, Inbox, Plain, Worker, fromBody, json, outcome, until, within}
  from './harness.mjs';

let gateway, control, worker;

before(async () => {
  gateway = await Gateway.start();
  control = gateway.controlClient();
  worker = await Worker.open(gateway);
});
after(() => gateway.stop());

const serve = (namespace, methods, rest) => worker.serve(namespace, {
  methods, context: ['CONNECTION'], ...rest,
});

test('frames: ids, notifications, errors, events, calls', async () => {
  await serve('frames', {
    sum: ([a, b]) => a + b,
    refuse: () => { throw new Failure({code: 3, message: 'reverted', data: '0x'}); },
    boom: () => { throw new TypeError('it broke'); },
    __fence: () => 'mine',
    'rpc.discover': () => ({openrpc: '1.3.2'}),
  }, {events: ['ticks']});
  const client = await Plain.open(gateway.url('/rpc/frames?socket_id=frames'));
  const same = async (sent, expected) => {
    client.send(sent);
    assert.equal(await client.nextRaw(sent), expected);
  };
  await same('{"jsonrpc":"2.0","method":"sum","params":[1,2],"id":0}',
    '{"jsonrpc":"2.0","result":3,"id":0}');
  await same('{"jsonrpc":"2.0","method":"sum","params":[1,2],"id":""}',
    '{"jsonrpc":"2.0","result":3,"id":""}');
  await same('{"jsonrpc":"2.0","method":"nope","id":null}',
    '{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":null}');
  client.send('{"jsonrpc":"2.0","method":"nope"}');
  client.send('{"jsonrpc":"2.0","method":"rpc.on","params":[5]}');
  client.send('[{"jsonrpc":"2.0","method":"boom"},{"jsonrpc":"2.0","method":"rpc.login"}]');
  assert.equal((await client.call('__fence', undefined, 'fence')).result, 'mine');
  assert.deepEqual((await client.call('rpc.discover')).result, {openrpc: '1.3.2'});
  assert.equal((await client.call('__listMethods')).error.code, -32601);
  await same('{"jsonrpc":"2.0","method":"refuse","id":1}',
    '{"jsonrpc":"2.0","error":{"code":3,"message":"reverted","data":"0x"},"id":1}');
  await same('{"jsonrpc":"2.0","method":"boom","id":1}',
    '{"jsonrpc":"2.0","error":{"code":-32000,"message":"it broke","data":{"name":"TypeError"}},' +
    '"id":1}');
  await same('{"jsonrpc":"2.0","method":"rpc.listMethods","id":1}', '{"jsonrpc":"2.0","result":' +
    '["rpc.listMethods","__fence","boom","refuse","rpc.discover","sum"],"id":1}');
  await same('{"jsonrpc":"2.0","method":"rpc.on","params":["ticks"],"id":1}',
    '{"jsonrpc":"2.0","result":{"ticks":"ok"},"id":1}');
  for (const [body, params] of [[json({n: 1}), '{"n":1}'], [json([1, 2]), '[1,2]'],
    [json(5), '[5]'], [{text: 'x'}, '["x"]']]) {
    await control.send({namespace: 'frames', channels: ['ticks']}, 'ticks', body);
    assert.equal(await client.nextRaw(), `{"jsonrpc":"2.0","method":"ticks","params":${params}}`);
  }
  await control.send({namespace: 'frames'}, 'bare');
  assert.equal(await client.nextRaw(), '{"jsonrpc":"2.0","method":"bare"}');
  const asked = control.ask({selector: {namespace: 'frames'}, method: 'confirm',
    params: json({sure: true}), timeout: {seconds: 5}});
  const request = await client.next();
  assert.deepEqual(request,
    {jsonrpc: '2.0', method: 'confirm', params: {sure: true}, id: request.id});
  client.send({jsonrpc: '2.0', result: 'yes', id: request.id});
  assert.equal(fromBody((await asked).answers[0].result), 'yes');
  const [seen] = await control.list({namespace: 'frames'});
  assert.equal(seen.dialect, 'DIALECT_JSON_RPC_STRICT');
  await client.close();
});

test('the selector and the metrics know the dialect', async () => {
  const client = await Plain.open(gateway.url('/rpc/known'));
  assert.equal(await control.count({namespace: 'known', dialects: ['DIALECT_JSON_RPC_STRICT']}), 1);
  assert.equal(await control.count({namespace: 'known', dialects: ['DIALECT_JSON_RPC']}), 0);
  assert.ok(await gateway.metric('sluice_connections', {dialect: 'json_rpc_strict'}) >= 1);
  await client.close();
});

test('ethers 6 subscribes and hears', async () => {
  const subscriptions = new Inbox();
  await serve('eth', {
    eth_chainId: () => '0x1',
    eth_blockNumber: () => '0x29',
    eth_subscribe: ([kind], {context}) => {
      const id = `0x${subscriptions.size + 1}f`;
      subscriptions.put({id, kind, connection: context.connection_id});
      return id;
    },
    eth_unsubscribe: () => true,
  });
  const provider = new WebSocketProvider(gateway.url('/rpc/eth'));
  try {
    assert.equal(await within(provider.getBlockNumber(), 'the block number'), 41);
    const block = new Promise(resolve => { provider.on('block', resolve); });
    const {id, kind, connection} = await subscriptions.next('eth_subscribe');
    assert.equal(kind, 'newHeads');
    const head = json({subscription: id, result: {number: '0x2a'}});
    assert.deepEqual(
      await control.send({namespace: 'eth', connection_ids: [connection]}, 'eth_subscription', head),
      outcome(1, 1));
    assert.equal(await within(block, 'the block'), 42);
    await assert.rejects(provider.send('eth_nothing', []), {error: {code: -32601,
      message: 'Method not found'}});
  } finally {
    await provider.destroy();
  }
});

test('OpenRPC\'s client calls, notifies and hears', async () => {
  await serve('open', {sum: ({a, b}) => a + b, note: () => undefined});
  const transport = new WebSocketTransport(gateway.url('/rpc/open'));
  const client = new OpenRpc(new RequestManager([transport]));
  try {
    const heard = new Promise(resolve => { client.onNotification(resolve); });
    assert.equal(
      await within(client.request({method: 'sum', params: {a: 2, b: 3}}), 'the sum'), 5);
    await assert.rejects(client.request({method: 'nope', params: []}), {code: -32601});
    await client.notify({method: 'note', params: [1]});
    client.startBatch();
    const both = Promise.all([client.request({method: 'sum', params: {a: 1, b: 1}}),
      client.request({method: 'sum', params: {a: 2, b: 2}})]);
    client.stopBatch();
    assert.deepEqual(await within(both, 'the batch'), [2, 4]);
    await control.send({namespace: 'open'}, 'ticks', json([7]));
    assert.deepEqual(await within(heard, 'the event'),
      {jsonrpc: '2.0', method: 'ticks', params: [7]});
  } finally {
    client.close();
  }
});

test('a language server behind the gateway, for vscode-ws-jsonrpc', async () => {
  await serve('lsp', {
    initialize: ({processId}) => ({capabilities: {hoverProvider: true}, processId}),
    initialized: () => undefined,
    'textDocument/hover': ({position}) => ({contents: `line ${position.line}`}),
    shutdown: () => undefined,
  });
  const socket = new WebSocket(gateway.url('/rpc/lsp'));
  await within(once(socket, 'open'), 'open');
  const connection = createWebSocketConnection(toSocket(socket), console);
  try {
    const diagnostics = new Inbox();
    connection.onNotification('textDocument/publishDiagnostics', params => diagnostics.put(params));
    connection.onRequest('workspace/configuration', ({items}) => items.map(({section}) => section));
    connection.listen();
    assert.deepEqual(await within(connection.sendRequest('initialize', {processId: 0}), 'the id 0'),
      {capabilities: {hoverProvider: true}, processId: 0});
    await connection.sendNotification('initialized', {});
    await connection.sendNotification('$/setTrace', {value: 'off'});  // nobody serves it
    assert.deepEqual(await connection.sendRequest('textDocument/hover', {position: {line: 3}}),
      {contents: 'line 3'});
    await assert.rejects(connection.sendRequest('nope'), {code: -32601});
    const published = {uri: 'file:///a', diagnostics: []};
    await control.send({namespace: 'lsp'}, 'textDocument/publishDiagnostics', json(published));
    assert.deepEqual(await diagnostics.next('the diagnostics'), published);
    const {answers} = await control.ask({selector: {namespace: 'lsp'},
      method: 'workspace/configuration', params: json({items: [{section: 'a'}]}),
      timeout: {seconds: 5}});
    assert.deepEqual(fromBody(answers[0].result), ['a']);
    assert.equal(await connection.sendRequest('shutdown'), null);
  } finally {
    connection.dispose();
    socket.close();
  }
});

// It is on rpc-websockets, so that it is served by the default dialect.
test('@solana/web3.js 1 subscribes and hears, on the default dialect', async () => {
  const subscriptions = new Inbox();
  await serve('solana', {
    slotSubscribe: (_, {context}) => {
      subscriptions.put(context.connection_id);
      return 5;
    },
    slotUnsubscribe: () => true,
  });
  const url = gateway.url('/solana');
  const connection = new solana.Connection(gateway.url('/solana', 'http'), {wsEndpoint: url});
  const slots = new Inbox();
  const slot = {parent: 1, root: 0, slot: 2};
  try {
    const listener = connection.onSlotChange(heard => slots.put(heard));
    const id = await subscriptions.next('slotSubscribe');
    // It drops what comes before it knows the subscription's number.
    await until(async () => {
      await control.send({namespace: 'solana', connection_ids: [id]}, 'slotNotification',
        json({subscription: 5, result: slot}));
      return slots.size > 0;
    }, 'the slot');
    assert.deepEqual(await slots.next(), slot);
    await connection.removeSlotChangeListener(listener);
  } finally {
    connection._rpcWebSocket.setAutoReconnect(false);
    connection._rpcWebSocket.close();
  }
});
