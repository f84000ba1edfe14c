// SPDX-License-Identifier: Apache-2.0
//
// How the process starts, and how it refuses to.
import assert from 'node:assert/strict';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {Gateway, runToEnd} from './harness.mjs';

let folder;
before(() => { folder = mkdtempSync(join(tmpdir(), 'sluice-options-')); });
after(() => rmSync(folder, {recursive: true}));

const file = (name, text) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const ANY_PORT = ['--listen=127.0.0.1:0', '--control=127.0.0.1:0', '--admin=127.0.0.1:0'];

// The start is refused with one line that has all of these words.
async function refused(args, words, options) {
  const {code, output, errors} = await runToEnd([...ANY_PORT, ...args], options);
  assert.notEqual(code, 0);
  assert.notEqual(code, null, 'it was killed');
  assert.equal(output, '');
  assert.equal(errors.trimEnd().split('\n').length, 1, errors);
  for (const word of words) assert.ok(errors.includes(word), `"${word}" in: ${errors}`);
}

test('an unknown option is named', async () => {
  await refused(['--lissten=1'], ['--lissten']);
  await refused([], ['SLUICE_LISSTEN'], {env: {SLUICE_LISSTEN: '1'}});
  const path = file('unknown.yaml', 'lissten: 127.0.0.1:0\n');
  await refused([`--config=${path}`], ['unknown.yaml', 'lissten']);
});

test('an invalid value is named, with what is allowed', async () => {
  await refused(['--outbox-bytes=lots'], ['--outbox-bytes', 'lots', 'KiB']);
  await refused(['--id-policy=first'], ['--id-policy', 'first', 'reject', 'same-user', 'takeover']);
  await refused(['--listen=nowhere'], ['--listen', 'nowhere']);
  await refused([], ['SLUICE_SHARDS', 'many'], {env: {SLUICE_SHARDS: 'many'}});
  await refused(['--call-timeout=fast'], ['--call-timeout', 'fast']);
});

test('a broken or missing file is named', async () => {
  await refused(['--config=/no/such/file.yaml'], ['/no/such/file.yaml']);
  await refused([`--config=${file('broken.yaml', 'listen: [\n')}`], ['broken.yaml']);
});

test('--check-config says whether it would start', async () => {
  const good = await runToEnd(['--check-config', `--config=${file('ok.yaml', 'shards: 2\n')}`]);
  assert.equal(good.code, 0, good.errors);
  await refused(['--check-config', '--shards=-1'], ['--shards', '-1']);
});

test('--check-config opens what the options name', async () => {
  const text = file('no.pem', 'no certificate');
  const check = (options, words) => refused(['--check-config', ...options], words);
  await check([`--tls-cert=${text}`, `--tls-key=${text}`], ['--tls-cert', 'no.pem']);
  await check(['--control-token-file=/no/tokens'], ['--control-token-file', '/no/tokens']);
  await check(['--control-tls-cert=/no/cert', `--control-tls-key=${text}`],
    ['--control-tls-cert', '/no/cert']);
  await check([`--jwt-keys=${file('keys.yaml', 'keys: 7\n')}`], ['--jwt-keys', 'keys.yaml']);
});

test('flags win over the environment, which wins over the file', async () => {
  const path = file('order.yaml', 'node: from-file\nmethod-queue: 11\nbatch-max: 21\n');
  const {code, output} = await runToEnd(
    ['--print-config', `--config=${path}`, '--batch-max=23'],
    {env: {SLUICE_METHOD_QUEUE: '12', SLUICE_BATCH_MAX: '22'}});
  assert.equal(code, 0);
  for (const line of [/^node: "from-file" /m, /^method-queue: 12 /m, /^batch-max: 23 /m]) {
    assert.match(output, line);
  }
  const again = await runToEnd(['--print-config', `--config=${file('again.yaml', output)}`]);
  assert.equal(again.code, 0, again.errors);
});

test('--version', async () => {
  const {code, output} = await runToEnd(['--version']);
  assert.equal(code, 0);
  assert.match(output, /^sluice \d+\.\d+\.\d+/);
});

test('a control port beyond loopback needs credentials, or the word that says otherwise', async () => {
  await refused(['--control=0.0.0.0:0'], ['--control', 'control-insecure']);
  const gateway = await Gateway.start({control: '0.0.0.0:0', 'control-insecure': true});
  await gateway.stop();
});

test('a port that is taken', async () => {
  const gateway = await Gateway.start();
  for (const [option, address] of [['listen', gateway.client], ['control', gateway.control],
    ['admin', gateway.admin]]) {
    const args = [...ANY_PORT, `--${option}=${address}`, '--shards=1'];
    const {code, errors} = await runToEnd(args);
    assert.ok(code > 0, `${option}: exit code ${code}`);
    assert.ok(errors.includes(address), errors);
  }
  await gateway.stop();
});

test('options that contradict one another are both named', async () => {
  const both = (args, words, options) => refused(args, [...words, 'does not fit into'], options);
  await both(['--send-bytes-max=8MiB', '--control-message-bytes=4MiB'],
    ['--send-bytes-max', 'control-message-bytes', '8MiB', '4MiB']);
  await both(['--send-bytes-max=2MiB'], ['--send-bytes-max', 'outbox-bytes (1MiB)']);
  await both(['--send-bytes-max=64KiB', '--outbox-bytes=32KiB'], ['--send-bytes-max', 'outbox-bytes']);
  await both(['--batch-max=50', '--commands-burst=49'], ['--batch-max', 'commands-burst']);
  await both(['--target-bytes=16KiB'], ['--target-bytes', 'header-bytes']);
  await both([], ['SLUICE_CALL_TIMEOUT', 'method-time-limit-max'],
    {env: {SLUICE_CALL_TIMEOUT: '30m', SLUICE_METHOD_TIME_LIMIT_MAX: '20m'}});
  const path = file('contradiction.yaml', 'outbox-bytes: 64KiB\nworker-result-bytes: 65KiB\n');
  await both([`--config=${path}`], ['contradiction.yaml:2: worker-result-bytes', 'outbox-bytes']);
});

test('a default yields to what is asked for', async () => {
  const {code, output} = await runToEnd(['--print-config', '--outbox-bytes=64KiB']);
  assert.equal(code, 0);
  assert.match(output, /^send-bytes-max: 64KiB {2}# default, so that it fits into outbox-bytes$/m);
  const gateway = await Gateway.start({'outbox-bytes': '64KiB'});
  await gateway.stop();
});
