// SPDX-License-Identifier: Apache-2.0
//
// A gateway as a child process on ports of the system's choice.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {ControlClient, Health, Workers, grpc} from './control.mjs';
import {Metrics} from './metrics.mjs';
import {until, within} from './poll.mjs';

export const BINARY = process.env.SLUICE_BIN ??
  fileURLToPath(new URL('../../../bazel-bin/gateway/sluice', import.meta.url));

// The tests' own environment without what the gateway would take for its options.
function environment(extra) {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('SLUICE_'));
  return {...Object.fromEntries(others), ...extra};
}

const flags = options => Object.entries(options).map(
  ([name, value]) => (value === true ? `--${name}` : `--${name}=${value}`));

// Runs the binary to its end; for what never becomes a gateway.
export async function runToEnd(args, {env = {}, ms = 10_000} = {}) {
  const child = spawn(BINARY, args, {env: environment(env)});
  let output = '';
  let errors = '';
  child.stdout.on('data', bytes => { output += bytes; });
  child.stderr.on('data', bytes => { errors += bytes; });
  try {
    const [code] = await within(once(child, 'close'), `${args.join(' ')} to end`, ms);
    return {code, output, errors};
  } finally {
    child.kill('SIGKILL');
  }
}

export class Gateway {
  log = '';
  #folder = mkdtempSync(join(tmpdir(), 'sluice-e2e-'));
  #child;
  #closers = [];

  // Starts one and waits until it says where it listens. Options are the command line's; `stdio`
  // replaces its descriptors; `wrap` is a command that runs it; `binary` another one than usual.
  static async start(options = {}, {env = {}, stdio = [], wrap = [], binary = BINARY} = {}) {
    const gateway = new Gateway();
    try {
      await gateway.#start(options, env, stdio, [...wrap, binary]);
    } catch (error) {
      await gateway.kill();
      throw new Error(`${error.message}\n${gateway.log}`);
    }
    return gateway;
  }

  // One for `run`; a test that fails leaves none behind, which would keep its process.
  static async during(options, run) {
    const gateway = await Gateway.start(options);
    try {
      await run(gateway);
      await gateway.stop();
    } finally {
      await gateway.kill();
    }
  }

  async #start(options, env, stdio, words) {
    const file = join(this.#folder, 'addresses');
    const all = {
      listen: '127.0.0.1:0', control: '127.0.0.1:0', admin: '127.0.0.1:0', shards: 2,
      'address-file': file, 'drain-per-second': 10_000, ...options,
    };
    const [command, ...args] = [...words, ...flags(all)];
    this.#child = spawn(command, args, {
      env: environment(env), stdio: ['ignore', stdio[1] ?? 'pipe', stdio[2] ?? 'pipe'],
    });
    this.ended = once(this.#child, 'close').then(([code, signal]) => ({code, signal}));
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', bytes => { this.log += bytes; });
    }
    const addresses = await until(() => this.#readAddresses(file), 'the address file', 20_000);
    this.client = addresses.listen;
    this.control = addresses.control;
    this.admin = addresses.admin;
  }

  #readAddresses(file) {
    if (this.#child.exitCode !== null) throw new Error(`exit code ${this.#child.exitCode}`);
    try {
      return JSON.parse(readFileSync(file, 'utf8'));
    } catch (error) {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    }
  }

  get pid() {
    return this.#child.pid;
  }

  url(target = '/', scheme = 'ws') {
    return `${scheme}://${this.client}${target}`;
  }

  // Closed with the gateway.
  owns(closer) {
    this.#closers.push(closer);
    return closer;
  }

  controlClient(options) {
    return this.owns(new ControlClient(this.control, options));
  }

  workersClient(credentials = grpc.credentials.createInsecure()) {
    return this.owns(new Workers(this.control, credentials));
  }

  // What gRPC's health service says; one service, or ('') all.
  health(service = '') {
    const client = this.owns(new Health(this.control, grpc.credentials.createInsecure()));
    return new Promise((resolve, reject) => {
      client.Check({service}, (error, response) =>
        (error ? reject(error) : resolve(response.status)));
    });
  }

  async fetch(path, options) {
    const response = await fetch(`http://${this.admin}${path}`, options);
    return {status: response.status, headers: response.headers, text: await response.text()};
  }

  async metrics() {
    const {status, text} = await this.fetch('/metrics');
    assert.equal(status, 200);
    return new Metrics(text);
  }

  async metric(name, labels) {
    return (await this.metrics()).sum(name, labels);
  }

  // Waits until a counter has risen by exactly `by` above `before`.
  async rises(name, labels, before, by = 1) {
    await until(async () => await this.metric(name, labels) >= before + by, `${name} to rise`);
    assert.equal(await this.metric(name, labels), before + by, name);
  }

  // Runs something that makes exactly `by` rpcs end with this status.
  async counts(rpc, code, run, by = 1) {
    const rpcs = async () => (await this.metrics()).rpcs(rpc, code);
    const before = await rpcs();
    const result = await run();
    await until(async () => await rpcs() >= before + by, `${rpc} ${code} to be counted`);
    assert.equal(await rpcs(), before + by, `${rpc} ${code}`);
    return result;
  }

  signal(name) {
    this.#child.kill(name);
  }

  // Asks it to end, and insists on exit code 0.
  async stop(ms = 15_000) {
    this.#close();
    this.signal('SIGTERM');
    try {
      const how = await within(this.ended, 'the gateway to end', ms);
      assert.deepEqual(how, {code: 0, signal: null}, this.log);
    } finally {
      await this.kill();
    }
  }

  #close() {
    for (const closer of this.#closers.splice(0)) closer.close();
  }

  async kill() {
    this.#close();
    if (this.#child) {
      this.#child.kill('SIGKILL');
      await this.ended;
    }
    rmSync(this.#folder, {recursive: true, force: true});
  }
}
