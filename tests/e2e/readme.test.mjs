// SPDX-License-Identifier: Apache-2.0
//
// What the README says about options and codes is what the gateway does.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {readFileSync, readdirSync} from 'node:fs';
import {test} from 'node:test';
import {BINARY} from './harness.mjs';

const read = path => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const readme = read('README.md');
// All of them; ctl_docs.test.mjs looks at what is said of sluicectl.
const DOCUMENTS = ['README.md', 'helm/sluice/README.md',
  ...readdirSync(new URL('../../docs', import.meta.url))
    .filter(name => name.endsWith('.md') && name !== 'sluicectl.md').map(name => `docs/${name}`),
  ...['control', 'types', 'workers'].map(name => `proto/sluice/v1/${name}.proto`)];
// Options of other programs that a document calls: kubectl, helm, docker, the autoscaler, sluicectl, ./dev.
const FOREIGN = {
  'docs/cluster.md': ['test'],
  'docs/install.md': ['build-arg', 'cap-drop', 'cpus', 'read-only', 'security-opt', 'stop-timeout', 'tmpfs',
    'ulimit'],
  'docs/kubernetes.md': ['atomic', 'field-manager', 'from-literal', 'max-graceful-termination-sec',
    'raw', 'reuse-values', 'server-side', 'set', 'strict', 'timeout', 'token-file', 'wait'],
  'helm/sluice/README.md': ['set'],
  'docs/runbooks.md': ['latency', 'previous', 'since', 'type'],
};

test('the table of options is that of --help', () => {
  const help = execFileSync(BINARY, ['--help'], {encoding: 'utf8'});
  // What follows a long name is on the next line.
  const told = [...help.matchAll(/^ {2}--(\S+)(?: \S+)?\s{2,}(.*) \[(.*?)\]$/gm)]
    .map(([, name, meaning, value]) => `${name} | ${value} | ${meaning.trim()}`);
  const table = readme.split('<!-- options: begin')[1].split('<!-- options: end')[0];
  const written = [...table.matchAll(/^\| `--(\S+)` \| (.*?) \| (.*) \|$/gm)]
    .map(([, name, value, meaning]) => `${name} | ${value} | ${meaning.replaceAll('\\|', '|')}`);
  assert.ok(told.length > 60, `--help shows ${told.length} options`);
  assert.deepEqual(written, told);
});

test('every close code of the table in the code is in the README, with its next step', () => {
  const source = read('gateway/hub/close.cc');
  const rules = [...source.matchAll(/\{"\w+", (\d{4}),\s*"[^"]*",\s*"([^"]*)"\}/g)];
  assert.ok(rules.length >= 11, `${rules.length} rules were found`);
  for (const [, code, step] of rules) {
    const row = readme.split('\n').find(line => line.startsWith(`| ${code} |`));
    assert.ok(row, `no row for ${code}`);
    assert.ok(row.includes(step), `${row} does not say "${step}"`);
  }
});

test('every option that a document names is one', () => {
  const help = execFileSync(BINARY, ['--help'], {encoding: 'utf8'});
  // "--option" stands for any.
  const known = new Set(['option', ...[...help.matchAll(/--([a-z-]+)/g)].map(([, name]) => name)]);
  const unknown = DOCUMENTS.flatMap(path =>
    [...read(path).matchAll(/(?<![\w-])--([a-z][a-z-]+)/g)]
      .filter(([, name]) => !known.has(name) && !FOREIGN[path]?.includes(name))
      .map(([option]) => `${path}: ${option}`));
  assert.deepEqual(unknown, []);
});

// tests/metrics compares docs/metrics.md with what a node exports.
test('every metric that a document names is one', () => {
  const namesIn = path => [...read(path).matchAll(/sluice_[a-z_]+/g)].map(([name]) => name);
  const known = new Set(namesIn('docs/metrics.md'));
  assert.ok(known.size > 100, `docs/metrics.md names ${known.size}`);
  const unknown = DOCUMENTS.flatMap(path => namesIn(path)
    .filter(name => !known.has(name)).map(name => `${path}: ${name}`));
  assert.deepEqual(unknown, []);
});
