// SPDX-License-Identifier: Apache-2.0
//
// --proxy-protocol: who the client is, in a header ahead of everything else.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, before, describe, test} from 'node:test';
import tls from 'node:tls';
import {Gateway, OPCODE, Raw, Worker, frame, until, upgradeRequest, within} from './harness.mjs';

const LINE = 'PROXY TCP4 203.0.113.7 10.0.0.1 4711 443\r\n';
const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
const V4 = Buffer.from('cb0071070a000001126701bb', 'hex');

// A header of version 2.
function binary(command, family, body) {
  const head = Buffer.alloc(4);
  head[0] = command;
  head[1] = family;
  head.writeUInt16BE(body.length, 2);
  return Buffer.concat([SIGNATURE, head, body]);
}

async function served(options) {
  const gateway = await Gateway.start({'handshake-timeout': '400ms', ...options});
  const worker = await Worker.open(gateway);
  await worker.serve('default', {methods: {who: () => 1}, context: ['REMOTE_ADDRESS']});
  return {gateway, worker};
}

const own = raw => `127.0.0.1:${raw.socket.localPort}`;

// The address that a worker is told, after `header` and an upgrade.
async function addressBehind({gateway, worker}, header, headers = {}) {
  const raw = await Raw.connect(gateway.client);
  raw.write(header);
  raw.write(upgradeRequest('/', headers));
  assert.equal((await raw.http()).status, 101);
  raw.write(frame(OPCODE.text, '{"jsonrpc":"2.0","id":1,"method":"who"}'));
  const {context} = await worker.invocations.next();
  const address = context.remote_address === own(raw) ? 'own' : context.remote_address;
  raw.destroy();
  return address;
}

describe('from a listed network', () => {
  let world;
  const refusals = reason =>
    world.gateway.metric('sluice_edge_handshakes_refused_total', {reason});
  before(async () => {
    world = await served({'proxy-protocol': '127.0.0.0/8', 'trust-forwarded-for': '203.0.113.0/24'});
  });
  after(() => world.gateway.stop());

  test('version 1 and version 2 say who it is', async () => {
    for (const [header, address] of [
      [LINE, '203.0.113.7:4711'],
      ['PROXY TCP6 2001:db8::1 ::1 4711 443\r\n', '[2001:db8::1]:4711'],
      ['PROXY TCP6 ::ffff:203.0.113.7 ::1 4711 443\r\n', '203.0.113.7:4711'],
      ['PROXY UNKNOWN\r\n', 'own'],
      [binary(0x21, 0x11, V4), '203.0.113.7:4711'],
      [binary(0x21, 0x11, Buffer.concat([V4, Buffer.alloc(5000, 4)])), '203.0.113.7:4711'],
      [binary(0x20, 0, Buffer.alloc(0)), 'own'],
      [binary(0x21, 0x31, Buffer.alloc(216)), 'own'],
    ]) {
      assert.equal(await addressBehind(world, header), address, header.toString('latin1'));
    }
  });

  test('the connections that a backend lists show it', async () => {
    const raw = await Raw.connect(world.gateway.client);
    raw.write(LINE + upgradeRequest('/listed'));
    assert.equal((await raw.http()).status, 101);
    const control = world.gateway.controlClient();
    const listed = await until(async () => {
      const page = await control.call('ListConnections', {selector: {namespace: 'listed'}});
      return page.connections[0];
    }, 'the connection');
    assert.equal(listed.remote_address, '203.0.113.7:4711');
    raw.destroy();
  });

  test('the client of a trusted proxy is the one that its header names', async () => {
    assert.equal(await addressBehind(world, LINE, {'X-Forwarded-For': '192.0.2.1'}), '192.0.2.1');
    assert.equal(await addressBehind(world, LINE.replace('203.0.113.7', '198.51.100.7'),
      {'X-Forwarded-For': '192.0.2.1'}), '198.51.100.7:4711');
  });

  test('in pieces', async () => {
    for (const header of [Buffer.from(LINE), binary(0x21, 0x11, V4)]) {
      const raw = await Raw.connect(world.gateway.client);
      raw.socket.setNoDelay(true);
      for (const byte of header) {
        await new Promise(resolve => raw.socket.write(Buffer.of(byte), resolve));
      }
      raw.write(upgradeRequest('/'));
      assert.equal((await raw.http()).status, 101);
      raw.destroy();
    }
  });

  test('no header, or a broken one: 400, and the end', async () => {
    for (const bytes of [upgradeRequest('/'), '\r\n' + upgradeRequest('/'),
      'PROXY TCP4 203.0.113.7 10.0.0.1 4711\r\n', `PROXY ${'x'.repeat(200)}`,
      binary(0x31, 0x11, V4), binary(0x21, 0x11, Buffer.alloc(60_000)),
      binary(0x21, 0x11, V4.subarray(1))]) {
      const before = await refusals('proxy_header');
      const raw = await Raw.connect(world.gateway.client);
      raw.write(bytes);
      const {status, body} = await raw.http();
      assert.equal(status, 400);
      assert.match(body, /PROXY/);
      raw.socket.end();
      await raw.whenEnded();
      await world.gateway.rises('sluice_edge_handshakes_refused_total',
        {reason: 'proxy_header'}, before);
    }
  });

  test('a header that does not end is cut at the deadline', async () => {
    for (const bytes of ['', LINE.slice(0, 20), binary(0x21, 0x11, V4).subarray(0, 20)]) {
      const before = await refusals('timeout');
      const raw = await Raw.connect(world.gateway.client);
      raw.write(bytes);
      await raw.whenEnded(3000);
      assert.equal(raw.received.length, 0);
      await world.gateway.rises('sluice_edge_handshakes_refused_total', {reason: 'timeout'}, before);
    }
  });

  test('who leaves in the middle of it is counted', async () => {
    const before = await world.gateway.metric('sluice_edge_handshakes_abandoned_total');
    const raw = await Raw.connect(world.gateway.client);
    raw.write(LINE.slice(0, 20));
    raw.socket.end();
    await world.gateway.rises('sluice_edge_handshakes_abandoned_total', {}, before);
    await until(async () => await world.gateway.metric('sluice_edge_open_sockets') === 0, 'the end');
  });
});

test('from elsewhere a header is no HTTP: 400', async () => {
  await Gateway.during({'proxy-protocol': '10.0.0.0/8,::1'}, async gateway => {
    for (const header of [LINE, binary(0x21, 0x11, V4)]) {
      const raw = await Raw.connect(gateway.client);
      raw.write(Buffer.concat([Buffer.from(header), Buffer.from(upgradeRequest('/'))]));
      assert.equal((await raw.http()).status, 400);
      raw.destroy();
    }
    (await Raw.upgraded(gateway.client, '/')).destroy();
  });
});

test('the cap is told behind the header, too', async () => {
  await Gateway.during({'proxy-protocol': '127.0.0.1', 'connections-max': 1}, async gateway => {
    const first = await Raw.connect(gateway.client);
    first.write(LINE + upgradeRequest('/'));
    assert.equal((await first.http()).status, 101);
    const second = await Raw.connect(gateway.client);
    second.write(LINE + upgradeRequest('/'));
    assert.equal((await second.http()).status, 503);
    first.destroy();
    second.destroy();
  });
});

describe('ahead of TLS', () => {
  let folder, world;
  const path = name => join(folder, name);
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-proxy-'));
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt',
      'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', path('a.key'), '-out', path('a.crt'),
      '-days', '2', '-subj', '/CN=localhost'], {stdio: 'pipe'});
    world = await served({'proxy-protocol': '127.0.0.1', 'tls-cert': path('a.crt'),
      'tls-key': path('a.key')});
  });
  after(async () => {
    await world.gateway.stop();
    rmSync(folder, {recursive: true});
  });

  // The header and TLS's first bytes come in one piece, as a busy proxy sends them.
  async function upgraded(header) {
    const raw = await Raw.connect(world.gateway.client);
    raw.socket.removeAllListeners('data');
    raw.socket.cork();
    raw.write(header);
    const secure = tls.connect({socket: raw.socket, rejectUnauthorized: false});
    setImmediate(() => raw.socket.uncork());
    await within(new Promise((resolve, reject) => {
      secure.on('secureConnect', resolve);
      secure.on('error', reject);
    }), 'TLS');
    const client = new Raw(secure);
    client.write(upgradeRequest('/'));
    assert.equal((await client.http()).status, 101);
    return client;
  }

  test('the header says who it is, TLS follows', async () => {
    for (const header of [LINE, binary(0x21, 0x11, V4)]) {
      const client = await upgraded(header);
      client.write(frame(OPCODE.text, '{"jsonrpc":"2.0","id":1,"method":"who"}'));
      const {context} = await world.worker.invocations.next();
      assert.equal(context.remote_address, '203.0.113.7:4711');
      client.destroy();
    }
  });

  test('TLS without the header is cut', async () => {
    const before = await world.gateway.metric('sluice_edge_handshakes_refused_total',
      {reason: 'proxy_header'});
    const raw = await Raw.connect(world.gateway.client);
    raw.write(Buffer.from('160301020001000001', 'hex'));
    await raw.whenEnded();
    assert.equal(raw.received.length, 0);
    await world.gateway.rises('sluice_edge_handshakes_refused_total', {reason: 'proxy_header'},
      before);
  });
});
