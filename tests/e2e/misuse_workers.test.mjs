// SPDX-License-Identifier: Apache-2.0
//
// Workers that say too little, or too much; and how much is said to them at once.
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import {Bystander, Gateway, Plain, Valve, Worker, failure, fromBody, grpc, json, until, within,
  workersOf} from './harness.mjs';

const NAMES = 5;
const MESSAGE_BYTES = 64 * 1024;
let gateway, bystander;

before(async () => {
  gateway = await Gateway.start({
    'worker-hello-timeout': '200ms', 'worker-registrations-max': NAMES,
    'method-time-limit-max': '2s', 'call-timeout': '2s', 'worker-message-bytes': MESSAGE_BYTES,
    'control-message-bytes': MESSAGE_BYTES,
  });
  bystander = await Bystander.open(gateway);
});
after(() => gateway.stop());

const refusedBefore = () => gateway.metric('sluice_worker_registrations_refused_total');

// Nothing of it is taken, it is counted, and the stream lives on.
async function refuses(worker, kind, request, reason) {
  const before = await refusedBefore();
  const {refused_reason, refused_message} = await worker.change(kind, request);
  assert.deepEqual([refused_reason, refused_message !== ''], [reason, true], refused_message);
  await gateway.rises('sluice_worker_registrations_refused_total', {}, before);
  await bystander.calm();
}
const takes = async (worker, kind, request) =>
  assert.equal((await worker.change(kind, request)).refused_message, '');

test('--worker-hello-timeout: a stream on which nothing is said', async () => {
  await gateway.counts('Serve', 'INVALID_ARGUMENT', async () => {
    const began = performance.now();
    const stream = gateway.workersClient().Serve();
    const ended = new Promise(resolve => stream.on('error', resolve));
    stream.on('data', () => {});
    const {status, reason} = failure(await within(ended, 'the end of the stream'));
    assert.deepEqual([status, reason], ['INVALID_ARGUMENT', 'HELLO_EXPECTED']);
    assert.ok(performance.now() - began >= 190, 'not before the deadline');
  });
  await bystander.calm();
});

test('--worker-registrations-max: names of every kind, in both directions', async () => {
  const worker = await Worker.open(gateway);
  const names = (count, of = 'n') => Array.from({length: count}, (_, i) => ({name: `${of}${i}`}));
  const plain = count => names(count).map(({name}) => name);
  const mixed = {methods: names(2), events: names(2, 'e'), roles: ['ROLE_LOGIN'],
    guards: ['GUARD_ACTION_CALL']};
  for (const request of [{methods: names(NAMES + 1)}, {events: names(NAMES + 1)}, mixed]) {
    await refuses(worker, 'registers', {namespace: 'reg', ...request}, 'REGISTRATIONS_EXHAUSTED');
  }
  assert.deepEqual(await gateway.controlClient().call('ListMethods', {namespace: 'reg'}),
    {methods: [], events: [], next_page_token: ''});
  await takes(worker, 'registers', {namespace: 'reg', methods: names(NAMES)});
  await refuses(worker, 'deregisters', {namespace: 'reg', methods: plain(NAMES + 1)},
    'REGISTRATIONS_EXHAUSTED');
  await takes(worker, 'deregisters', {namespace: 'reg', methods: plain(NAMES)});
  await worker.finish();
});

test('--worker-registrations-max: of one message, however it is divided', async () => {
  const worker = await Worker.open(gateway);
  const before = await refusedBefore();
  worker.write({registers: Array.from({length: NAMES + 1},
    (_, id) => ({id, namespace: 'divided', methods: [{name: `m${id}`}]}))});
  await gateway.rises('sluice_worker_registrations_refused_total', {}, before);
  await bystander.calm();
  await worker.finish();
});

test('--method-time-limit-max', async () => {
  const worker = await Worker.open(gateway);
  const method = time_limit => ({namespace: 'limit', methods: [{name: 'm', time_limit}]});
  await refuses(worker, 'registers', method({seconds: 2, nanos: 1}), 'TIME_LIMIT_INVALID');
  await takes(worker, 'registers', method({seconds: 2}));
  await worker.finish();
});

test('--worker-message-bytes: a worker\'s message', async () => {
  const worker = await Worker.open(gateway);
  // gRPC's own answer; the gateway sees no more than that the stream has ended.
  worker.answer({id: 1, result: {text: 'x'.repeat(MESSAGE_BYTES)}});
  const error = await within(worker.ended, 'the end of the stream');
  assert.equal(error?.code, grpc.status.RESOURCE_EXHAUSTED, error?.message);
  await bystander.calm();
});

// What one worker is given, message by message, when `calls` of one client come at once.
async function give(gateway, calls) {
  const stream = gateway.workersClient().Serve();
  const messages = [];
  stream.on('data', message => messages.push(message));
  stream.on('error', () => {});
  stream.write({hello: {worker: 'w', credit: 1000},
    registers: [{id: 1, namespace: 'default', methods: [{name: 'm'}]}]});
  await until(() => messages.some(({registered}) => registered.length > 0), 'the registration');
  const plain = await Plain.open(gateway.url());
  plain.socket._socket.cork();
  for (const [i, value] of calls.entries()) {
    plain.send({jsonrpc: '2.0', method: 'm', params: [value], id: i + 1});
  }
  plain.socket._socket.uncork();
  const given = () => messages.filter(({invocations}) => invocations.length > 0)
    .map(({invocations}) => invocations);
  await until(() => given().flat().length === calls.length, 'every invocation');
  // All came, in their order, and are answered as ever.
  assert.deepEqual(given().flat().map(({call}) => fromBody(call.params)), calls.map(c => [c]));
  stream.write({results: given().flat().map(({id}, i) => ({id, result: json(i)}))});
  const answers = [];
  while (answers.length < calls.length) answers.push(await plain.next());
  assert.deepEqual(answers.sort((x, y) => x.id - y.id),
    calls.map((_, i) => ({jsonrpc: '2.0', result: i, id: i + 1})));
  return given();
}

// The same, and the metrics behind it.
async function batches(options, calls) {
  const all = {};
  await Gateway.during({shards: 1, 'commands-per-second': 0, ...options}, async gateway => {
    const bystander = await Bystander.open(gateway);
    all.given = await give(gateway, calls);
    await bystander.calm();
    all.metrics = await gateway.metrics();
  });
  return all;
}

describe('invocations in one message to a worker', () => {
  test('--worker-batch-max', async () => {
    const {given, metrics} = await batches({'worker-batch-max': 4},
      Array.from({length: 50}, (_, i) => i));
    const sizes = given.map(({length}) => length);
    // How many wait while one message is written is the machine's affair, up to the bound.
    assert.ok(Math.max(...sizes) <= 4, `${sizes}`);
    const batch = (suffix, labels) =>
      metrics.sum(`sluice_worker_invocation_batch_${suffix}`, labels);
    assert.equal(batch('bucket', {le: '4'}), batch('count'));
    // The bystander's are among them, one by one.
    assert.ok(batch('sum') >= 50 && batch('count') >= given.length);
  });

  test('--worker-batch-bytes; what is larger by itself goes alone', async () => {
    const calls = Array.from({length: 40}, (_, i) => `${i} ${'x'.repeat(i === 30 ? 5000 : 300)}`);
    const {given, metrics} = await batches({'worker-batch-bytes': 1024}, calls);
    for (const invocations of given) {
      const bytes = invocations.reduce((sum, {call}) => sum + call.params.json.length, 0);
      assert.ok(bytes <= 1024 || invocations.length === 1, `${invocations.length}: ${bytes}`);
    }
    assert.equal(metrics.sum('sluice_worker_invocation_batch_bucket', {le: '4'}),
      metrics.sum('sluice_worker_invocation_batch_count'));
  });
});

test('--worker-queue-bytes: a worker that does not read is given no more until it has', async () => {
  const bounds = {'worker-queue-bytes': '256KiB', 'bytes-per-second': 0,
    'commands-per-second': 0, 'method-queue': 1000,
    'calls-per-connection': 1000, 'call-timeout': '1m', shards: 1, 'control-keepalive-time': '1h'};
  await Gateway.during(bounds, async own => {
    // A stream that is not read would still take what the library and the system have buffers for.
    const network = own.owns(await Valve.open(own.control));
    const stream = own.owns(new (workersOf(String))(network.address,
      grpc.credentials.createInsecure())).Serve();
    stream.on('error', () => {});
    stream.write({hello: {worker: 'w', credit: 1000},
      registers: [{id: 1, namespace: 'default', methods: [{name: 'm'}]}]});
    await until(() => own.metric('sluice_workers'), 'the worker');
    const client = await Plain.open(own.url('/'));
    await until(async () => {
      const {methods} = await own.controlClient().call('ListMethods', {namespace: 'default'});
      return methods.length === 1;
    }, 'the method');
    network.shut();
    // gRPC takes some hundred kilobytes for itself; this is 12 MB.
    const CALLS = 200;
    const params = ['x'.repeat(60_000)];
    const answers = Promise.all(Array.from({length: CALLS}, () => client.call('m', params)));
    await until(() => own.metric('sluice_worker_queues_full_total'), 'the queue to be full');
    await until(() => own.metric('sluice_calls_waiting'), 'calls that wait for the worker');
    assert.ok(await own.metric('sluice_worker_invocations_total') < CALLS);
    // It reads again, and everybody is served.
    network.reopen();
    stream.on('data', ({invocations}) => {
      if (invocations.length === 0) return;
      stream.write({results: invocations.map(({id}) => ({id, result: json('ok')}))});
    });
    const results = (await answers).map(({result}) => result);
    assert.deepEqual(new Set(results), new Set(['ok']));
    stream.end();
    await client.close();
  });
});
