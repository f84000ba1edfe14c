// SPDX-License-Identifier: Apache-2.0
//
// A client's trace (W3C Trace Context) goes on in what workers are asked, in events and in the log.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Gateway, Plain, Watcher, Worker, json, refusal, until} from './harness.mjs';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = `00-${TRACE}-b7ad6b7169203331-01`;

test('a worker gets the traceparent of the upgrade, without asking for it', async () => {
  await Gateway.during({'log-level': 'debug'}, async gateway => {
    const seen = [];
    const worker = await Worker.open(gateway);
    await worker.serve('default', {methods: {look: (params, {context}) => {
      seen.push(context.traceparent);
      return true;
    }}});
    const watcher = await Watcher.open(gateway.controlClient(), {types: ['TYPE_OPENED', 'TYPE_CLOSED']});
    const traced = await Plain.open(gateway.url(), {headers: {traceparent: PARENT}});
    await traced.call('look', []);
    const [opened] = await watcher.take(1);
    assert.equal(opened.traceparent, PARENT);
    await traced.close();
    assert.equal((await watcher.next()).traceparent, '', 'it is told once');
    const line = gateway.log.split('\n').find(text => text.includes("client's trace"));
    assert.match(line, new RegExp(`trace=${TRACE}$`));
    for (const bad of ['none', `ff${PARENT.slice(2)}`, PARENT.toUpperCase(), `${PARENT}-more`]) {
      const other = await Plain.open(gateway.url(), {headers: {traceparent: bad}});
      await other.call('look', []);
      await other.close();
    }
    const later = await Plain.open(gateway.url(), {headers: {traceparent: `01${PARENT.slice(2)}-more`}});
    await later.call('look', []);
    assert.deepEqual(seen, [PARENT, '', '', '', '', `01${PARENT.slice(2)}`]);
    await worker.finish();
  });
});

test('guards and admission get it, too', async () => {
  await Gateway.during({}, async gateway => {
    const seen = {};
    const worker = await Worker.open(gateway);
    await worker.serve('default', {
      methods: {m: () => 1},
      admission: (connection, {context}) => {
        seen.admission = context.traceparent;
        return {};
      },
      guards: {CALL: (data, {context}) => {
        seen.call = context.traceparent;
        return {allow: {}};
      }},
    });
    const client = await Plain.open(gateway.url(), {headers: {traceparent: PARENT}});
    await client.call('m', []);
    assert.deepEqual(seen, {admission: PARENT, call: PARENT});
    await worker.finish();
  });
});

test('who is not let in is logged with its trace', async () => {
  await Gateway.during({}, async gateway => {
    const {status} = await refusal(gateway.url(),
      {headers: {traceparent: PARENT, origin: 'http://elsewhere.example'}});
    assert.equal(status, 403);
    await until(() => gateway.log.includes('client refused'), 'the line');
    const line = gateway.log.split('\n').find(text => text.includes('client refused'));
    assert.match(line, new RegExp(` trace=${TRACE} `));
  });
});
