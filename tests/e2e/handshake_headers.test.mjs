// SPDX-License-Identifier: Apache-2.0
//
// What the upgrade's headers decide: which pages may connect, and who a proxy says the client is.
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {Bystander, Gateway, Plain, Raw, Worker, runToEnd, statusOf, upgradeRequest}
  from './harness.mjs';

const PAGE = 'https://page.example';

describe('origins', () => {
  // A gateway that lets in the upgrades with these headers, and answers the others with 403.
  async function holds(options, {enters = [], refused = []}) {
    await Gateway.during(options, async gateway => {
      const bystander = options['allow-no-origin'] === false ? undefined
        : await Bystander.open(gateway);
      for (const headers of enters) {
        (await Raw.upgraded(gateway.client, '/', headers)).destroy();
      }
      assert.equal(await gateway.metric('sluice_edge_upgrades_total'),
        enters.length + (bystander ? 1 : 0));
      for (const [i, headers] of refused.entries()) {
        const {status} = await statusOf(gateway.client, upgradeRequest('/', headers));
        assert.equal(status, 403, JSON.stringify(headers));
        assert.equal(
          await gateway.metric('sluice_edge_handshakes_refused_total', {reason: 'origin'}), i + 1);
      }
      await bystander?.calm();
    });
  }

  test('none listed: the same host only', () => holds({}, {
    enters: [{}, {Host: 'page.example', Origin: PAGE},
      {Host: 'page.example:8080', Origin: 'http://page.example:8080'}],
    refused: [{Host: 'other.example', Origin: PAGE}, {Host: 'page.example:8080', Origin: PAGE},
      {Host: 'page.example', Origin: 'null'}, {Host: 'page.example', Origin: ''}],
  }));

  test('*: any, even one that is none', () => holds({origins: '*'}, {
    enters: [{}, {Origin: PAGE}, {Origin: 'null'}],
  }));

  // Sandboxed frames, files.
  test('null: opaque origins, too', () => holds({origins: `null,${PAGE}`}, {
    enters: [{}, {Origin: 'null'}, {Origin: PAGE}],
    refused: [{Host: 'own.example', Origin: 'http://own.example'}, {Origin: 'https://null'}],
  }));

  test('a list is all there is, and the own host is not on it by itself', () =>
    holds({origins: PAGE}, {
      enters: [{}, {Host: 'x', Origin: PAGE}],
      refused: [{Host: 'own.example', Origin: 'http://own.example'}],
    }));

  test('--allow-no-origin=false: no one without, whatever is listed', async () => {
    const none = {refused: [{}]};
    await holds({'allow-no-origin': false},
      {...none, enters: [{Host: 'page.example', Origin: PAGE}]});
    await holds({'allow-no-origin': false, origins: '*'}, {...none, enters: [{Origin: PAGE}]});
  });

  test('--allow-no-origin=false: every dialect\'s route', async () => {
    await Gateway.during({'allow-no-origin': false, origins: PAGE}, async gateway => {
      const targets = ['/', '/raw/x', '/line/x', '/socketcluster/', '/presence/x?identity=a'];
      for (const target of targets) {
        assert.equal((await statusOf(gateway.client, upgradeRequest(target))).status, 403, target);
        (await Raw.upgraded(gateway.client, target, {Origin: PAGE})).destroy();
      }
    });
  });
});

describe('--trust-forwarded-for', () => {
  // What a worker is told about a client that came with this X-Forwarded-For, or these headers.
  async function addressOf(gateway, worker, forwarded = {}) {
    const headers = typeof forwarded === 'string' || Array.isArray(forwarded)
      ? {'X-Forwarded-For': forwarded} : forwarded;
    const client = await Plain.open(gateway.url(), {headers});
    await client.call('who');
    const {context} = await worker.invocations.next();
    const own = `127.0.0.1:${client.socket._socket.localPort}`;
    await client.close();
    return context.remote_address === own ? 'own' : context.remote_address;
  }

  async function addresses(options, cases) {
    await Gateway.during(options, async gateway => {
      const worker = await Worker.open(gateway);
      await worker.serve('default', {methods: {who: () => 1}, context: ['REMOTE_ADDRESS']});
      for (const [forwarded, expected] of cases) {
        assert.equal(await addressOf(gateway, worker, forwarded), expected,
          JSON.stringify(forwarded));
      }
    });
  }

  test('none: the peer\'s own, whatever it says', () =>
    addresses({}, [[undefined, 'own'], ['203.0.113.7', 'own']]));

  // The kernel shows IPv4 clients of such a socket as ::ffff:127.0.0.1.
  test('a socket for both families shows and trusts IPv4 as IPv4', async () => {
    await Gateway.during({listen: '[::]:0', 'trust-forwarded-for': '10.0.0.0/8'}, async gateway => {
      gateway.client = gateway.client.replace('[::]', '127.0.0.1');
      const worker = await Worker.open(gateway);
      await worker.serve('default', {methods: {who: () => 1}, context: ['REMOTE_ADDRESS']});
      assert.equal(await addressOf(gateway, worker, '203.0.113.7'), 'own');
    });
    await Gateway.during({listen: '[::]:0', 'trust-forwarded-for': '127.0.0.1'}, async gateway => {
      gateway.client = gateway.client.replace('[::]', '127.0.0.1');
      const worker = await Worker.open(gateway);
      await worker.serve('default', {methods: {who: () => 1}, context: ['REMOTE_ADDRESS']});
      assert.equal(await addressOf(gateway, worker, '203.0.113.7'), '203.0.113.7');
    });
  });

  test('a list of networks: the word of the last stranger behind them', () =>
    addresses({'trust-forwarded-for': '127.0.0.0/8,10.0.0.0/8'}, [
      ['198.51.100.1, 203.0.113.7, 10.1.2.3,127.0.0.9', '203.0.113.7'],
      ['203.0.113.7, unknown, 10.1.2.3', '10.1.2.3'], ['10.1.2.3', '10.1.2.3'],
    ]));

  test('networks in which the peer is not: the peer\'s own', () =>
    addresses({'trust-forwarded-for': '10.0.0.0/8,::1'}, [['203.0.113.7', 'own']]));

  // Azure's gateways add the port, others write what they saw of a socket for both families.
  test('an entry with a port, in brackets, mapped: one form', () =>
    addresses({'trust-forwarded-for': '127.0.0.1'}, [
      ['203.0.113.7:4711', '203.0.113.7:4711'], ['[2001:db8::1]:4711', '[2001:db8::1]:4711'],
      ['2001:DB8:0:0::1', '2001:db8::1'], ['::ffff:203.0.113.7', '203.0.113.7'],
      ['[::ffff:203.0.113.7]:4711', '203.0.113.7:4711'], ['203.0.113.7:', 'own'],
    ]));

  test('--forwarded-header=forwarded: RFC 7239, and the other header is nothing', () =>
    addresses({'trust-forwarded-for': '127.0.0.1', 'forwarded-header': 'forwarded'}, [
      [{'X-Forwarded-For': '203.0.113.7'}, 'own'],
      [{Forwarded: 'for=203.0.113.7;proto=https;by=10.0.0.1'}, '203.0.113.7'],
      [{Forwarded: 'for=198.51.100.1, For="[2001:db8::1]:4711"'}, '[2001:db8::1]:4711'],
      [{Forwarded: ['for=198.51.100.1', 'for=203.0.113.7;host="a,b"']}, '203.0.113.7'],
      [{Forwarded: 'for="open, for=203.0.113.7'}, '203.0.113.7'],
      [{Forwarded: 'for=203.0.113.7, for=_hidden'}, 'own'],
    ]));

  test('the default header: Forwarded is nothing', () =>
    addresses({'trust-forwarded-for': '127.0.0.1'}, [[{Forwarded: 'for=203.0.113.7'}, 'own']]));

  test('what is no network stops the start', async () => {
    for (const [value, complaint] of [['true', /"true" is no network/],
      ['10.1.2.3/8', /did you mean 10\.0\.0\.0\/8/]]) {
      const {code, errors} = await runToEnd([`--trust-forwarded-for=${value}`]);
      assert.equal(code, 2);
      assert.match(errors, /trust-forwarded-for/);
      assert.match(errors, complaint);
    }
  });

  test('the last proxy\'s word, if it is an address', () =>
    addresses({'trust-forwarded-for': '127.0.0.1'}, [
      [undefined, 'own'], ['203.0.113.7', '203.0.113.7'],
      ['198.51.100.1, 203.0.113.7', '203.0.113.7'], ['spoofed, 203.0.113.7', '203.0.113.7'],
      ['2001:db8::1', '2001:db8::1'], ['[2001:db8::1]', '2001:db8::1'],
      ['203.0.113.7, unknown', 'own'], ['', 'own'], ['203.0.113.7,', 'own'],
    ]));

  // HAProxy adds a line of its own behind the client's.
  test('the last proxy\'s line is the last one', () =>
    addresses({'trust-forwarded-for': '127.0.0.1'}, [
      [['198.51.100.1', '203.0.113.7'], '203.0.113.7'],
      [['198.51.100.1, 198.51.100.2', 'spoofed', '203.0.113.7'], '203.0.113.7'],
    ]));
});

test('--context-headers: one that came several times is joined', async () => {
  await Gateway.during({'context-headers': 'x-tenant'}, async gateway => {
    const worker = await Worker.open(gateway);
    await worker.serve('default',
      {methods: {who: () => 1}, context: ['HEADERS'], header_names: ['X-Tenant', 'X-Other']});
    const client = await Plain.open(gateway.url(),
      {headers: {'X-Tenant': ['one', 'two'], 'X-Other': 'hidden'}});
    await client.call('who');
    const {context} = await worker.invocations.next();
    assert.deepEqual(context.headers, {'x-tenant': 'one, two'});
  });
});
