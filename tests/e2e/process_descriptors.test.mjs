// SPDX-License-Identifier: Apache-2.0
//
// Few descriptors, and few cores: what the process makes of what it is given.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {test} from 'node:test';
import {Gateway, Plain, Raw, refusal, until} from './harness.mjs';

const limited = limits => ({wrap: ['/bin/sh', '-c', `${limits}; exec "$@"`, 'sh']});

// The log's line about an event, once it is there.
const line = (gateway, event) => until(() => gateway.log.split('\n').filter(Boolean)
  .map(text => JSON.parse(text)).find(one => one.event === event), `the line "${event}"`);

test('the soft limit is raised to the hard one, and the log says what holds', async () => {
  const gateway = await Gateway.start({'log-format': 'json', 'connections-max': 100},
    limited('ulimit -Sn 300; ulimit -Hn 2000'));
  try {
    assert.match(readFileSync(`/proc/${gateway.pid}/limits`, 'utf8'), /Max open files +2000 +2000/);
    const {limit, raised_from: from, reserve, for_clients: clients} =
      await line(gateway, 'descriptors');
    assert.deepEqual([limit, from, reserve], ['2000', '300', '256']);
    assert.ok(Number(clients) > 1600 && Number(clients) < 2000 - 256, clients);
    assert.doesNotMatch(gateway.log, /cannot be met/);
    await gateway.stop();
  } finally {
    await gateway.kill();
  }
});

// Connects until somebody is told that there is no room.
async function fill(gateway) {
  const clients = [];
  for (;;) {
    const client = await Plain.open(gateway.url()).catch(() => undefined);
    if (!client) return clients;
    clients.push(client);
    assert.ok(clients.length < 300);
  }
}

test('clients use up theirs: they are told, the other ports answer, and it passes', async () => {
  const gateway = await Gateway.start({'log-format': 'json', 'descriptors-reserve': 60},
    limited('ulimit -n 240'));
  try {
    const {for_clients: expected} = await line(gateway, 'connections-max cannot be met');
    const clients = await fill(gateway);
    assert.ok(Math.abs(clients.length - Number(expected)) < 25, `${clients.length}, ${expected}`);
    const {status, headers} = await refusal(gateway.url());
    assert.equal(status, 503);
    assert.match(headers['retry-after'], /^[1-9]\d*$/);
    assert.ok(await gateway.metric('sluice_edge_handshakes_refused_total', {reason: 'descriptors'}) > 0);

    const ready = await until(async () => {
      const page = await gateway.fetch('/readyz');
      return page.status === 503 && JSON.parse(page.text);
    }, '/readyz to say 503');
    assert.match(ready.why, /^descriptors: /);
    assert.equal(ready.draining, false);
    assert.equal((await gateway.fetch('/healthz')).status, 200);
    await until(async () => await gateway.health() === 'NOT_SERVING', 'health to follow');
    const control = gateway.controlClient();
    assert.equal(await control.count({namespace: 'default'}), clients.length);
    assert.equal((await line(gateway, 'not ready')).because_of, 'descriptors');

    await Promise.all(clients.map(client => client.close(1000)));
    await until(async () => (await gateway.fetch('/readyz')).status === 200, '/readyz to say 200');
    await until(async () => await gateway.health() === 'SERVING', 'health to follow');
    await line(gateway, 'ready again');
    await Plain.open(gateway.url());
    await gateway.stop();
  } finally {
    await gateway.kill();
  }
});

test('sockets that say nothing use up theirs, however many come: the log stays short', async () => {
  const gateway = await Gateway.start({'log-format': 'json', 'handshake-timeout': '1h'},
    limited('ulimit -n 200'));
  try {
    const sockets = await Promise.all(Array.from({length: 400}, () => Raw.connect(gateway.client)));
    await until(async () => (await gateway.fetch('/readyz')).status === 503, '/readyz to say 503');
    assert.equal(await gateway.controlClient().count({namespace: 'default'}), 0);
    assert.equal((await gateway.fetch('/healthz')).status, 200);
    for (const socket of sockets) socket.destroy();
    await until(async () => (await gateway.fetch('/readyz')).status === 200, '/readyz to say 200');
    assert.ok(gateway.log.split('\n').length < 20, gateway.log);
    await gateway.stop();
  } finally {
    await gateway.kill();
  }
});

test('as many shards as cores are granted', async () => {
  const gateway = await Gateway.start({'log-format': 'json', shards: 0},
    {wrap: ['taskset', '-c', '0']});
  try {
    const {shards, affinity, because_of: why} = await line(gateway, 'threads');
    assert.deepEqual([shards, affinity, why], ['1', '1', 'what is granted']);
    await gateway.stop();
  } finally {
    await gateway.kill();
  }
});
