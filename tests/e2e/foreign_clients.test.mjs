// SPDX-License-Identifier: Apache-2.0
//
// JSON-RPC libraries of other languages on the route /rpc/: they call, hear and answer.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {ForeignClient, Gateway, LANGUAGES, Worker, fromBody, json, outcome, whySkipped, within}
  from './harness.mjs';

let gateway, control, worker;

before(async () => {
  gateway = await Gateway.start();
  control = gateway.controlClient();
  worker = await Worker.open(gateway);
});
after(() => gateway.stop());

for (const language of LANGUAGES) {
  test(`a client in ${language}`, {skip: whySkipped(language, 'client')}, async () => {
    await worker.serve(language, {methods: {sum: ([a, b]) => a + b, note: () => undefined}});
    worker.invocations.takeAll();
    const client = new ForeignClient(language, gateway.url(`/rpc/${language}`));
    try {
      assert.equal(await client.lines.next('the sum'), 'sum 5');
      assert.equal(await client.lines.next('the refusal'), 'nope -32601');
      assert.equal(await client.lines.next('it to be ready'), 'ready');
      const [, {call}] = [await worker.invocations.next(), await worker.invocations.next()];
      assert.deepEqual([call.method, call.notification, fromBody(call.params)],
        ['note', true, {a: 1}]);
      assert.deepEqual(await control.send({namespace: language}, 'ticks', json([7])), outcome(1, 1));
      assert.equal(await client.lines.next('the event'), 'ticks [7]');
      const {answers} = await control.ask({selector: {namespace: language}, method: 'confirm',
        params: json({what: 'sure'}), timeout: {seconds: 5}});
      assert.equal(fromBody(answers[0].result), 'yes, sure');
      await control.send({namespace: language}, 'end', json({}));
      assert.deepEqual(await within(client.ended, 'the client to end'), [0, null]);
    } finally {
      client.child.kill();
    }
  });
}
