// SPDX-License-Identifier: Apache-2.0
//
// The admin port: metrics that Prometheus' own tool finds no fault with, and the log.
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {after, before, test} from 'node:test';
import {Gateway, Plain, Worker, json} from './harness.mjs';

let gateway;
before(async () => {
  gateway = await Gateway.start({'log-format': 'json'});
  const worker = await Worker.open(gateway);
  await worker.serve('default', {methods: {add: ([a, b]) => a + b}});
  const client = await Plain.open(gateway.url());
  assert.equal((await client.call('add', [1, 2])).result, 3);
  await gateway.controlClient().send({namespace: 'default'}, 'e', json([1]));
  await client.next();
});
after(() => gateway.stop());

test('/healthz and /readyz', async () => {
  for (const path of ['/healthz', '/readyz']) {
    const {status, text} = await gateway.fetch(path);
    assert.equal(status, 200);
    assert.ok(text.length > 0);
  }
});

test('promtool check metrics', t => gateway.fetch('/metrics').then(({text, headers}) => {
  assert.match(headers.get('content-type'), /^text\/plain; version=0\.0\.4/);
  const {error, status, stdout, stderr} =
    spawnSync('promtool', ['check', 'metrics'], {input: text, encoding: 'utf8'});
  if (error?.code === 'ENOENT') return t.skip('promtool is not installed');
  assert.deepEqual([status, stdout, stderr], [0, '', '']);
}));

test('what happened is counted', async () => {
  const metrics = await gateway.metrics();
  const json_rpc = {dialect: 'json_rpc'};
  assert.equal(metrics.sum('sluice_connections', json_rpc), 1);
  assert.equal(metrics.sum('sluice_connections_opened_total', json_rpc), 1);
  assert.equal(metrics.sum('sluice_messages_received_total', json_rpc), 1);
  assert.equal(metrics.sum('sluice_messages_enqueued_total', json_rpc), 2);
  assert.equal(metrics.sum('sluice_calls_total'), 1);
  assert.equal(metrics.sum('sluice_call_seconds_count'), 1);
  assert.equal(metrics.sum('sluice_message_encodings_total'), 1);
  assert.equal(metrics.sum('sluice_build_info'), 1);
  assert.ok(metrics.sum('sluice_call_seconds_bucket', {le: '+Inf'}) === 1);
});

test('every line of the log is a JSON object', () => {
  const lines = gateway.log.trimEnd().split('\n');
  assert.ok(lines.length > 0);
  for (const line of lines) assert.equal(typeof JSON.parse(line), 'object', line);
});
