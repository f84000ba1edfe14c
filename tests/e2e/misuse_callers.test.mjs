// SPDX-License-Identifier: Apache-2.0
//
// Callers of the control port that strain their HTTP/2 connection. gRPC itself cuts them off; what
// they had under way ends as cancelled, and is counted so.
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import {Bystander, Gateway, H2, Http2, Watcher, until} from './harness.mjs';

const WATCH = '/sluice.v1.Control/WatchEvents';
const watchers = async (gateway, count) => until(
  async () => await gateway.metric('sluice_event_watchers') === count, `${count} watchers`);

// A peer with this many streams that are open.
async function watching(gateway, count = 1) {
  const peer = await Http2.open(gateway.control);
  for (let i = 0; i < count; ++i) peer.begin(WATCH);
  await watchers(gateway, count);
  return peer;
}

// `run` gets the peer cut off, with what it had under way.
const cut = (gateway, peer, run, streams = 1) =>
  gateway.counts('WatchEvents', 'CANCELLED', async () => {
    await run();
    await peer.raw.whenEnded();
    await watchers(gateway, 0);
  }, streams);

describe('--control-streams-max', () => {
  let gateway, bystander;
  before(async () => {
    gateway = await Gateway.start({'control-streams-max': 2});
    bystander = await Bystander.open(gateway);
  });
  after(() => gateway.stop());

  test('a gRPC client is told, and waits for its turn', async () => {
    const control = gateway.controlClient({alone: true});
    const first = await Watcher.open(control, {namespace: 'first'});
    const second = await Watcher.open(control, {namespace: 'second'});
    let answered = false;
    const third = control.count({namespace: 'bystander'}).finally(() => { answered = true; });
    await bystander.calm();
    await gateway.controlClient({alone: true}).count({namespace: 'bystander'});
    assert.equal(answered, false);
    await gateway.counts('WatchEvents', 'CANCELLED', async () => {
      first.close();
      assert.equal(await third, 1);
    });
    await bystander.calm();
    second.close();
    await watchers(gateway, 0);
  });

  test('who was told and does not heed it is cut off', async () => {
    const peer = await watching(gateway, 2);
    await cut(gateway, peer, () => peer.begin(WATCH), 2);
    await bystander.calm();
  });
});

test('--control-ping-min: ENHANCE_YOUR_CALM', async () => {
  await Gateway.during({'control-ping-min': '1h'}, async gateway => {
    const bystander = await Bystander.open(gateway);
    const peer = await watching(gateway);
    await cut(gateway, peer, () => { for (let i = 0; i < 5; ++i) peer.ping(); });
    const {payload} = await peer.next(H2.goaway);
    assert.equal(payload.readUInt32BE(4), 0xb);
    assert.equal(payload.subarray(8).toString(), 'too_many_pings');
    await bystander.calm();
  });
});

test('--control-ping-min: who pings no more often may', async () => {
  await Gateway.during({'control-ping-min': '0'}, async gateway => {
    const peer = await watching(gateway);
    for (let i = 0; i < 20; ++i) {
      peer.ping();
      await peer.next(H2.ping);
    }
    assert.equal(await gateway.metric('sluice_event_watchers'), 1);
    peer.raw.destroy();
  });
});

test('--control-keepalive-time, -timeout: who does not answer any more', async () => {
  const options = {'control-keepalive-time': '1s', 'control-keepalive-timeout': '500ms'};
  await Gateway.during(options, async gateway => {
    const bystander = await Bystander.open(gateway);
    const peer = await watching(gateway);
    await until(() => peer.pings === 1, 'the first ping');
    assert.equal(await gateway.metric('sluice_event_watchers'), 1);
    await cut(gateway, peer, () => { peer.answering = false; });
    assert.ok(peer.pings > 1, 'it was not asked again');
    await bystander.calm();
  });
});
