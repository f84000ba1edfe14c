// SPDX-License-Identifier: Apache-2.0
//
// sluicectl as a child process: run to its end, or followed while it runs.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {readFileSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {until, within} from './poll.mjs';

export const CTL = process.env.SLUICECTL_BIN ??
  fileURLToPath(new URL('../../../bazel-bin/control/ctl/sluicectl', import.meta.url));

// Nothing of the person's own settings.
function environment(extra) {
  const others = Object.entries(process.env).filter(([name]) =>
    !name.startsWith('SLUICE') && !name.startsWith('XDG_'));
  return {...Object.fromEntries(others), HOME: '/nonexistent', ...extra};
}

const running = new Set();
process.on('exit', () => { for (const ctl of running) ctl.kill(); });

export class Ctl {
  static path = CTL;
  out = '';
  err = '';
  #closed;

  // `words`: its arguments. `gateway`: whom it asks; `command`: what runs it instead of nothing.
  constructor(words, {gateway, env = {}, input, command = [CTL]} = {}) {
    const asked = gateway ? {SLUICECTL_ADDRESS: gateway.control} : {};
    const [file, ...before] = command;
    this.child = spawn(file, [...before, ...words],
      {env: environment({...asked, ...env}), stdio: ['pipe', 'pipe', 'pipe']});
    this.words = words;
    this.child.stdout.on('data', bytes => { this.out += bytes; });
    this.child.stderr.on('data', bytes => { this.err += bytes; });
    this.child.stdin.on('error', () => {});
    this.child.stdin.end(input);
    this.#closed = once(this.child, 'close').then(([code, signal]) => {
      this.code = code;
      running.delete(this);
      return {code: code ?? signal, out: this.out, err: this.err};
    });
    // Of a test that failed one may be left, which must not keep the tests' own process.
    for (const one of [this.child, this.child.stdout, this.child.stderr]) one.unref();
    running.add(this);
  }

  // {code, out, err}, within 20 s.
  get ended() {
    return within(this.#closed, `sluicectl ${this.words.join(' ')} to end`, 20_000);
  }

  static run(words, options) {
    const ctl = new Ctl(words, options);
    return ctl.ended.finally(() => ctl.kill());
  }

  // The output of one that must end with `code`.
  static async expect(code, words, options) {
    const result = await Ctl.run(words, options);
    assert.equal(result.code, code, `sluicectl ${words.join(' ')}: ${result.err}${result.out}`);
    return result;
  }

  static async json(words, options) {
    return JSON.parse((await Ctl.expect(0, [...words, '-o', 'json'], options)).out);
  }

  // Until its output (or `err`) matches.
  shows(pattern, stream = 'out') {
    return until(() => {
      if (pattern.test(this[stream])) return true;
      if (this.code !== undefined) throw new Error(`it ended: ${this.out}${this.err}`);
      return false;
    }, `${this.words.join(' ')} to show ${pattern} in ${JSON.stringify(this.out + this.err)}`);
  }

  interrupt() {
    this.child.kill('SIGINT');
    return this.ended;
  }

  kill() {
    this.child.kill('SIGKILL');
  }
}

// Compares with the file; with SLUICE_GOLDEN_WRITE=1 it is written instead.
export function golden(name, text) {
  const path = fileURLToPath(new URL(`../ctl/${name}`, import.meta.url));
  if (process.env.SLUICE_GOLDEN_WRITE) writeFileSync(path, text);
  assert.equal(text, readFileSync(path, 'utf8'), name);
}

// What differs from run to run.
export const steady = text => text
  .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT')
  .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'TIME')
  .replace(/drain-[0-9a-f]{16}/g, 'drain-ID')
  .replace(/\b[0-9a-f]{8,}-[0-9a-f]+\b/g, 'EPOCH')
  .replace(/ +$/gm, '').replace(/ {2,}/g, '  ');
