// SPDX-License-Identifier: Apache-2.0
//
// What every gRPC server has: health, reflection, and UNIMPLEMENTED for what it has not.
import assert from 'node:assert/strict';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {Gateway, Worker, grpc, reflections, within} from './harness.mjs';

let gateway;
before(async () => { gateway = await Gateway.start(); });
after(() => gateway.stop());

test('health', async () => {
  for (const service of ['', 'sluice.v1.Control', 'sluice.v1.Workers']) {
    assert.equal(await gateway.health(service), 'SERVING', service);
  }
  await assert.rejects(gateway.health('no.such.Service'), {code: grpc.status.NOT_FOUND});
});

const reflect = (version, request, server = gateway) => within(new Promise((resolve, reject) => {
  const client = server.owns(
    new reflections[version](server.control, grpc.credentials.createInsecure()));
  const stream = client.ServerReflectionInfo();
  stream.on('data', response => {
    stream.end();
    resolve(response);
  });
  stream.on('error', reject);
  stream.write(request);
}), 'an answer of reflection');

const SERVICES = ['grpc.health.v1.Health', 'grpc.reflection.v1.ServerReflection',
  'grpc.reflection.v1alpha.ServerReflection', 'sluice.v1.Control', 'sluice.v1.Workers'];

for (const version of Object.keys(reflections)) {
  test(`reflection ${version} lists the services and hands out their files`, async () => {
    const {list_services_response} = await reflect(version, {list_services: ''});
    assert.deepEqual(list_services_response.service.map(({name}) => name).sort(), SERVICES);
    for (const service of SERVICES.slice(1)) {
      const {file_descriptor_response} = await reflect(version, {file_containing_symbol: service});
      const [file] = file_descriptor_response.file_descriptor_proto;
      assert.ok(file.includes(service.slice(0, service.lastIndexOf('.'))), service);
    }
    const {file_descriptor_response: files} =
      await reflect(version, {file_containing_symbol: 'sluice.v1.Control'});
    assert.equal(files.file_descriptor_proto.length, 4, 'with what it imports');
    const {error_response} = await reflect(version, {file_containing_symbol: 'no.such.Thing'});
    assert.equal(error_response.error_code, grpc.status.NOT_FOUND);
  });
}

// Without a token a stream ends with what it lacks.
test('every stream without a token is UNAUTHENTICATED', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-tokens-'));
  const file = join(folder, 'tokens');
  writeFileSync(file, `${'t'.repeat(32)}\n`);
  try {
    await Gateway.during({'control-token-file': file}, async guarded => {
      const UNAUTHENTICATED = {code: grpc.status.UNAUTHENTICATED};
      for (const version of Object.keys(reflections)) {
        await assert.rejects(reflect(version, {list_services: ''}, guarded), UNAUTHENTICATED);
      }
      const control = guarded.controlClient();
      for (const rpc of ['Call', 'WatchDrain', 'Subscribe', 'WatchEvents']) {
        await assert.rejects(control.collect(rpc, {}), UNAUTHENTICATED, rpc);
      }
      await assert.rejects(Worker.open(guarded), UNAUTHENTICATED);
    });
  } finally {
    rmSync(folder, {recursive: true});
  }
});

test('an unknown method is UNIMPLEMENTED', async () => {
  const client = gateway.owns(new grpc.Client(gateway.control, grpc.credentials.createInsecure()));
  const pass = bytes => bytes;
  const error = await new Promise(resolve => {
    client.makeUnaryRequest('/sluice.v1.Control/Explode', pass, pass, Buffer.alloc(0), resolve);
  });
  assert.equal(error.code, grpc.status.UNIMPLEMENTED);
});
