// SPDX-License-Identifier: Apache-2.0
//
// What tests of workers of other nodes wait for and look at.
import {Client} from 'rpc-websockets';
import {Plain, until, within} from './harness.mjs';

export const [METHOD_NOT_FOUND, UNAVAILABLE, TIMED_OUT, LOST] = [-32601, -32010, -32011, -32015];

// What is answered once the node knows the worker.
export async function known(client, method, params = []) {
  let answer;
  await until(async () => {
    answer = await client.call(method, params);
    return ![METHOD_NOT_FOUND, UNAVAILABLE].includes(answer.error?.code);
  }, `${method} to be known`);
  return answer;
}

// Waits until the node's clients can call it.
export async function offered(node, namespace, method) {
  const client = await Plain.open(node.url(`/${namespace}`));
  await until(async () => (await client.call('__listMethods')).result.includes(method),
    `${node.name} to know ${method}`);
  await client.close();
}

// What whoever comes there is closed with; 0: it is let in.
export async function codeAt(url) {
  const client = await Plain.open(url);
  const code = await Promise.race(
    [client.closed.then(closed => closed.code), client.call('__listMethods').then(() => 0)]);
  if (code === 0) await client.close();
  return code;
}

export async function rpc(node, namespace) {
  const client = new Client(node.url(`/${namespace}`), {reconnect: false});
  await within(new Promise((resolve, reject) => {
    client.once('open', resolve);
    client.once('error', reject);
  }), 'the client to open');
  return client;
}
