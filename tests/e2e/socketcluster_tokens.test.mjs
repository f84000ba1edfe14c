// SPDX-License-Identifier: Apache-2.0
//
// Signed tokens: handed out by backends, shown by SocketCluster's unmodified client, expired,
// exchanged.
import assert from 'node:assert/strict';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, before, describe, test} from 'node:test';
import {Gateway, Packets, Worker, connected, inboxOf, once, outcome, refused, rejection, token,
  until, writeKeys} from './harness.mjs';

const OLD = {kid: 'old', algorithm: 'HS256', secret: 'the old secret'};
const NEW = {kid: 'new', algorithm: 'HS256', secret: 'the new secret'};
const NAMESPACE = 'tokens';
const folder = mkdtempSync(join(tmpdir(), 'sluice-tokens-'));
const keys = join(folder, 'keys.json');
const soon = () => Math.floor(Date.now() / 1000) + 1000;

let gateway, control;

before(async () => {
  writeKeys(keys, [OLD]);
  gateway = await Gateway.start({'jwt-keys': keys});
  control = gateway.controlClient();
});
after(async () => {
  await gateway.stop();
  rmSync(folder, {recursive: true});
});

const connect = options => connected(gateway, NAMESPACE, options);
const only = client => ({namespace: NAMESPACE, connection_ids: [client.id]});
const claims = value => Buffer.from(JSON.stringify(value));
const view = async client => (await control.list(only(client)))[0];
const setToken = (client, value, rest) => control.outcome('SetAuthToken',
  {selector: only(client), claims_json: claims(value), ...rest});

describe('a backend hands out tokens', () => {
  test('the client keeps it, and shows it when it comes back', async () => {
    const client = await connect();
    const changed = once(client.listener('authStateChange'));
    assert.deepEqual(await setToken(client, {sub: 'ann', roles: ['a']}), outcome(1, 1));
    assert.equal((await changed).newAuthState, 'authenticated');
    const {sub, roles, iat, exp} = client.authToken;
    assert.deepEqual([sub, roles, exp - iat], ['ann', ['a'], 86_400]);
    assert.deepEqual([(await view(client)).user, (await view(client)).authenticated], ['ann', true]);

    const back = once(client.listener('connect'));
    await control.call('StartDrain', {selector: only(client), per_second: 100});
    const status = await back;
    assert.equal(status.isAuthenticated, true);
    assert.equal(status.authError, undefined);
    assert.equal((await view(client)).user, 'ann');
  });

  test('and waits for the client\'s confirmation', async () => {
    const client = await connect();
    assert.deepEqual(await setToken(client, {sub: 'bob'}, {confirm_within: {seconds: 5}}),
      outcome(1, 1));
    assert.equal(client.authState, 'authenticated');
    const silent = await Packets.open(gateway, NAMESPACE);
    const selector = {namespace: NAMESPACE, connection_ids: [silent.status.data.id]};
    assert.deepEqual(await control.outcome('SetAuthToken',
      {selector, claims_json: claims({}), confirm_within: {nanos: 50e6}}),
    outcome(1, 0, {dropped: {unconfirmed: 1}}));
    const {event, cid, data} = await silent.next();
    assert.deepEqual([event, cid, typeof data.token], ['#setAuthToken', 1, 'string']);
  });

  test('and takes them back', async () => {
    const client = await connect();
    await setToken(client, {sub: 'ann'}, {confirm_within: {seconds: 5}});
    const told = once(client.listener('deauthenticate'));
    assert.deepEqual(await control.outcome('Deauthenticate', {selector: only(client)}),
      outcome(1, 1));
    assert.equal((await told).oldAuthToken.sub, 'ann');
    assert.equal((await view(client)).authenticated, false);
  });

  test('claims that are none', async () => {
    const client = await connect();
    for (const text of ['', '[]', '{', '{"exp":"x"}']) {
      await refused(control.call('SetAuthToken',
        {selector: only(client), claims_json: Buffer.from(text)}), 'INVALID_ARGUMENT',
      'CLAIMS_INVALID');
    }
    const keyless = await Gateway.start();
    try {
      await refused(keyless.controlClient().call('SetAuthToken',
        {selector: {namespace: 'x'}, claims_json: claims({})}), 'FAILED_PRECONDITION',
      'NO_SIGNING_KEY');
    } finally {
      await keyless.stop();
    }
  });
});

describe('a client shows tokens', () => {
  test('a good one', async () => {
    const client = await connect();
    const good = token({sub: 'eve', exp: 3.16e15}, OLD);
    assert.deepEqual(await client.authenticate(good), {isAuthenticated: true, authError: null});
    assert.equal((await view(client)).user, 'eve');
    await client.deauthenticate();
    await until(async () => !(await view(client)).authenticated, 'the deauthentication');
    assert.equal((await view(client)).user, '');
  });

  test('bad ones', async () => {
    const client = await connect();
    const bad = message => ({message, name: 'AuthTokenInvalidError', isBadToken: true});
    for (const [text, error] of [
      ['garbage', bad('jwt malformed')],
      [null, bad('jwt must be provided')],
      [token({}, {...OLD, secret: 'wrong'}), bad('invalid signature')],
      [token({}, {...OLD, alg: 'none'}), bad('invalid algorithm')],
      [token({exp: 1}, OLD), {message: 'jwt expired', name: 'AuthTokenExpiredError',
        expiry: '1970-01-01T00:00:01.000Z', isBadToken: true}],
    ]) {
      const removed = once(client.listener('removeAuthToken'));
      assert.deepEqual(await rejection(client.authenticate(text)), error);
      await removed;
    }
  });

  test('one that is not yet good', async () => {
    const client = await connect();
    const {isAuthenticated, authError} = await client.authenticate(
      token({nbf: 4102444800}, OLD));
    assert.equal(isAuthenticated, false);
    assert.deepEqual([authError.name, authError.message, authError.date, authError.isBadToken],
      ['AuthTokenNotBeforeError', 'jwt not active', '2100-01-01T00:00:00.000Z', false]);
  });

  test('in the handshake', async () => {
    const good = await Packets.open(gateway, NAMESPACE, {authToken: token({exp: soon()}, OLD)});
    assert.equal(good.status.data.isAuthenticated, true);
    await good.quiet();
    const bad = await Packets.open(gateway, NAMESPACE, {authToken: 'x'});
    assert.deepEqual(bad.status.data.authError,
      {message: 'jwt malformed', name: 'AuthTokenInvalidError', isBadToken: true});
    assert.equal(bad.status.data.isAuthenticated, false);
    assert.equal(await bad.nextRaw(), '{"event":"#removeAuthToken"}');
    await bad.quiet();
  });

  test('a backend sees all of it', async () => {
    const watch = control.raw.WatchEvents({namespace: NAMESPACE,
      types: ['TYPE_AUTHENTICATED', 'TYPE_DEAUTHENTICATED', 'TYPE_BAD_TOKEN']});
    watch.on('error', () => {});
    const seen = [];
    const started = new Promise(resolve => watch.once('data', resolve));
    watch.on('data', ({events}) => seen.push(...events));
    await started;
    const client = await connect();
    await client.authenticate(token({sub: 'zoe'}, OLD));
    await client.deauthenticate();
    await rejection(client.authenticate('x'));
    const own = () => seen.filter(e => e.connection_id === client.id);
    await until(() => own().length >= 3, 'the events');
    assert.deepEqual(own().map(e => e.type),
      ['TYPE_AUTHENTICATED', 'TYPE_DEAUTHENTICATED', 'TYPE_BAD_TOKEN']);
    watch.cancel();
  });
});

describe('time and keys', () => {
  test('an expired session is told once, and served on', async () => {
    const worker = await Worker.open(gateway);
    await worker.serve(NAMESPACE, {methods: {echo: data => data}, context: ['CLAIMS', 'USER']});
    const client = await connect();
    const messages = inboxOf(client.listener('message'));
    const short = Math.floor(Date.now() / 1000) + 2;
    await client.authenticate(token({sub: 'ann', exp: short}, OLD));
    await client.invoke('echo', 1);
    const {context} = await worker.invocations.next();
    assert.equal(context.user, 'ann');
    assert.equal(JSON.parse(context.claims_json.toString()).exp, short);
    messages.takeAll();
    await until(() => Date.now() / 1000 > short, 'the expiry');
    assert.equal(await client.invoke('echo', 2), 2);
    assert.equal(client.authState, 'unauthenticated');
    // It may be told while it is silent, or with its next message: once. The listener is told of
    // messages a little after the client has acted on them.
    assert.equal(await client.invoke('echo', 'last'), 'last');
    const heard = [];
    await until(() => {
      heard.push(...messages.takeAll().map(({message}) => message));
      return heard.some(message => message.includes('"last"'));
    }, 'the answer to be heard');
    assert.deepEqual(heard.filter(message => message.includes('#removeAuth')),
      ['{"event":"#removeAuthToken"}']);
    assert.equal((await worker.invocations.next()).context.user, '');
  });

  test('keys are exchanged without a restart', async () => {
    const client = await connect();
    const [old, fresh] = [token({exp: soon()}, OLD), token({exp: soon()}, NEW)];
    assert.equal((await rejection(client.authenticate(fresh))).message, 'invalid signature');
    writeKeys(keys, [NEW, OLD]);
    gateway.signal('SIGHUP');
    await until(() => client.authenticate(fresh).then(() => true, () => false), 'the new keys');
    await client.authenticate(old);
    await setToken(client, {sub: 'ann'}, {confirm_within: {seconds: 5}});
    const [header] = client.signedAuthToken.split('.');
    assert.equal(JSON.parse(Buffer.from(header, 'base64url')).kid, 'new');
  });

  test('a broken file changes nothing', async () => {
    const client = await connect();
    writeKeys(keys, {broken: true});
    const before = gateway.log.length;
    gateway.signal('SIGHUP');
    await until(() => gateway.log.slice(before).includes('jwt-keys'), 'the complaint in the log');
    await client.authenticate(token({exp: soon()}, NEW));
  });
});
