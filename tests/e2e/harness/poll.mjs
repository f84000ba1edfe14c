// SPDX-License-Identifier: Apache-2.0
//
// Waiting, always with an end.
import {setTimeout as pause} from 'node:timers/promises';

export const DEADLINE_MS = 10_000;

// Asks `condition` again and again until it gives something true, and gives that.
export async function until(condition, what = 'the condition', ms = DEADLINE_MS) {
  const end = performance.now() + ms;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await pause(5);
  }
}

// The promise, or an error when it takes too long.
export function within(promise, what, ms = DEADLINE_MS) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${ms} ms: ${what}`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// Things that arrive, for someone who waits for them one by one.
export class Inbox {
  #arrived = [];
  #waiting = [];

  put(item) {
    const waiter = this.#waiting.shift();
    if (waiter) waiter(item);
    else this.#arrived.push(item);
  }

  next(what = 'something to arrive', ms = DEADLINE_MS) {
    if (this.#arrived.length > 0) return Promise.resolve(this.#arrived.shift());
    return within(new Promise(resolve => this.#waiting.push(resolve)), what, ms);
  }

  get size() {
    return this.#arrived.length;
  }

  takeAll() {
    return this.#arrived.splice(0);
  }
}
