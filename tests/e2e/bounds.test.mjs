// SPDX-License-Identifier: Apache-2.0
//
// docs/bounds.md: every bound has a metric that says that it was hit.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {test} from 'node:test';
import {BINARY, Gateway} from './harness.mjs';

const page = readFileSync(new URL('../../docs/bounds.md', import.meta.url), 'utf8');
const rows = page.split('\n').filter(line => line.startsWith('| `')).map(line => line.split('|'));
const optionsIn = text => [...text.matchAll(/`--([a-z-]+)`/g)].map(([, name]) => name);

test('every option that is a number or a size is there, once', () => {
  const help = execFileSync(BINARY, ['--help'], {encoding: 'utf8'});
  const bounds = [...help.matchAll(/^ *--([a-z-]+) (?:NUMBER|SIZE) /gm)].map(([, name]) => name);
  assert.ok(bounds.length > 60, `--help shows ${bounds.length}`);
  const told = [...rows.flatMap(([, options]) => optionsIn(options)),
    ...optionsIn(page.slice(page.lastIndexOf('|')))];
  assert.deepEqual(told.sort(), bounds.sort());
});

test('every metric is there, with its reason', () => Gateway.during({}, async gateway => {
  const metrics = await gateway.metrics();
  for (const [, options, told] of rows) {
    const named = [...told.matchAll(/`([a-z_]+)(?:\{reason="([A-Za-z_]+)"\})?`/g)];
    assert.ok(named.length > 0, options);
    for (const [, name, reason] of named) {
      if (/^(redis|broker)_/.test(name)) continue;  // of a node on Redis (tests/cluster)
      if (name === 'worker_invocation_batch') metrics.sum(`sluice_${name}_count`);
      else metrics.sum(`sluice_${name}`, reason ? {reason} : {});
    }
  }
}));

test('what rpcs end with is counted by its reason', () => Gateway.during({}, async gateway => {
  const control = gateway.controlClient();
  const connection_ids = Array.from({length: 10001}, (_, i) => `c${i}`);
  for (let i = 0; i < 2; ++i) {
    await assert.rejects(control.call('CountConnections', {selector: {namespace: 'x', connection_ids}}));
  }
  const metrics = await gateway.metrics();
  assert.equal(metrics.sum('sluice_control_errors_total', {reason: 'SELECTOR_TOO_LARGE'}), 2);
}));
