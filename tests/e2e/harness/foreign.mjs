// SPDX-License-Identifier: Apache-2.0
//
// Workers and clients in other languages, as processes (tests/e2e/workers, tests/e2e/clients).
// `./dev test` builds them where it can; CI must be able to.
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync} from 'node:fs';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import {Inbox, within} from './poll.mjs';

export const LANGUAGES = ['python', 'go'];

const binaryOf = (language, kind) =>
  fileURLToPath(new URL(`../${kind}s/${language}/build/${kind}`, import.meta.url));

// Why tests with this language's worker (or client) can't run here, or false.
export function whySkipped(language, kind = 'worker') {
  if (process.env.CI || existsSync(binaryOf(language, kind))) return false;
  return `the ${kind} in ${language} is not built: ./dev test does, if it can install ${language}`;
}

class Foreign {
  lines = new Inbox();

  constructor(language, kind, args) {
    this.child = spawn(binaryOf(language, kind), args, {stdio: ['ignore', 'pipe', 'inherit']});
    this.ended = once(this.child, 'exit');
    createInterface({input: this.child.stdout}).on('line', line => this.lines.put(line));
  }

  async close() {
    this.child.kill();
    await within(this.ended, 'the process to end');
  }
}

export class ForeignWorker extends Foreign {
  // Starts one and waits until it has registered.
  static async open(gateway, language, namespace, ...roles) {
    const worker = new ForeignWorker(language, 'worker', [gateway.control, namespace, ...roles]);
    const line = await worker.lines.next(`the ${language} worker to register`);
    if (line !== 'ready') throw new Error(line);
    return worker;
  }
}

export class ForeignClient extends Foreign {
  constructor(language, url) {
    super(language, 'client', [url]);
  }
}
