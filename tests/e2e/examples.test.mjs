// SPDX-License-Identifier: Apache-2.0
//
// The examples run as README's first five minutes has them.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {cpSync, existsSync, mkdtempSync, realpathSync, rmSync, symlinkSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {after, before, test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {WebSocketProvider} from 'ethers';
import {Client} from 'rpc-websockets';
import {createWebSocketConnection, toSocket} from 'vscode-ws-jsonrpc';
import WebSocket from 'ws';
import {BINARY, Gateway, until, within} from './harness.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const cpp = join(dirname(BINARY), '../examples/cpp');
let gateway, folder;
const children = [];

before(async () => {
  gateway = await Gateway.start();
  // Beside node_modules that have what the examples' package.json asks for.
  folder = mkdtempSync(join(tmpdir(), 'sluice-examples-'));
  cpSync(join(root, 'examples/node'), join(folder, 'examples/node'),
    {recursive: true, dereference: true, filter: path => !path.includes('node_modules')});
  symlinkSync(realpathSync(join(root, 'proto')), join(folder, 'proto'));
  symlinkSync(realpathSync(join(root, 'tests/node_modules')), join(folder, 'node_modules'));
});
after(async () => {
  for (const child of children) child.kill('SIGKILL');
  await gateway.stop();
  rmSync(folder, {recursive: true});
});

function run(program, ...args) {
  const child = spawn(program, args, {stdio: ['ignore', 'pipe', 'inherit']});
  child.output = '';
  child.stdout.on('data', bytes => { child.output += bytes; });
  child.done = once(child, 'close').then(([code]) => code);
  children.push(child);
  return child;
}

const node = name => [process.execPath, join(folder, 'examples/node', name)];

async function connect() {
  const client = new Client(gateway.url(), {reconnect: false});
  await within(once(client, 'open'), 'open');
  return client;
}

// The backend's message arrives at who subscribed, and its list has the client.
async function hearsNews(backend) {
  const client = await connect();
  await client.login({user: 'ann', password: 'secret'});
  await client.subscribe('news');
  const heard = once(client, 'news');
  const child = run(...backend);
  assert.equal(await within(child.done, 'the backend to end'), 0);
  assert.deepEqual(await within(heard, 'the news'), ['it rains']);
  assert.match(child.output, /^sent to 1 of 1\n[0-9a-f-]{36} ann 127\.0\.0\.1:\d+/);
  client.close();
  await until(async () => await gateway.metric('sluice_edge_open_sockets') === 0, 'it to leave');
}

test('node', async () => {
  const worker = run(...node('worker.mjs'), gateway.control);
  await until(() => worker.output.includes('registered'), 'the worker to register');
  const client = await connect();
  assert.equal(await client.call('add', [1, 2]), 3);
  await assert.rejects(client.call('whoami'), {code: -32605});
  await assert.rejects(client.login({user: 'ann', password: 'x'}), /authentication failed/);
  assert.equal(await client.login({user: 'ann', password: 'secret'}), true);
  assert.equal(await client.call('whoami'), 'ann');
  await assert.rejects(client.call('add', {}), {code: -32000, message: 'TypeError'});
  client.close();
  await until(async () => await gateway.metric('sluice_edge_open_sockets') === 0, 'it to leave');
  await hearsNews([...node('backend.mjs'), 'it rains', gateway.control]);
});

// docs/json-rpc.md shows these two.
test('subscriptions, for ethers', async () => {
  const worker = run(...node('subscriptions.mjs'), gateway.control);
  await until(() => worker.output.includes('registered'), 'the worker to register');
  const provider = new WebSocketProvider(gateway.url('/rpc/eth'));
  const block = new Promise(resolve => { provider.on('block', resolve); });
  assert.ok(await within(block, 'a block') > 0);
  await assert.rejects(provider.send('eth_subscribe', ['logs']), {error: {code: -32602,
    message: 'no subscription logs'}});
  await provider.destroy();
  await until(async () => await gateway.metric('sluice_edge_open_sockets') === 0, 'it to leave');
});

test('a language server, for vscode-ws-jsonrpc', async () => {
  const worker = run(...node('language_server.mjs'), gateway.control);
  await until(() => worker.output.includes('registered'), 'the worker to register');
  const socket = new WebSocket(gateway.url('/rpc/lsp'));
  await within(once(socket, 'open'), 'open');
  const connection = createWebSocketConnection(toSocket(socket), console);
  const published = new Promise(resolve => {
    connection.onNotification('textDocument/publishDiagnostics', resolve);
  });
  connection.listen();
  const {capabilities} = await within(
    connection.sendRequest('initialize', {processId: null, rootUri: null, capabilities: {}}),
    'the answer to initialize');
  assert.equal(capabilities.hoverProvider, true);
  await connection.sendNotification('initialized', {});
  const uri = 'file:///a.txt';
  await connection.sendNotification('textDocument/didOpen',
    {textDocument: {uri, languageId: 'text', version: 1, text: `a\n${'b'.repeat(81)}`}});
  const {diagnostics: [{range}]} = await within(published, 'the diagnostics');
  assert.deepEqual(range, {start: {line: 1, character: 80}, end: {line: 1, character: 81}});
  assert.deepEqual(await connection.sendRequest('textDocument/hover',
    {textDocument: {uri}, position: {line: 1, character: 0}}), {contents: '81 characters'});
  assert.equal(await connection.sendRequest('shutdown'), null);
  connection.dispose();
  socket.close();
  await until(async () => await gateway.metric('sluice_edge_open_sockets') === 0, 'it to leave');
});

test('C++', {skip: !existsSync(join(cpp, 'worker')) && 'they are not built'}, async () => {
  const worker = run(join(cpp, 'worker'), gateway.control);
  await until(() => worker.output.includes('registered'), 'the worker to register');
  const client = await connect();
  assert.equal(await client.call('multiply', [6, 7]), 42);
  await assert.rejects(client.call('multiply', []), {code: -32000, message: 'Error'});
  client.close();
  await until(async () => await gateway.metric('sluice_edge_open_sockets') === 0, 'it to leave');
  await hearsNews([join(cpp, 'backend'), 'it rains', gateway.control]);
});
