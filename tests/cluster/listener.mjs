// SPDX-License-Identifier: Apache-2.0
//
// A client that says nothing and counts the bytes that it gets: so cheap that hundreds of them are
// not what is measured. It answers no ping: not for long.
import {once} from 'node:events';
import net from 'node:net';
import {within} from './harness.mjs';

export class Listener {
  bytes = 0;  // behind the upgrade
  #socket;

  static async open(node, path) {
    const {hostname, port, pathname, search} = new URL(node.url(path));
    const listener = new Listener();
    listener.#socket = net.connect(Number(port), hostname);
    listener.#socket.write([
      `GET ${pathname}${search} HTTP/1.1`, `Host: ${hostname}:${port}`, 'Upgrade: websocket',
      'Connection: Upgrade', 'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', '', ''].join('\r\n'));
    await within(listener.#upgraded(), 'the upgrade');
    listener.#socket.on('data', bytes => { listener.bytes += bytes.length; });
    return listener;
  }

  async #upgraded() {
    let head = '';
    while (!head.includes('\r\n\r\n')) {
      const [bytes] = await once(this.#socket, 'data');
      head += bytes.toString('latin1');
    }
    if (!head.startsWith('HTTP/1.1 101 ')) throw new Error(head);
    this.bytes += head.length - head.indexOf('\r\n\r\n') - 4;
  }

  close() {
    this.#socket.destroy();
  }
}
