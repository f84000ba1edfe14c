// SPDX-License-Identifier: Apache-2.0
//
// Whoever is not let in stands in the log at info, with the option that would let it in: a browser
// says nothing.
import assert from 'node:assert/strict';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {test} from 'node:test';
import {Gateway, OPCODE, Raw, frame, grpc, refused, statusOf, until, upgradeRequest}
  from './harness.mjs';

const lines = (gateway, text) => gateway.log.split('\n').filter(line => line.includes(text));

// The first line of the log that has this in it, as an object.
async function logged(gateway, event, reason) {
  return until(() => lines(gateway, `"event":"${event}"`).map(JSON.parse)
    .find(line => line.reason === reason), `the line of ${reason}`);
}

const JSON_LOG = {'log-format': 'json'};

test('a page of another port', async () => {
  await Gateway.during(JSON_LOG, async gateway => {
    const {status} = await statusOf(gateway.client, upgradeRequest('/chat?token=secret',
      {Host: 'localhost:8080', Origin: 'http://localhost:5173'}));
    assert.equal(status, 403);
    const line = await logged(gateway, 'client refused', 'origin');
    assert.equal(line.level, 'info');
    assert.equal(line.what, 'http://localhost:5173');
    assert.equal(line.path, '/chat');
    assert.match(line.client, /^127\.0\.0\.1:\d+$/);
    assert.match(line.hint, /--origins/);
    assert.ok(!gateway.log.includes('secret'));
  });
});

test('every other reason', async () => {
  await Gateway.during({...JSON_LOG, 'allow-no-origin': false, 'header-count': 8,
    'header-bytes': 1024, 'target-bytes': 100, origins: '*'}, async gateway => {
    const page = {Origin: 'http://a.example'};
    const cases = [
      ['origin', upgradeRequest('/'), /allow-no-origin/, 'none'],
      ['version', upgradeRequest('/', {...page, 'Sec-WebSocket-Version': '8'}), /^$/, '8'],
      ['malformed', upgradeRequest('/socketcluster/x', page), /^$/,
        'the path must be /socketcluster/'],
      ['header_count', upgradeRequest('/', {...page, a: 1, b: 2, c: 3, d: 4}), /--header-count/, ''],
      ['header_bytes', upgradeRequest('/', {a: 'x'.repeat(2000)}), /--header-bytes/, ''],
      ['target_too_long', upgradeRequest(`/${'x'.repeat(200)}`), /--target-bytes/, ''],
      ['method', 'PUT / HTTP/1.1\r\nHost: x\r\n\r\n', /^$/, ''],
      ['not_websocket', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', /^$/, ''],
    ];
    for (const [reason, request, hint, what] of cases) {
      await statusOf(gateway.client, request);
      const line = await logged(gateway, 'client refused', reason);
      assert.match(line.hint, hint, reason);
      assert.equal(line.what, what, reason);
    }
  });
});

test('subprotocols that no route accepts', async () => {
  await Gateway.during(JSON_LOG, async gateway => {
    const raw = await Raw.upgraded(gateway.client, '/chat', {'Sec-WebSocket-Protocol': 'x, y'});
    const line = await logged(gateway, 'client refused', 'subprotocol');
    assert.equal(line.what, 'x, y');
    assert.match(line.hint, /--routes/);
    assert.equal(await gateway.metric('sluice_edge_subprotocols_unknown_total'), 1);
    raw.destroy();
  });
});

test('bytes that are no text, and lines, stay what they are: a value', async () => {
  await Gateway.during(JSON_LOG, async gateway => {
    const raw = await Raw.connect(gateway.client);
    raw.write(Buffer.from(upgradeRequest('/', {Origin: 'http://caf\xe9", "level":"x'}), 'latin1'));
    assert.equal((await raw.http()).status, 403);
    const line = await logged(gateway, 'client refused', 'origin');
    assert.equal(line.level, 'info');
    assert.match(line.what, /^http:\/\/caf/);
    raw.destroy();
  });
});

test('however many come: a few lines, the metric counts', async () => {
  await Gateway.during(JSON_LOG, async gateway => {
    const request = upgradeRequest('/', {Origin: 'http://evil.example'});
    for (let i = 0; i < 10; ++i) {
      await Promise.all(Array.from({length: 20}, () => statusOf(gateway.client, request)));
    }
    assert.equal(await gateway.metric('sluice_edge_handshakes_refused_total', {reason: 'origin'}),
      200);
    const told = lines(gateway, '"reason":"origin"');
    assert.ok(told.length >= 1 && told.length <= 10, `${told.length} lines`);
  });
});

test('who is let in is not in it', async () => {
  await Gateway.during(JSON_LOG, async gateway => {
    (await Raw.upgraded(gateway.client, '/')).destroy();
    await gateway.stop();
    assert.deepEqual(lines(gateway, 'refused'), []);
  });
});

test('a backend without a good token', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-log-'));
  try {
    const file = join(folder, 'tokens');
    writeFileSync(file, 'a-good-token-of-ours\n');
    await Gateway.during({...JSON_LOG, 'control-token-file': file}, async gateway => {
      const metadata = new grpc.Metadata();
      metadata.set('authorization', 'Bearer a-wrong-token-of-theirs');
      for (const options of [{metadata}, {}]) {
        const control = gateway.controlClient({...options, alone: true});
        await refused(control.call('ListNamespaces', {}), 'UNAUTHENTICATED', 'TOKEN_INVALID');
      }
      const line = await logged(gateway, 'backend refused', 'token');
      assert.equal(line.level, 'info');
      assert.match(line.caller, /^127\.0\.0\.1:\d+$/);
      assert.match(line.hint, /--control-token-file/);
      await until(() => gateway.log.includes('none was sent'), 'the other line');
      assert.equal(lines(gateway, '"backend refused"').length, 2);
      assert.ok(!gateway.log.includes('a-wrong-token'), 'tokens stay out of the log');
    });
  } finally {
    rmSync(folder, {recursive: true});
  }
});

test('a client without a good token', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-log-'));
  try {
    writeFileSync(join(folder, 'secret'), 'x'.repeat(40));
    const keys = join(folder, 'keys.yaml');
    writeFileSync(keys, '- algorithm: HS256\n  secret_file: secret\n');
    await Gateway.during({...JSON_LOG, 'jwt-keys': keys}, async gateway => {
      const raw = await Raw.upgraded(gateway.client, '/socketcluster/');
      raw.write(frame(OPCODE.text, JSON.stringify(
        {event: '#handshake', data: {authToken: 'no.token.atall'}, cid: 1})));
      const line = await logged(gateway, "client's token refused", 'token');
      assert.equal(line.level, 'info');
      assert.match(line.hint, /--jwt-keys/);
      assert.ok(!gateway.log.includes('no.token.atall'));
      raw.destroy();
    });
  } finally {
    rmSync(folder, {recursive: true});
  }
});
