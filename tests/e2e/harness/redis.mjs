// SPDX-License-Identifier: Apache-2.0
//
// A real redis-server that keeps nothing, on a port that was free, and the same one again after it
// was killed.
import {execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import net from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {until} from './poll.mjs';

const PORTS_TRIED = 5;

export async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const {port} = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

export class Redis {
  #child;
  folder = mkdtempSync(join(tmpdir(), 'redis-'));

  // With `sentinel` it is one, with this configuration.
  static async start(options = {}, sentinel) {
    const redis = new Redis();
    Object.assign(redis, {options, sentinel});
    for (let tries = 1; ; ++tries) {
      redis.port = await freePort();
      try {
        await redis.restart();
        return redis;
      } catch (error) {
        await redis.kill();
        if (tries < PORTS_TRIED) continue;
        await redis.stop();
        throw error;
      }
    }
  }

  get address() {
    return `127.0.0.1:${this.port}`;
  }

  get url() {
    return `redis://${this.address}`;
  }

  // After kill.
  async restart() {
    this.#child = spawn('redis-server', this.sentinel ? this.#asSentinel() : this.#asServer(),
      {stdio: 'ignore'});
    await until(() => {
      if (this.#child.exitCode !== null) throw new Error(`redis-server: ${this.#child.exitCode}`);
      return this.answers();
    }, 'redis-server to answer');
  }

  #asServer() {
    return Object.entries({
      bind: '127.0.0.1', port: this.port, save: '', appendonly: 'no', dir: this.folder,
      'repl-diskless-sync-delay': 0, ...this.options,
    }).flatMap(([name, value]) => [`--${name}`, String(value)]);
  }

  #asSentinel() {
    const file = join(this.folder, 'sentinel.conf');
    writeFileSync(file, `port ${this.port}\nbind 127.0.0.1\n${this.sentinel}`);
    return [file, '--sentinel'];
  }

  answers() {
    try {
      return this.cli('ping') === 'PONG';
    } catch {
      return false;
    }
  }

  cli(...words) {
    return execFileSync('redis-cli', ['-p', this.port, ...words],
      {encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 5000}).trim();
  }

  freeze() {
    process.kill(this.#child.pid, 'SIGSTOP');
  }

  thaw() {
    process.kill(this.#child.pid, 'SIGCONT');
  }

  async kill() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = once(this.#child, 'close');
    this.#child.kill('SIGKILL');
    await closed;
  }

  async stop() {
    await this.kill();
    rmSync(this.folder, {recursive: true, force: true});
  }
}
