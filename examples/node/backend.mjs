// SPDX-License-Identifier: Apache-2.0
//
// A backend: sends news to everybody who subscribed to it, then says who is here.
//
//   node backend.mjs [text] [control address, 127.0.0.1:50051]
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

const {sluice} = grpc.loadPackageDefinition(loader.loadSync('sluice/v1/control.proto', {
  includeDirs: [fileURLToPath(new URL('../../proto', import.meta.url))],
  keepCase: true, longs: Number, enums: String, defaults: true, oneofs: true,
}));

const [text = 'hello', address = '127.0.0.1:50051'] = process.argv.slice(2);
const control = new sluice.v1.Control(address, grpc.credentials.createInsecure());
const rpc = name => promisify(control[name]).bind(control);

const {outcome} = await rpc('Send')({
  selector: {namespace: 'default', channels: ['news']},
  message: {event: 'news', body: {json: Buffer.from(JSON.stringify([text]))}},
});
console.log(`sent to ${outcome.enqueued} of ${outcome.matched}`);

const {connections} = await rpc('ListConnections')({selector: {namespace: 'default'}});
for (const {id, user, remote_address, channels} of connections) {
  console.log(`${id} ${user || '(nobody)'} ${remote_address} [${channels.join(' ')}]`);
}
control.close();
