// SPDX-License-Identifier: Apache-2.0
//
// TLS on the public port, and who may use the control port.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {X509Certificate} from 'node:crypto';
import {copyFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync,
  writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, before, describe, test} from 'node:test';
import tls from 'node:tls';
import {ControlClient, Gateway, Plain, Raw, Worker, grpc, refused, runToEnd, until, within}
  from './harness.mjs';

let folder;
const path = name => join(folder, name);
const openssl = args => execFileSync('openssl', args, {stdio: 'pipe'});

// A self-signed certificate for localhost.
function certificate(name) {
  openssl(['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
    '-keyout', path(`${name}.key`), '-out', path(`${name}.crt`), '-days', '2', '-subj',
    `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']);
}

// One that `ca` signed.
function signed(name, ca, days = 2) {
  writeFileSync(path(`${name}.ext`), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
  openssl(['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
    '-keyout', path(`${name}.key`), '-out', path(`${name}.csr`), '-subj', `/CN=${name}`]);
  openssl(['x509', '-req', '-in', path(`${name}.csr`), '-CA', path(`${ca}.crt`), '-CAkey',
    path(`${ca}.key`), '-CAcreateserial', '-days', `${days}`, '-extfile', path(`${name}.ext`), '-out',
    path(`${name}.crt`)]);
}

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-tls-'));
  for (const name of ['one', 'two', 'ca', 'other-ca']) certificate(name);
  signed('server', 'ca');
  signed('client', 'ca');
  signed('stranger', 'other-ca');
});
after(() => rmSync(folder, {recursive: true}));

describe('TLS on the public port', () => {
  let gateway;
  before(async () => {
    copyFileSync(path('one.crt'), path('live.crt'));
    copyFileSync(path('one.key'), path('live.key'));
    gateway = await Gateway.start({'tls-cert': path('live.crt'), 'tls-key': path('live.key'),
      'handshake-timeout': '1s'});
    const worker = await Worker.open(gateway);
    await worker.serve('default', {methods: {add: ([a, b]) => a + b}});
  });
  after(() => gateway.stop());

  const trust = name => ({ca: readFileSync(path(`${name}.crt`))});
  const open = (name, options) => Plain.open(gateway.url('/', 'wss'), {...trust(name), ...options});

  test('clients speak over it', async () => {
    const client = await open('one');
    assert.equal((await client.call('add', [1, 2])).result, 3);
    const big = 'x'.repeat(60_000);
    assert.equal((await client.call('add', [big, 'y'])).result, `${big}y`);
    await client.close();
  });

  const handshake = version => within(new Promise(resolve => {
    const [host, port] = gateway.client.split(':');
    const socket = tls.connect({host, port: Number(port), rejectUnauthorized: false,
      minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0'});
    socket.on('secureConnect', () => {
      resolve(socket.getProtocol());
      socket.destroy();
    });
    socket.on('error', error => resolve(error.code));
  }), `${version}`);

  test('1.2 and 1.3, nothing older', async () => {
    assert.equal(await handshake('TLSv1.2'), 'TLSv1.2');
    assert.equal(await handshake('TLSv1.3'), 'TLSv1.3');
    assert.equal(await handshake('TLSv1.1'), 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION');
  });

  test('plain text on it, and a handshake that stops, end in bounded time', async () => {
    const before = await gateway.metric('sluice_edge_tls_failures_total');
    const plain = await Raw.connect(gateway.client);
    plain.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await plain.whenEnded();
    await gateway.rises('sluice_edge_tls_failures_total', {}, before);
    const silent = await Raw.connect(gateway.client);
    silent.write(Buffer.from('1603010005', 'hex'));
    await silent.whenEnded();
  });

  test('SIGHUP reads the certificate again; who is connected stays', async () => {
    const older = await open('one');
    copyFileSync(path('two.crt'), path('live.crt'));
    copyFileSync(path('two.key'), path('live.key'));
    gateway.signal('SIGHUP');
    const newer = await until(() => open('two').catch(() => undefined), 'the new certificate');
    assert.equal((await newer.call('add', [1, 1])).result, 2);
    assert.equal((await older.call('add', [2, 1])).result, 3);
    await older.close();
    await newer.close();
  });

  test('a broken certificate on SIGHUP changes nothing', async () => {
    writeFileSync(path('live.crt'), 'rubbish');
    const before = gateway.log.length;
    gateway.signal('SIGHUP');
    await until(() => gateway.log.length > before, 'a word about it in the log');
    const client = await open('two');
    assert.equal((await client.call('add', [1, 1])).result, 2);
    await client.close();
  });

  test('a broken certificate at the start is refused', async () => {
    writeFileSync(path('bad.crt'), 'rubbish');
    const {code, errors} = await runToEnd(['--listen=127.0.0.1:0', '--control=127.0.0.1:0',
      '--admin=127.0.0.1:0', `--tls-cert=${path('bad.crt')}`, `--tls-key=${path('one.key')}`]);
    assert.ok(code > 0, `exit code ${code}`);
    assert.match(errors, /tls-cert/);
  });
});

const count = client => client.count({namespace: 'default'});

describe('a token for the control port', () => {
  let gateway;
  const metadata = token => {
    const all = new grpc.Metadata();
    all.set('authorization', token);
    return all;
  };
  before(async () => {
    writeFileSync(path('token'), 'correct-horse-battery-staple\n');
    gateway = await Gateway.start({'control-token-file': path('token')});
  });
  after(() => gateway.stop());

  test('with it', async () => {
    const given = metadata('Bearer correct-horse-battery-staple');
    const client = gateway.controlClient({metadata: given});
    assert.equal(await count(client), 0);
    const worker = await Worker.open(gateway, {metadata: given});
    assert.equal(await worker.finish(), undefined);
  });

  test('without it, or with another', async () => {
    const wrong = [undefined, metadata('Bearer wrong'), metadata('Bearer '),
      metadata('correct-horse-battery-staple'), metadata('Bearer correct-horse-battery-staple2')];
    for (const given of wrong) {
      const client = gateway.controlClient({metadata: given});
      await refused(count(client), 'UNAUTHENTICATED', 'TOKEN_INVALID');
      await refused(client.collect('WatchEvents', {}), 'UNAUTHENTICATED', 'TOKEN_INVALID');
      await refused(Worker.open(gateway, {metadata: given}), 'UNAUTHENTICATED', 'TOKEN_INVALID');
    }
  });
});

describe('a new token', () => {
  test('SIGHUP reads the file again', async () => {
    writeFileSync(path('rotating'), 'the-older-token-of-two\n');
    const gateway = await Gateway.start({'control-token-file': path('rotating')});
    const may = async token => {
      const metadata = new grpc.Metadata();
      metadata.set('authorization', `Bearer ${token}`);
      const client = gateway.controlClient({metadata});
      return count(client).then(() => true, error => {
        assert.equal(error.code, grpc.status.UNAUTHENTICATED);
        return false;
      });
    };
    assert.deepEqual([await may('the-older-token-of-two'), await may('the-newer-token-of-two')], [true, false]);
    writeFileSync(path('rotating'), '# both, while they change\nthe-older-token-of-two\nthe-newer-token-of-two\n');
    gateway.signal('SIGHUP');
    await until(() => may('the-newer-token-of-two'), 'the new token');
    assert.equal(await may('the-older-token-of-two'), true);
    assert.equal(await may('# both, while they change'), false);
    await gateway.stop();
  });
});

describe('mTLS on the control port', () => {
  let gateway;
  const credentials = (ca, name) => grpc.credentials.createSsl(readFileSync(path(`${ca}.crt`)),
    ...(name ? [readFileSync(path(`${name}.key`)), readFileSync(path(`${name}.crt`))] : []));
  before(async () => {
    gateway = await Gateway.start({'control-tls-cert': path('server.crt'),
      'control-tls-key': path('server.key'), 'control-client-ca': path('ca.crt')});
  });
  after(() => gateway.stop());

  test('with a certificate of the authority', async () => {
    const client = gateway.controlClient({credentials: credentials('ca', 'client')});
    assert.equal(await count(client), 0);
  });

  test('without one, with a stranger\'s, and without TLS', async () => {
    const wrong = [credentials('ca'), credentials('ca', 'stranger'),
      grpc.credentials.createInsecure()];
    for (const given of wrong) {
      const client = new ControlClient(gateway.control, {credentials: given});
      const error = await client.call('CountConnections', {selector: {namespace: 'default'}}, 3000)
        .then(() => assert.fail('it was let in'), e => e);
      assert.ok([grpc.status.UNAVAILABLE, grpc.status.DEADLINE_EXCEEDED].includes(error.code),
        error.message);
      client.close();
    }
  });
});

// As the kubelet mounts a secret: files are links into a folder behind the link `..data`, which it
// turns to a new folder.
class Mount {
  #made = 0;

  constructor(name) {
    this.folder = path(name);
    mkdirSync(this.folder);
  }

  turn(files) {
    const version = `..${++this.#made}`;
    mkdirSync(join(this.folder, version));
    for (const [name, from] of Object.entries(files)) {
      copyFileSync(path(from), join(this.folder, version, name));
      if (this.#made === 1) symlinkSync(join('..data', name), this.file(name));
    }
    symlinkSync(version, join(this.folder, '..fresh'));
    renameSync(join(this.folder, '..fresh'), join(this.folder, '..data'));
  }

  file(name) {
    return join(this.folder, name);
  }
}

describe('files that change where nobody sends SIGHUP (--reload-interval)', () => {
  const notAfter = name => Date.parse(new X509Certificate(readFileSync(path(`${name}.crt`))).validTo)
    / 1000;
  const expiry = (gateway, port) => gateway.metric('sluice_tls_certificate_expiry_seconds', {port});

  test('certificates of both ports: next handshakes see the new one, sockets stay', async () => {
    signed('later', 'ca', 30);
    const mount = new Mount('mounted');
    mount.turn({'tls.crt': 'server.crt', 'tls.key': 'server.key', 'ca.crt': 'ca.crt'});
    const [cert, key] = [mount.file('tls.crt'), mount.file('tls.key')];
    const gateway = await Gateway.start({'tls-cert': cert, 'tls-key': key, 'control-tls-cert': cert,
      'control-tls-key': key, 'control-client-ca': mount.file('ca.crt'), 'reload-interval': '50ms'});
    try {
      const ca = readFileSync(path('ca.crt'));
      const shown = address => within(new Promise((resolve, reject) => {
        const [host, port] = address.split(':');
        const socket = tls.connect({host, port: Number(port), ca, checkServerIdentity: () => {},
          ALPNProtocols: ['h2', 'http/1.1'], key: readFileSync(path('client.key')),
          cert: readFileSync(path('client.crt'))}, () => {
          resolve(socket.getPeerCertificate().subject.CN);
          socket.destroy();
        });
        socket.on('error', reject);
      }), 'a handshake');
      const client = await Plain.open(gateway.url('/', 'wss'), {ca});
      const control = gateway.controlClient({credentials: grpc.credentials.createSsl(ca,
        readFileSync(path('client.key')), readFileSync(path('client.crt')))});
      assert.equal(await count(control), 1);
      for (const port of ['public', 'control']) {
        assert.equal(await expiry(gateway, port), notAfter('server'));
      }
      mount.turn({'tls.crt': 'later.crt', 'tls.key': 'later.key', 'ca.crt': 'ca.crt'});
      await until(async () => await shown(gateway.client) === 'later', 'the new certificate');
      await until(async () => await shown(gateway.control) === 'later', 'the control port\'s');
      await until(async () => await expiry(gateway, 'control') === notAfter('later'), 'its expiry');
      assert.equal(await expiry(gateway, 'public'), notAfter('later'));
      assert.equal(client.socket.readyState, 1, 'who is connected stays');
      assert.equal(await count(control), 1);
      // A key of another certificate: refused once, and what was read stays in use.
      mount.turn({'tls.crt': 'later.crt', 'tls.key': 'server.key', 'ca.crt': 'ca.crt'});
      await until(() => gateway.metric('sluice_reload_refused'), 'the refusal');
      assert.equal(await shown(gateway.client), 'later');
      assert.equal(await shown(gateway.control), 'later');
      assert.match(gateway.log, /not reloaded why="?tls-key: /);
      // Other authorities for the callers of the control port.
      mount.turn({'tls.crt': 'server.crt', 'tls.key': 'server.key', 'ca.crt': 'other-ca.crt'});
      await until(async () => await shown(gateway.control).catch(error => error.code) !== 'later',
        'the older one');
      await until(async () => {
        const stranger = gateway.controlClient({alone: true, credentials: grpc.credentials.createSsl(
          ca, readFileSync(path('stranger.key')), readFileSync(path('stranger.crt')))});
        return await count(stranger).catch(() => 0) === 1;
      }, 'whom the other authority signed to be let in');
      assert.equal(await gateway.metric('sluice_reload_refused'), 0);
      assert.equal(await gateway.metric('sluice_reloads_total', {result: 'refused'}), 1);
      assert.equal(await gateway.metric('sluice_reloads_total', {result: 'ok'}), 2);
    } finally {
      await gateway.kill();
    }
  });

  test('the control port without client certificates', async () => {
    const mount = new Mount('mounted-alone');
    mount.turn({'tls.crt': 'server.crt', 'tls.key': 'server.key'});
    await Gateway.during({'control-tls-cert': mount.file('tls.crt'),
      'control-tls-key': mount.file('tls.key'), 'reload-interval': '50ms'}, async gateway => {
      const by = name => count(gateway.controlClient({alone: true,
        credentials: grpc.credentials.createSsl(readFileSync(path(`${name}.crt`)))}));
      assert.equal(await by('ca'), 0);
      mount.turn({'tls.crt': 'one.crt', 'tls.key': 'one.key'});
      await until(() => by('one').then(() => true, () => false), 'the new certificate');
      mount.turn({'tls.crt': 'two.crt', 'tls.key': 'two.key'});
      await until(() => by('two').then(() => true, () => false), 'the newest');
    });
  });

  test('tokens of the control port', async () => {
    writeFileSync(path('older'), 'the-older-token-of-two\n');
    writeFileSync(path('newer'), 'the-newer-token-of-two\n');
    const mount = new Mount('mounted-token');
    mount.turn({token: 'older'});
    await Gateway.during({'control-token-file': mount.file('token'), 'reload-interval': '50ms'},
      async gateway => {
        const may = token => {
          const metadata = new grpc.Metadata();
          metadata.set('authorization', `Bearer ${token}`);
          return count(gateway.controlClient({metadata})).then(() => true, () => false);
        };
        assert.equal(await may('the-older-token-of-two'), true);
        mount.turn({token: 'newer'});
        await until(() => may('the-newer-token-of-two'), 'the new token');
        assert.equal(await may('the-older-token-of-two'), false);
      });
  });
});
