// SPDX-License-Identifier: Apache-2.0
//
// What was done and what was seen, in its order, for whoever has to find out why it went wrong.
const TAIL = 60;
const ABOUT = 20;  // lines for each name
const NAMES_MAX = 5;

export class History {
  #begin = performance.now();
  #lines = [];

  note(what) {
    this.#lines.push(`${((performance.now() - this.#begin) / 1000).toFixed(3)} ${what}`);
  }

  get size() {
    return this.#lines.length;
  }

  // The last of it, and the last of what it says about those that `what` names.
  about(what) {
    const names = [...new Set(what.match(/\b[a-z_]+-\d+\b/g))].slice(0, NAMES_MAX);
    const of = name => this.#lines.filter(line => `${line} `.includes(` ${name} `)).slice(-ABOUT);
    return ['troubles:', ...this.#lines.filter(line => line.includes(' --- ')),
      ...names.map(name => [`about ${name}:`, ...of(name)].join('\n')),
      'at last:', ...this.#lines.slice(-TAIL)].join('\n');
  }
}
