// SPDX-License-Identifier: Apache-2.0
//
// rpc-websockets as npm has it, with its own JSON.
import {Client} from 'rpc-websockets';
import {rpcSuite} from './rpc_suite.mjs';

rpcSuite('JSON', (url, options, makeId) => new Client(url, options, makeId));
