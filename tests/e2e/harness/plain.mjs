// SPDX-License-Identifier: Apache-2.0
//
// A plain WebSocket client that keeps what it got, frame by frame.
import assert from 'node:assert/strict';
import {decode, encode} from '@msgpack/msgpack';
import WebSocket from 'ws';
import {Inbox, within} from './poll.mjs';

export class Plain {
  inbox = new Inbox();
  #fences = 0;

  // Opens, or fails with the answer's {status, headers, body} in the error.
  static async open(url, {protocols = [], ...options} = {}) {
    const client = new (this ?? Plain)(url, protocols, options);
    await within(client.opened, `${url} to open`);
    return client;
  }

  constructor(url, protocols = [], options = {}) {
    this.socket = new WebSocket(url, protocols, options);
    this.socket.on('message', (bytes, binary) => {
      this.inbox.put(binary ? bytes : bytes.toString());
    });
    this.closed = new Promise(resolve => {
      this.socket.on('close', (code, reason) => resolve({code, reason: reason.toString()}));
    });
    this.opened = new Promise((resolve, reject) => {
      this.socket.on('open', resolve);
      this.socket.on('unexpected-response', (request, response) => {
        let body = '';
        response.on('data', bytes => { body += bytes; });
        response.on('end', () => reject(Object.assign(new Error(`HTTP ${response.statusCode}`),
          {status: response.statusCode, headers: response.headers, body})));
      });
      this.socket.on('error', reject);
    });
  }

  get protocol() {
    return this.socket.protocol;
  }

  // Objects go as JSON text, buffers as binary, strings as they are.
  send(message) {
    const isRaw = typeof message === 'string' || message instanceof Uint8Array;
    this.socket.send(isRaw ? message : JSON.stringify(message));
  }

  pack(value) {
    this.send(encode(value));
  }

  nextRaw(what) {
    return this.inbox.next(what);
  }

  async next(what) {
    const raw = await this.nextRaw(what);
    return typeof raw === 'string' ? JSON.parse(raw) : decode(raw);
  }

  async ask(message) {
    this.send(message);
    return this.next();
  }

  async call(method, params, id = 1) {
    return this.ask({jsonrpc: '2.0', method, params, id});
  }

  async subscribe(...events) {
    const {result} = await this.call('rpc.on', events, 'on');
    assert.deepEqual(result, Object.fromEntries(events.map(event => [event, 'ok'])));
  }

  // Asserts that nothing has come but what was taken: whatever the gateway sent before is in front
  // of this answer.
  async quiet() {
    const id = `fence-${++this.#fences}`;
    const answer = await this.call('__listMethods', undefined, id);
    assert.equal(answer.id, id, `expected nothing, got ${JSON.stringify(answer)}`);
  }

  whenClosed() {
    return within(this.closed, 'the close');
  }

  async close(code = 1000, reason = '') {
    this.socket.close(code, reason);
    return this.whenClosed();
  }
}

// The HTTP answer to an upgrade that is refused.
export async function refusal(url, options) {
  const client = new Plain(url, options?.protocols ?? [], options);
  const error = await within(
    client.opened.then(() => new Error('it was accepted'), e => e), 'a refusal');
  if (error.status === undefined) throw error;
  return error;
}

// `count` connections, a few at a time so that no accept bound is met.
export async function openMany(count, urlOf, options, width = 50) {
  const clients = [];
  for (let i = 0; i < count; i += width) {
    const some = Array.from({length: Math.min(width, count - i)},
      (_, k) => Plain.open(urlOf(i + k), options));
    clients.push(...await Promise.all(some));
  }
  return clients;
}
