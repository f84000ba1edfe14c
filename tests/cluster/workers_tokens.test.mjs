// SPDX-License-Identifier: Apache-2.0
//
// An answer of a worker of another node that brings a token along: the client has it first.
import assert from 'node:assert/strict';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {Cluster, HOLD, Packets, Plain, Worker, connected, json, writeKeys} from './harness.mjs';
import {offered} from './workers.mjs';

const folder = mkdtempSync(join(tmpdir(), 'sluice-tokens-'));

let cluster, worker, n1, n2, n3;
before(async () => {
  const keys = join(folder, 'keys.json');
  writeKeys(keys, [{kid: 'k', algorithm: 'HS256', secret: 'secret'}]);
  cluster = await Cluster.start(3, {'jwt-keys': keys});
  [n1, n2, n3] = cluster.nodes;
  worker = await Worker.open(n1);
  for (const namespace of ['login', 'plain']) {
    await worker.serve(namespace, {methods: {login: () => HOLD}, login: () => HOLD});
    for (const node of others()) await offered(node, namespace, 'login');
  }
});
after(async () => {
  await cluster.stop();
  rmSync(folder, {recursive: true});
});

const others = () => [n2, n3];
const claims = value => Buffer.from(JSON.stringify(value));

// Answers the next invocation.
async function answer(result) {
  const {id} = await worker.invocations.next('an invocation');
  worker.answer({id, ...result});
}

test('the token, then the answer; and every node knows who it is', async () => {
  for (const node of others()) {
    const client = await Packets.open(node, 'login');
    client.send({event: 'login', data: {name: 'ann'}, cid: 7});
    await answer({result: json('welcome'), token_claims_json: claims({sub: 'ann', roles: ['a']})});
    assert.equal((await client.next()).event, '#setAuthToken');
    const answered = await client.next();
    assert.deepEqual([answered.rid, answered.data], [7, 'welcome']);
    for (const {api} of cluster.nodes) {
      const [view] = await api.list(
        {namespace: 'login', connection_ids: [client.status.data.id]});
      assert.deepEqual([view.user, view.authenticated], ['ann', true]);
    }
    await client.close();
  }
});

test('SocketCluster\'s own client has it when its login resolves, and elsewhere', async () => {
  const client = await connected(n2, 'login');
  const login = client.invoke('login', {name: 'bob'});
  await answer({result: json('welcome'), token_claims_json: claims({sub: 'bob'})});
  assert.equal(await login, 'welcome');
  assert.deepEqual([client.authState, client.authToken.sub], ['authenticated', 'bob']);
  const again = await connected(n3, 'login');
  assert.deepEqual(await again.authenticate(client.signedAuthToken),
    {isAuthenticated: true, authError: null});
  assert.equal(again.authToken.sub, 'bob');
  for (const one of [client, again]) one.disconnect();
});

test('a dialect without tokens gets the answer alone, and its node counts that', async () => {
  const client = await Plain.open(n2.url('/plain'));
  const before = await n2.metric('sluice_tokens_unsupported_total');
  client.send({jsonrpc: '2.0', method: 'login', params: [], id: 1});
  await answer({result: json('welcome'), token_claims_json: claims({sub: 'ann'})});
  assert.equal((await client.next()).result, 'welcome');
  await n2.rises('sluice_tokens_unsupported_total', {}, before);
  client.send({jsonrpc: '2.0', method: 'rpc.login', params: {}, id: 2});
  await answer({accept: {user: 'ann'}, token_claims_json: claims({sub: 'ann'})});
  assert.equal((await client.next()).result, true);
  await client.close();
});

test('claims that can\'t be signed fail the call', async () => {
  const client = await Packets.open(n3, 'login');
  for (const bad of ['no json', '[1]', '{"exp":"soon"}']) {
    client.send({event: 'login', data: {}, cid: 9});
    await answer({result: json('welcome'), token_claims_json: Buffer.from(bad)});
    const {rid, error} = await client.next();
    assert.deepEqual([rid, error.name], [9, 'InvalidResult'], bad);
  }
  await client.close();
});
