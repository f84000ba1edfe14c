// SPDX-License-Identifier: Apache-2.0
//
// rpc-websockets' CommonClient, unmodified, with a MessagePack codec.
import {decode, encode} from '@msgpack/msgpack';
import {CommonClient, WebSocket} from 'rpc-websockets';
import {callsSuite} from './rpc_calls.mjs';
import {connectionsSuite} from './rpc_connections.mjs';

const pack = {encode: value => encode(value), decode: bytes => decode(bytes)};

const open = (url, options, makeId) =>
  new CommonClient((address, rest) => new WebSocket(address, rest), url, options, makeId, pack);

callsSuite('MessagePack', open);
connectionsSuite('MessagePack', open);
