// SPDX-License-Identifier: Apache-2.0
//
// line-socket's own client, unmodified.
import assert from 'node:assert/strict';
import {createRequire} from 'node:module';
import {Plain} from './plain.mjs';
import {Inbox, within} from './poll.mjs';

// It brings an old Promise along and makes it everybody's.
const {Promise} = globalThis;
const LineSocket = createRequire(import.meta.url)('line-socket/dist/client-node');
globalThis.Promise = Promise;

export const {Event, ErrorCode} = LineSocket;

export class Line {
  closes = new Inbox();     // {code, reason} of each connection that ended
  refusals = new Inbox();   // the errors of handshakes that failed
  welcomes = new Inbox();   // what handshakes resolved with
  errors = new Inbox();
  messages = new Inbox();   // {name, payload} of those that were expected

  // Connects; gives the client once its handshake is done.
  static async open(url, options) {
    const line = new Line(url, options);
    await line.welcomes.next('the handshake');
    return line;
  }

  // A plain socket whose handshake is done.
  static async greeted(url) {
    const client = await Plain.open(url);
    client.send('{"n":"_h","i":"a"}');
    await client.nextRaw('the handshake');
    return client;
  }

  // Asserts that nothing has come to a plain socket but what was taken.
  static async quiet(client) {
    client.send('{"n":"_p","i":"fence"}');
    assert.equal(await client.nextRaw(), '{"n":"_r","p":"pong","i":"fence","e":null}');
  }

  constructor(url, {payload, handshakeTimeout = 10_000, ...options} = {}) {
    this.client = new LineSocket(url, {
      handshake: {payload, timeout: handshakeTimeout}, reconnect: false, ...options,
    });
    this.client.on(Event.DISCONNECTED, ({code, reason}) => this.closes.put({code, reason}));
    this.client.on(Event.CONNECTING_ERROR, error => this.refusals.put(error));
    this.client.on(Event.CONNECTED, payload => this.welcomes.put(payload));
    this.client.on(Event.ERROR, error => this.errors.put(error));
    this.client.connect();
  }

  get id() {
    return this.client.id;
  }

  // Keeps the messages of these names.
  expect(...names) {
    for (const name of names) {
      this.client.on(name, ({payload}) => this.messages.put({name, payload}));
    }
    return this;
  }

  next() {
    return this.messages.next('a message');
  }

  // Resolves with the payload; rejects as the client does.
  send(name, payload, ms) {
    return within(this.client.send(name, payload, ms), `an answer to ${name}`);
  }

  fire(name, payload) {
    return this.client.sendWithoutResponse(name, payload);
  }

  whenClosed() {
    return this.closes.next('the close');
  }

  close() {
    this.client.disconnect();
    return this.whenClosed();
  }
}
