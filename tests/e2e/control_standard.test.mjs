// SPDX-License-Identifier: Apache-2.0
//
// What every gRPC server has: health, reflection, and UNIMPLEMENTED for what it has not.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {Gateway, ServerReflection, grpc, within} from './harness.mjs';

let gateway;
before(async () => { gateway = await Gateway.start(); });
after(() => gateway.stop());

test('health', async () => {
  for (const service of ['', 'sluice.v1.Control', 'sluice.v1.Workers']) {
    assert.equal(await gateway.health(service), 'SERVING', service);
  }
  await assert.rejects(gateway.health('no.such.Service'), {code: grpc.status.NOT_FOUND});
});

const reflect = request => within(new Promise((resolve, reject) => {
  const client = gateway.owns(
    new ServerReflection(gateway.control, grpc.credentials.createInsecure()));
  const stream = client.ServerReflectionInfo();
  stream.on('data', response => {
    stream.end();
    resolve(response);
  });
  stream.on('error', reject);
  stream.write(request);
}), 'an answer of reflection');

test('reflection lists the services and hands out their files', async () => {
  const {list_services_response} = await reflect({list_services: ''});
  const names = list_services_response.service.map(({name}) => name).sort();
  assert.deepEqual(names, ['grpc.health.v1.Health', 'grpc.reflection.v1alpha.ServerReflection',
    'sluice.v1.Control', 'sluice.v1.Workers']);
  const {file_descriptor_response} =
    await reflect({file_containing_symbol: 'sluice.v1.Control'});
  const [file] = file_descriptor_response.file_descriptor_proto;
  assert.ok(file.includes('sluice/v1/control.proto'));
});

test('an unknown method is UNIMPLEMENTED', async () => {
  const client = gateway.owns(new grpc.Client(gateway.control, grpc.credentials.createInsecure()));
  const pass = bytes => bytes;
  const error = await new Promise(resolve => {
    client.makeUnaryRequest('/sluice.v1.Control/Explode', pass, pass, Buffer.alloc(0), resolve);
  });
  assert.equal(error.code, grpc.status.UNIMPLEMENTED);
});
