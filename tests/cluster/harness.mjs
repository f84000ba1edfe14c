// SPDX-License-Identifier: Apache-2.0
//
// Several gateways on one Redis.
import assert from 'node:assert/strict';
import {Gateway, until} from '../e2e/harness.mjs';
import {Redis, freePort} from '../e2e/harness/redis.mjs';

export * from '../e2e/harness.mjs';
export {Redis, freePort};

export const LEASE_MS = 3000;

export const count = (node, namespace) => node.api.count({namespace});

// The ids that a node answers with, over all nodes, and what it could not ask.
export async function listed(node, namespace) {
  const {connections, unreachable} = await node.api
    .call('ListConnections', {selector: {namespace}, page_size: 1000});
  assert.deepEqual(unreachable, []);
  return connections.map(({id}) => id).sort();
}

// Every node answers with exactly these ids.
export async function agreed(nodes, namespace, ids, ms) {
  const expected = [...ids].sort().join();
  let found;
  await until(async () => {
    found = await Promise.all(nodes.map(node => listed(node, namespace).catch(e => [e.message])));
    return found.every(all => all.join() === expected);
  }, 'all nodes to list what is open', ms).catch(error => {
    throw new Error(`${error.message}\n${expected}\n${found.map(all => all.join()).join('\n')}`);
  });
}

// id@node of each record of a namespace, as Redis has it.
export function records(redis, namespace) {
  const text = redis.cli('zrangebylex', `sluice:presence:{:${namespace}}`, '[i', '(j');
  return text.split('\n').filter(Boolean).map(line => {
    const [id, node] = line.slice(1).split('\0');
    return `${id}@${node}`;
  });
}

// How many of them.
export function recorded(redis, namespace) {
  try {
    return Number(redis.cli('zlexcount', `sluice:presence:{:${namespace}}`, '[i', '(j'));
  } catch {
    return -1;  // it does not say
  }
}

export class Cluster {
  nodes = [];

  // `redis`: what they stand on; one server of its own if it is not given.
  static async start(count, options = {}, redis = undefined) {
    const cluster = new Cluster();
    cluster.redis = redis ?? await Redis.start();
    cluster.options = options;
    try {
      for (let i = 1; i <= count; ++i) cluster.nodes.push(await cluster.startNode(`n${i}`));
      await cluster.settled(count);
    } catch (error) {
      await cluster.kill();
      throw error;
    }
    return cluster;
  }

  // `how`: see Gateway.start.
  async startNode(name, options = {}, how = {}) {
    const node = await Gateway.start({
      node: name, storage: this.redis.url, shards: 2, 'presence-lease': `${LEASE_MS}ms`,
      ...this.options, ...options,
    }, how);
    return Object.assign(node, {name, api: node.controlClient()});
  }

  // Each node reaches all others.
  async settled(count = this.nodes.length) {
    await until(async () => {
      const reached = await Promise.all(this.nodes.map(node => this.reached(node)));
      return reached.every(nodes => nodes === count);
    }, `${count} nodes to know one another`, 20_000);
  }

  // Starts a node anew that has ended.
  async replace(node, options, how) {
    const place = this.nodes.indexOf(node);
    this.nodes[place] = await this.startNode(node.name, options, how);
    await this.settled();
    return this.nodes[place];
  }

  // How many nodes answer what one is asked.
  async reached(node) {
    return (await node.api.call('ListNodes', {})).nodes.length;
  }

  // Insists that all nodes end well; whatever happens, nothing is left.
  async stop() {
    try {
      for (const node of this.nodes) await node.stop();
    } finally {
      await this.kill();
    }
  }

  // After a test that failed.
  async kill() {
    for (const node of this.nodes) await node.kill();
    await this.redis.stop();
  }
}
