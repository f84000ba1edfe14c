// SPDX-License-Identifier: Apache-2.0
//
// The world's clock is stepped by a day, as NTP or a resumed machine may do. What is compared with
// the world's dates follows at once; what has to do with elapsed time does not notice.
import assert from 'node:assert/strict';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, before, describe, test} from 'node:test';
import {setTimeout as pause} from 'node:timers/promises';
import {Gateway, HOLD, Packets, Plain, WallClock, Watcher, Worker, json, token, until, writeKeys}
  from './harness.mjs';

const DAY = 86_400;
const KEY = {kid: 'k', algorithm: 'HS256', secret: 'a secret'};
const folder = mkdtempSync(join(tmpdir(), 'sluice-wall-'));
const keys = join(folder, 'keys.json');

let clock, gateway, control, worker;

before(async () => {
  writeKeys(keys, [KEY]);
  clock = new WallClock();
  gateway = await Gateway.start({
    'jwt-keys': keys, 'ping-interval': '1h', 'presence-lease': '10m', 'log-level': 'debug',
    'longhouse-ping-interval': 0, 'socketcluster-ping-interval': 0,
    'socketcluster-ping-timeout': 0,
  }, {env: clock.env});
  control = gateway.controlClient();
  worker = await Worker.open(gateway);
  await worker.serve('default', {methods: {
    hold: {run: () => HOLD, time_limit: {seconds: 60}},
    brief: {run: () => HOLD, time_limit: {seconds: 1}},
    add: ([a, b]) => a + b,
  }});
});
after(async () => {
  await gateway.stop();
  clock.close();
  rmSync(folder, {recursive: true});
});

const millis = ({seconds, nanos}) => Number(seconds) * 1000 + nanos / 1e6;
// Within what two processes need to look at the clock one after the other.
function isNow(date, what) {
  const off = date - clock.now();
  assert.ok(Math.abs(off) < 1500, `${what} is ${off / 1000} s off`);
}
const expiring = seconds => token(
  {sub: 'ann', exp: Math.floor(clock.now() / 1000) + seconds}, KEY);
const view = async (namespace, id) => control.call('GetConnection',
  {namespace, connection_id: id});
const greet = async authToken => {
  const client = await Packets.open(gateway, 'tokens', {authToken});
  const {isAuthenticated, authError} = client.status.data;
  await client.close();
  return isAuthenticated ? 'taken' : authError?.name;
};

for (const [name, step] of [['forward', DAY], ['back', -2 * DAY], ['forward again', DAY]]) {
  describe(`a step ${name}`, () => {
    const past = {};

    before(async () => {
      past.token = expiring(3600);
      past.late = expiring(DAY + 3600);
      assert.equal(await greet(past.token), 'taken');
      past.client = await Plain.open(gateway.url(`/default?socket_id=old${step}`));
      past.member = await Plain.open(gateway.url('/presence/room?identity=i'));
      past.showing = await Packets.open(gateway, 'tokens', {authToken: past.token});
      past.date = clock.now();
      clock.step(step);
    });

    test('tokens are good or not by the date as it is now', async () => {
      if (step > 0) {
        assert.equal(await greet(past.token), 'AuthTokenExpiredError');
        assert.equal(await greet(past.late), 'taken');
      } else {
        assert.equal(await greet(expiring(-3600)), 'AuthTokenExpiredError');
      }
      assert.equal(await greet(expiring(3600)), 'taken');
      assert.equal(await greet(expiring(-1)), 'AuthTokenExpiredError');
    });

    test('the token of a connection that is there has expired, or has not', async () => {
      const {showing} = past;
      const {id} = showing.status.data;
      assert.equal((await view('tokens', id)).authenticated || step > 0, true);
      showing.send({event: '#unsubscribe', data: 'nothing', cid: 7});
      await until(async () => (await view('tokens', id)).authenticated === (step < 0),
        'the token\'s end');
    });

    test('tokens that backends have signed begin now', async () => {
      const client = await Packets.open(gateway, 'signed');
      await control.outcome('SetAuthToken', {
        selector: {namespace: 'signed', connection_ids: [client.status.data.id]},
        claims_json: Buffer.from('{"sub":"bob"}')});
      const {data} = await client.next();
      const {iat, exp} = JSON.parse(Buffer.from(data.token.split('.')[1], 'base64url'));
      isNow(iat * 1000 + 500, 'iat');
      assert.equal(exp - iat, DAY);
      await client.close();
    });

    test('connected_at, the times of events, and joinedAt', async () => {
      const watcher = await Watcher.open(control, {namespace: 'dates'});
      const client = await Plain.open(gateway.url('/dates?socket_id=new'));
      isNow(millis((await view('dates', 'new')).connected_at), 'connected_at');
      const opened = await watcher.next();
      assert.equal(opened.type, 'TYPE_OPENED');
      isNow(millis(opened.time), 'the event');
      await client.close();
      isNow(millis((await watcher.next()).time), 'the event of the close');
      watcher.close();
      const member = await Plain.open(gateway.url(`/presence/new${step}?identity=i`));
      isNow(Date.parse((await member.next()).clients[0].joinedAt), 'joinedAt');
      await member.close();
    });

    test('selectors that name a date', async () => {
      const old = `old${step}`;
      const client = await Plain.open(gateway.url(`/default?socket_id=new${step}`));
      const middle = {seconds: Math.floor((past.date + clock.now()) / 2000)};
      const ids = async extra => (await control.list({namespace: 'default', ...extra}))
        .map(({id}) => id).filter(id => [old, `new${step}`].includes(id));
      const [earlier, later] = step > 0 ? [old, `new${step}`] : [`new${step}`, old];
      assert.deepEqual(await ids({connected_before: middle}), [earlier]);
      assert.deepEqual(await ids({connected_after: middle}), [later]);
      await client.close();
    });

    test('deadlines that workers see', async () => {
      worker.invocations.takeAll();
      past.client.send({jsonrpc: '2.0', method: 'hold', id: 'd'});
      const {id, deadline} = await worker.invocations.next('the call');
      isNow(millis(deadline) - 60_000, 'the deadline');
      worker.answer({id, result: json('held')});
      assert.equal((await past.client.next()).result, 'held');
    });

    test('drains begin now, and run at their pace', async () => {
      const clients = await Promise.all(Array.from({length: 10}, () =>
        Plain.open(gateway.url('/drained'))));
      const began = performance.now();
      const [first, ...rest] = await control.collect('WatchDrain', {drain_id: (await control.call(
        'StartDrain', {selector: {namespace: 'drained'}, per_second: 20})).id});
      const took = performance.now() - began;
      assert.ok(took > 300 && took < 5000, `${took} ms`);
      isNow(millis(first.started_at), 'started_at');
      isNow(millis(rest.at(-1).ended_at), 'ended_at');
      for (const client of clients) await client.whenClosed();
    });

    test('lines of the log', async () => {
      await Plain.open(gateway.url(`/logged${step}`)).then(client => client.close());
      const dates = () => gateway.log.trimEnd().split('\n').at(-1)
        .match(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/);
      isNow(Date.parse((await until(dates, 'a line with a date'))[0]), 'the line');
    });

    test('calls that are under way across the step live as long as they may', async () => {
      const {client} = past;
      const began = performance.now();
      client.send({jsonrpc: '2.0', method: 'brief', id: 'b'});
      client.send({jsonrpc: '2.0', method: 'hold', id: 'h'});
      await until(() => worker.held.size === 2, 'both calls');
      clock.step(3600);
      assert.equal((await client.next()).id, 'b', 'the brief one times out');
      const took = performance.now() - began;
      assert.ok(took > 900 && took < 5000, `${took} ms`);
      clock.step(-3600);
      const asked = control.ask({selector: {namespace: 'default', connection_ids: [
        `old${step}`]}, method: 'q', timeout: {nanos: 500e6}});
      const {id} = await client.next('the question');
      clock.step(-3600);
      clock.step(3600);
      client.send({jsonrpc: '2.0', result: 1, id});
      assert.equal((await asked).answers[0].how, 'result');
      for (const held of [...worker.held]) worker.answer({id: held, result: json('done')});
      assert.equal((await client.next()).result, 'done');
    });

    test('nobody was pinged, closed or forgotten, and the workers are still there', async () => {
      const {client, member} = past;
      await pause(300);  // for some ticks of every loop
      assert.deepEqual(await client.call('add', [1, 2], 'a'),
        {jsonrpc: '2.0', result: 3, id: 'a'});
      assert.equal((await member.next()).clients.length, 1);
      member.send('{"action":"fence"}');
      assert.match(await member.nextRaw(), /Unrecognized action/);
      assert.equal(await control.count({namespace: 'room'}), 1);
      assert.equal(await gateway.metric('sluice_workers'), 1);
      assert.equal((await gateway.fetch('/readyz')).status, 200);
      assert.equal((await gateway.fetch('/healthz')).status, 200);
      await client.close();
      await member.close();
      await past.showing.close();
    });
  });
}
