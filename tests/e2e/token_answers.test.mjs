// SPDX-License-Identifier: Apache-2.0
//
// A worker's answer that brings a token along: the client has it when it gets the answer.
import assert from 'node:assert/strict';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {Gateway, HOLD, Packets, Plain, Watcher, Worker, connected, json, writeKeys}
  from './harness.mjs';

const folder = mkdtempSync(join(tmpdir(), 'sluice-tokens-'));
let gateway, control, worker;

before(async () => {
  const keys = join(folder, 'keys.json');
  writeKeys(keys, [{kid: 'k', algorithm: 'HS256', secret: 'secret'}]);
  gateway = await Gateway.start({'jwt-keys': keys});
  control = gateway.controlClient();
  worker = await Worker.open(gateway);
  for (const namespace of ['login', 'plain']) {
    await worker.serve(namespace, {methods: {login: () => HOLD}, login: () => HOLD});
  }
});
after(async () => {
  await gateway.stop();
  rmSync(folder, {recursive: true});
});

const claims = value => Buffer.from(JSON.stringify(value));

// Answers the next invocation.
async function answer(result) {
  const {id} = await worker.invocations.next('an invocation');
  worker.answer({id, ...result});
}

test('SocketCluster: the token, then the answer', async () => {
  const client = await Packets.open(gateway, 'login');
  const watcher = await Watcher.open(control, {namespace: 'login', types: ['TYPE_AUTHENTICATED']});
  client.send({event: 'login', data: {name: 'ann'}, cid: 7});
  await answer({result: json('welcome'), token_claims_json: claims({sub: 'ann', roles: ['a']})});
  const token = await client.next();
  assert.equal(token.event, '#setAuthToken');
  const answered = await client.next();
  assert.deepEqual([answered.rid, answered.data], [7, 'welcome']);
  const [view] = await control.list({namespace: 'login', connection_ids: [client.status.data.id]});
  assert.deepEqual([view.user, view.authenticated], ['ann', true]);
  // The event says what the token claims.
  const event = await watcher.next();
  const {sub, roles, exp, iat} = JSON.parse(event.claims_json);
  assert.deepEqual([sub, roles, exp - iat], ['ann', ['a'], 86_400]);
  watcher.close();
  await client.close();
});

test('SocketCluster\'s own client is authenticated when its login resolves', async () => {
  const client = await connected(gateway, 'login');
  const login = client.invoke('login', {name: 'bob'});
  await answer({result: json('welcome'), token_claims_json: claims({sub: 'bob'})});
  assert.equal(await login, 'welcome');
  assert.deepEqual([client.authState, client.authToken.sub], ['authenticated', 'bob']);
});

test('a dialect without tokens gets the answer alone, and that is counted', async () => {
  const client = await Plain.open(gateway.url('/plain'));
  const before = await gateway.metric('sluice_tokens_unsupported_total');
  client.send({jsonrpc: '2.0', method: 'login', params: [], id: 1});
  await answer({result: json('welcome'), token_claims_json: claims({sub: 'ann'})});
  assert.equal((await client.next()).result, 'welcome');
  await gateway.rises('sluice_tokens_unsupported_total', {}, before);
  client.send({jsonrpc: '2.0', method: 'rpc.login', params: {}, id: 2});
  await answer({accept: {user: 'ann'}, token_claims_json: claims({sub: 'ann'})});
  assert.equal((await client.next()).result, true);
  await client.close();
});

test('claims that can\'t be signed fail the call', async () => {
  const client = await Packets.open(gateway, 'login');
  for (const bad of ['no json', '[1]', '{"exp":"soon"}']) {
    client.send({event: 'login', data: {}, cid: 9});
    await answer({result: json('welcome'), token_claims_json: Buffer.from(bad)});
    const {rid, error} = await client.next();
    assert.deepEqual([rid, error.name], [9, 'InvalidResult'], bad);
  }
  await client.close();
});
