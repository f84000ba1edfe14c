// SPDX-License-Identifier: Apache-2.0
//
// Streams and lists end before what a backend's gRPC library takes (4 MiB), and what is kept for a
// backend that does not read has a bound in bytes.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Gateway, Packets, Plain, Watcher, Worker, json, openMany, refused, until} from './harness.mjs';

const KB60 = 'x'.repeat(60_000);
const quick = {'commands-per-second': 0, 'accepts-per-second': 0};

// Publishes `count` messages of `text` in the channel "x" of "room".
async function publish(gateway, count, text) {
  const control = gateway.controlClient();
  for (let i = 0; i < count; ++i) {
    await control.call('Publish', {namespace: 'room', channel: 'x', body: json(text)});
  }
}

test('256 publications of 60 kB outgrow no message of Subscribe', () =>
  Gateway.during(quick, async gateway => {
    const stream = gateway.controlClient().raw.Subscribe({namespace: 'room', channels: ['x']});
    let got = 0;
    let failed;
    stream.on('data', ({publications}) => { got += publications.length; });
    stream.on('error', error => { failed = error; });
    await until(() => gateway.metric('sluice_channel_subscribers'), 'the subscriber');
    // Not read meanwhile, so that they gather.
    stream.pause();
    await publish(gateway, 256, KB60);
    stream.resume();
    await until(() => failed || got === 256, 'all of them');
    assert.equal(failed, undefined);
    stream.cancel();
  }));

test('--subscriber-bytes: who does not read loses the oldest', () =>
  Gateway.during({...quick, 'subscriber-bytes': '1MiB'}, async gateway => {
    const stream = gateway.controlClient().raw.Subscribe({namespace: 'room', channels: ['x']});
    stream.on('error', () => {});
    let got = 0;
    let lost = 0;
    stream.on('data', message => {
      got += message.publications.length;
      lost += message.lost;
    });
    await until(() => gateway.metric('sluice_channel_subscribers'), 'the subscriber');
    stream.pause();
    await publish(gateway, 200, KB60);
    stream.resume();
    await until(() => got + lost >= 200, 'all to be told');
    assert.ok(lost > 50, `${lost} lost, ${got} got`);
    assert.equal(got + lost, 200);
    stream.cancel();
  }));

test('a publication that is too large for its reader is lost, not the stream', () =>
  Gateway.during({...quick, 'message-bytes': '8MiB', 'outbox-bytes': '16MiB'}, async gateway => {
    const stream = gateway.controlClient().raw.Subscribe({namespace: 'room', channels: ['x']});
    const texts = [];
    let lost = 0;
    let failed;
    stream.on('error', error => { failed = error; });
    stream.on('data', message => {
      lost += message.lost;
      for (const {body} of message.publications) texts.push(JSON.parse(body.json));
    });
    await until(() => gateway.metric('sluice_channel_subscribers'), 'the subscriber');
    const client = await Packets.open(gateway, 'room');
    const say = data => client.send({event: '#publish', data: {channel: 'x', data}});
    say('y'.repeat(5_000_000));
    say('small');
    await until(() => failed || texts.length > 0, 'the one behind it');
    assert.deepEqual([failed, texts, lost], [undefined, ['small'], 1]);
    stream.cancel();
    await client.close();
  }));

test('an answer to Call that is too large is an error of that connection alone', () =>
  Gateway.during({...quick, 'message-bytes': '8MiB'}, async gateway => {
    const [large, small] = await openMany(2, i => gateway.url(`/room?socket_id=c${i}`));
    const asked = gateway.controlClient().ask({selector: {namespace: 'room'}, method: 'm'});
    for (const [client, result] of [[large, 'y'.repeat(5_000_000)], [small, 'ok']]) {
      const {id} = await client.next();
      client.send({jsonrpc: '2.0', id, result});
    }
    const {answers} = await asked;
    const by = Object.fromEntries(answers.map(answer => [answer.connection_id, answer]));
    assert.equal(by.c0.error.name, 'AnswerTooLarge');
    assert.equal(JSON.parse(by.c1.result.json), 'ok');
    assert.equal(await gateway.metric('sluice_control_call_answers_too_large_total'), 1);
  }));

test('ListConnections with big channels: pages end early, and none is missed', () =>
  Gateway.during({...quick, 'channels-per-connection': 200}, async gateway => {
    const control = gateway.controlClient();
    const clients = await openMany(200, i => gateway.url(`/room?socket_id=c${1000 + i}`));
    const channels = Array.from({length: 120}, (_, i) => `${i}-`.padEnd(240, 'c'));
    const selector = {namespace: 'room'};
    for (const some of [channels.slice(0, 60), channels.slice(60)]) {
      await control.call('Join', {selector, channels: some});
    }
    const ids = [];
    let pages = 0;
    for (let page_token = ''; pages === 0 || page_token !== ''; ++pages) {
      const page = await control.call('ListConnections', {selector, page_size: 1000, page_token});
      for (const {id, channels: listed, channel_count} of page.connections) {
        ids.push(id);
        assert.deepEqual([listed.length, channel_count], [120, 120]);
      }
      page_token = page.next_page_token;
    }
    assert.ok(pages > 1, 'it is 5.9 MB');
    assert.deepEqual(ids, Array.from({length: 200}, (_, i) => `c${1000 + i}`));
    for (const client of clients) client.socket.terminate();
  }));

test('one connection in too many channels is listed with as many as fit', () =>
  Gateway.during({...quick, 'channels-per-connection': 1000, 'control-response-bytes': '64KiB'},
    async gateway => {
      const control = gateway.controlClient();
      const client = await Plain.open(gateway.url('/room?socket_id=c'));
      const selector = {namespace: 'room'};
      const names = Array.from({length: 500}, (_, i) => `${1000 + i}-`.padEnd(240, 'c'));
      for (let i = 0; i < 500; i += 100) {
        await control.call('Join', {selector, channels: names.slice(i, i + 100)});
      }
      const [view] = await control.list(selector);
      assert.equal(view.channel_count, 500);
      assert.ok(view.channels.length > 100 && view.channels.length < 200);
      assert.deepEqual(view.channels, names.slice(0, view.channels.length));
      await client.close();
    }));

test('--events-bytes: kept events have a bound in bytes, and a batch ends early', () =>
  Gateway.during({...quick, 'events-bytes': '1MiB', 'control-response-bytes': '64KiB'},
    async gateway => {
      const control = gateway.controlClient();
      const watcher = await Watcher.open(control, {types: ['TYPE_USER_CHANGED']});
      watcher.stream.pause();
      const client = await Plain.open(gateway.url('/room?socket_id=c'));
      const selector = {namespace: 'room'};
      for (let i = 0; i < 3000; ++i) {
        await control.call('UpdateConnections', {selector, user: `${i}`.padEnd(250, 'u')});
      }
      const old = control.raw.WatchEvents({after: [{epoch: watcher.start.epoch, sequence: 1}]});
      const error = await new Promise(resolve => {
        old.on('error', resolve);
        old.on('data', () => {});
      });
      assert.match(error.details, /does not keep/);
      watcher.stream.resume();
      await until(() => watcher.events.size + watcher.lost >= 3000, 'all to be told');
      await client.close();
      watcher.close();
    }));

test('--registration-bytes: bounds what all workers register, and is given back', () =>
  Gateway.during({'registration-bytes': '128KiB'}, async gateway => {
    const worker = await Worker.open(gateway);
    const register = (from, count) => worker.change('registers', {
      namespace: 'room', methods: Array.from({length: count}, (_, i) => ({name: `m${from + i}`})),
      context: ['CONTEXT_FIELD_HEADERS'],
      header_names: Array.from({length: 100}, (_, i) => `x-${i}`.padEnd(200, 'h')),
    });
    assert.equal((await register(0, 200)).refused_reason, '');
    const taken = await gateway.metric('sluice_worker_registration_bytes');
    assert.ok(taken > 20_000 && taken < 131_072, `${taken}`);
    assert.equal((await register(1000, 400)).refused_reason, 'REGISTRATIONS_EXHAUSTED');
    assert.equal(await gateway.metric('sluice_worker_registration_bytes'), taken);
    worker.kill();
    await until(async () => await gateway.metric('sluice_worker_registration_bytes') === 0,
      'it to be given back');
  }));

test('ListMethods: pages end early, and none is missed', () =>
  Gateway.during({'control-response-bytes': '64KiB'}, async gateway => {
    const worker = await Worker.open(gateway);
    const names = kind => Array.from({length: 300},
      (_, i) => ({name: `${kind}${1000 + i}-`.padEnd(240, 'n')}));
    const {refused_reason} = await worker.change('registers',
      {namespace: 'room', methods: names('m'), events: names('e')});
    assert.equal(refused_reason, '');
    const control = gateway.controlClient();
    const methods = [];
    const events = [];
    let pages = 0;
    for (let page_token = ''; pages === 0 || page_token !== ''; ++pages) {
      const page = await control.call('ListMethods', {namespace: 'room', page_token});
      methods.push(...page.methods.map(({name}) => ({name})));
      events.push(...page.events.map(({name}) => ({name})));
      page_token = page.next_page_token;
    }
    assert.deepEqual([methods, events], [names('m'), names('e')]);
    assert.ok(pages > 2, `${pages} pages`);
    const first = await control.call('ListMethods', {namespace: 'room', page_size: 7});
    assert.equal(first.methods.length, 7);
    await refused(control.call('ListMethods',
      {namespace: 'other', page_token: first.next_page_token}),
    'INVALID_ARGUMENT', 'PAGE_TOKEN_INVALID');
    await worker.finish();
  }));
