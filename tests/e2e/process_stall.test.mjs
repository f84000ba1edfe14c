// SPDX-License-Identifier: Apache-2.0
//
// A thread that stands still: /healthz and /readyz name it, and are well again when it goes on.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {Gateway, until, within} from './harness.mjs';
import {Redis} from './harness/redis.mjs';

const FREEZE = fileURLToPath(new URL('harness/freeze.py', import.meta.url));

// What `run` finds while the thread stands still; undefined: the system does not allow that.
async function frozen(gateway, thread, run) {
  const child = spawn('python3', [FREEZE, gateway.pid, thread], {stdio: ['pipe', 'pipe', 'inherit']});
  const ended = once(child, 'close');
  try {
    const [word] = await within(once(child.stdout, 'data'), 'the thread to stand still');
    if (String(word).trim() !== 'frozen') return undefined;
    return await run();
  } finally {
    child.stdin.end();
    await ended;
  }
}

for (const thread of ['shard-1', 'home', 'redis']) {
  test(`${thread} stands still`, async t => {
    const redis = await Redis.start();
    let gateway;
    try {
      gateway = await Gateway.start(
        {'stall-timeout': '300ms', 'log-format': 'json', storage: redis.url});
      const page = path => gateway.fetch(path);
      for (const path of ['/healthz', '/readyz']) assert.equal((await page(path)).status, 200, path);
      const seen = await frozen(gateway, thread, async () => {
        const health = await until(async () => {
          const {status, text} = await page('/healthz');
          return status === 503 && text;
        }, '/healthz to say 503');
        const ready = await page('/readyz');
        const silence = await gateway.metric('sluice_thread_silence_seconds', {thread});
        return {health, ready, silence};
      });
      if (!seen) return t.skip('ptrace is not allowed here');
      assert.match(seen.health, new RegExp(`^${thread} has not turned for `));
      assert.equal(seen.ready.status, 503);
      assert.match(JSON.parse(seen.ready.text).why, new RegExp(`threads: ${thread} `));
      assert.ok(seen.silence >= 0.3, `${seen.silence}`);
      for (const path of ['/healthz', '/readyz']) {
        await until(async () => (await page(path)).status === 200, `${path} to be well again`);
      }
      assert.match(gateway.log, /"event":"not ready","because_of":"threads"/);
      await gateway.stop();
    } finally {
      await gateway?.kill();
      await redis.stop();
    }
  });
}
