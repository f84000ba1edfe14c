// SPDX-License-Identifier: Apache-2.0
//
// How it was started, and signals that mean nothing to it, do not harm it.
import assert from 'node:assert/strict';
import {readlinkSync} from 'node:fs';
import {test} from 'node:test';
import {Bystander, Gateway, Plain, until, within} from './harness.mjs';

const target = (gateway, fd) => readlinkSync(`/proc/${gateway.pid}/fd/${fd}`);

test('descriptors 0 to 2 that are closed at the start are /dev/null', async () => {
  for (const closed of ['<&-', '>&-', '2>&-', '<&- >&- 2>&-']) {
    const gateway = await Gateway.start({'log-level': 'debug'},
      {wrap: ['/bin/sh', '-c', `exec "$@" ${closed}`, 'sh']});
    try {
      await Plain.open(gateway.url());
      const fds = [...closed.matchAll(/2>|>|</g)].map(([sign]) => ({'<': 0, '>': 1, '2>': 2})[sign]);
      for (const fd of fds) assert.equal(target(gateway, fd), '/dev/null', `${closed}: ${fd}`);
      await gateway.stop();
    } finally {
      await gateway.kill();
    }
  }
});

test('stray signals are ignored', async () => {
  await Gateway.during({}, async gateway => {
    const bystander = await Bystander.open(gateway);
    for (const signal of ['SIGUSR2', 'SIGALRM', 'SIGVTALRM', 'SIGPROF', 'SIGIO', 'SIGPWR',
      'SIGPIPE', 'SIGXFSZ', 'SIGTTOU', 'SIGTTIN', 'SIGUSR1', 'SIGWINCH', 'SIGURG', 'SIGCHLD']) {
      gateway.signal(signal);
      await bystander.calm();
    }
    for (const signal of [34, 40, 64]) {
      process.kill(gateway.pid, signal);
      await bystander.calm();
    }
  });
});

test('what ends it is the last line of the log', async () => {
  for (const [signal, format] of [['SIGSEGV', 'json'], ['SIGABRT', 'text']]) {
    const gateway = await Gateway.start({'log-format': format});
    try {
      await until(() => gateway.log.includes('listening'), 'the first lines');
      gateway.signal(signal);
      const ended = await within(gateway.ended, 'the end');
      // A sanitizer has a word of its own, and an exit code.
      if (ended.signal !== signal) continue;
      const last = gateway.log.trimEnd().split('\n').at(-1);
      if (format === 'text') assert.match(last, /Z error terminated cause=SIGABRT /);
      else assert.equal(JSON.parse(last).cause, 'SIGSEGV');
    } finally {
      await gateway.kill();
    }
  }
});

test('what gRPC says is a line of the log, however much it is asked to say', async () => {
  const gateway = await Gateway.start({'log-format': 'json', 'log-level': 'debug'},
    {env: {GRPC_VERBOSITY: 'DEBUG', GRPC_TRACE: 'api'}});
  try {
    assert.equal(await gateway.controlClient().count({namespace: 'default'}), 0);
    await until(() => gateway.log.includes('"library":"grpc"'), 'a line of gRPC');
    await gateway.stop();
    const lines = gateway.log.trimEnd().split('\n').map(line => JSON.parse(line));
    assert.ok(lines.filter(({library}) => library === 'grpc').every(({place, says}) => place && says));
  } finally {
    await gateway.kill();
  }
});
