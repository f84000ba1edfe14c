// SPDX-License-Identifier: Apache-2.0
//
// A worker: serves clients of the namespace "default" for as long as it runs.
//
//   node worker.mjs [control address, 127.0.0.1:50051]
import {setTimeout as pause} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

// Ids of invocations are small enough for JavaScript's numbers.
const {sluice} = grpc.loadPackageDefinition(loader.loadSync('sluice/v1/workers.proto', {
  includeDirs: [fileURLToPath(new URL('../../proto', import.meta.url))],
  keepCase: true, longs: Number, enums: String, defaults: true, oneofs: true,
}));

const json = value => ({json: Buffer.from(JSON.stringify(value ?? null))});
const parse = body => (body?.json ? JSON.parse(body.json) : undefined);

// What clients may call. The context holds what the registration below asks for.
const methods = {
  add: ([a, b]) => a + b,
  whoami: (params, context) => context.user,
};

const registration = {
  id: 1,
  namespace: 'default',
  methods: [{name: 'add'}, {name: 'whoami', access: 'ACCESS_PROTECTED'}],
  events: [{name: 'news'}],
  roles: ['ROLE_LOGIN'],
  context: ['CONTEXT_FIELD_USER'],
};

// Every invocation is answered with exactly one result of the same id.
async function answer({id, what, call, login, context}) {
  try {
    if (what === 'call') {
      return {id, result: json(await methods[call.method](parse(call.params), context))};
    }
    const {user, password} = parse(login.params);
    return password === 'secret' ? {id, accept: {user}} : {id, reject: {}};
  } catch (error) {
    return {id, error: {name: error.name, message: error.message}};
  }
}

// Serves until the stream ends.
function serve(client) {
  return new Promise(ended => {
    const stream = client.Serve();
    stream.on('data', ({welcome, registered, invocations}) => {
      if (welcome) console.log(`serving through ${welcome.node}`);
      for (const {refused_message} of registered) {
        console.log(refused_message || 'registered');
      }
      for (const invocation of invocations) {
        answer(invocation).then(result => stream.write({results: [result]}));
      }
    });
    stream.on('error', error => ended(error.message));
    stream.on('end', () => ended('the gateway said goodbye'));
    stream.write({hello: {worker: 'example', credit: 100}, registers: [registration]});
  });
}

const client = new sluice.v1.Workers(process.argv[2] ?? '127.0.0.1:50051',
  grpc.credentials.createInsecure());
for (;;) {
  console.log(`not serving: ${await serve(client)}`);
  await pause(1000 + 1000 * Math.random());
}
