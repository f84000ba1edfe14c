// SPDX-License-Identifier: Apache-2.0
//
// A backend that watches what happens to connections.
import assert from 'node:assert/strict';
import {Inbox, within} from './poll.mjs';

export class Watcher {
  events = new Inbox();
  lost = 0;

  // Opens, and waits until it watches.
  static async open(control, request) {
    const watcher = new Watcher();
    watcher.stream = control.raw.WatchEvents(request);
    const first = new Promise((resolve, reject) => {
      watcher.stream.on('data', message => {
        if (!watcher.start) {
          assert.deepEqual([message.events, message.lost], [[], 0]);
          watcher.start = message.position;
          resolve();
        }
        watcher.lost += message.lost;
        watcher.position = message.position;
        for (const event of message.events) watcher.events.put(event);
      });
      watcher.stream.on('error', reject);
    });
    await within(first, 'the position');
    return watcher;
  }

  next() {
    return this.events.next('an event');
  }

  async take(count) {
    const all = [];
    while (all.length < count) all.push(await this.next());
    return all;
  }

  close() {
    this.stream.cancel();
  }
}
