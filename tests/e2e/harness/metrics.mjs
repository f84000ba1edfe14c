// SPDX-License-Identifier: Apache-2.0
//
// Reads the Prometheus text format, as far as the gateway uses it.

const LINE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;

function parseLabels(text = '') {
  return Object.fromEntries(
    [...text.matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g)].map(m => [m[1], m[2]]));
}

export class Metrics {
  #samples = [];

  constructor(text) {
    this.text = text;
    for (const line of text.split('\n')) {
      if (line === '' || line.startsWith('#')) continue;
      const match = LINE.exec(line);
      if (!match) throw new Error(`not a sample: ${line}`);
      this.#samples.push({name: match[1], labels: parseLabels(match[2]), value: Number(match[3])});
    }
  }

  // The sum of the samples with this name and these labels; an unknown name is an error, since a
  // misspelt one would otherwise look like zero.
  sum(name, labels = {}) {
    const named = this.#samples.filter(sample => sample.name === name);
    if (named.length === 0) throw new Error(`no metric ${name}`);
    const fits = sample => Object.entries(labels).every(([key, v]) => sample.labels[key] === v);
    const chosen = named.filter(fits);
    if (chosen.length === 0) throw new Error(`no ${name} with ${JSON.stringify(labels)}`);
    return chosen.reduce((total, {value}) => total + value, 0);
  }

  // Each series as text, without its value.
  series() {
    return this.#samples.map(({name, labels}) => `${name}${JSON.stringify(labels)}`).sort();
  }

  has(name) {
    return this.#samples.some(sample => sample.name === name);
  }

  // Rpcs that ended with this status.
  rpcs(rpc, code) {
    return this.sum('sluice_control_rpcs_total', {rpc, code});
  }
}
