// SPDX-License-Identifier: Apache-2.0
//
// SocketCluster's own client, as it comes from npm, and a plain one that says its frames.
import assert from 'node:assert/strict';
import {createHmac} from 'node:crypto';
import {writeFileSync} from 'node:fs';
import socketClusterClient from 'socketcluster-client';
import {Plain} from './plain.mjs';
import {Inbox, within} from './poll.mjs';

// Everything that one of the client's streams yields from now on.
export function inboxOf(stream) {
  const inbox = new Inbox();
  (async () => {
    for await (const item of stream) inbox.put(item);
  })();
  return inbox;
}

// The next thing that one of the client's streams yields.
export const once = (stream, what = 'an item of the stream') => within(stream.once(), what);

// Clients that are closed with the gateway; they reconnect without the usual ten seconds.
export function socketCluster(gateway, namespace, options = {}) {
  const cut = gateway.client.lastIndexOf(':');
  const client = socketClusterClient.create({
    hostname: gateway.client.slice(0, cut), port: Number(gateway.client.slice(cut + 1)),
    query: {namespace},
    autoReconnectOptions: {initialDelay: 5, randomness: 5, multiplier: 1, maxDelay: 20},
    ...options,
  });
  gateway.owns({close: () => client.disconnect()});
  return client;
}

// A client that is connected; its handshake's answer is in `status`.
export async function connected(gateway, namespace, options) {
  const client = socketCluster(gateway, namespace, options);
  const status = await once(client.listener('connect'), 'connect');
  return Object.assign(client, {status});
}

// What a promise is rejected with, as an object that can be compared.
export async function rejection(promise) {
  const error = await promise.then(value => assert.fail(`resolved ${JSON.stringify(value)}`),
    e => e);
  if (!(error instanceof Error)) return error;
  if (error instanceof assert.AssertionError) throw error;
  const {message, name, ...fields} = error;
  return {message, name, ...fields};
}

// A WebSocket behind its #handshake.
export class Packets extends Plain {
  static async open(gateway, namespace, {authToken = null, ...options} = {}) {
    const url = gateway.url(`/socketcluster/?namespace=${namespace}`);
    const packets = new Packets(url, [], options);
    await within(packets.opened, `${url} to open`);
    packets.status = await packets.ask({event: '#handshake', data: {authToken}, cid: 1});
    return packets;
  }

  // Asserts that nothing came but what was taken.
  async quiet() {
    const answer = await this.ask({event: '#unsubscribe', data: 'fence', cid: 1e6});
    assert.equal(answer.rid, 1e6, `expected nothing, got ${JSON.stringify(answer)}`);
  }
}

const encode = value => Buffer.from(JSON.stringify(value)).toString('base64url');

// A token that somebody else made.
export function token(claims, {secret, ...header}) {
  const content = `${encode({alg: 'HS256', typ: 'JWT', ...header})}.${encode(claims)}`;
  return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`;
}

// A file for --jwt-keys; JSON is YAML.
export function writeKeys(file, keys) {
  writeFileSync(file, JSON.stringify(keys));
}
