// SPDX-License-Identifier: Apache-2.0
//
// Messages that were begun: how long one may take, and what all of them may hold.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Bystander, Gateway, OPCODE, Raw, Worker, frame, until} from './harness.mjs';

const call = (id, size) =>
  Buffer.from(`{"jsonrpc":"2.0","id":${id},"method":"size","params":["${'x'.repeat(size)}"]}`);

async function during(options, run) {
  await Gateway.during({shards: 1, ...options}, async gateway => {
    const worker = await Worker.open(gateway);
    await worker.serve('default', {methods: {size: ([text]) => text.length}});
    await run(gateway);
  });
}

test('--message-timeout: one that does not end closes with 1008, whatever drips', async () => {
  await during({'message-timeout': '500ms', 'ping-interval': '0'}, async gateway => {
    const near = await Bystander.open(gateway);
    const raw = await Raw.upgraded(gateway.client);
    const bytes = frame(OPCODE.text, call(1, 4000));
    raw.write(bytes.subarray(0, 300));
    let at = 300;
    const drip = setInterval(() => raw.write(bytes.subarray(at, ++at)), 20);
    const began = performance.now();
    const {code, reason} = await raw.closeFrame();
    clearInterval(drip);
    assert.equal(code, 1008);
    assert.match(reason, /too long/);
    assert.ok(performance.now() - began >= 450, 'not before the deadline');
    assert.equal(await gateway.metric('sluice_edge_violations_total', {reason: 'message_timeout'}),
      1);
    raw.destroy();
    await near.calm();
  });
});

test('--message-timeout: fragments are one message, control frames between them change nothing',
  async () => {
    await during({'message-timeout': '500ms', 'ping-interval': '0'}, async gateway => {
      const raw = await Raw.upgraded(gateway.client);
      raw.write(frame(OPCODE.text, '{"a":', {fin: false}));
      raw.write(frame(OPCODE.ping, 'x'));
      assert.equal((await raw.frame()).opcode, OPCODE.pong);
      assert.equal((await raw.closeFrame()).code, 1008);
      raw.destroy();
    });
  });

test('--message-timeout: a connection lives as long as each message ends in time', async () => {
  await during({'message-timeout': '600ms', 'ping-interval': '0'}, async gateway => {
    const raw = await Raw.upgraded(gateway.client);
    const began = performance.now();
    for (let id = 1; performance.now() - began < 1500; ++id) {
      const bytes = frame(OPCODE.text, call(id, 4000));
      raw.write(bytes.subarray(0, 2000));
      await new Promise(resolve => raw.socket.write(bytes.subarray(2000), resolve));
      assert.match((await raw.frame()).payload.toString(), /"result":4000/);
    }
    raw.destroy();
  });
});

test('--unfinished-bytes: what is beyond closes with 1013, and there is room again', async () => {
  await during({'unfinished-bytes': '128KiB', 'message-bytes': '100KiB'}, async gateway => {
    const near = await Bystander.open(gateway);
    const bytes = frame(OPCODE.text, call(1, 80_000));
    const one = await Raw.upgraded(gateway.client);
    one.write(bytes.subarray(0, 75_000));
    await until(async () => await gateway.metric('sluice_edge_bytes_in_total') > 75_000, 'the bytes');
    const two = await Raw.upgraded(gateway.client);
    two.write(bytes.subarray(0, 75_000));
    assert.equal((await two.closeFrame()).code, 1013);
    assert.equal(
      await gateway.metric('sluice_edge_violations_total', {reason: 'unfinished_bytes'}), 1);
    two.destroy();
    one.write(bytes.subarray(75_000));
    assert.match((await one.frame()).payload.toString(), /"result":80000/);
    const three = await Raw.upgraded(gateway.client);
    three.write(bytes);
    assert.match((await three.frame()).payload.toString(), /"result":80000/);
    // Who leaves in the middle of one gives back what it held.
    one.write(bytes.subarray(0, 75_000));
    one.destroy();
    await until(async () => await gateway.metric('sluice_edge_open_sockets') === 2, 'its end');
    three.write(bytes);
    assert.match((await three.frame()).payload.toString(), /"result":80000/);
    three.destroy();
    await near.calm();
  });
});
