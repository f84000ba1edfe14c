// SPDX-License-Identifier: Apache-2.0
//
// Workers in other languages, as processes (tests/e2e/workers). `./dev test` builds them where it
// can; CI must be able to.
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync} from 'node:fs';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import {Inbox, within} from './poll.mjs';

export const LANGUAGES = ['python', 'go'];

const binaryOf = language =>
  fileURLToPath(new URL(`../workers/${language}/build/worker`, import.meta.url));

// Why tests with this language's worker can't run here, or false.
export function whySkipped(language) {
  if (process.env.CI || existsSync(binaryOf(language))) return false;
  return `the worker in ${language} is not built: ./dev test does, if it can install ${language}`;
}

export class ForeignWorker {
  // Starts one and waits until it has registered.
  static async open(gateway, language, namespace, ...roles) {
    const worker = new ForeignWorker();
    worker.child = spawn(binaryOf(language), [gateway.control, namespace, ...roles],
      {stdio: ['ignore', 'pipe', 'inherit']});
    worker.lines = new Inbox();
    worker.ended = once(worker.child, 'exit');
    createInterface({input: worker.child.stdout}).on('line', line => worker.lines.put(line));
    const line = await worker.lines.next(`the ${language} worker to register`);
    if (line !== 'ready') throw new Error(line);
    return worker;
  }

  async close() {
    this.child.kill();
    await within(this.ended, 'the worker to end');
  }
}
