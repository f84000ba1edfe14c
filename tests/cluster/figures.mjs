// SPDX-License-Identifier: Apache-2.0
//
// The figures of docs/cluster.md, as a table: `node tests/cluster/figures.mjs [CONNECTIONS]`, with the
// gateway of bazel-bin or SLUICE_BIN. Everything runs on this machine, the clients and Redis
// included: measure when it has nothing else to do. Takes two minutes with 10,000 connections.
import assert from 'node:assert/strict';
import {Cluster, LEASE_MS, Plain, Worker, recorded, until} from './harness.mjs';
import {Listener} from './listener.mjs';

const CONNECTIONS = Number(process.argv[2] ?? 10_000);
const PATIENCE_MS = 60_000;
const SENDS = 500;
const CALLS = 150;  // of one client: more would be over its rate
const CALLERS = 5;
const PAGE = 500;
// What is delivered: so many messages to so many clients, so many requests at once.
const MESSAGES = 1000;
const LISTENERS = 300;
const AT_ONCE = 8;
// All come from one address, as fast as they can.
const OPEN = {'accepts-per-second': 0};

const number = value => value.toLocaleString('en-US', {maximumFractionDigits: 0});
const ms = value => (value < 1000 ? `${value.toFixed(value < 10 ? 2 : 0)} ms`
  : `${(value / 1000).toFixed(2)} s`);
const told = (what, value) => console.log(`| ${what} | ${value} |`);
const body = value => ({json: Buffer.from(JSON.stringify(value))});

function spread(times) {
  times.sort((a, b) => a - b);
  const at = part => ms(times[Math.min(times.length - 1, Math.floor(times.length * part))]);
  return `p50 ${at(0.5)}, p99 ${at(0.99)}`;
}

async function timed(run) {
  const began = performance.now();
  await run();
  return performance.now() - began;
}

// --- Redis ---------------------------------------------------------------------------------------

const commands = redis =>
  Number(/total_commands_processed:(\d+)/.exec(redis.cli('info', 'stats'))[1]);
const records = redis => recorded(redis, 'f');

// How many commands it gets, with nothing but time: over four of the nodes' beats, of which there are
// eight in a lease.
async function idleCommands(redis, leaseMs) {
  const before = commands(redis);
  const passed = await timed(() => new Promise(resolve => setTimeout(resolve, leaseMs / 2)));
  const asked = commands(redis) - before - 1;  // without the question
  return `${(asked / passed * 1000).toFixed(1)} (over ${leaseMs / 2000} s)`;
}

// --- Clients -------------------------------------------------------------------------------------

// So many connections, shared out; a hundred at a time come in.
async function connect(nodes, count) {
  const clients = [];
  while (clients.length < count) {
    const some = Math.min(100, count - clients.length);
    clients.push(...await Promise.all(Array.from({length: some}, (_, i) =>
      Plain.open(nodes[(clients.length + i) % nodes.length].url('/f')))));
  }
  return clients;
}

const leave = clients => Promise.all(clients.map(client => client.close()));

async function sends(control, id, client) {
  const times = [];
  for (let i = 0; i < SENDS; ++i) {
    let answer;
    times.push(await timed(async () => {
      answer = control.send({namespace: 'f', connection_ids: [id]}, 'e', body(i));
      await client.next();
    }));
    await answer;
  }
  return times;
}

// One call after the other, of one client after the other.
async function calls(node) {
  const times = [];
  for (let i = 0; i < CALLERS; ++i) {
    const client = await Plain.open(node.url('/w'));
    await until(async () => (await client.call('m')).result === 1, 'its worker to be known');
    for (let call = 0; call < CALLS; ++call) times.push(await timed(() => client.call('m')));
    await client.close();
  }
  return times;
}

async function tellCalls([here, there]) {
  const worker = await Worker.open(here);
  await worker.serve('w', {methods: {m: () => 1}});
  await calls(here);
  told('a call to a worker of the client\'s own node', spread(await calls(here)));
  told('the same, to a worker of another node', spread(await calls(there)));
  await worker.finish();
}

// Messages to everybody, asked of all nodes in turn, until the last client has the last one.
async function deliveries(nodes) {
  const listeners = await Promise.all(Array.from({length: LISTENERS}, (_, i) =>
    Listener.open(nodes[i % nodes.length], '/d')));
  // A client is upgraded before its id is its own.
  await until(async () => (await nodes[0].api.count({namespace: 'd'})) === LISTENERS,
    'all of them to be in', PATIENCE_MS);
  const message = body('x'.repeat(100));
  const send = i => nodes[i % nodes.length].api.send({namespace: 'd'}, 'e', message);
  const arrived = (bytes, what) =>
    until(() => listeners.every(listener => listener.bytes >= bytes), what, PATIENCE_MS);
  await send(0);
  await arrived(1, 'the first message');
  const size = listeners[0].bytes;
  const passed = await timed(async () => {
    let next = 0;
    await Promise.all(Array.from({length: AT_ONCE}, async () => {
      while (next < MESSAGES) await send(next++);
    }));
    await arrived(size * (MESSAGES + 1), 'every message');
  });
  assert.ok(listeners.every(listener => listener.bytes === size * (MESSAGES + 1)));
  for (const listener of listeners) listener.close();
  return number(MESSAGES * LISTENERS / passed * 1000);
}

// --- What is measured ----------------------------------------------------------------------------

async function oneNode() {
  const leaseMs = 60_000;
  const cluster = await Cluster.start(1, {...OPEN, 'presence-lease': `${leaseMs}ms`});
  try {
    const {nodes, redis} = cluster;
    told(`deliveries a second, one node, ${LISTENERS} clients`, await deliveries(nodes));
    const clients = await connect(nodes, CONNECTIONS);
    await until(() => records(redis) === CONNECTIONS, 'all of them', PATIENCE_MS);
    told(`Redis commands a second of one node with ${number(CONNECTIONS)} idle connections, lease 1m`,
      await idleCommands(redis, leaseMs));
    await leave(clients);
    await cluster.stop();
  } finally {
    await cluster.kill();
  }
}

async function listing(control, expected) {
  let page_token = '', seen = 0;
  const passed = await timed(async () => {
    do {
      const page = await control.call('ListConnections',
        {selector: {namespace: 'f'}, page_size: PAGE, page_token});
      assert.deepEqual(page.unreachable, []);
      seen += page.connections.length;
      page_token = page.next_page_token;
    } while (page_token);
  });
  assert.equal(seen, expected);
  return ms(passed);
}

// From when Redis answers again, empty.
async function redisReturns({nodes, redis}, expected) {
  await redis.kill();
  await until(async () => (await nodes[0].fetch('/readyz')).text.includes('degraded'),
    'it to be missed', PATIENCE_MS);
  await redis.restart();
  return ms(await timed(
    () => until(() => records(redis) === expected, 'presence to be whole', PATIENCE_MS)));
}

async function nodeDies({nodes, redis}, left) {
  const dying = nodes.pop();
  return ms(await timed(async () => {
    await dying.kill();
    await until(() => records(redis) === left, 'its records to be gone', PATIENCE_MS);
  }));
}

async function threeNodes() {
  const cluster = await Cluster.start(3, OPEN);
  try {
    const {nodes, redis} = cluster;
    const lease = `lease ${LEASE_MS / 1000} s`;
    const here = await Plain.open(nodes[0].url('/f?socket_id=here'));
    const there = await Plain.open(nodes[1].url('/f?socket_id=there'));
    await until(() => records(redis) === 2, 'both', PATIENCE_MS);
    await sends(nodes[0].api, 'here', here);
    told('`Send` to a client of the node that is asked, until the client has it',
      spread(await sends(nodes[0].api, 'here', here)));
    told('the same, to a client of another node',
      spread(await sends(nodes[0].api, 'there', there)));
    await leave([here, there]);
    await tellCalls(nodes);
    told(`deliveries a second, three nodes, ${LISTENERS} clients`, await deliveries(nodes));
    told(`Redis commands a second of three idle nodes together, ${lease}`,
      await idleCommands(redis, LEASE_MS));

    const clients = await connect(nodes, CONNECTIONS);
    const all = number(CONNECTIONS);
    await until(() => records(redis) === CONNECTIONS, 'all of them', PATIENCE_MS);
    told(`listing ${all} connections of three nodes in pages of ${PAGE}`,
      await listing(nodes[0].api, CONNECTIONS));
    told(`from Redis' return, empty, to whole presence of ${all} connections`,
      await redisReturns(cluster, CONNECTIONS));
    const dead = Math.floor(CONNECTIONS / 3);  // of the last node
    told(`from \`kill -9\` of a node to the end of its ${number(dead)} records, ${lease}`,
      await nodeDies(cluster, CONNECTIONS - dead));
    await leave(clients.filter((_, i) => i % 3 !== 2));
    await cluster.stop();
  } finally {
    await cluster.kill();
  }
}

console.log('| what | measured |\n|---|---|');
await oneNode();
await threeNodes();
process.exit(0);
