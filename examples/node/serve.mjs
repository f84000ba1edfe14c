// SPDX-License-Identifier: Apache-2.0
//
// What workers of JSON-RPC methods have in common: the stream, and a way to say something to one
// connection.
import {setTimeout as pause} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

// 64-bit ids must stay whole, so they are strings here.
const {sluice} = grpc.loadPackageDefinition(loader.loadSync(
  ['sluice/v1/workers.proto', 'sluice/v1/control.proto'], {
    includeDirs: [fileURLToPath(new URL('../../proto', import.meta.url))],
    keepCase: true, longs: String, enums: String, defaults: true, oneofs: true,
  }));
const insecure = grpc.credentials.createInsecure();

export const json = value => ({json: Buffer.from(JSON.stringify(value ?? null))});
const parse = body => (body?.json ? JSON.parse(body.json) : undefined);

// An error with a code of the application's own.
export class RpcError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

// `send(connection, event, params)` says something to one connection; gives whether it was there.
export function sender(address, namespace) {
  const control = new sluice.v1.Control(address, insecure);
  const send = promisify(control.Send).bind(control);
  return async (connection, event, params) => {
    const {outcome} = await send({
      selector: {namespace, connection_ids: [connection]}, message: {event, body: json(params)},
    });
    return outcome.enqueued === '1';
  };
}

async function answer(methods, {id, call, context}) {
  try {
    return {id, result: json(await methods[call.method](parse(call.params), context))};
  } catch ({name, message, code = 0}) {
    return {id, error: {name, message, code}};
  }
}

// Serves `methods`, functions of (params, context), for as long as the process runs.
export async function serve(address, namespace, methods) {
  const client = new sluice.v1.Workers(address, insecure);
  const registration = {
    id: 1, namespace, methods: Object.keys(methods).map(name => ({name})),
    context: ['CONTEXT_FIELD_CONNECTION'],
  };
  for (;;) {
    const stream = client.Serve();
    stream.on('data', ({registered, invocations}) => {
      for (const {refused_message} of registered) console.log(refused_message || 'registered');
      for (const invocation of invocations) {
        answer(methods, invocation).then(result => stream.write({results: [result]}));
      }
    });
    stream.write({hello: {worker: namespace, credit: 100}, registers: [registration]});
    await new Promise(ended => stream.on('error', ended).on('end', ended));
    await pause(1000 + 1000 * Math.random());
  }
}
