// SPDX-License-Identifier: Apache-2.0
//
// A gateway, a worker with something of everything, and rpc-websockets clients of either codec.
import {once} from 'node:events';
import {Failure, Gateway, HOLD, Worker, within} from './harness.mjs';

export const METHODS = {
  sum: ([a, b]) => a + b,
  subtract: ({minuend, subtrahend}) => minuend - subtrahend,
  echo: params => params,
  nothing: () => undefined,
  hold: () => HOLD,
  whoami: (_, {context}) => context.connection_id,
  secret: {access: 'ACCESS_PROTECTED', run: (_, {context}) => `hello ${context.user}`},
  boom: () => { throw new TypeError('boom'); },
  refuse: () => { throw new Failure({code: 500, message: 'E msg', data: {k: 1}}); },
};

const login = params => {
  if (params.password !== 'secret') throw {reject: {}};
  return {user: params.user};
};

export class RpcWorld {
  #open;
  #clients = [];

  // `open(url, options, makeId)` makes a client that connects by itself.
  constructor(open) {
    this.#open = open;
  }

  async start() {
    this.gateway = await Gateway.start();
    this.control = this.gateway.controlClient();
    this.worker = await Worker.open(this.gateway);
    for (const namespace of ['default', 'chat', 'chat/']) {
      await this.worker.serve(namespace, {
        methods: METHODS, login, context: ['CONNECTION', 'USER'],
        events: ['news', 'other', {name: 'vip', access: 'ACCESS_PROTECTED'}],
      });
    }
    await this.worker.serve('bare', {methods: {sum: METHODS.sum}});
  }

  async stop() {
    for (const client of this.#clients) {
      client.setAutoReconnect(false);
      client.close();
    }
    await this.gateway.stop();
  }

  make(target = '/', options, makeId) {
    const client = this.#open(this.gateway.url(target), {reconnect: false, ...options}, makeId);
    this.#clients.push(client);
    return client;
  }

  async connect(target, options, makeId) {
    const client = this.make(target, options, makeId);
    await within(once(client, 'open'), 'open');
    return client;
  }
}

// The arguments of the event, once it comes.
export const heard = (client, event) => new Promise(resolve => {
  client.once(event, (...args) => resolve(args));
});
