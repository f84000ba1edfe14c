// SPDX-License-Identifier: Apache-2.0
//
// A log that nobody reads: the pipe of stderr is full from the start, or from some moment on.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {describe, test} from 'node:test';
import {BINARY, Bystander, Gateway, Plain, Worker, openMany, until, within} from './harness.mjs';
import {spawn} from 'node:child_process';
import {once} from 'node:events';

// A pipe whose end for the gateway blocks, as a shell's does.
class Pipe {
  #folder = mkdtempSync(join(tmpdir(), 'sluice-pipe-'));

  constructor() {
    const path = join(this.#folder, 'pipe');
    execFileSync('mkfifo', [path]);
    this.reader = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    this.writer = openSync(path, constants.O_WRONLY);
  }

  // With zeros, which no log has in it.
  fill() {
    const zeros = Buffer.alloc(4096);
    try {
      for (;;) writeSync(this.reader, zeros);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
    return this;
  }

  // All lines that are in it now.
  read() {
    const bytes = Buffer.alloc(1 << 20);
    let text = '';
    try {
      for (;;) text += bytes.toString('utf8', 0, readSync(this.reader, bytes));
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
    return text.replaceAll('\0', '');
  }

  close() {
    closeSync(this.reader);
    closeSync(this.writer);
    rmSync(this.#folder, {recursive: true});
  }
}

async function withPipe(options, run) {
  const pipe = new Pipe();
  let gateway;
  try {
    gateway = await Gateway.start(options, {stdio: [null, null, pipe.writer]});
    await run(gateway, pipe);
  } finally {
    await gateway?.kill();
    pipe.close();
  }
}

async function serves(gateway) {
  const worker = await Worker.open(gateway);
  await worker.serve('default', {methods: {add: ([a, b]) => a + b}});
  const client = await Plain.open(gateway.url());
  assert.equal((await client.call('add', [1, 2])).result, 3);
  await client.close(1000);
  for (const page of ['/healthz', '/readyz']) {
    assert.equal((await gateway.fetch(page)).status, 200, page);
  }
}

describe('stderr is a full pipe', () => {
  test('from the start: it starts, serves, reloads, drains and ends', async () => {
    const pipe = new Pipe().fill();
    try {
      const gateway = await Gateway.start({}, {stdio: [null, null, pipe.writer]});
      try {
        await serves(gateway);
        gateway.signal('SIGHUP');
        await serves(gateway);
        const clients = await openMany(5, () => gateway.url());
        gateway.signal('SIGTERM');
        for (const client of clients) assert.equal((await client.whenClosed()).code, 1001);
        assert.deepEqual(await within(gateway.ended, 'the end'), {code: 0, signal: null});
      } finally {
        await gateway.kill();
      }
    } finally {
      pipe.close();
    }
  });

  test('stdout as well', async () => {
    const pipe = new Pipe().fill();
    const gateway = await Gateway.start({}, {stdio: [null, pipe.writer, pipe.writer]});
    await serves(gateway);
    await gateway.stop();
    pipe.close();
  });

  test('a second SIGTERM ends it at once', async () => {
    await withPipe({'shutdown-delay': '1h'}, async (gateway, pipe) => {
      pipe.fill();
      gateway.signal('SIGTERM');
      await until(async () => (await gateway.fetch('/readyz')).status === 503, '/readyz to say 503');
      gateway.signal('SIGTERM');
      assert.deepEqual(await within(gateway.ended, 'the end', 3000), {code: 1, signal: null});
    });
  });

  test('a start that is refused ends nevertheless', async () => {
    const pipe = new Pipe().fill();
    const child = spawn(BINARY, ['--no-such-option'], {stdio: ['ignore', 'ignore', pipe.writer]});
    const [code] = await within(once(child, 'close'), 'the end', 5000);
    assert.equal(code, 2);
    pipe.close();
  });

  test('at debug level clients come and go; what is missing is counted, and told later', async () => {
    const options = {'log-level': 'debug', 'log-queue-bytes': '4KiB', 'log-format': 'json'};
    await withPipe(options, async (gateway, pipe) => {
      const bystander = await Bystander.open(gateway);
      pipe.fill();
      for (let i = 0; i < 10; ++i) {
        const clients = await openMany(20, () => gateway.url('/many'));
        await Promise.all(clients.map(client => client.close(1000)));
      }
      await bystander.calm();
      const dropped = () => gateway.metric('sluice_log_lines_dropped_total', {reason: 'full'});
      const before = await until(async () => await dropped() || undefined, 'lines to be dropped');
      let text = '';
      const lines = await until(() => {
        text += pipe.read();
        return text.includes('log lines dropped') && text.endsWith('\n') && text.trim().split('\n');
      }, 'the notice');
      const told = lines.map(line => JSON.parse(line))
        .filter(({event}) => event === 'log lines dropped');
      assert.ok(told.length >= 1);
      const sum = told.reduce((all, {lines: count}) => all + Number(count), 0);
      assert.ok(sum > 0 && sum <= await dropped(), `${sum} told, ${before} counted`);
      await until(async () => await gateway.metric('sluice_log_queue_bytes') === 0, 'an empty queue');
    });
  });

  test('nobody reads it any more', async () => {
    await withPipe({'log-level': 'debug'}, async (gateway, pipe) => {
      closeSync(pipe.reader);
      await serves(gateway);
      await until(async () =>
        await gateway.metric('sluice_log_lines_dropped_total', {reason: 'write_failed'}) > 0,
      'lines that cannot be written');
      pipe.reader = openSync('/dev/null', 'r');
      gateway.signal('SIGTERM');
      assert.deepEqual(await within(gateway.ended, 'the end'), {code: 0, signal: null});
    });
  });
});
