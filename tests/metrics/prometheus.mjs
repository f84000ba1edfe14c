// SPDX-License-Identifier: Apache-2.0
//
// A real Prometheus that reads the chart's rules and scrapes nodes each second, under labels as
// Kubernetes gives them to targets.
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {until} from '../e2e/harness.mjs';
import {freePort} from '../e2e/harness/redis.mjs';

const RULES = fileURLToPath(new URL('../../helm/sluice/files/rules.yaml', import.meta.url));
const PORTS_TRIED = 5;

// One scrape configuration: what `labels` say replaces the target's own.
function scrapeConfig({job, addresses, labels}) {
  return {
    job_name: job,
    static_configs: addresses.map((address, i) => ({targets: [address], labels: {__number: `${i}`}})),
    relabel_configs: Object.entries(labels).map(([name, value]) => (
      {source_labels: ['__number'], target_label: name, replacement: value})),
  };
}

export class Prometheus {
  #folder = mkdtempSync(join(tmpdir(), 'prometheus-'));
  #child;

  // `jobs`: [{job, addresses, labels}]; in a label's value $1 is the number of the target.
  static async start(jobs) {
    const prometheus = new Prometheus();
    // JSON is YAML.
    writeFileSync(join(prometheus.#folder, 'prometheus.yml'), JSON.stringify({
      global: {scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s'},
      rule_files: [RULES], scrape_configs: jobs.map(scrapeConfig),
    }));
    for (let tries = 1; ; ++tries) {
      try {
        await prometheus.#run();
        return prometheus;
      } catch (error) {
        if (tries === PORTS_TRIED) {
          await prometheus.stop();
          throw error;
        }
        await prometheus.#kill();
      }
    }
  }

  // On a port that was free.
  async #run() {
    this.log = '';
    this.port = await freePort();
    this.#child = spawn('prometheus', [
      `--config.file=${join(this.#folder, 'prometheus.yml')}`, `--storage.tsdb.path=${this.#folder}/data`,
      `--web.listen-address=127.0.0.1:${this.port}`,
    ], {stdio: ['ignore', 'ignore', 'pipe']});
    this.#child.stderr.on('data', bytes => { this.log += bytes; });
    await until(async () => {
      if (this.#child.exitCode !== null) throw new Error(`prometheus: ${this.log}`);
      return fetch(`http://127.0.0.1:${this.port}/-/ready`).then(({ok}) => ok, () => false);
    }, 'Prometheus to be ready', 30_000);
  }

  async get(path, parameters = {}) {
    const response = await fetch(
      `http://127.0.0.1:${this.port}/api/v1/${path}?${new URLSearchParams(parameters)}`);
    const {status, data, error} = await response.json();
    if (status !== 'success') throw new Error(`${parameters.query ?? path}: ${error}`);
    return data;
  }

  // The labels and values that an expression has now.
  async query(query) {
    const {result} = await this.get('query', {query});
    return result.map(({metric, value: [, value]}) => ({labels: metric, value: Number(value)}));
  }

  async #kill() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = once(this.#child, 'close');
    this.#child.kill('SIGKILL');
    await closed;
  }

  async stop() {
    await this.#kill();
    rmSync(this.#folder, {recursive: true, force: true});
  }
}
