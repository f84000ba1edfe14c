// SPDX-License-Identifier: Apache-2.0
//
// Workers whose libraries check more than ours: in Python and in Go a string that is no UTF-8 ends
// the stream, and so does a message over 4 MiB.
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {ForeignWorker, Gateway, LANGUAGES, OPCODE, Raw, frame, until, whySkipped, within}
  from './harness.mjs';

const latin1 = text => Buffer.from(text, 'latin1');

// An upgrade whose headers are bytes.
async function upgraded(gateway, target, lines) {
  const raw = await Raw.connect(gateway.client);
  raw.write(latin1(`GET ${target} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n` +
    'Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n' +
    `Sec-WebSocket-Version: 13\r\n${lines.map(line => `${line}\r\n`).join('')}\r\n`));
  assert.equal((await raw.http()).status, 101);
  return raw;
}

async function call(raw, method, params = []) {
  raw.write(frame(OPCODE.text, JSON.stringify({jsonrpc: '2.0', id: 1, method, params})));
  const {opcode, payload} = await raw.frame();
  assert.equal(opcode, OPCODE.text);
  return JSON.parse(payload.toString());
}

// With such a worker of `namespace`, which must be as alive afterwards as it was before.
const withWorker = (language, options, namespace, roles, run) =>
  Gateway.during(options, async gateway => {
    const worker = await ForeignWorker.open(gateway, language, namespace, ...roles);
    try {
      await run(gateway, worker);
      assert.deepEqual(worker.lines.takeAll(), [], 'the stream lives');
    } finally {
      await worker.close();
    }
  });

for (const language of LANGUAGES) {
  describe(`a worker in ${language}`, {skip: whySkipped(language)}, () => {
    const context = {'context-headers': 'user-agent,cookie'};

    test('is told a header that is no UTF-8 with U+FFFD in place of what is not', () =>
      withWorker(language, context, 'shop', [], async gateway => {
        const odd = await upgraded(gateway, '/shop', [
          'User-Agent: Caf\xe9 \xff\xfe', 'Cookie: a=\xe2\x82; b=\xc3\xa9', 'Cookie: c=\xf0\x9f']);
        const {result} = await call(odd, 'echo');
        assert.deepEqual(result.headers,
          {'user-agent': 'Caf\ufffd \ufffd\ufffd', cookie: 'a=\ufffd; b=é, c=\ufffd'});
        // And it goes on serving everybody.
        const plain = await upgraded(gateway, '/shop', ['User-Agent: plain']);
        assert.equal((await call(plain, 'echo')).result.headers['user-agent'], 'plain');
        odd.destroy();
        plain.destroy();
      }));

    test('admits a client with such a cookie, and the next ones', () =>
      withWorker(language, context, 'shop', ['admission'], async gateway => {
        const clients = [];
        for (const cookie of ['k=\xe9', 'k=plain', 'k=\xff']) {
          const raw = await upgraded(gateway, '/shop', [`Cookie: ${cookie}`]);
          assert.equal((await call(raw, 'echo')).result.namespace, 'shop', cookie);
          clients.push(raw);
        }
        for (const raw of clients) raw.destroy();
      }));

    // Escapes make what a path could not hold; each is refused or arrives whole.
    test('is told targets and ids of every kind', () =>
      withWorker(language, context, 'shop', [], async gateway => {
        for (const id of ['caf%c3%a9', '%f0%9f%98%80']) {
          const raw = await upgraded(gateway, `/shop?socket_id=${id}&x=%ff`, []);
          const {result} = await call(raw, 'echo');
          assert.equal(result.connection, decodeURIComponent(id));
          assert.equal(result.target, `/shop?socket_id=${id}&x=%ff`);
          raw.destroy();
        }
        const refused = await Raw.connect(gateway.client);
        refused.write('GET /shop?socket_id=caf%e9 HTTP/1.1\r\nHost: localhost\r\n' +
          'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n' +
          'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n');
        assert.equal((await refused.http()).status, 400);
        refused.destroy();
      }));

    const mebibytes = {'message-bytes': '16MiB', 'outbox-bytes': '16MiB'};

    test('is not asked what its library would not take; that call alone fails', () =>
      withWorker(language, mebibytes, 'shop', [], async gateway => {
        const large = await upgraded(gateway, '/shop', []);
        const small = await upgraded(gateway, '/shop', []);
        const {error} = await call(large, 'echo', ['x'.repeat(5_000_000)]);
        assert.equal(error.message, 'The call is too large for its worker');
        assert.equal(await gateway.metric('sluice_worker_invocations_too_large_total'), 1);
        for (const raw of [large, small]) {
          assert.equal((await call(raw, 'echo')).result.namespace, 'shop');
        }
        large.destroy();
        small.destroy();
      }));

    test('loses one answer that is too large, not its stream', () =>
      withWorker(language, mebibytes, 'shop', [], async gateway => {
        const large = await upgraded(gateway, '/shop', []);
        const small = await upgraded(gateway, '/shop', []);
        const answers = [call(large, 'big', [5_000_000]), call(small, 'echo')];
        const [{error}, {result}] = await within(Promise.all(answers), 'both answers');
        assert.equal(error.message, 'ResultTooLarge');
        assert.match(error.data, /--worker-result-bytes/);
        assert.equal(result.namespace, 'shop');
        await until(() => gateway.metric('sluice_worker_results_too_large_total'), 'the count');
        assert.equal((await call(large, 'big', [100_000])).result.length, 100_000);
        large.destroy();
        small.destroy();
      }));
  });
}
