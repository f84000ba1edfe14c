// SPDX-License-Identifier: Apache-2.0
//
// sluicectl acts on clients, and says what became of it, in words and in its exit code.
import assert from 'node:assert/strict';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {Gateway, Plain, Worker, openMany, until} from './harness.mjs';
import {Ctl, golden, steady} from './harness/ctl.mjs';

let gateway, control, folder;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluicectl-'));
  gateway = await Gateway.start({node: 'n1'});
  control = gateway.controlClient();
  const worker = await Worker.open(gateway);
  await worker.serve('chat', {events: ['news']});
});
after(async () => {
  await gateway.stop();
  rmSync(folder, {recursive: true});
});

const ctl = (code, words, options = {}) =>
  Ctl.expect(code, [...words, '-n', options.space ?? 'chat'], {gateway, ...options});
const members = async channel =>
  (await control.list({namespace: 'chat', channels: [channel]})).map(({id}) => id);
const opened = [];
async function open(id, space = 'chat') {
  const client = await Plain.open(gateway.url(`/${space}?socket_id=${id}`));
  opened.push(client);
  return client;
}

test('send: an argument, a file, the standard input; JSON, text and bytes', async () => {
  const client = await open('s1');
  const params = async () => (await client.next()).params;
  await ctl(0, ['send', 'news', '[1, "two"]', '--id', 's1']);
  assert.deepEqual(await params(), [1, 'two']);
  const file = join(folder, 'body.json');
  writeFileSync(file, '{"from": "file"}');
  await ctl(0, ['send', 'news', `@${file}`, '--id', 's1']);
  assert.deepEqual(await params(), {from: 'file'});
  await ctl(0, ['send', 'news', '-', '--id', 's1'], {input: '[3]'});
  assert.deepEqual(await params(), [3]);
  await ctl(0, ['send', 'news', '@@home', '--as', 'text', '--id', 's1']);
  assert.deepEqual(await params(), ['@home']);
  writeFileSync(file, Buffer.from([0, 255]));
  await ctl(0, ['send', 'news', `@${file}`, '--as', 'binary', '--id', 's1']);
  assert.deepEqual(await params(), [{base64: true, data: 'AP8='}]);
  await ctl(0, ['send', 'news', '--id', 's1', '--close', '4000', '--reason', 'enough']);
  assert.deepEqual(await client.whenClosed(), {code: 4000, reason: 'enough'});
});

test('outcomes are told', async () => {
  await open('o1');
  const {out} = await ctl(0, ['send', 'news', '1', '--id', 'o1', '--id', 'gone']);
  golden('outcome.table', steady(out));
  golden('outcome.json', steady((await ctl(0, ['send', 'news', '1', '--id', 'o1', '-o', 'json'])).out));
  assert.match((await ctl(5, ['send', 'news', '1', '--id', 'gone'])).out, /gone/);
});

test('join, leave and kick', async () => {
  const client = await open('j1');
  await ctl(0, ['join', 'red', 'blue', '--id', 'j1']);
  assert.deepEqual([await members('red'), await members('blue')], [['j1'], ['j1']]);
  await ctl(0, ['leave', 'red', '--id', 'j1']);
  assert.deepEqual(await members('red'), []);
  await ctl(0, ['kick', 'blue', '--channel', 'blue', '--message', 'out']);
  assert.deepEqual(await members('blue'), []);
  assert.equal((await client.next()).notification, 'rpc.off');
});

test('a dry run of every verb shows whom it would hit, and hits nobody', async () => {
  const client = await open('d1');
  await ctl(0, ['join', 'dry', '--id', 'd1']);
  const verbs = [['send', 'news', '1'], ['join', 'other'], ['leave', 'dry'], ['kick', 'dry'],
    ['call', 'confirm'], ['disconnect'], ['drain', 'start', '--per-second', '5']];
  for (const words of verbs) {
    const {out} = await ctl(0, [...words, '--channel', 'dry', '--dry-run']);
    assert.equal(steady(out), '1 matched\nID  USER  NODE\nd1  n1\n', words[0]);
    await ctl(5, [...words, '--id', 'gone', '--dry-run']);
  }
  const {out} = await ctl(0, ['publish', 'dry', '1', '--dry-run', '-o', 'json']);
  assert.deepEqual(JSON.parse(out), {matched: '1', first: ['d1'], unreachable: []});
  await client.quiet();
  assert.deepEqual([await members('dry'), await members('other')], [['d1'], []]);
});

test('a verb wants to know which connections', async () => {
  const client = await open('w1', 'whole');
  for (const words of [['send', 'news'], ['disconnect', '--yes'], ['drain', 'start', '--per-second', '1']]) {
    const {err} = await ctl(2, words, {space: 'whole'});
    assert.match(err, /use a flag that does, or --all/);
  }
  await ctl(0, ['send', 'news', '1', '--all'], {space: 'whole'});
  assert.deepEqual((await client.next()).params, [1]);
  assert.match((await ctl(2, ['send', 'news', '--all', '--id', 'w1'])).err, /^sluicectl: --all: contradicts/);
});

test('disconnect asks, unless it is told not to', async () => {
  const client = await open('x1');
  assert.match((await ctl(2, ['disconnect', '--id', 'x1'])).err, /^sluicectl: --yes: needed/);
  const ask = answer => Ctl.run(['-qec', `${Ctl.path} disconnect -n chat --id x1`, '/dev/null'],
    {gateway, command: ['script'], input: `${answer}\n`});
  const no = await ask('n');
  assert.match(no.out, /Close 1 connections\? \[y\/N\]/);
  assert.equal(no.code, 1);
  assert.equal(await control.count({namespace: 'chat', connection_ids: ['x1']}), 1);
  assert.equal((await ask('y')).code, 0);
  assert.equal((await client.whenClosed()).code, 1000);
  const other = await open('x2');
  await ctl(0, ['disconnect', '--id', 'x2', '-y', '--code', '4321', '--reason', 'why']);
  assert.deepEqual(await other.whenClosed(), {code: 4321, reason: 'why'});
});

test('publish and subscribe', async () => {
  const tail = new Ctl(['subscribe', 'news', 'other', '-n', 'chat', '--limit', '3'], {gateway});
  await tail.shows(/listening/, 'err');
  await ctl(5, ['publish', 'other', '{"n":1}']);
  await open('p1');
  await ctl(0, ['join', 'news', '--id', 'p1']);
  await ctl(0, ['publish', 'news', '\x1b[2Jred\u009b', '--as', 'text']);
  await tail.shows(/red/);
  assert.equal(tail.code, undefined);
  await ctl(5, ['publish', 'other', '2']);
  assert.deepEqual(await tail.ended, {code: 0, err: 'sluicectl: listening\n',
    out: tail.out});
  golden('subscribe.table', steady(tail.out));
});

test('a tail in JSON is a value a line, and Ctrl-C ends it with 0', async () => {
  const tail = new Ctl(['subscribe', 'tail', '-n', 'chat', '-o', 'json'], {gateway});
  await tail.shows(/listening/, 'err');
  await ctl(5, ['publish', 'tail', '{"n":[1,2.50]}']);
  await tail.shows(/\n/);
  assert.equal(tail.out,
    '{"channel":"tail","body":{"json":"{\\"n\\":[1,2.50]}"},"connection_id":"","user":""}\n');
  assert.equal((await tail.interrupt()).code, 0);
});

test('call: answers as they come', async () => {
  const [good, bad] = [await open('a1', 'asked'), await open('a2', 'asked')];
  const worker = await Worker.open(gateway, {name: 'asker'});
  await worker.serve('asked', {events: ['x']});
  const asking = new Ctl(['call', 'confirm', '["sure?"]', '--all', '-n', 'asked', '--wait', '5s'],
    {gateway});
  const question = await good.next();
  assert.deepEqual([question.method, question.params], ['confirm', ['sure?']]);
  good.send({jsonrpc: '2.0', id: question.id, result: {yes: true}});
  await asking.shows(/a1 .*result .*\{"yes":true\}/);
  const other = await bad.next();
  bad.send({jsonrpc: '2.0', id: other.id, error: {code: -3, message: 'never'}});
  const {code, out, err} = await asking.ended;
  assert.equal(code, 6, out + err);
  assert.match(out, /a2 .*error .*never/);
  assert.match(err, /asked 2 of 2/);
  await ctl(6, ['call', 'confirm', '--id', 'a1', '--wait', '50ms'], {space: 'asked'});
});

test('events: what happens, filtered', async () => {
  const tail = new Ctl(['events', '-n', 'seen', '--id', 'e1', '--limit', '2'], {gateway});
  await tail.shows(/following n1/, 'err');
  await open('e2', 'seen');
  const client = await open('e1', 'seen');
  await client.close(4001, 'bye');
  const {code, out} = await tail.ended;
  assert.equal(code, 0);
  golden('events.table', steady(out));
  const types = new Ctl(['events', '-A', '--type', 'closed', '--limit', '1', '-o', 'json'], {gateway});
  await types.shows(/following n1/, 'err');
  await (await open('e3', 'seen')).close(4002);
  const event = JSON.parse((await types.ended).out);
  assert.deepEqual([event.type, event.connection_id, event.code, event.watched_node],
    ['TYPE_CLOSED', 'e3', 4002, 'n1']);
  const none = await Ctl.expect(0, ['events', '--for', '200ms'], {gateway});
  assert.equal(none.out, '');
});

test('top: rates of what happens', async () => {
  const top = new Ctl(['top', '--interval', '500ms', '-o', 'json'], {gateway});
  await top.shows(/\n/);
  const clients = await openMany(10, i => gateway.url(`/busy?socket_id=b${i}`));
  await until(() => top.out.split('\n').slice(0, -1).map(JSON.parse).some(({nodes, namespaces}) =>
    Number(nodes[0].opened_per_second) > 0 &&
    namespaces.some(({name, connections, opened_per_second: opened}) =>
      name === 'busy' && connections === '10' && Number(opened) > 0)), `top to show them: ${top.err}`);
  for (const client of clients) client.socket.terminate();
  await until(() => top.out.split('\n').slice(0, -1).map(JSON.parse).some(({nodes}) =>
    Number(nodes[0].closed_per_second) > 0), 'top to show closes');
  assert.equal((await top.interrupt()).code, 0);
  const {out} = await Ctl.expect(0, ['top', '--rounds', '1', '--interval', '100ms'], {gateway});
  assert.match(out, /^NODE +CONNECTIONS +OPENED\/s/);
  assert.doesNotMatch(out, /\x1b/);
});
