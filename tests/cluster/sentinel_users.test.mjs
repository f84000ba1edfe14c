// SPDX-License-Identifier: Apache-2.0
//
// A node behind a sentinel that has users of its own.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {Gateway, Redis, freePort, runToEnd, until} from './harness.mjs';

const USER = 'watcher';
const PASSWORD = 'p%:@/ x';

let folder, redis, sentinel, port;

const file = (name, text) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-sentinel-'));
  redis = await Redis.start();
  port = await freePort();
  const config = file('sentinel.conf', [
    'bind 127.0.0.1', `port ${port}`, `dir ${folder}`,
    `sentinel monitor main 127.0.0.1 ${redis.port} 1`,
    `user ${USER} on "#${await sha256(PASSWORD)}" +@all`,
    'user default off',
  ].join('\n'));
  sentinel = spawn('redis-server', [config, '--sentinel'], {stdio: 'ignore'});
});

after(async () => {
  const closed = once(sentinel, 'close');
  sentinel.kill('SIGKILL');
  await closed;
  await redis.stop();
  rmSync(folder, {recursive: true});
});

async function sha256(text) {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Buffer.from(digest).toString('hex');
}

const options = password => ({
  storage: `redis+sentinel://127.0.0.1:${port}/main`, 'redis-sentinel-user': USER,
  'redis-sentinel-password-file': file('password', `${password}\n`),
});

test('sentinels are told their own user and password', async () => {
  await Gateway.during(options(PASSWORD), async gateway => {
    await until(async () => !(await gateway.fetch('/readyz')).text.includes('degraded'),
      'the node to find the master');
  });
});

test('a wrong password is said without showing it', async () => {
  await Gateway.during({...options('wrong-one'), 'redis-connect-timeout': '300ms'}, async gateway => {
    const {text} = await gateway.fetch('/readyz');
    assert.match(text, /does not take the user and password: WRONGPASS/);
    await until(() => gateway.log.includes('WRONGPASS'), 'the log to say so');
    for (const secret of ['wrong-one', USER]) assert.ok(!gateway.log.includes(secret), gateway.log);
  });
});

test('what goes together', async () => {
  const check = async (args, words) => {
    const {code, errors} = await runToEnd(['--check-config', ...args]);
    assert.notEqual(code, 0);
    for (const word of words) assert.ok(errors.includes(word), errors);
  };
  const url = `--storage=redis+sentinel://127.0.0.1:${port}/main`;
  await check([url, '--redis-sentinel-user=a'], ['redis-sentinel-user', 'password-file']);
  await check([url, '--redis-sentinel-password-file=/no/file'], ['password-file', '/no/file']);
  for (const text of ['\n', 'a\nb\n']) {
    await check([url, `--redis-sentinel-password-file=${file('odd', text)}`], ['one line']);
  }
  await check(['--storage=redis://127.0.0.1', `--redis-sentinel-password-file=${file('p', 'x')}`],
    ['redis-sentinel-password-file', 'redis+sentinel://']);
  const {output} = await runToEnd(['--print-config', url, '--redis-sentinel-user=annabel',
    '--redis-sentinel-password-file=/some/file']);
  assert.match(output, /^redis-sentinel-user: "\*\*\*"/m);
  assert.ok(!output.includes('annabel'), output);
});
