// SPDX-License-Identifier: Apache-2.0
//
// What the README says about options and codes is what the gateway does.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {test} from 'node:test';
import {BINARY} from './harness.mjs';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

test('the table of options is that of --help', () => {
  const help = execFileSync(BINARY, ['--help'], {encoding: 'utf8'});
  const told = [...help.matchAll(/^ {2}--(\S+)(?: \S+)? {2,}(.*) \[(.*?)\]$/gm)]
    .map(([, name, meaning, value]) => `${name} | ${value} | ${meaning.trim()}`);
  const table = readme.split('<!-- options: begin')[1].split('<!-- options: end')[0];
  const written = [...table.matchAll(/^\| `--(\S+)` \| (.*?) \| (.*) \|$/gm)]
    .map(([, name, value, meaning]) => `${name} | ${value} | ${meaning.replaceAll('\\|', '|')}`);
  assert.ok(told.length > 60, `--help shows ${told.length} options`);
  assert.deepEqual(written, told);
});

test('every close code of the table in the code is in the README, with its next step', () => {
  const source = readFileSync(new URL('../../gateway/hub/close.cc', import.meta.url), 'utf8');
  const rules = [...source.matchAll(/\{"\w+", (\d{4}),\s*"[^"]*",\s*"([^"]*)"\}/g)];
  assert.ok(rules.length >= 11, `${rules.length} rules were found`);
  for (const [, code, step] of rules) {
    const row = readme.split('\n').find(line => line.startsWith(`| ${code} |`));
    assert.ok(row, `no row for ${code}`);
    assert.ok(row.includes(step), `${row} does not say "${step}"`);
  }
});
