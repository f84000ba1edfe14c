// SPDX-License-Identifier: Apache-2.0
//
// --log-level: the least important lines that are logged.
import assert from 'node:assert/strict';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, before, describe, test} from 'node:test';
import {Gateway, Plain, until, within} from './harness.mjs';

const LEVELS = ['debug', 'info', 'warning', 'error'];
const OPTIONS = {debug: 'debug', info: 'info', warn: 'warning', error: 'error'};

let folder, tokens;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-log-'));
  tokens = join(folder, 'tokens');
});
after(() => rmSync(folder, {recursive: true}));

// What a gateway logs that meets a client, a file that it cannot read, and a hurried end: something
// of each level.
async function logged(options) {
  writeFileSync(tokens, 'correct-horse-battery-staple\n');
  const gateway = await Gateway.start({'log-format': 'json', 'control-token-file': tokens,
    'shutdown-delay': '1h', ...options});
  try {
    const client = await Plain.open(gateway.url('/room?socket_id=c'));
    await client.quiet();
    await client.close(4321, 'bye');
    await until(async () => await gateway.metric('sluice_connections') === 0, 'it to be gone');
    rmSync(tokens);
    gateway.signal('SIGHUP');
    gateway.signal('SIGTERM');
    // Two of a kind that are not awaited may become one.
    await until(async () => (await gateway.fetch('/readyz')).status === 503, '/readyz to say 503');
    gateway.signal('SIGTERM');
    await within(gateway.ended, 'the end');
  } finally {
    await gateway.kill();
  }
  return gateway.log.split('\n').filter(Boolean).map(line => JSON.parse(line));
}

describe('--log-level', () => {
  for (const [option, least] of Object.entries(OPTIONS)) {
    test(`${option}: that, and what is more important`, async () => {
      const lines = await logged({'log-level': option});
      const expected = LEVELS.slice(LEVELS.indexOf(least));
      assert.deepEqual(LEVELS.filter(level => lines.some(line => line.level === level)), expected);
    });
  }

  test('off: nothing', async () => assert.deepEqual(await logged({'log-level': 'off'}), []));

  test('info is the default', async () => {
    const levels = (await logged({})).map(({level}) => level);
    assert.ok(levels.includes('info') && !levels.includes('debug'), `${levels}`);
  });

  test('debug: each connection, how it came and how it went', async () => {
    const lines = (await logged({'log-level': 'debug'}))
      .filter(({connection}) => connection === 'c').map(({time, ...line}) => line);
    assert.deepEqual(lines, [
      {level: 'debug', event: 'connection opened', namespace: 'room', connection: 'c', user: ''},
      {level: 'debug', event: 'connection closed', namespace: 'room', connection: 'c',
        code: '4321', reason: 'bye'},
    ]);
  });
});
