// SPDX-License-Identifier: Apache-2.0
//
// sluicectl shows what is there: tables, JSON and YAML as the golden files in tests/e2e/ctl have them.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {Gateway, Plain, Worker, openMany, until} from './harness.mjs';
import {Ctl, golden, steady} from './harness/ctl.mjs';

// A client may propose any id without control characters; a user comes from a backend.
const LONG = 'x'.repeat(200);
let gateway, control, worker;

before(async () => {
  gateway = await Gateway.start({node: 'n1', 'outbox-bytes': '64MiB'});
  control = gateway.controlClient();
  worker = await Worker.open(gateway, {name: 'adder'});
  await worker.serve('chat', {methods: {add: ([a, b]) => a + b},
    events: ['news', {name: 'secret', access: 'ACCESS_PROTECTED'}]});
  await openMany(3, i => gateway.url(`/chat?socket_id=c${i}`));
  await control.call('UpdateConnections', {selector: {namespace: 'chat', connection_ids: ['c1']},
    user: 'ann', labels: {app: 'shop', zone: 'b'}});
  await control.call('Join', {selector: {namespace: 'chat', connection_ids: ['c0', 'c1']},
    channels: ['news']});
});
after(() => gateway.stop());

const run = (...words) => Ctl.expect(0, words, {gateway}).then(({out}) => out);
const LISTS = {
  nodes: ['nodes', 'list'],
  namespaces: ['namespaces', 'list'],
  connections: ['connections', 'list', '-n', 'chat'],
  connection: ['connections', 'get', 'c1', '-n', 'chat'],
  count: ['connections', 'count', '-n', 'chat'],
  channels: ['channels', 'list', '-n', 'chat'],
  methods: ['methods', 'list', '-n', 'chat'],
  who: ['who', '-n', 'chat', '--channel', 'news'],
};
for (const [name, words] of Object.entries(LISTS)) {
  for (const output of ['table', 'json', 'yaml']) {
    test(`${words.join(' ')} as ${output}`, async () => {
      golden(`${name}.${output}`, steady(await run(...words, '-o', output)));
    });
  }
}

test('JSON is JSON, and its numbers of 64 bits are strings', async () => {
  const {connections, unreachable} = await Ctl.json(['conn', 'list', '-n', 'chat'], {gateway});
  assert.deepEqual(connections.map(({id}) => id), ['c0', 'c1', 'c2']);
  assert.deepEqual(connections[1].labels, {app: 'shop', zone: 'b'});
  assert.strictEqual(connections[1].outbox_bytes, '0');
  assert.strictEqual(connections[1].channel_count, 1);
  assert.deepEqual(unreachable, []);
});

test('a list of several pages is one list', async () => {
  await openMany(1100, i => gateway.url(`/many?socket_id=m${String(i).padStart(4, '0')}`));
  const {connections} = await Ctl.json(['conn', 'list', '-n', 'many'], {gateway});
  assert.equal(connections.length, 1100);
  assert.equal(new Set(connections.map(({id}) => id)).size, 1100);
  const table = await run('conn', 'list', '-n', 'many');
  assert.equal(table.trim().split('\n').length, 1101);
  assert.equal(await run('conn', 'count', '-A'), `${1103}\n`);
  const some = await Ctl.expect(0, ['conn', 'list', '-n', 'many', '--limit', '5'], {gateway});
  assert.equal(some.out.trim().split('\n').length, 6);
  assert.match(some.err, /cut at --limit 5/);
});

test('an id of 200 bytes is whole in a pipe, and cut on a terminal', async () => {
  const client = await Plain.open(gateway.url(`/long?socket_id=${LONG}`));
  assert.ok((await run('conn', 'list', '-n', 'long')).includes(LONG));
  const {code, out} = await Ctl.run(['-qec',
    `stty cols 60; ${Ctl.path} conn list -n long`, '/dev/null'],
  {gateway, command: ['script']});
  assert.equal(code, 0, out);
  const lines = out.replaceAll('\r', '').trimEnd().split('\n');
  assert.equal(lines.length, 2, out);
  for (const line of lines) assert.ok([...line].length <= 60, line);
  assert.match(lines[1], /…/);
  await client.close();
});

test('what a stranger chose controls no terminal', async () => {
  await Plain.open(gateway.url('/odd?socket_id=o'));
  await control.call('UpdateConnections', {selector: {namespace: 'odd'}, labels: {l: 'a\u202eb'}});
  for (const output of ['table', 'json', 'yaml']) {
    assert.doesNotMatch(await run('conn', 'list', '-n', 'odd', '-o', output), /\u202e/, output);
  }
  assert.match(await run('conn', 'list', '-n', 'odd'), /l=a\\xe2\\x80\\xaeb/);
  const {connections: [one]} = await Ctl.json(['conn', 'list', '-n', 'odd'], {gateway});
  assert.equal(one.labels.l, 'a\u202eb');
});

test('slow: the most in their outboxes first', async () => {
  const nobody = await Ctl.expect(5, ['slow', '-n', 'slow'], {gateway});
  assert.match(nobody.out, /^OUTBOX/);
  const sizes = [1, 3, 2];
  const clients = await openMany(3, i => gateway.url(`/slow?socket_id=s${i}`));
  for (const client of clients) client.socket.pause();
  // Beyond what the kernel takes for a socket.
  const fill = Buffer.from(JSON.stringify('x'.repeat(500_000)));
  for (const [i, size] of sizes.entries()) {
    for (let n = 0; n < 8 + size; ++n) {
      await control.send({namespace: 'slow', connection_ids: [`s${i}`]}, 'fill', {json: fill});
    }
  }
  const rows = await until(async () => {
    const result = await Ctl.run(['slow', '-A', '--top', '2', '-o', 'json'], {gateway});
    const found = result.code === 0 ? JSON.parse(result.out).connections : [];
    return found.length === 2 && found;
  }, 'outboxes to fill');
  assert.deepEqual(rows.map(({id}) => id), ['s1', 's2']);
  assert.ok(Number(rows[0].outbox_bytes) > Number(rows[1].outbox_bytes));
  for (const client of clients) client.socket.terminate();
});

test('what is not there', async () => {
  const {err} = await Ctl.expect(5, ['conn', 'get', 'nobody', '-n', 'chat'], {gateway});
  assert.match(err, /CONNECTION_NOT_FOUND/);
  assert.equal((await Ctl.expect(0, ['conn', 'list', '-n', 'empty'], {gateway})).out.split('\n').length, 2);
  await Ctl.expect(5, ['who', '-n', 'empty'], {gateway});
});
