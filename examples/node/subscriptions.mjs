// SPDX-License-Identifier: Apache-2.0
//
// An API in the manner of eth_subscribe: a method answers a subscription's id, and from then on the
// connection hears of it in notifications that carry this id. Clients: ws://HOST/rpc/eth, such as
// ethers' WebSocketProvider.
//
//   node subscriptions.mjs [control address, 127.0.0.1:50051]
import {RpcError, sender, serve} from './serve.mjs';

const NAMESPACE = 'eth';
const address = process.argv[2] ?? '127.0.0.1:50051';
const send = sender(address, NAMESPACE);

const subscriptions = new Map();  // id -> connection
let next = 1;
let height = 0;

const methods = {
  eth_chainId: () => '0x1',
  eth_blockNumber: () => `0x${height.toString(16)}`,
  eth_subscribe([kind], {connection_id}) {
    if (kind !== 'newHeads') throw new RpcError(-32602, `no subscription ${kind}`);
    const id = `0x${(next++).toString(16)}`;
    subscriptions.set(id, connection_id);
    return id;
  },
  eth_unsubscribe: ([id]) => subscriptions.delete(id),
};

// A block a second. Whoever is not there any more has no subscription.
setInterval(() => {
  ++height;
  const result = {number: `0x${height.toString(16)}`};
  for (const [subscription, connection] of subscriptions) {
    send(connection, 'eth_subscription', {subscription, result}).then(
      there => there || subscriptions.delete(subscription),
      error => console.log(error.message));
  }
}, 1000);

await serve(address, NAMESPACE, methods);
