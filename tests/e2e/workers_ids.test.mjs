// SPDX-License-Identifier: Apache-2.0
//
// --id-policy: who keeps an id that is used twice. (The default is in workers_roles.test.mjs.)
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Gateway, Plain, Worker, until} from './harness.mjs';

async function twice(policy) {
  const gateway = await Gateway.start({'id-policy': policy});
  const worker = await Worker.open(gateway);
  await worker.serve('default', {admission: ({id}) => ({id, user: 'ann'})});
  const older = await Plain.open(gateway.url('/?socket_id=x'));
  await older.quiet();
  const newer = await Plain.open(gateway.url('/?socket_id=x'));
  return {gateway, older, newer};
}

test('reject: the older one, even for the same user', async () => {
  const {gateway, older, newer} = await twice('reject');
  assert.deepEqual(await newer.whenClosed(), {code: 4409, reason: 'the id is in use'});
  await older.quiet();
  assert.equal(await gateway.metric('sluice_connections_closed_total', {reason: 'id_taken'}), 1);
  await gateway.stop();
});

test('takeover: the newer one, even for nobody', async () => {
  const {gateway, older, newer} = await twice('takeover');
  assert.deepEqual(await older.whenClosed(),
    {code: 4410, reason: 'replaced by a newer connection'});
  await newer.quiet();
  const anonymous = [await Plain.open(gateway.url('/open?socket_id=y'))];
  await anonymous[0].quiet();
  anonymous.push(await Plain.open(gateway.url('/open?socket_id=y')));
  assert.equal((await anonymous[0].whenClosed()).code, 4410);
  await anonymous[1].quiet();
  await until(async () => await gateway.metric('sluice_takeovers_total') === 2, 'both takeovers');
  await gateway.stop();
});
