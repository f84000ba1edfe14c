// SPDX-License-Identifier: Apache-2.0
//
// How sluicectl finds a gateway and is let in: flags, environment, contexts, TLS and tokens; and how it
// ends when that fails.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {once} from 'node:events';
import {chmodSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
import net from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {Gateway, openMany, within} from './harness.mjs';
import {CTL, Ctl} from './harness/ctl.mjs';

const TOKEN = 'a-token-of-the-tests';
let plain, secure, folder;
const path = name => join(folder, name);
const openssl = args => execFileSync('openssl', args, {stdio: 'pipe'});

// A certificate of its own authority, for the name sluice.example alone.
function certificate(name) {
  openssl(['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
    '-keyout', path(`${name}.key`), '-out', path(`${name}.crt`), '-days', '2', '-subj',
    `/CN=${name}`, '-addext', 'subjectAltName=DNS:sluice.example']);
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluicectl-'));
  for (const name of ['server', 'client', 'other']) certificate(name);
  writeFileSync(path('tokens'), `# of operators\n${TOKEN}\n`);
  plain = await Gateway.start({node: 'plain', 'control-token-file': path('tokens')});
  secure = await Gateway.start({node: 'secure', 'control-tls-cert': path('server.crt'),
    'control-tls-key': path('server.key'), 'control-client-ca': path('client.crt')});
});
after(async () => {
  await plain.stop();
  await secure.stop();
  rmSync(folder, {recursive: true});
});

const list = (code, words, options) => Ctl.expect(code, ['nodes', 'list', ...words], options);

test('a token from a file or the environment', async () => {
  const {err} = await list(1, [], {gateway: plain});
  assert.match(err, /TOKEN_INVALID/);
  assert.match((await list(0, ['--token-file', path('tokens')], {gateway: plain})).out, /^plain/m);
  await list(0, [], {gateway: plain, env: {SLUICECTL_TOKEN: TOKEN}});
  await list(1, [], {gateway: plain, env: {SLUICECTL_TOKEN: 'another-token-of-all'}});
  assert.match((await list(2, ['--token', TOKEN], {gateway: plain})).err, /--token/);
});

test('TLS with a certificate of the client', async () => {
  const tls = ['--tls-ca', path('server.crt'), '--tls-name', 'sluice.example',
    '--tls-cert', path('client.crt'), '--tls-key', path('client.key')];
  assert.match((await list(0, tls, {gateway: secure})).out, /^secure/m);
  await list(3, tls.filter((_, i) => i !== 2 && i !== 3), {gateway: secure});
  await list(3, tls.slice(0, 4), {gateway: secure});
  await list(3, ['--tls-ca', path('other.crt'), ...tls.slice(2)], {gateway: secure});
  await list(3, [], {gateway: secure});
  assert.match((await list(2, ['--tls-ca', path('none.crt')], {gateway: secure})).err, /none\.crt/);
});

test('contexts', async () => {
  const file = path('sluicectl.yaml');
  writeFileSync(file, `# mine
current-context: plain
contexts:
  plain:
    address: ${plain.control}
    token-file: ${path('tokens')}
  secure:
    address: ${secure.control}
    tls-ca: ${path('server.crt')}
    tls-name: sluice.example
    tls-cert: ${path('client.crt')}
    tls-key: ${path('client.key')}
    output: json
`);
  chmodSync(file, 0o640);
  symlinkSync(file, path('link.yaml'));
  const env = {SLUICECTL_CONFIG: path('link.yaml')};
  assert.match((await list(0, [], {env})).out, /^plain/m);
  assert.equal(JSON.parse((await list(0, ['--context', 'secure'], {env})).out).nodes[0].name, 'secure');
  await list(0, [], {env: {...env, SLUICECTL_CONTEXT: 'secure'}});
  assert.match((await list(2, ['--context', 'none'], {env})).err, /--context: no context none/);
  assert.match((await Ctl.expect(0, ['config', 'check'], {env})).out, /2 contexts, good/);
  const {contexts} = await Ctl.json(['config', 'contexts'], {env});
  assert.deepEqual(contexts.map(({name, current}) => [name, current]), [['plain', true], ['secure', false]]);
  const before = readFileSync(file, 'utf8');
  await Ctl.expect(0, ['config', 'use-context', 'secure'], {env});
  assert.equal(readFileSync(file, 'utf8'), before.replace('current-context: plain', 'current-context: "secure"'));
  assert.equal(statSync(file).mode & 0o777, 0o640);
  assert.equal(JSON.parse((await list(0, [], {env})).out).nodes[0].name, 'secure');
  assert.match((await Ctl.expect(2, ['config', 'use-context', 'none'], {env})).err, /no context none/);
});

test('config check finds what is wrong', async () => {
  const check = async (text, pattern) => {
    writeFileSync(path('bad.yaml'), text);
    const {err} = await Ctl.expect(2, ['config', 'check', '--config', path('bad.yaml')]);
    assert.match(err, pattern);
  };
  await check('contexts: {a: {adress: x}}', /context a: adress: unknown key/);
  await check('current-context: b', /current-context: no context b/);
  await check('contexts: {a: {token-file: /nowhere}}', /token-file: \/nowhere: No such file/);
  await check('contexts: {a: {timeout: soon}}', /timeout: use a number/);
  await check('contexts: {a: {tls-ca: /nowhere}}', /tls-ca: \/nowhere: No such file/);
  await check('a: [', /bad\.yaml/);
  assert.match((await list(2, ['--config', path('bad.yaml')], {})).err, /bad\.yaml/);
});

test('nobody there, and nobody who answers', async () => {
  const {err} = await list(3, ['--address', '127.0.0.1:1'], {});
  assert.match(err, /^sluicectl: 127\.0\.0\.1:1: /);
  assert.equal(err.trim().split('\n').length, 1, err);
  const silent = net.createServer(socket => socket.unref()).listen(0, '127.0.0.1').unref();
  await once(silent, 'listening');
  const address = `127.0.0.1:${silent.address().port}`;
  await list(3, ['--address', address, '--timeout', '300ms'], {});
  await Ctl.expect(3, ['events', '--address', address, '--timeout', '300ms']);
  silent.close();
});

test('variables that are none are refused; those of a gateway are not ours', async () => {
  const env = {SLUICECTL_TOKEN: TOKEN};
  assert.match((await list(2, [], {gateway: plain, env: {...env, SLUICECTL_ADRESS: 'x'}})).err,
    /SLUICECTL_ADRESS: unknown variable/);
  await list(0, [], {gateway: plain, env: {...env, SLUICE_ADDRESS: 'x'}});
});

test('who reads the output may go away', async () => {
  await openMany(400, i => plain.url(`/pipe?socket_id=p${i}`));
  const script = `'${CTL}' conn list -n pipe | head -1; echo "\${PIPESTATUS[0]}"`;
  const {out, err} = await Ctl.run(['-c', script],
    {gateway: plain, env: {SLUICECTL_TOKEN: TOKEN}, command: ['bash']});
  assert.match(out, /^ID .*\n0\n$/);
  assert.equal(err, '');
  const tail = new Ctl(['subscribe', 'pipe', '-n', 'pipe'], {gateway: plain, env: {SLUICECTL_TOKEN: TOKEN}});
  await tail.shows(/listening/, 'err');
  tail.child.stdout.destroy();
  const say = () => Ctl.run(['publish', 'pipe', '1', '-n', 'pipe'],
    {gateway: plain, env: {SLUICECTL_TOKEN: TOKEN}});
  await say();
  assert.equal((await tail.ended).code, 0);
  const full = await Ctl.run(['-c', `'${CTL}' nodes list > /dev/full`],
    {gateway: plain, env: {SLUICECTL_TOKEN: TOKEN}, command: ['bash']});
  assert.equal(full.code, 1);
  assert.match(full.err, /the standard output: No space/);
});

test('Ctrl-C before an answer ends with 130', async () => {
  const silent = net.createServer(socket => socket.unref()).listen(0, '127.0.0.1').unref();
  await once(silent, 'listening');
  const connected = once(silent, 'connection');
  const asking = new Ctl(['nodes', 'list', '--address', `127.0.0.1:${silent.address().port}`]);
  await within(connected, 'it to connect');
  assert.equal((await asking.interrupt()).code, 130);
  silent.close();
});
