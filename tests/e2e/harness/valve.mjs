// SPDX-License-Identifier: Apache-2.0
//
// A network between two: passes bytes on until it is shut. Then both ends stay connected and hear
// nothing from one another, as after a cable was pulled, until it is opened again.
import {once} from 'node:events';
import net from 'node:net';

export class Valve {
  bytes = 0;   // passed, both ways
  pauses = 0;  // times that bytes came after half a second of silence
  #sockets = new Set();
  #shut = false;
  #last = performance.now();

  static async open(address) {
    const valve = new Valve();
    const cut = address.lastIndexOf(':');
    valve.server = net.createServer(socket => valve.#connect(socket,
      net.connect(Number(address.slice(cut + 1)), address.slice(0, cut))));
    valve.server.listen(0, '127.0.0.1');
    await once(valve.server, 'listening');
    valve.address = `127.0.0.1:${valve.server.address().port}`;
    return valve;
  }

  #connect(one, other) {
    for (const [from, to] of [[one, other], [other, one]]) {
      this.#sockets.add(from);
      from.on('data', data => {
        if (this.#shut) return;
        this.bytes += data.length;
        const now = performance.now();
        if (now - this.#last > 500) ++this.pauses;
        this.#last = now;
        to.write(data);
      });
      from.on('error', () => {});
      from.on('close', () => { if (!this.#shut) to.destroy(); });
    }
  }

  shut() {
    this.#shut = true;
    for (const socket of this.#sockets) socket.pause();
  }

  reopen() {
    this.#shut = false;
    for (const socket of this.#sockets) socket.resume();
  }

  close() {
    for (const socket of this.#sockets) socket.destroy();
    this.server.close();
  }
}
