// SPDX-License-Identifier: Apache-2.0
//
// What a package brings of the options: sluice(8), and the commented file in /etc/sluice.
import assert from 'node:assert/strict';
import {execFileSync, spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {test} from 'node:test';
import {BINARY} from './harness.mjs';

const at = path => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const read = path => readFileSync(at(path), 'utf8');
const env = {PATH: process.env.PATH};
const made = what =>
  execFileSync('python3', [at('tools/host_docs.py'), BINARY, what], {encoding: 'utf8', env});
const sluice = (...args) => execFileSync(BINARY, args, {encoding: 'utf8', env});

test('the manual page is that of --help', () => {
  assert.equal(read('docs/man/sluice.8'), made('man'),
    'run: python3 tools/host_docs.py bazel-bin/gateway/sluice man > docs/man/sluice.8');
});

test('the default file is that of --help', () => {
  assert.equal(read('packaging/sluice.yaml'), made('config'),
    'run: python3 tools/host_docs.py bazel-bin/gateway/sluice config > packaging/sluice.yaml');
});

test('as it is and without its signs of comment, it is what holds anyway', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-host-'));
  try {
    const file = join(folder, 'sluice.yaml');
    const values = text => text.split('\n').map(line => line.replace(/ {2}# .*/, '')).join('\n');
    writeFileSync(file, read('packaging/sluice.yaml').replace(/^#(?=[a-z-]+: )/gm, ''));
    assert.equal(values(sluice(`--config=${file}`, '--print-config')), values(sluice('--print-config')));
    assert.ok(readFileSync(file, 'utf8').match(/^[a-z-]+: /gm).length > 100);
    assert.equal(sluice(`--config=${at('packaging/sluice.yaml')}`, '--check-config'), 'ok\n');
  } finally {
    rmSync(folder, {recursive: true});
  }
});

const withoutMan = spawnSync('man', ['--version']).error ? 'man-db is not installed' : false;
test('the manual page has nothing that man complains of', {skip: withoutMan}, () => {
  const {status, stderr} = spawnSync('man', ['--warnings', '-E', 'UTF-8', '-l', '-Tutf8', '-Z',
    at('docs/man/sluice.8')], {encoding: 'utf8', env: {...env, LC_ALL: 'C.UTF-8', MANWIDTH: '100'}});
  assert.equal(stderr, '');
  assert.equal(status, 0);
});

test('what docs/install.md says of the unit is what the unit says', () => {
  const page = read('docs/install.md');
  const unit = read('packaging/sluice.service');
  const settings = [...page.matchAll(/(?:LimitNOFILE|WatchdogSec)=\w+/g)];
  assert.equal(settings.length, 2);
  for (const [setting] of settings) {
    assert.match(unit, new RegExp(`^${setting}$`, 'm'));
  }
  // What the unit grants for a stop is what the defaults add up to, at the least.
  const seconds = name => Number(new RegExp(`^${name}: (\\d+)s? `, 'm').exec(sluice('--print-config'))[1]);
  const [, granted] = /^TimeoutStopSec=(\d+)s$/m.exec(unit);
  assert.ok(Number(granted) > seconds('shutdown-delay') + seconds('drain-timeout') +
    seconds('control-stop-timeout'));
  assert.ok(page.includes(`The unit grants ${granted} s`));
});
