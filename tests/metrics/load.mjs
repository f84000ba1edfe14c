// SPDX-License-Identifier: Apache-2.0
//
// A little of all that a node does for clients, workers and backends, again and again.
import {Plain, Worker, json} from '../e2e/harness.mjs';

const NAMESPACE = 'load';

// What others say may come before the answer.
async function ask(client, method, params) {
  client.send({jsonrpc: '2.0', id: method, method, params});
  while ((await client.next()).id !== method);
}

export class Load {
  #stopped = false;
  #done;

  // Serves and is served on this node until stop().
  static async start(gateway) {
    const load = new Load();
    load.gateway = gateway;
    load.control = gateway.controlClient();
    load.worker = await Worker.open(gateway);
    await load.worker.serve(NAMESPACE, {
      methods: {echo: params => params}, events: ['news'], admission: () => ({}),
    });
    load.#done = load.#run();
    return load;
  }

  async #run() {
    while (!this.#stopped) await this.round();
  }

  async round() {
    const {control} = this;
    const client = await Plain.open(this.gateway.url(`/${NAMESPACE}`));
    await ask(client, 'rpc.on', ['news']);
    await ask(client, 'echo', [1]);
    await ask(client, 'nobody_serves_this', []);
    await control.call('Publish', {namespace: NAMESPACE, channel: 'news', body: json(1)});
    await control.call('Send', {selector: {namespace: NAMESPACE}, message: {event: 'news', body: json(2)}});
    await control.call('ListNodes', {});
    await control.call('GetConnection', {namespace: NAMESPACE, connection_id: 'nobody'}).catch(() => {});
    client.socket.close();
    await client.closed;
  }

  async stop() {
    this.#stopped = true;
    await this.#done;
  }
}
