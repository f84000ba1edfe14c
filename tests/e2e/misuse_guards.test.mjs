// SPDX-License-Identifier: Apache-2.0
//
// Guards that do not decide: what holds then, and what may wait for them.
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import {Bystander, Gateway, HOLD, Plain, Worker, json, outcome, until} from './harness.mjs';

const QUEUE = 3;
const undecided = gateway => gateway.metric('sluice_guards_undecided_total');

// A namespace whose calls one worker guards and another serves, and a client in it.
async function guarded(gateway, namespace, guard) {
  const [keeper, server] = [await Worker.open(gateway), await Worker.open(gateway)];
  await keeper.serve(namespace, {guards: {CALL: guard}});
  await server.serve(namespace, {methods: {echo: params => params}});
  return {keeper, server, client: await Plain.open(gateway.url(`/${namespace}`))};
}

for (const [option, name] of [['closed', 'refused'], ['open', 'let through']]) {
  describe(`--guard-default ${option}`, () => {
    let gateway, bystander;
    before(async () => {
      gateway = await Gateway.start({'guard-default': option, 'guard-timeout': '200ms'});
      bystander = await Bystander.open(gateway);
    });
    after(() => gateway.stop());

    // A call behind a guard that does not decide, as `fault` if that closes the door.
    async function decides({client, server}, fault, reason) {
      const before = await undecided(gateway);
      const served = server.received;
      const answer = await client.call('echo', ['x'], 7);
      await gateway.rises('sluice_guards_undecided_total', {}, before);
      assert.deepEqual(answer, option === 'open' ? {jsonrpc: '2.0', result: ['x'], id: 7}
        : {jsonrpc: '2.0', error: fault, id: 7});
      assert.equal(server.received - served, option === 'open' ? 1 : 0);
      assert.equal(await gateway.metric('sluice_command_errors_total', {reason}),
        option === 'open' ? 0 : 1);
      await bystander.calm();
    }

    test(`while there is no guard, calls are ${name}`, async () => {
      const world = await guarded(gateway, 'absent', () => ({allow: {}}));
      assert.deepEqual((await world.client.call('echo', ['x'])).result, ['x']);
      await world.keeper.finish();
      await decides(world, {code: -32010, message: 'No worker serves this method now',
        data: {retry: true}}, 'unavailable');
      await world.client.close();
    });

    test(`when none answers in time, calls are ${name}`, async () => {
      const world = await guarded(gateway, 'silent', () => HOLD);
      const began = performance.now();
      await decides(world, {code: -32011, message: 'No answer within the time limit'}, 'timeout');
      assert.ok(performance.now() - began >= 190, 'not before the deadline');
      await world.client.close();
    });

    test('what a guard does decide holds', async () => {
      const world = await guarded(gateway, 'decided', () => ({block: {silent: true}}));
      const before = await gateway.metric('sluice_guards_blocked_total');
      const {error} = await world.client.call('echo', ['x']);
      assert.deepEqual([error.code, error.message], [-32017, 'Blocked by a guard']);
      assert.equal(world.server.received, 0);
      await gateway.rises('sluice_guards_blocked_total', {}, before);
      await world.client.close();
    });
  });
}

test('leaving out the id is no way around a guard of calls', async () => {
  await Gateway.during({}, async gateway => {
    const seen = [];
    const {server, client} = await guarded(gateway, 'around', (params, {guard}) => {
      seen.push(guard.action);
      return params[0] === 'good' ? {allow: {}} : {block: {silent: true}};
    });
    const packets = await Plain.open(gateway.url('/rpc/around'));
    for (const sender of [client, packets]) {
      sender.send({jsonrpc: '2.0', method: 'echo', params: ['bad']});
      sender.send([{jsonrpc: '2.0', method: 'echo', params: ['bad']}]);
      sender.send({jsonrpc: '2.0', method: 'echo', params: ['good']});
      assert.deepEqual((await sender.call('echo', ['good'])).result, ['good']);
    }
    assert.equal(server.received, 4);
    assert.deepEqual(new Set(seen), new Set(['GUARD_ACTION_CALL']));
    await client.close();
    await packets.close();
  });
});

test('--guard-queue: more publications than may wait for one client\'s guard', async () => {
  await Gateway.during({'guard-queue': QUEUE, 'guard-timeout': '10s'}, async gateway => {
    const bystander = await Bystander.open(gateway);
    const control = gateway.controlClient();
    const worker = await Worker.open(gateway, {credit: 1000});
    await worker.serve('room', {context: ['CONNECTION'], guards: {
      PUBLISH_OUT: (_, {context}) => (context.connection_id === 'held' ? HOLD : {allow: {}})}});
    const [held, free] = [await Plain.open(gateway.url('/room?socket_id=held')),
      await Plain.open(gateway.url('/room?socket_id=free'))];
    await control.outcome('Join', {selector: {namespace: 'room'}, channels: ['ch']});
    const publish = body =>
      control.outcome('Publish', {namespace: 'room', channel: 'ch', body: json(body)});
    for (let i = 0; i < QUEUE; ++i) assert.deepEqual(await publish(i), outcome(2, 2));
    await held.quiet();
    assert.deepEqual(await publish(QUEUE), outcome(2, 1, {dropped: {slow_consumer: 1}}));
    assert.deepEqual(await held.whenClosed(), {code: 4420, reason: 'too slow to read'});
    assert.equal(await gateway.metric('sluice_connections_closed_total', {reason: 'slow_consumer'}),
      1);
    assert.equal(await gateway.metric('sluice_deliveries_dropped_total', {reason: 'slow_consumer'}),
      1);
    for (let i = 0; i <= QUEUE; ++i) {
      assert.deepEqual(await free.next(), {notification: 'ch', params: [i]});
    }
    await until(async () => await control.count({namespace: 'room'}) === 1, 'it to be gone');
    await bystander.calm();
  });
});
