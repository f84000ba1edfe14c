// SPDX-License-Identifier: Apache-2.0
//
// Whoever looks after Redis, on one connection all the time: what Redis denies newcomers it is not
// denied. For commands that are answered in one line.
import assert from 'node:assert/strict';
import {once} from 'node:events';
import net from 'node:net';
import {createInterface} from 'node:readline';
import {Inbox} from './harness.mjs';

export class Operator {
  #answers = new Inbox();

  static async at(redis) {
    const operator = new Operator();
    operator.socket = net.connect(redis.port, '127.0.0.1');
    await once(operator.socket, 'connect');
    createInterface(operator.socket).on('line', line => operator.#answers.put(line));
    return operator;
  }

  async do(...words) {
    const bulk = words.map(word => `$${Buffer.byteLength(String(word))}\r\n${word}\r\n`);
    this.socket.write(`*${words.length}\r\n${bulk.join('')}`);
    const answer = await this.#answers.next(`${words.join(' ')} to be answered`);
    assert.notEqual(answer[0], '-', answer);
    return answer.slice(1);
  }

  // Cuts whoever else is connected.
  async cutAll() {
    for (const type of ['normal', 'pubsub']) await this.do('client', 'kill', 'type', type);
  }

  close() {
    this.socket.destroy();
  }
}
