// SPDX-License-Identifier: Apache-2.0
//
// How a node that leaves is told so by a hook, and what clients are advised of.
import assert from 'node:assert/strict';
import {once} from 'node:events';
import {test} from 'node:test';
import {Client} from 'rpc-websockets';
import {Gateway, Line, Plain, connected, inboxOf, openMany, runToEnd, until, within}
  from './harness.mjs';

const leave = gateway => runToEnd([`--leave=${gateway.pid}`], {ms: 30_000});

// Seconds that a close reason advises to wait.
function advised(reason) {
  const found = /(?:^|; )retry-after=(\d+\.\d)s$/.exec(reason);
  assert.ok(found, `an advice: ${reason}`);
  return Number(found[1]);
}

test('--leave drains at the pace, and the SIGTERM that follows joins it', async () => {
  const gateway = await Gateway.start({'drain-per-second': 100, 'drain-timeout': '30s'});
  try {
    const clients = await openMany(500, () => gateway.url());
    const closes = clients.map(client => client.closed.then(() => performance.now()));
    const hook = leave(gateway);
    // In the middle of it: at this pace about two seconds later.
    await until(() => clients.filter(({socket}) => socket.readyState === 3).length >= 200,
      'the drain to be under way');
    gateway.signal('SIGTERM');
    const times = (await within(Promise.all(closes), 'all closes', 30_000)).sort((a, b) => a - b);
    assert.deepEqual(await within(gateway.ended, 'the end'), {code: 0, signal: null});
    assert.deepEqual(await hook, {code: 0, output: '', errors: ''});
    assert.match(gateway.log, /told to stop: leaving already/);
    // No second saw more than the pace and a tick's worth.
    times.forEach((time, i) => {
      const within1s = times.findIndex(other => other > time + 1000);
      const count = (within1s < 0 ? times.length : within1s) - i;
      assert.ok(count <= 130, `${count} closes in the second after close ${i}`);
    });
  } finally {
    await gateway.kill();
  }
});

test('--leave and then SIGTERM twice ends it at once', async () => {
  const gateway = await Gateway.start({'shutdown-delay': '1h'});
  try {
    const hook = leave(gateway);
    await until(async () => (await gateway.fetch('/readyz')).status === 503, '/readyz to say 503');
    gateway.signal('SIGTERM');
    await until(() => gateway.log.includes('leaving already'), 'the first to be heard');
    gateway.signal('SIGTERM');
    assert.deepEqual(await within(gateway.ended, 'the end', 3000), {code: 1, signal: null});
    assert.equal((await hook).code, 0);
  } finally {
    await gateway.kill();
  }
});

test('--leave refuses what is no gateway', async () => {
  assert.deepEqual(await runToEnd([`--leave=${process.pid}`]), {
    code: 1, output: '', errors: `sluice: --leave: process ${process.pid}: is no gateway\n`});
  const {code, errors} = await runToEnd(['--leave=none']);
  assert.equal(code, 2);
  assert.match(errors, /^sluice: --leave: .*none.*\n$/);
});

test('SIGTERM with --drain-reconnect-window: every library shows its user the advice', async () => {
  const gateway = await Gateway.start({'drain-reconnect-window': '20s'});
  try {
    const plain = await Plain.open(gateway.url());
    const rpc = new Client(gateway.url('/default'), {reconnect: false});
    await within(once(rpc, 'open'), 'open');
    const cluster = await connected(gateway, 'default', {autoReconnect: false});
    const disconnects = inboxOf(cluster.listener('disconnect'));
    const line = await Line.open(gateway.url('/line/default'));
    const rpcClosed = once(rpc, 'close');
    gateway.signal('SIGTERM');
    const [code, reason] = await within(rpcClosed, 'the close');
    const closes = [await plain.whenClosed(), {code, reason: `${reason}`},
      await disconnects.next(), await line.closes.next()];
    for (const close of closes) {
      assert.equal(close.code, 1001);
      assert.ok(advised(close.reason) < 20);
    }
    assert.deepEqual(await within(gateway.ended, 'the end'), {code: 0, signal: null});
  } finally {
    await gateway.kill();
  }
});

test('StartDrain with a reconnect_window advises, and refuses what is none', async () => {
  await Gateway.during({}, async gateway => {
    const control = gateway.controlClient();
    const clients = await openMany(40, () => gateway.url('/crowd'));
    await until(async () => await control.count({namespace: 'crowd'}) === 40, 'all of them');
    const drain = {selector: {namespace: 'crowd'}, per_second: 10_000};
    for (const reconnect_window of [{seconds: -1}, {seconds: 3601}]) {
      await assert.rejects(control.call('StartDrain', {...drain, reconnect_window}),
        /INVALID_ARGUMENT/);
    }
    await control.call('StartDrain', {...drain, reconnect_window: {seconds: 100}});
    const waits = await Promise.all(clients.map(async client => advised((await client.whenClosed()).reason)));
    assert.ok(Math.min(...waits) < 50 && Math.max(...waits) >= 50, `spread: ${waits}`);
    assert.ok(new Set(waits).size > 20, 'each its own');
  });
});

test('--connection-lifetime: each is told to come back, and those that do are let in', async () => {
  await Gateway.during({'connection-lifetime': '1s', 'connection-lifetime-jitter': 50},
    async gateway => {
      const client = await Plain.open(gateway.url());
      const began = performance.now();
      assert.deepEqual(await client.whenClosed(), {code: 1001, reason: 'going away'});
      const lasted = performance.now() - began;
      assert.ok(lasted >= 450 && lasted < 5000, `${lasted} ms`);
      await Plain.open(gateway.url());
      assert.ok(await gateway.metric('sluice_connections_closed_total', {reason: 'lifetime'}) >= 1);
    });
});
