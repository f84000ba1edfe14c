// SPDX-License-Identifier: Apache-2.0
//
// A master and a replica that three sentinels watch.
import {Redis, until} from './harness.mjs';

export class Sentinels {
  static async start() {
    const group = new Sentinels();
    const first = await Redis.start();
    group.servers = [first];
    group.sentinels = [];
    try {
      group.servers.push(await Redis.start({replicaof: `127.0.0.1 ${first.port}`}));
      const config = `sentinel monitor m 127.0.0.1 ${first.port} 2\n` +
        'sentinel down-after-milliseconds m 500\nsentinel failover-timeout m 2000\n';
      for (let i = 0; i < 3; ++i) group.sentinels.push(await Redis.start({}, config));
      await group.ready();
    } catch (error) {
      await group.stop();
      throw error;
    }
    return group;
  }

  get url() {
    return `redis+sentinel://${this.sentinels.map(({address}) => address)}/m`;
  }

  // The sentinels know one another, and a replica that could take over.
  ready() {
    return until(() => this.sentinels.every(sentinel => {
      const known = sentinel.cli('sentinel', 'master', 'm').split('\n');
      const number = name => Number(known[known.indexOf(name) + 1]);
      return number('num-other-sentinels') === 2 && number('num-slaves') === 1;
    }) && this.servers.some(server => server.cli('info', 'replication').includes('state=online')),
    'the sentinels to be ready', 20_000);
  }

  // Who is master by what most sentinels say.
  get master() {
    const port = this.sentinels[0].cli('sentinel', 'get-master-addr-by-name', 'm').split('\n')[1];
    return this.servers.find(server => server.port === Number(port));
  }

  cli(...words) {
    return this.master.cli(...words);
  }

  orderFailover() {
    this.sentinels[0].cli('sentinel', 'failover', 'm');
  }

  async failedOver(from) {
    await until(() => this.master !== from && this.master.cli('role').startsWith('master'),
      'another master', 20_000);
  }

  async stop() {
    for (const server of [...this.sentinels, ...this.servers]) await server.stop();
  }
}
