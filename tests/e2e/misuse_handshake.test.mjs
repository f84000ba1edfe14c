// SPDX-License-Identifier: Apache-2.0
//
// Requests that never become WebSockets: each bound of the handshake, its status and its metric.
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import {Bystander, Gateway, Plain, Raw, refusal, statusOf, until, upgradeRequest}
  from './harness.mjs';

let gateway, bystander;

before(async () => {
  gateway = await Gateway.start({
    'handshake-timeout': '400ms', 'header-bytes': 2048, 'header-count': 12, 'target-bytes': 400,
    origins: 'https://good.example,http://other.example:8080',
  });
  bystander = await Bystander.open(gateway);
});
after(() => gateway.stop());

const refusals = reason => gateway.metric('sluice_edge_handshakes_refused_total', {reason});

// The request gets this status, its reason is counted, and nobody else notices.
async function answered(request, status, reason) {
  const before = await refusals(reason);
  const answer = await statusOf(gateway.client, request);
  assert.equal(answer.status, status, JSON.stringify(answer));
  assert.match(answer.headers['content-type'], /^text\/plain/);
  assert.ok(answer.body.length > 0);
  await gateway.rises('sluice_edge_handshakes_refused_total', {reason}, before);
  await bystander.calm();
  return answer;
}

test('no WebSocket: 426, and what would be right', async () => {
  const {headers} = await answered('GET /chat HTTP/1.1\r\nHost: x\r\n\r\n', 426, 'not_websocket');
  assert.equal(headers['sec-websocket-version'], '13');
  assert.equal(headers.upgrade, 'websocket');
});

test('another version: 426', async () => {
  const request = upgradeRequest('/', {'Sec-WebSocket-Version': '8'});
  const {headers} = await answered(request, 426, 'version');
  assert.equal(headers['sec-websocket-version'], '13');
});

test('another method: 405', async () => {
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
    const request = `${method} / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`;
    const {headers} = await answered(request, 405, 'method');
    assert.equal(headers.allow, 'GET');
  }
});

test('a broken upgrade, and no HTTP: 400', async () => {
  const broken = [
    upgradeRequest('/', {'Sec-WebSocket-Key': undefined}),
    upgradeRequest('/', {'Sec-WebSocket-Key': 'c2hvcnQ='}),
    upgradeRequest('/', {'Sec-WebSocket-Key': '!!!!!!!!!!!!!!!!!!!!!!=='}),
    upgradeRequest('/').replace('HTTP/1.1', 'HTTP/1.0'),
    'hello there\r\n\r\n',
    'GET  / HTTP/1.1\r\n\r\n',
    'GET / HTTP/9.9\r\n\r\n',
    '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\r\n\r\n',
  ];
  for (const request of broken) await answered(request, 400, 'malformed');
});

test('too many bytes of headers: 431', () =>
  answered(upgradeRequest('/', {'X-Long': 'x'.repeat(3000)}), 431, 'header_bytes'));

test('too many headers: 431', () =>
  answered(upgradeRequest('/', Object.fromEntries(
    Array.from({length: 20}, (_, i) => [`X-${i}`, 'x']))), 431, 'header_count'));

test('too long a target: 414', () =>
  answered(upgradeRequest(`/?q=${'x'.repeat(500)}`), 414, 'target_too_long'));

test('a target that names nothing: 400', async () => {
  for (const target of [`/${'n'.repeat(256)}`, `/?socket_id=${'i'.repeat(256)}`, '/?socket_id=',
    '/?socket_id=a%00b', '/?socket_id=%ff', '/?socket_id=%zz', '/?codec=morse', 'ftp://x/',
    'http://', 'http:///', 'http://me@x/', `http://x/${'n'.repeat(256)}`,
    '/#fragment']) {
    await answered(upgradeRequest(target), 400, 'malformed');
  }
});

test('an origin that is not on the list: 403', async () => {
  for (const origin of ['https://evil.example', 'https://good.example.evil.example',
    'http://good.example', 'https://good.example:444', 'http://other.example', 'null']) {
    await answered(upgradeRequest('/', {Origin: origin}), 403, 'origin');
  }
  for (const origin of ['https://good.example', 'https://GOOD.example:443',
    'http://other.example:8080']) {
    const raw = await Raw.upgraded(gateway.client, '/', {Origin: origin});
    raw.destroy();
  }
});

test('slowloris: the deadline is one for all', async () => {
  const before = await refusals('timeout');
  const raw = await Raw.connect(gateway.client);
  const began = performance.now();
  const drip = setInterval(() => raw.write('X'), 20);
  const {status} = await raw.http();
  clearInterval(drip);
  assert.equal(status, 408);
  assert.ok(performance.now() - began >= 350, 'not before the deadline');
  await raw.whenEnded();
  await gateway.rises('sluice_edge_handshakes_refused_total', {reason: 'timeout'}, before);
  await bystander.calm();
});

test('who says nothing at all is cut off, too', async () => {
  const sockets = await gateway.metric('sluice_edge_open_sockets');
  const silent = await Promise.all(Array.from({length: 20}, () => Raw.connect(gateway.client)));
  for (const raw of silent) await raw.whenEnded();
  await until(async () => await gateway.metric('sluice_edge_open_sockets') === sockets,
    'the sockets to be given back');
  await bystander.calm();
});

test('who leaves before the end is counted', async () => {
  const before = await gateway.metric('sluice_edge_handshakes_abandoned_total');
  const raw = await Raw.connect(gateway.client);
  raw.write('GET / HTT');
  raw.socket.end();
  await gateway.rises('sluice_edge_handshakes_abandoned_total', {}, before);
  await bystander.calm();
});

// These bounds would meet the bystander's own connection: a gateway each.
describe('how many, and how fast', () => {
  test('the cap: 503 with Retry-After, and room again when somebody leaves', async () => {
    const small = await Gateway.start({'connections-max': 3, 'retry-after': '7s'});
    const near = await Bystander.open(small);
    const others = [await Plain.open(small.url()), await Plain.open(small.url())];
    const refused = await refusal(small.url());
    assert.equal(refused.status, 503);
    assert.equal(refused.headers['retry-after'], '7');
    assert.equal(await small.metric('sluice_edge_handshakes_refused_total',
      {reason: 'connections_max'}), 1);
    await others[0].close();
    const again = await until(
      () => Plain.open(small.url()).catch(() => undefined), 'room for another');
    await near.calm();
    await again.close();
    await others[1].close();
    await small.stop();
  });

  test('the rate: 503 with Retry-After', async () => {
    const slow = await Gateway.start({'accepts-per-second': 0.01, 'accepts-burst': 3});
    const near = await Bystander.open(slow);
    await Plain.open(slow.url());
    await Plain.open(slow.url());
    const refused = await refusal(slow.url());
    assert.equal(refused.status, 503);
    assert.equal(refused.headers['retry-after'], '5');
    assert.equal(await slow.metric('sluice_edge_handshakes_refused_total',
      {reason: 'accept_rate'}), 1);
    await near.calm();
    await slow.stop();
  });

  test('--refusals-max: more than are being told 503 are cut', async () => {
    const options = {shards: 1, 'connections-max': 1, 'refusals-max': 2};
    await Gateway.during(options, async full => {
      const near = await Bystander.open(full);
      const refused = () =>
        full.metric('sluice_edge_handshakes_refused_total', {reason: 'connections_max'});
      // They have not asked yet, so they cannot be told.
      const waiting = [await Raw.connect(full.client), await Raw.connect(full.client)];
      const extra = await Raw.connect(full.client);
      await extra.whenEnded(3000);
      assert.equal(extra.received.length, 0);
      assert.equal(await full.metric('sluice_edge_refusals_cut_total'), 1);
      assert.equal(await refused(), 1);
      await near.calm();
      for (const raw of waiting) {
        raw.write(upgradeRequest());
        assert.equal((await raw.http()).status, 503);
        raw.destroy();
      }
      assert.equal(await refused(), 3);
      assert.equal(await full.metric('sluice_edge_refusals_cut_total'), 1);
      await until(async () => await full.metric('sluice_edge_open_sockets') === 1, 'room');
      assert.equal((await refusal(full.url())).status, 503);
      await near.calm();
    });
  });
});
