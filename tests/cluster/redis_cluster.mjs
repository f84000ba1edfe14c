// SPDX-License-Identifier: Apache-2.0
//
// A Redis Cluster of three masters, the first of which has a replica.
import {Redis, freePort, until} from './harness.mjs';

const SLOTS = 16384;
const MASTERS = 3;

export class RedisCluster {
  servers = [];  // the masters, then the replica

  static async start() {
    const cluster = new RedisCluster();
    try {
      for (let i = 0; i <= MASTERS; ++i) {
        cluster.servers.push(await Redis.start({
          'cluster-enabled': 'yes', 'cluster-node-timeout': 1000, 'cluster-port': await freePort(),
        }));
      }
      await cluster.#form();
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  async #form() {
    const [first] = this.servers;
    for (const [i, server] of this.servers.entries()) {
      if (i < MASTERS) {
        server.cli('cluster', 'set-config-epoch', String(i + 1));
        server.cli('cluster', 'addslotsrange', String(Math.ceil(SLOTS * i / MASTERS)),
          String(Math.ceil(SLOTS * (i + 1) / MASTERS) - 1));
      }
      const ports = [server.port, server.options['cluster-port']].map(String);
      if (i > 0) first.cli('cluster', 'meet', '127.0.0.1', ...ports);
    }
    const formed = server => {
      const info = server.cli('cluster', 'info');
      return info.includes('cluster_state:ok') &&
        info.includes(`cluster_known_nodes:${MASTERS + 1}`);
    };
    await until(() => this.servers.every(formed), 'the cluster to form', 30_000);
    this.replica.cli('cluster', 'replicate', this.id(0));
    const knows = server => server.cli('cluster', 'nodes').includes('slave');
    await until(() => this.servers.every(knows), 'all to know the replica', 20_000);
    await this.ready();
  }

  get url() {
    return `redis+cluster://${this.servers[1].address},${this.servers[2].address}`;
  }

  get replica() {
    return this.servers[MASTERS];
  }

  // Who has the slots of the first one now.
  get master() {
    const [first, replica] = [this.servers[0], this.replica];
    const nodes = this.servers[1].cli('cluster', 'nodes').split('\n');
    const isMaster = ({address}) => nodes.some(line =>
      line.includes(` ${address}@`) && line.includes('master') && !line.includes('fail'));
    return [first, replica].find(server => isMaster(server) && this.#hasSlots(server, nodes)) ??
      first;
  }

  // The line of a master ends with its ranges, behind eight fields.
  #hasSlots({address}, nodes) {
    return nodes.find(line => line.includes(` ${address}@`)).split(' ').length > 8;
  }

  orderFailover() {
    const other = this.master === this.replica ? this.servers[0] : this.replica;
    other.cli('cluster', 'failover');
  }

  async failedOver(from) {
    await until(() => this.master !== from && this.master.cli('role').startsWith('master'),
      'another master', 20_000);
  }

  // All slots are served, and the master has a replica that could take over.
  ready() {
    const serves = server => {
      try {
        return server.cli('cluster', 'info').includes('cluster_state:ok');
      } catch {
        return false;
      }
    };
    const isReady = () => this.servers.every(serves) &&
      this.master.cli('info', 'replication').includes('state=online');
    return until(isReady, 'the cluster to be ready', 20_000);
  }

  // A namespace whose records the first of the servers has.
  get space() {
    return Array.from({length: 100}, (_, i) => `space${i}`)
      .find(space => this.ownerOf(`sluice:presence:{:${space}}`) === 0);
  }

  id(i) {
    return this.servers[i].cli('cluster', 'myid');
  }

  slotOf(key) {
    return Number(this.servers[1].cli('cluster', 'keyslot', key));
  }

  // Which of the servers has the slot of this key.
  ownerOf(key) {
    const at = this.slotOf(key);
    const lines = this.servers[1].cli('cluster', 'slots').split('\n');
    // Each range: first, last, then its master's host, port, id ...; only these are small numbers.
    for (let i = 0; i + 3 < lines.length; ++i) {
      if (!/^\d+$/.test(lines[i]) || !/^\d+$/.test(lines[i + 1])) continue;
      if (lines[i + 2] !== '127.0.0.1') continue;
      if (Number(lines[i]) > at || Number(lines[i + 1]) < at) continue;
      return this.servers.findIndex(({port}) => port === Number(lines[i + 3]));
    }
    throw new Error(`nobody has ${key}`);
  }

  // Moves the slot of this key with all its keys, as redis-cli --cluster reshard does.
  migrate(key, to) {
    const slot = String(this.slotOf(key));
    const from = this.ownerOf(key);
    if (from === to) return;
    const [source, target] = [this.servers[from], this.servers[to]];
    target.cli('cluster', 'setslot', slot, 'importing', this.id(from));
    source.cli('cluster', 'setslot', slot, 'migrating', this.id(to));
    for (;;) {
      const keys = source.cli('cluster', 'getkeysinslot', slot, '10').split('\n').filter(Boolean);
      if (keys.length === 0) break;
      source.cli('migrate', '127.0.0.1', String(target.port), '', '0', '5000', 'keys', ...keys);
    }
    for (const server of [target, source, ...this.servers]) {
      server.cli('cluster', 'setslot', slot, 'node', this.id(to));
    }
  }

  // To the owner of the key that the words name.
  cli(...words) {
    return this.servers[1].cli('-c', ...words);
  }

  async stop() {
    for (const server of this.servers) await server.stop();
  }
}
