// SPDX-License-Identifier: Apache-2.0
//
// Connections that strain the control port: silent ones, many of one address, and one while no
// descriptor is left.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Gateway, Raw, until} from './harness.mjs';

// What an HTTP/2 client says first (RFC 9113 3.4): the preface, and empty SETTINGS.
const PREFACE = Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Buffer.from('000000040000000000', 'hex')]);

const limited = limits => ({wrap: ['/bin/sh', '-c', `${limits}; exec "$@"`, 'sh']});
const count = gateway => gateway.controlClient().count({namespace: 'default'});

test('silent connections are cut, and keep nobody out', async () => {
  const gateway = await Gateway.start({'control-handshake-timeout': '1s',
    'control-connections-per-address': 5});
  try {
    const silent = await Promise.all(Array.from({length: 50}, () => Raw.connect(gateway.control)));
    assert.equal(await count(gateway), 0);
    for (const raw of silent) await raw.whenEnded(5000);
    assert.ok(await gateway.metric('sluice_control_connections_refused_total', {reason: 'silent'}) >= 49);
    // As much as a TLS hello or half a preface is no beginning, either.
    const half = await Raw.connect(gateway.control);
    half.write(PREFACE.subarray(0, 10));
    await half.whenEnded(8000);
    await gateway.stop();
  } finally {
    await gateway.kill();
  }
});

test('--control-idle-timeout: who begins properly and then does nothing is told to go', async () => {
  const gateway = await Gateway.start({'control-idle-timeout': '1s'});
  try {
    const idle = await Raw.connect(gateway.control);
    idle.write(PREFACE);
    await idle.whenEnded(8000);
    assert.equal(await count(gateway), 0);
    await gateway.stop();
  } finally {
    await gateway.kill();
  }
});

test('--control-connections-per-address: what is beyond is cut, until others leave', async () => {
  const gateway = await Gateway.start({'control-connections-per-address': 3});
  try {
    const speaking = [];
    for (let i = 0; i < 3; ++i) {
      const raw = await Raw.connect(gateway.control);
      raw.write(PREFACE);
      await until(() => raw.received.length > 0, 'the gateway\'s SETTINGS');
      speaking.push(raw);
    }
    const late = await Raw.connect(gateway.control);
    late.write(PREFACE);
    await late.whenEnded();
    assert.equal(await gateway.metric('sluice_control_connections'), 3);
    assert.ok(await gateway.metric('sluice_control_connections_refused_total', {reason: 'address'}) >= 1);
    for (const raw of speaking) raw.destroy();
    await until(async () => await gateway.metric('sluice_control_connections') === 0, 'their end');
    assert.equal(await count(gateway), 0);
    await gateway.stop();
  } finally {
    await gateway.kill();
  }
});

test('dials while no descriptor is left: the port says so, and comes back', async () => {
  const gateway = await Gateway.start({'log-format': 'json', shards: 1, 'handshake-timeout': '1h'},
    limited('ulimit -n 128'));
  try {
    const dials = await Promise.all(Array.from({length: 128}, () => Raw.connect(gateway.client)));
    for (let i = 0; i < 64; ++i) {
      const raw = await Raw.connect(gateway.control);
      raw.write(PREFACE);
      dials.push(raw);
    }
    await until(() => gateway.log.includes('"because_of":"control"'), 'the log to say so');
    const {status, text} = await gateway.fetch('/readyz');
    assert.equal(status, 503);
    assert.match(JSON.parse(text).why, /descriptors: /);
    assert.equal((await gateway.fetch('/healthz')).status, 200);
    for (const raw of dials) raw.destroy();
    await until(async () => (await gateway.fetch('/readyz')).status === 200, '/readyz to say 200');
    assert.equal(await count(gateway), 0);
    assert.ok(await gateway.metric('sluice_control_accept_errors_total') > 0);
    await gateway.stop();
  } finally {
    await gateway.kill();
  }
});
