// SPDX-License-Identifier: Apache-2.0
//
// A client that behaves, on a gateway where another does not.
import assert from 'node:assert/strict';
import {Plain} from './plain.mjs';
import {Worker} from './worker.mjs';

export class Bystander {
  #calls = 0;

  static async open(gateway) {
    const bystander = new Bystander();
    const worker = await Worker.open(gateway, {name: 'bystander'});
    await worker.serve('bystander', {methods: {add: ([a, b]) => a + b}});
    bystander.client = await Plain.open(gateway.url('/bystander'));
    return bystander;
  }

  // Still connected, still served, and nothing else came.
  async calm() {
    const id = ++this.#calls;
    assert.deepEqual(await this.client.call('add', [id, 1], id),
      {jsonrpc: '2.0', result: id + 1, id});
    assert.equal(this.client.inbox.size, 0);
  }
}
