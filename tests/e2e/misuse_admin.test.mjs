// SPDX-License-Identifier: Apache-2.0
//
// Callers that strain the admin port.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {Bystander, Gateway, Raw, until} from './harness.mjs';

const CONNECTIONS = 3;
let gateway, bystander;

before(async () => {
  gateway = await Gateway.start({
    'admin-connections-max': CONNECTIONS, 'admin-header-bytes': 512, 'admin-timeout': '1s'});
  bystander = await Bystander.open(gateway);
});
after(() => gateway.stop());

const refusals = () => gateway.metric('sluice_admin_refused_total');

test('64 connections that say nothing, of the same address: the pages answer', async () => {
  const patient = await Gateway.start({'admin-timeout': '1h'});
  const silent = await Promise.all(Array.from({length: 200}, () => Raw.connect(patient.admin)));
  for (const page of ['/healthz', '/readyz', '/metrics']) {
    assert.equal((await patient.fetch(page)).status, 200, page);
  }
  assert.ok(await patient.metric('sluice_admin_refused_total', {reason: 'connections'}) >= 100);
  for (const raw of silent) raw.destroy();
  await patient.stop();
});

test('--admin-connections-max: what is beyond is cut', async () => {
  const before = await refusals();
  const all = await Promise.all(Array.from({length: CONNECTIONS + 3},
    () => Raw.connect(gateway.admin)));
  const isOpen = raw => raw.socket.readyState === 'open';
  await until(() => all.filter(isOpen).length <= CONNECTIONS, 'those beyond to be cut');
  const held = all.filter(isOpen);
  assert.ok(held.length > 0, 'none was kept');
  await bystander.calm();
  for (const raw of all) {
    assert.equal(raw.received.length, 0);
    raw.destroy();
  }
  // Asking may be refused as well, until they are gone.
  const now = await until(() => refusals().catch(() => undefined), 'room for another');
  assert.ok(now >= before + all.length - held.length, `${now} refused, ${before} before`);
});

test('--admin-header-bytes: 431', async () => {
  const before = await refusals();
  const raw = await Raw.connect(gateway.admin);
  raw.write(`GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(600)}\r\n\r\n`);
  assert.equal((await raw.http()).status, 431);
  await raw.whenEnded();
  const small = await Raw.connect(gateway.admin);
  small.write(`GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(400)}\r\n\r\n`);
  assert.equal((await small.http()).status, 200);
  await small.whenEnded();
  await bystander.calm();
  await gateway.rises('sluice_admin_refused_total', {}, before);
});

test('--admin-timeout: who says nothing, or not all, is cut off', async () => {
  const before = await refusals();
  const [silent, slow] = [await Raw.connect(gateway.admin), await Raw.connect(gateway.admin)];
  slow.write('GET /healthz HT');
  for (const raw of [silent, slow]) {
    await raw.whenEnded(3000);
    assert.equal(raw.received.length, 0);
  }
  await bystander.calm();
  await gateway.rises('sluice_admin_refused_total', {}, before, 2);
});
