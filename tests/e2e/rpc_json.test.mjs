// SPDX-License-Identifier: Apache-2.0
//
// rpc-websockets as npm has it, with its own JSON.
import {Client} from 'rpc-websockets';
import {callsSuite} from './rpc_calls.mjs';
import {connectionsSuite} from './rpc_connections.mjs';

const open = (url, options, makeId) => new Client(url, options, makeId);

callsSuite('JSON', open);
connectionsSuite('JSON', open);
