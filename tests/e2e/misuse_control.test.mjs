// SPDX-License-Identifier: Apache-2.0
//
// Backends that ask for more than the control plane gives: the status, its reason, the metric.
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import {Bystander, Gateway, Inbox, Plain, failure, fromBody, json, openMany, outcome, refused,
  until, within} from './harness.mjs';

const SEND_BYTES = 32 * 1024;
const MESSAGE_BYTES = 64 * 1024;
const IDS = 3;
const BACKLOG = 5;
let gateway, control, bystander;

before(async () => {
  gateway = await Gateway.start({
    'selector-ids-max': IDS, 'send-bytes-max': SEND_BYTES, 'control-message-bytes': MESSAGE_BYTES,
    'client-call-timeout': '100ms', 'client-call-timeout-max': '5s', 'call-queue-bytes': '128KiB',
    'subscribers-max': 2, 'subscriber-backlog': BACKLOG,
  });
  control = gateway.controlClient();
  bystander = await Bystander.open(gateway);
});
after(() => gateway.stop());

const here = {namespace: 'room'};
const send = (selector, body) => control.call('Send', {selector, message: {event: 'e', body}});

// Counted once, and nobody else notices.
async function counted(rpc, code, run) {
  await gateway.counts(rpc, code, run);
  await bystander.calm();
}

test('--selector-ids-max: each list has it to itself', async () => {
  const names = count => Array.from({length: count}, (_, i) => `n${i}`);
  const client = await Plain.open(gateway.url('/room?socket_id=n0'));
  for (const list of ['connection_ids', 'user_ids', 'channels', 'nodes']) {
    await counted('CountConnections', 'RESOURCE_EXHAUSTED', () =>
      refused(control.count({...here, [list]: names(IDS + 1)}), 'RESOURCE_EXHAUSTED',
        'SELECTOR_TOO_LARGE', `selector.${list}`));
  }
  for (const list of ['connection_ids', 'user_ids']) {
    await counted('Send', 'RESOURCE_EXHAUSTED', () =>
      refused(send({...here, except: {[list]: names(IDS + 1)}}), 'RESOURCE_EXHAUSTED',
        'SELECTOR_TOO_LARGE', `selector.except.${list}`));
  }
  await client.quiet();
  assert.equal(await control.count({...here, connection_ids: names(IDS),
    except: {user_ids: names(IDS)}}), 1);
  await client.close();
});

test('--send-bytes-max: every verb that carries a body, in every shape', async () => {
  const client = await Plain.open(gateway.url('/room?socket_id=c'));
  await control.outcome('Join', {selector: here, channels: ['ch']});
  const text = 'x'.repeat(SEND_BYTES);
  const large = {text: {text: `${text}x`}, binary: {binary: Buffer.from(`${text}x`)},
    json: json(text)};
  const verbs = {
    Send: body => send(here, body),
    Publish: body => control.call('Publish', {...here, channel: 'ch', body}),
    Call: body => control.collect('Call', {selector: here, method: 'm', params: body}),
  };
  for (const [rpc, run] of Object.entries(verbs)) {
    for (const body of Object.values(large)) {
      await counted(rpc, 'INVALID_ARGUMENT', () =>
        refused(run(body), 'INVALID_ARGUMENT', 'MESSAGE_TOO_LARGE'));
    }
  }
  await client.quiet();
  assert.deepEqual((await send(here, {text})).outcome, outcome(1, 1));
  assert.equal((await client.nextRaw()).includes(text), true);
  await client.close();
});

describe('--control-message-bytes', () => {
  const body = {text: 'x'.repeat(MESSAGE_BYTES + 1)};
  const tooLarge = async run => {
    const before = await gateway.metric('sluice_control_requests_too_large_total');
    await refused(run(), 'RESOURCE_EXHAUSTED', 'REQUEST_TOO_LARGE');
    await gateway.rises('sluice_control_requests_too_large_total', {}, before);
    await bystander.calm();
  };

  test('of a unary rpc', () => tooLarge(() => send(here, body)));

  test('of a stream',
    () => tooLarge(() => control.collect('Call', {selector: here, method: 'm', params: body})));
});

describe('--client-call-timeout', () => {
  test('holds for a Call that states none', async () => {
    const client = await Plain.open(gateway.url('/room?socket_id=c'));
    const before = await gateway.metric('sluice_client_call_timeouts_total');
    const began = performance.now();
    const {answers, outcome: total} = await control.ask({selector: here, method: 'm'});
    assert.ok(performance.now() - began >= 90, 'not before the deadline');
    assert.deepEqual(total, outcome(1, 1));
    assert.deepEqual(answers.map(({how}) => how), ['timed_out']);
    await gateway.rises('sluice_client_call_timeouts_total', {}, before);
    await bystander.calm();
    await client.close();
  });

  test('none may be longer than --client-call-timeout-max', async () => {
    const ask = timeout => control.ask({selector: {namespace: 'nobody'}, method: 'm', timeout});
    await counted('Call', 'INVALID_ARGUMENT', () => refused(ask({seconds: 5, nanos: 1}),
      'INVALID_ARGUMENT', 'TIMEOUT_INVALID', 'timeout'));
    assert.deepEqual((await ask({seconds: 5})).outcome, outcome(0, 0));
  });
});

test('--call-queue-bytes: a caller that does not read its answers', async () => {
  const before = await gateway.metric('sluice_control_call_overflows_total');
  const crowd = await openMany(40, i => gateway.url(`/crowd?socket_id=c${i}`));
  const requests = Promise.all(crowd.map(client => client.next('the request')));
  const stream = control.raw.Call({selector: {namespace: 'crowd'}, method: 'm',
    timeout: {seconds: 5}});
  const failed = new Promise(resolve => stream.on('error', resolve));
  let answers = 0;
  stream.on('data', () => { ++answers; });
  stream.pause();
  await counted('Call', 'RESOURCE_EXHAUSTED', async () => {
    const asked = await requests;
    for (const [i, client] of crowd.entries()) {
      client.send({jsonrpc: '2.0', result: 'x'.repeat(30_000), id: asked[i].id});
    }
    await gateway.rises('sluice_control_call_overflows_total', {}, before);
    stream.resume();
    const {status, reason} = failure(await within(failed, 'the end of the stream'));
    assert.deepEqual([status, reason], ['RESOURCE_EXHAUSTED', 'CALLER_TOO_SLOW']);
  });
  assert.ok(answers < crowd.length, `${answers} answers`);
  // Who was asked is none the worse for it.
  for (const client of crowd) {
    await client.quiet();
    await client.close();
  }
});

// A Subscribe stream that listens: its publications and losses in `messages`.
async function subscribe(channel) {
  const stream = control.raw.Subscribe({...here, channels: [channel]});
  const messages = new Inbox();
  const ended = new Promise(resolve => stream.on('error', resolve));
  stream.on('data', message => messages.put(message));
  const failed = ended.then(error => { throw error; });
  failed.catch(() => {});
  await Promise.race([messages.next('the greeting'), failed]);
  return {stream, messages, close: () => stream.cancel()};
}
const subscribers = count => until(
  async () => await gateway.metric('sluice_channel_subscribers') === count, `${count} subscribers`);

test('--subscribers-max', async () => {
  const open = [await subscribe('a'), await subscribe('b')];
  await counted('Subscribe', 'RESOURCE_EXHAUSTED', () =>
    refused(subscribe('c'), 'RESOURCE_EXHAUSTED', 'SUBSCRIBERS_EXHAUSTED'));
  await control.call('Publish', {...here, channel: 'a', body: json(1)});
  const [publication] = (await open[0].messages.next()).publications;
  assert.equal(fromBody(publication.body), 1);
  open[0].close();
  await subscribers(1);
  open.push(await subscribe('c'));
  for (const each of open) each.close();
  await subscribers(0);
});

test('--subscriber-backlog: who does not read loses the oldest, and is told', async () => {
  const before = await gateway.metric('sluice_publications_lost_total');
  const [slow, quick] = [await subscribe('flood'), await subscribe('flood')];
  slow.stream.pause();
  // More than all buffers on the way hold.
  const sent = 80;
  const padding = 'x'.repeat(30_000);
  for (let i = 0; i < sent; ++i) {
    await control.call('Publish', {...here, channel: 'flood', body: json([i, padding])});
    const {publications, lost} = await quick.messages.next(`publication ${i}`);
    assert.deepEqual([publications.length, lost], [1, 0]);
  }
  slow.stream.resume();
  let expected = 0;
  let lost = 0;
  while (expected < sent) {
    const message = await slow.messages.next();
    expected += message.lost;
    lost += message.lost;
    for (const {body} of message.publications) assert.equal(fromBody(body)[0], expected++);
    assert.ok(message.publications.length + message.backlog <= BACKLOG);
  }
  assert.ok(lost > 0, 'nothing was lost');
  await gateway.rises('sluice_publications_lost_total', {}, before, lost);
  await bystander.calm();
  for (const each of [slow, quick]) each.close();
  await subscribers(0);
});
