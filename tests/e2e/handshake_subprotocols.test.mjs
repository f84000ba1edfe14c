// SPDX-License-Identifier: Apache-2.0
//
// Sec-WebSocket-Protocol: which names a route agrees to, who may choose another, who hears of them.
// The client (ws) fails a connection that does not answer its offer, as browsers do.
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {Gateway, HOLD, Plain, Raw, Worker, runToEnd, statusOf, until, upgradeRequest}
  from './harness.mjs';

const ROUTES = '/graphql/=raw;graphql-transport-ws;graphql-ws,/any/=json_rpc:*;*,/=json_rpc;v1.app';

describe('a route names those that it accepts', () => {
  const agreed = async (gateway, target, protocols) => {
    const client = await Plain.open(gateway.url(target), {protocols});
    await client.close();
    return client.protocol;
  };

  test('the first of the client\'s that it knows', async () => {
    await Gateway.during({routes: ROUTES}, async gateway => {
      assert.equal(await agreed(gateway, '/graphql/x', ['graphql-ws']), 'graphql-ws');
      assert.equal(await agreed(gateway, '/graphql/x', ['x', 'graphql-ws', 'graphql-transport-ws']),
        'graphql-ws');
      assert.equal(await agreed(gateway, '/any/x', ['bearer.abc', 'y']), 'bearer.abc');
      assert.equal(await agreed(gateway, '/chat', ['v1.app']), 'v1.app');
      assert.equal(await agreed(gateway, '/chat', ['v1.app', 'msgpack']), 'v1.app');
      assert.equal(await agreed(gateway, '/chat', ['msgpack', 'v1.app']), 'msgpack');
    });
  });

  test('in several lines it is one list', async () => {
    await Gateway.during({routes: ROUTES}, async gateway => {
      const request = upgradeRequest('/graphql/x', {'Sec-WebSocket-Protocol': 'x, y'})
        .replace('\r\n\r\n', '\r\nSec-WebSocket-Protocol: graphql-ws\r\n\r\n');
      const {status, headers} = await statusOf(gateway.client, request);
      assert.equal(status, 101);
      assert.equal(headers['sec-websocket-protocol'], 'graphql-ws');
    });
  });

  // RFC 6455 4.2.2: then the answer has no such header, and the client decides.
  test('none of them: no answer to the offer', async () => {
    await Gateway.during({routes: ROUTES}, async gateway => {
      const {status, headers} = await statusOf(gateway.client,
        upgradeRequest('/graphql/x', {'Sec-WebSocket-Protocol': `GRAPHQL-WS, ${'x'.repeat(300)}`}));
      assert.equal(status, 101);
      assert.equal(headers['sec-websocket-protocol'], undefined);
      await assert.rejects(Plain.open(gateway.url('/graphql/x'), {protocols: ['other']}));
    });
  });

  test('what is none stops the start', async () => {
    const {code, errors} = await runToEnd(['--routes=/a/=raw;not a token']);
    assert.equal(code, 2);
    assert.match(errors, /"not a token" is no subprotocol/);
  });
});

describe('workers', () => {
  const FIELDS = {context: ['SUBPROTOCOLS']};

  test('hear what was offered, and what was agreed on', async () => {
    await Gateway.during({routes: ROUTES}, async gateway => {
      const worker = await Worker.open(gateway);
      await worker.serve('chat', {methods: {who: () => 1}, ...FIELDS});
      const client = await Plain.open(gateway.url('/chat'), {protocols: ['x', 'v1.app', 'y']});
      await client.call('who');
      const {context} = await worker.invocations.next();
      assert.deepEqual(context.offered_subprotocols, ['x', 'v1.app', 'y']);
      assert.equal(context.subprotocol, 'v1.app');
    });
  });

  test('admission may choose one that no route names', async () => {
    await Gateway.during({}, async gateway => {
      const worker = await Worker.open(gateway);
      await worker.serve('chat', {...FIELDS, methods: {who: () => 1},
        admission: (_, {context}) => ({user: 'ann', subprotocol: context.offered_subprotocols[1]})});
      const client = await Plain.open(gateway.url('/chat'), {protocols: ['x', 'y']});
      assert.equal(client.protocol, 'y');
      assert.equal((await client.call('who')).result, 1);
      await worker.invocations.next();
      assert.equal((await worker.invocations.next()).context.subprotocol, 'y');
    });
  });

  test('the connect guard may, for dialects with a handshake, too', async () => {
    await Gateway.during({}, async gateway => {
      const worker = await Worker.open(gateway);
      await worker.serve('*', {...FIELDS, guards: {
        CONNECT: (_, {context}) => ({allow: {subprotocol: context.offered_subprotocols.at(-1)}})}});
      for (const target of ['/chat', '/raw/x', '/line/x', '/socketcluster/',
        '/presence/x?identity=a']) {
        const client = await Plain.open(gateway.url(target), {protocols: ['x', 'y']});
        assert.equal(client.protocol, 'y', target);
        await client.close();
      }
    });
  });

  test('one that was not offered is ignored, and told', async () => {
    await Gateway.during({}, async gateway => {
      const worker = await Worker.open(gateway);
      await worker.serve('chat', {admission: () => ({user: 'ann', subprotocol: 'z'})});
      const {status, headers} = await statusOf(gateway.client,
        upgradeRequest('/chat', {'Sec-WebSocket-Protocol': 'x'}));
      assert.equal(status, 101);
      assert.equal(headers['sec-websocket-protocol'], undefined);
      assert.equal(await gateway.metric('sluice_subprotocols_ignored_total'), 1);
    });
  });

  test('a refusal comes as before: 101, then the close', async () => {
    await Gateway.during({}, async gateway => {
      const worker = await Worker.open(gateway);
      await worker.serve('chat', {guards: {CONNECT: () => ({block: {silent: true}})}});
      const raw = await Raw.upgraded(gateway.client, '/chat', {'Sec-WebSocket-Protocol': 'x'});
      assert.equal((await raw.closeFrame()).code, 4403);
      raw.destroy();
    });
  });

  test('what a client sends ahead of the answer is not lost', async () => {
    await Gateway.during({}, async gateway => {
      const worker = await Worker.open(gateway);
      await worker.serve('chat', {admission: () => HOLD});
      const raw = await Raw.connect(gateway.client);
      const ping = Buffer.from('89820000000041', 'hex');
      raw.write(Buffer.concat([
        Buffer.from(upgradeRequest('/chat', {'Sec-WebSocket-Protocol': 'x'})),
        ping, Buffer.from('42', 'hex')]));
      const {id} = await worker.invocations.next();
      assert.equal(raw.received.length, 0, 'no answer before the verdict');
      worker.answer({id, accept: {user: 'ann', subprotocol: 'x'}});
      const {status, headers} = await raw.http();
      assert.equal(status, 101);
      assert.equal(headers['sec-websocket-protocol'], 'x');
      const {opcode, payload} = await raw.frame();
      assert.equal(opcode, 10);
      assert.equal(payload.toString(), 'AB');
      raw.destroy();
    });
  });

  test('who leaves before the answer is noticed', async () => {
    await Gateway.during({'admission-timeout': '1m'}, async gateway => {
      const worker = await Worker.open(gateway);
      await worker.serve('chat', {admission: () => HOLD});
      const raw = await Raw.connect(gateway.client);
      raw.write(upgradeRequest('/chat', {'Sec-WebSocket-Protocol': 'x'}));
      const {id} = await worker.invocations.next();
      raw.destroy();
      assert.equal(await worker.cancelled.next(), id);
      await until(async () => await gateway.metric('sluice_edge_open_sockets') === 0, 'the end');
      const other = await Plain.open(gateway.url('/other'));
      await other.close();
    });
  });
});
