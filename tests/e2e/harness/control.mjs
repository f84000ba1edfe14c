// SPDX-License-Identifier: Apache-2.0
//
// The gateway's gRPC services as a backend sees them: from the .proto files alone, at run time.
import assert from 'node:assert/strict';
import {fileURLToPath} from 'node:url';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

const path = relative => fileURLToPath(new URL(relative, import.meta.url));

const load = (files, longs) => loader.loadSync(files, {
  includeDirs: [path('../../../proto'), path('../proto')],
  keepCase: true, longs, enums: String, defaults: true, oneofs: true,
});
const definition = load(['sluice/v1/control.proto', 'google/rpc/status.proto',
  'google/rpc/error_details.proto', 'grpc/reflection/v1/reflection.proto', 'health.proto',
  'reflection.proto'], Number);
const packages = grpc.loadPackageDefinition(definition);
const Status = definition['google.rpc.Status'];
const ErrorInfo = definition['google.rpc.ErrorInfo'];
const ERROR_INFO = 'type.googleapis.com/google.rpc.ErrorInfo';

export const {Control} = packages.sluice.v1;
// `longs`: what 64-bit integers are read as, String or Number.
export const workersOf = longs =>
  grpc.loadPackageDefinition(load('sluice/v1/workers.proto', longs)).sluice.v1.Workers;
export const Workers = workersOf(String);
export const {Health} = packages.grpc.health.v1;
export const reflections = {
  v1: packages.grpc.reflection.v1.ServerReflection,
  v1alpha: packages.grpc.reflection.v1alpha.ServerReflection,
};
export {grpc};

export const json = value => ({json: Buffer.from(JSON.stringify(value))});
export const fromBody = body => (body?.json ? JSON.parse(body.json.toString()) : undefined);

// A client whose unary rpcs are promises and whose streams are grpc-js's own.
export class ControlClient {
  // `alone`: on a connection of its own; otherwise grpc-js lets all clients share one.
  constructor(address,
    {credentials = grpc.credentials.createInsecure(), metadata, alone = false} = {}) {
    this.raw = new Control(address, credentials,
      alone ? {'grpc.use_local_subchannel_pool': 1} : {});
    this.metadata = metadata ?? new grpc.Metadata();
  }

  close() {
    this.raw.close();
  }

  call(rpc, request, deadlineMs = 10_000) {
    return new Promise((resolve, reject) => {
      this.raw[rpc](request, this.metadata, {deadline: Date.now() + deadlineMs},
        (error, response) => (error ? reject(error) : resolve(response)));
    });
  }

  // Everything of a stream that ends by itself.
  collect(rpc, request, deadlineMs = 10_000) {
    return new Promise((resolve, reject) => {
      const all = [];
      const stream = this.raw[rpc](request, this.metadata, {deadline: Date.now() + deadlineMs});
      stream.on('data', message => all.push(message));
      stream.on('error', reject);
      stream.on('end', () => resolve(all));
    });
  }

  // Asks clients; {answers, outcome}.
  async ask(request) {
    const all = await this.collect('Call', request);
    const last = all.pop();
    assert.equal(last.what, 'outcome', 'the last message of Call is the outcome');
    for (const {what} of all) assert.equal(what, 'answer');
    return {answers: all.map(({answer}) => answer), outcome: last.outcome};
  }

  async outcome(rpc, request) {
    return (await this.call(rpc, request)).outcome;
  }

  send(selector, event, body) {
    return this.outcome('Send', {selector, message: {event, body}});
  }

  async count(selector) {
    return (await this.call('CountConnections', {selector})).connections;
  }

  // The selected connections of one page.
  async list(selector) {
    return (await this.call('ListConnections', {selector, page_size: 1000})).connections;
  }
}

// What an rpc failed with: the status' name, and its only ErrorInfo.
export function failure(error) {
  const packed = error.metadata?.get('grpc-status-details-bin') ?? [];
  assert.equal(packed.length, 1, `one grpc-status-details-bin in: ${error.message}`);
  const {code, details} = Status.deserialize(packed[0]);
  assert.equal(code, error.code);
  const infos = details.filter(({type_url}) => type_url === ERROR_INFO);
  assert.equal(infos.length, 1, `one ErrorInfo in: ${error.message}`);
  const {reason, domain, metadata} = ErrorInfo.deserialize(infos[0].value);
  assert.equal(domain, 'sluice.dev');
  return {status: grpc.status[error.code], reason, field: metadata.field};
}

// Asserts that an rpc fails with this status and reason (and names this field, if one is given).
export async function refused(promise, status, reason, field) {
  const error = await promise.then(
    value => assert.fail(`${status} ${reason} expected, got ${JSON.stringify(value)}`), e => e);
  if (error instanceof assert.AssertionError) throw error;
  const found = failure(error);
  assert.deepEqual({status: found.status, reason: found.reason}, {status, reason}, error.message);
  if (field !== undefined) assert.equal(found.field, field);
}

export const outcome = (matched, enqueued, {dropped = {}, not_found = []} = {}) =>
  ({matched, enqueued, dropped, not_found, unreachable: []});
