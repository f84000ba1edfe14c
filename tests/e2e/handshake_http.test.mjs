// SPDX-License-Identifier: Apache-2.0
//
// The upgrade is an HTTP request: what proxies and libraries make of it by the book (RFC 9110,
// RFC 9112) still becomes a WebSocket.
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import {Bystander, Gateway, OPCODE, Raw, Worker, frame, statusOf, upgradeRequest}
  from './harness.mjs';

let gateway, bystander, worker;

before(async () => {
  gateway = await Gateway.start({'context-headers': 'host,connection'});
  bystander = await Bystander.open(gateway);
  worker = await Worker.open(gateway);
  await worker.serve('chat', {methods: {who: () => 1}, context: ['TARGET', 'NAMESPACE', 'HEADERS'],
    header_names: ['host', 'connection']});
});
after(() => gateway.stop());

// What a worker is told about whoever came with this request.
async function contextOf(request) {
  const raw = await Raw.connect(gateway.client);
  raw.write(request);
  assert.equal((await raw.http()).status, 101, request);
  raw.write(frame(OPCODE.text, '{"jsonrpc":"2.0","id":1,"method":"who"}'));
  const {context} = await worker.invocations.next();
  assert.match((await raw.frame()).payload.toString(), /"result":1/);
  raw.destroy();
  return context;
}

describe('a list header may come in several lines', () => {
  const lines = (connection, upgrade) => upgradeRequest('/chat')
    .replace('Connection: Upgrade\r\n', connection).replace('Upgrade: websocket\r\n', upgrade);

  test('Connection', async () => {
    for (const connection of ['Connection: keep-alive\r\nConnection: Upgrade\r\n',
      'Connection: Upgrade\r\nConnection: close\r\n', 'connection: ,keep-alive,,UPGRADE ,\r\n']) {
      await contextOf(lines(connection, 'Upgrade: websocket\r\n'));
    }
    const {headers} = await contextOf(
      lines('Connection: keep-alive\r\nConnection: Upgrade\r\n', 'Upgrade: websocket\r\n'));
    assert.equal(headers.connection, 'keep-alive, Upgrade');
  });

  test('Upgrade', async () => {
    for (const upgrade of ['Upgrade: h2c\r\nUpgrade: websocket\r\n',
      'Upgrade: WebSocket\r\nUpgrade: websocket\r\n', 'Upgrade: TLS/1.0, websocket\r\n']) {
      await contextOf(lines('Connection: Upgrade\r\n', upgrade));
    }
  });

  test('neither says so in any line: 400', async () => {
    for (const request of [
      lines('Connection: keep-alive\r\nConnection: close\r\n', 'Upgrade: websocket\r\n'),
      lines('Connection: Upgrade\r\n', 'Upgrade: h2c\r\nUpgrade: TLS/1.0\r\n'),
    ]) {
      assert.equal((await statusOf(gateway.client, request)).status, 400, request);
    }
    await bystander.calm();
  });
});

test('what is no list must be there once: 400', async () => {
  for (const twice of ['Host: b\r\n', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n',
    'Sec-WebSocket-Version: 13\r\n', 'Origin: http://localhost\r\nOrigin: http://localhost\r\n']) {
    const request = upgradeRequest('/chat').replace('\r\n\r\n', `\r\n${twice}\r\n`);
    assert.equal((await statusOf(gateway.client, request)).status, 400, twice);
  }
  await bystander.calm();
});

describe('a target in absolute form', () => {
  test('names path and query, and the host', async () => {
    for (const [target, told] of [['http://a.example/chat?a=b', '/chat?a=b'],
      ['ws://a.example/chat', '/chat'], ['HTTPS://a.example/chat', '/chat']]) {
      const context = await contextOf(upgradeRequest(target, {Host: 'other.example'}));
      assert.equal(context.target, told);
      assert.equal(context.namespace, 'chat');
      assert.equal(context.headers.host, 'a.example');
    }
  });

  test('a page is of the same host if it is that of the target', async () => {
    const status = async (target, headers) =>
      (await statusOf(gateway.client, upgradeRequest(target, headers))).status;
    assert.equal(await status('http://a.example/chat',
      {Host: 'b.example', Origin: 'http://a.example'}), 101);
    assert.equal(await status('http://a.example/chat',
      {Host: 'b.example', Origin: 'http://b.example'}), 403);
  });

  test('without a path it is the root', async () => {
    for (const target of ['http://a.example', 'http://a.example?a=b']) {
      (await Raw.upgraded(gateway.client, target)).destroy();
    }
  });

  test('a Host is needed all the same: 400', async () => {
    const request = upgradeRequest('http://a.example/chat', {Host: undefined});
    assert.equal((await statusOf(gateway.client, request)).status, 400);
    await bystander.calm();
  });
});

test('empty lines ahead are skipped, in any pieces', async () => {
  await contextOf(`\r\n\r\n${upgradeRequest('/chat')}`);
  const raw = await Raw.connect(gateway.client);
  raw.socket.setNoDelay(true);
  for (const byte of `\r\n${upgradeRequest('/chat')}`) raw.write(byte);
  assert.equal((await raw.http()).status, 101);
  raw.destroy();
});

test('too many empty lines ahead: 431', async () => {
  const {status} = await statusOf(gateway.client, '\r\n'.repeat(5000) + upgradeRequest('/chat'));
  assert.equal(status, 431);
  await bystander.calm();
});
