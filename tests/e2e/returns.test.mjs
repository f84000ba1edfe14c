// SPDX-License-Identifier: Apache-2.0
//
// Clients that come back: behind their own ghost, and with all their subscriptions.
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import {Gateway, OPCODE, Plain, Raw, Watcher, Worker, connected, until} from './harness.mjs';

let gateway, control;
before(async () => {
  gateway = await Gateway.start({'id-probe-timeout': '500ms', 'channels-per-connection': 1000});
  control = gateway.controlClient();
});
after(() => gateway.stop());

describe('an id that is in use', () => {
  test('by a ghost: the newcomer comes in after a short while', async () => {
    const ghosts = await gateway.metric('sluice_id_ghosts_total');
    const ghost = await Raw.upgraded(gateway.client, '/ghost?socket_id=g');  // answers no ping
    await until(async () => await control.count({namespace: 'ghost'}) === 1);
    const began = performance.now();
    const back = await Plain.open(gateway.url('/ghost?socket_id=g'));
    assert.deepEqual((await back.call('__listMethods', undefined, 1)).id, 1);
    const took = performance.now() - began;
    assert.ok(took >= 450 && took < 3000, `${took} ms`);
    assert.equal((await ghost.frame()).opcode, OPCODE.ping);
    assert.equal((await ghost.closeFrame()).code, 4408);
    const [{id}] = await control.list({namespace: 'ghost'});
    assert.equal(id, 'g');
    await gateway.rises('sluice_id_ghosts_total', {}, ghosts);
    ghost.destroy();
    await back.close();
  });

  test('by one that lives: the newcomer is refused at once', async () => {
    const probes = await gateway.metric('sluice_id_probes_total');
    const older = await Plain.open(gateway.url('/lives?socket_id=l'));
    await older.quiet();
    const began = performance.now();
    const newer = await Plain.open(gateway.url('/lives?socket_id=l'));
    assert.equal((await newer.whenClosed()).code, 4409);
    assert.ok(performance.now() - began < 400);
    await gateway.rises('sluice_id_probes_total', {}, probes);
    await older.quiet();
    await older.close();
  });

  test('by a ghost, wanted by many: one of them gets it', async () => {
    const ghost = await Raw.upgraded(gateway.client, '/many?socket_id=m');
    await until(async () => await control.count({namespace: 'many'}) === 1);
    const clients = await Promise.all([1, 2, 3, 4].map(
      () => Plain.open(gateway.url('/many?socket_id=m'))));
    const codes = [];
    for (const client of clients) client.closed.then(({code}) => codes.push(code));
    await until(() => codes.length === 3, 'three to be refused');
    assert.deepEqual(codes, [4409, 4409, 4409]);
    assert.equal(await control.count({namespace: 'many'}), 1);
    ghost.destroy();
    for (const client of clients) client.socket.terminate();
  });
});

describe('subscriptions that are restored', () => {
  const CHANNELS = 250;
  const subscriptions = async namespace => {
    const [connection] = await control.list({namespace});
    return connection?.channels.length ?? 0;
  };

  test(`socketcluster-client gets all ${CHANNELS} back`, async () => {
    const client = await connected(gateway, 'restored');
    let failed = 0;
    (async () => {
      for await (const _ of client.listener('subscribeFail')) ++failed;
    })();
    for (let i = 0; i < CHANNELS; ++i) client.subscribe(`ch${i}`);
    const all = async () => await subscriptions('restored') === CHANNELS;
    await until(all, 'all channels');
    for (let round = 0; round < 2; ++round) {
      const watcher = await Watcher.open(control,
        {namespace: 'restored', types: ['TYPE_OPENED']});
      await control.outcome('Disconnect', {selector: {namespace: 'restored'}, code: 1001});
      await watcher.next();
      await until(all, 'all channels again');
      watcher.close();
    }
    assert.equal(failed, 0);
    assert.equal(client.subscriptions().length, CHANNELS);
  });

  test('also at a rate far below them', () => Gateway.during(
    {'channels-per-connection': 1000, 'commands-per-second': 1, 'commands-burst': 5},
    async slow => {
      const client = await connected(slow, 'slow');
      for (let i = 0; i < CHANNELS; ++i) client.subscribe(`ch${i}`);
      await until(() => client.subscriptions().length === CHANNELS, 'all channels');
    }));

  test('what wants no answer waits instead of being lost', () => Gateway.during(
    {'commands-per-second': 50, 'commands-burst': 5}, async slow => {
      const worker = await Worker.open(slow);
      await worker.serve('default', {methods: {note: () => undefined}});
      const client = await Plain.open(slow.url('/'));
      for (let i = 0; i < 20; ++i) client.send({jsonrpc: '2.0', method: 'note', params: [i]});
      await until(() => worker.received === 20, 'all of them');
      assert.notEqual(await slow.metric('sluice_commands_delayed_total'), 0);
      await client.quiet();
      await client.close();
      await worker.finish();
    }));
});
