// SPDX-License-Identifier: Apache-2.0
//
// What the options say about signed tokens: how long those are good that the gateway signs, and
// whose they are.
import assert from 'node:assert/strict';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {Bystander, Gateway, Packets, Watcher, outcome, token, until, writeKeys}
  from './harness.mjs';

const KEY = {algorithm: 'HS256', secret: 'the secret'};
const NAMESPACE = 'claims';
const EXPIRY = 3;  // seconds; the clock of tokens drops their fractions
const folder = mkdtempSync(join(tmpdir(), 'sluice-claims-'));
let gateway, control, bystander;

before(async () => {
  writeKeys(join(folder, 'keys.json'), [KEY]);
  gateway = await Gateway.start({'jwt-keys': join(folder, 'keys.json'),
    'jwt-expiry': `${EXPIRY}s`, 'jwt-user-claim': 'uid'});
  control = gateway.controlClient();
  bystander = await Bystander.open(gateway);
});
after(async () => {
  await gateway.stop();
  rmSync(folder, {recursive: true});
});

const only = packets => ({namespace: NAMESPACE, connection_ids: [packets.status.data.id]});
const view = async packets => (await control.list(only(packets)))[0];
const contentOf = text => JSON.parse(Buffer.from(text.split('.')[1], 'base64url'));

// The token that a backend gives a new client with these claims.
async function given(claims) {
  const client = await Packets.open(gateway, NAMESPACE);
  assert.deepEqual(await control.outcome('SetAuthToken',
    {selector: only(client), claims_json: Buffer.from(JSON.stringify(claims))}), outcome(1, 1));
  const {event, data: {token: text}} = await client.next('the token');
  assert.equal(event, '#setAuthToken');
  return {client, text, ...contentOf(text)};
}

test('--jwt-expiry: only of a token that states none', async () => {
  const {iat, exp} = await given({uid: 'ann'});
  assert.equal(exp - iat, EXPIRY);
  assert.equal((await given({uid: 'ann', exp: iat + 1000})).exp, iat + 1000);
});

test('--jwt-expiry: after it the token is no good, and its client is nobody', async () => {
  const watcher = await Watcher.open(control, {namespace: NAMESPACE, types: ['TYPE_BAD_TOKEN']});
  const {client, text, exp} = await given({uid: 'ann'});
  assert.deepEqual([(await view(client)).user, (await view(client)).authenticated], ['ann', true]);
  const early = await Packets.open(gateway, NAMESPACE, {authToken: text});
  assert.equal(early.status.data.isAuthenticated, true);
  await until(() => Date.now() / 1000 >= exp, 'the expiry');
  const late = await Packets.open(gateway, NAMESPACE, {authToken: text});
  assert.equal(late.status.data.isAuthenticated, false);
  const {name, expiry, isBadToken} = late.status.data.authError;
  assert.deepEqual([name, expiry, isBadToken],
    ['AuthTokenExpiredError', new Date(exp * 1000).toISOString(), true]);
  assert.equal((await watcher.next()).reason, 'AuthTokenExpiredError');
  client.send({event: '#publish', data: {channel: 'c', data: 1}, cid: 2});
  assert.equal(await client.nextRaw(), '{"event":"#removeAuthToken"}');
  assert.deepEqual([(await view(client)).user, (await view(client)).authenticated], ['', false]);
  await bystander.calm();
  watcher.close();
});

test('--jwt-user-claim: the claim that it names, and no other', async () => {
  const shown = async claims => {
    const authToken = token({exp: Date.now() / 1000 + 1000, ...claims}, KEY);
    const client = await Packets.open(gateway, NAMESPACE, {authToken});
    const {user, authenticated} = await view(client);
    client.socket.terminate();
    return [user, authenticated, client.status.data.isAuthenticated];
  };
  assert.deepEqual(await shown({uid: 'ann', sub: 'bob'}), ['ann', true, true]);
  assert.deepEqual(await shown({sub: 'bob'}), ['', true, true]);
  assert.equal((await view((await given({uid: 'eve', sub: 'bob'})).client)).user, 'eve');
});
