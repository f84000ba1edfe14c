// SPDX-License-Identifier: Apache-2.0
//
// A reload whose verdict comes back to whoever asked (--reload), and what a service manager is told.
import assert from 'node:assert/strict';
import {execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, before, describe, test} from 'node:test';
import {Gateway, Plain, runToEnd, until, within} from './harness.mjs';

const folder = mkdtempSync(join(tmpdir(), 'sluice-reload-'));
const path = name => join(folder, name);
after(() => rmSync(folder, {recursive: true}));

function certificate(name) {
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj',
    `/CN=${name}`, '-keyout', path(`${name}.key`), '-out', path(`${name}.crt`)], {stdio: 'ignore'});
}

const install = (cert, key = cert) => {
  copyFileSync(path(`${cert}.crt`), path('tls.crt'));
  copyFileSync(path(`${key}.key`), path('tls.key'));
};

const OPTIONS = {'tls-cert': path('tls.crt'), 'tls-key': path('tls.key'), 'reload-interval': '0s'};
const STATUS = `--reload-status-file=${path('status')}`;
const reload = (gateway, ...flags) => runToEnd([`--reload=${gateway.pid}`, STATUS, ...flags]);

before(() => {
  certificate('older');
  certificate('newer');
  install('older');
});

describe('--reload', () => {
  let gateway;
  before(async () => {
    gateway = await Gateway.start({...OPTIONS, 'reload-status-file': path('status')});
  });
  after(() => gateway.kill());

  test('is done when what there is now is in use', async () => {
    install('newer');
    assert.deepEqual(await reload(gateway), {code: 0, output: '', errors: ''});
    assert.equal(await gateway.metric('sluice_reloads_total', {result: 'ok'}), 1);
    assert.match(readFileSync(path('status'), 'utf8'), /^begun: 1\nended: 1\nrefused: \n/m);
  });

  test('fails with the reason when a file is bad; sockets stay, and a good one helps', async () => {
    const ca = readFileSync(path('newer.crt'));
    const client = await Plain.open(gateway.url('/', 'wss'), {ca, checkServerIdentity: () => {}});
    writeFileSync(path('tls.crt'), '-----BEGIN CERTIFICATE-----\nbroken\n');
    const refused = await reload(gateway);
    assert.equal(refused.code, 1);
    assert.match(refused.errors, /^sluice: --reload: not reloaded: tls-cert: .*\n$/);
    install('older', 'newer');
    assert.match((await reload(gateway)).errors, /not reloaded: tls-key: /);
    assert.equal(client.socket.readyState, 1);
    install('newer');
    assert.equal((await reload(gateway)).code, 0);
    assert.equal(client.socket.readyState, 1);
    client.socket.terminate();
  });

  test('of several who ask at once, each gets a verdict', async () => {
    const verdicts = await Promise.all(Array.from({length: 8}, () => reload(gateway)));
    assert.deepEqual(verdicts.map(({code}) => code), Array(8).fill(0));
  });

  test('says in one line why it cannot ask', async () => {
    const says = async (expected, code, ...args) => {
      const ended = await runToEnd(args);
      assert.match(ended.errors, expected);
      assert.equal(ended.errors.split('\n').length, 2);
      assert.equal(ended.code, code);
    };
    const asked = `--reload=${gateway.pid}`;
    await says(/^sluice: --reload: needs --reload-status-file/, 2, asked);
    await says(/^sluice: --reload: process \d+: is no gateway/, 1, `--reload=${process.pid}`, STATUS);
    await says(/reload-status-file \S+ cannot be read/, 1, asked,
      `--reload-status-file=${path('nowhere')}`);
    await says(/^sluice: --reload: /, 2, '--reload=nobody', STATUS);
    writeFileSync(path('other'), 'pid: 1\nbegun: 0\nended: 0\nrefused: \n');
    await says(/is of process 1$/m, 1, asked, `--reload-status-file=${path('other')}`);
    writeFileSync(path('other'), 'something else');
    await says(/is no status/, 1, asked, `--reload-status-file=${path('other')}`);
    await says(/^sluice: --reload-status-file: cannot write /, 2, '--listen=127.0.0.1:0',
      '--control=127.0.0.1:0', '--admin=127.0.0.1:0', '--reload-status-file=/nonexistent/status');
  });

  test('does not wait for ever', async () => {
    gateway.signal('SIGSTOP');
    try {
      const silent = await reload(gateway, '--reload-timeout=100ms');
      assert.match(silent.errors, /no word of process \d+ within reload-timeout \(100ms\)/);
      assert.equal(silent.code, 1);
    } finally {
      gateway.signal('SIGCONT');
    }
    assert.equal((await reload(gateway)).code, 0);
  });
});

// What systemd would hear, message by message. Node has no datagrams on Unix sockets.
class Manager {
  static async open() {
    const manager = new Manager();
    manager.socket = path('notify');
    rmSync(manager.socket, {force: true});
    manager.child = spawn('python3', ['-c', `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print('bound', flush=True)
while True: print(repr(s.recv(4096).decode()), flush=True)`, manager.socket]);
    manager.heard = '';
    manager.child.stdout.on('data', bytes => { manager.heard += bytes; });
    await until(() => manager.heard.includes('bound'), 'the manager');
    return manager;
  }

  get messages() {
    return this.heard.split('\n').slice(1, -1);
  }

  said(pattern) {
    return until(() => this.messages.find(message => pattern.test(message)), `${pattern}`);
  }

  forget() {
    this.heard = 'bound\n';
  }

  async close() {
    this.child.kill('SIGKILL');
    await once(this.child, 'close');
  }
}

describe('a service manager (NOTIFY_SOCKET)', () => {
  let manager;
  before(async () => { manager = await Manager.open(); });
  after(() => manager.close());

  test('hears of the start, of reloads, of the watchdog and of the end', async () => {
    const gateway = await Gateway.start({...OPTIONS, 'reload-status-file': path('status'),
      'shutdown-delay': '7s', 'drain-timeout': '20s', 'control-stop-timeout': '3s'},
    {env: {NOTIFY_SOCKET: manager.socket, WATCHDOG_USEC: '200000'}});
    try {
      await manager.said(/READY=1\\nSTATUS=serving on 127\.0\.0\.1:\d+\\n/);
      await until(() => manager.messages.filter(one => one === "'WATCHDOG=1\\n'").length >= 3,
        'the watchdog to be fed');
      manager.forget();
      assert.equal((await reload(gateway)).code, 0);
      const reloading = await manager.said(/RELOADING=1\\nMONOTONIC_USEC=\d+\\n/);
      const [uptime] = readFileSync('/proc/uptime', 'utf8').split(' ');
      const told = Number(/MONOTONIC_USEC=(\d+)/.exec(reloading)[1]) / 1e6;
      assert.ok(Math.abs(told - Number(uptime)) < 60, `${told} and ${uptime}`);
      await manager.said(/READY=1\\nSTATUS=serving/);
      manager.forget();
      writeFileSync(path('tls.crt'), 'broken');
      assert.equal((await reload(gateway)).code, 1);
      await manager.said(/RELOADING=1/);
      await manager.said(/READY=1\\nSTATUS=not reloaded: tls-cert: /);
      gateway.signal('SIGTERM');
      await manager.said(/STOPPING=1\\nEXTEND_TIMEOUT_USEC=40000000\\nSTATUS=leaving, with 0 conn/);
      assert.equal(readFileSync(`/proc/${gateway.pid}/task/${gateway.pid}/children`, 'utf8'), '');
    } finally {
      install('newer');
      await gateway.kill();
    }
  });

  test('that does not read holds up nobody, and hears the rest when it does', async () => {
    manager.forget();
    manager.child.kill('SIGSTOP');
    const gateway = await Gateway.start({...OPTIONS, 'reload-status-file': path('status')},
      {env: {NOTIFY_SOCKET: manager.socket}});
    try {
      // More than its queue and ours hold.
      for (let i = 0; i < 40; ++i) assert.equal((await reload(gateway)).code, 0);
      assert.equal((await gateway.fetch('/readyz')).status, 200);
      manager.child.kill('SIGCONT');
      await manager.said(/READY=1/);
      gateway.signal('SIGTERM');
      await manager.said(/STOPPING=1/);
      assert.deepEqual(await within(gateway.ended, 'the end'), {code: 0, signal: null});
    } finally {
      await gateway.kill();
    }
  });

  test('that is no socket, or gone, does not matter', async () => {
    for (const socket of ['', 'relative', path('nobody'), `/${'x'.repeat(200)}`, '@nobody']) {
      const gateway = await Gateway.start({}, {env: {NOTIFY_SOCKET: socket, WATCHDOG_USEC: 'x'}});
      await gateway.stop();
    }
  });
});
