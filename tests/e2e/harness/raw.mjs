// SPDX-License-Identifier: Apache-2.0
//
// A TCP socket for what no client library would send.
import {once} from 'node:events';
import net from 'node:net';
import {until, within} from './poll.mjs';

const MASK = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);

export const OPCODE = {continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10};

// A client's frame.
export function frame(opcode, payload = '', {fin = true, mask = true, rsv = 0} = {}) {
  const body = Buffer.from(payload);
  const size = body.length;
  const head = Buffer.alloc(size < 126 ? 2 : size < 65536 ? 4 : 10);
  head[0] = (fin ? 0x80 : 0) | rsv << 4 | opcode;
  head[1] = (mask ? 0x80 : 0) | (size < 126 ? size : size < 65536 ? 126 : 127);
  if (size >= 65536) head.writeBigUInt64BE(BigInt(size), 2);
  else if (size >= 126) head.writeUInt16BE(size, 2);
  if (!mask) return Buffer.concat([head, body]);
  for (let i = 0; i < size; ++i) body[i] ^= MASK[i & 3];
  return Buffer.concat([head, MASK, body]);
}

export class Raw {
  received = Buffer.alloc(0);
  #position = 0;

  static async connect(address) {
    const cut = address.lastIndexOf(':');
    const socket = net.connect(Number(address.slice(cut + 1)), address.slice(0, cut));
    const raw = new Raw(socket);
    await within(once(socket, 'connect'), 'the TCP connection');
    return raw;
  }

  // Connects and upgrades.
  static async upgraded(address, target = '/', headers = {}) {
    const raw = await Raw.connect(address);
    raw.write(upgradeRequest(target, headers));
    const {status} = await raw.http();
    if (status !== 101) throw new Error(`status ${status}`);
    return raw;
  }

  constructor(socket) {
    this.socket = socket;
    socket.on('data', bytes => { this.received = Buffer.concat([this.received, bytes]); });
    socket.on('error', () => {});
    this.ended = new Promise(resolve => socket.on('close', () => resolve(true)));
  }

  write(bytes) {
    this.socket.write(bytes);
  }

  whenEnded(ms) {
    return within(this.ended, 'the gateway to close the TCP connection', ms);
  }

  // The next HTTP answer; its body is read by its Content-Length.
  async http() {
    const text = () => this.received.subarray(this.#position).toString('latin1');
    await until(() => text().includes('\r\n\r\n'), 'an HTTP answer');
    const [head] = text().split('\r\n\r\n', 1);
    const [first, ...lines] = head.split('\r\n');
    const headers = Object.fromEntries(lines.map(line => {
      const [, name, value] = /^([^:]+):\s*(.*)$/.exec(line);
      return [name.toLowerCase(), value];
    }));
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)[1]);
    this.#position += head.length + 4;
    const size = Number(headers['content-length'] ?? 0);
    await until(() => this.received.length >= this.#position + size, 'the body');
    const body = text().slice(0, size);
    this.#position += size;
    return {status, headers, body};
  }

  // The next frame of the gateway.
  async frame() {
    return until(() => this.#takeFrame(), 'a frame');
  }

  #takeFrame() {
    const bytes = this.received.subarray(this.#position);
    if (bytes.length < 2) return undefined;
    const short = bytes[1] & 0x7f;
    const head = short === 127 ? 10 : short === 126 ? 4 : 2;
    if (bytes.length < head) return undefined;
    const size = short === 127 ? Number(bytes.readBigUInt64BE(2))
      : short === 126 ? bytes.readUInt16BE(2) : short;
    if (bytes.length < head + size) return undefined;
    this.#position += head + size;
    const masked = (bytes[1] & 0x80) !== 0;
    return {opcode: bytes[0] & 15, fin: bytes[0] >= 128, masked,
      payload: bytes.subarray(head, head + size)};
  }

  // The close frame that comes next, as {code, reason}.
  async closeFrame() {
    const {opcode, payload} = await this.frame();
    if (opcode !== OPCODE.close) throw new Error(`opcode ${opcode}: ${payload}`);
    return {code: payload.readUInt16BE(0), reason: payload.subarray(2).toString()};
  }

  destroy() {
    this.socket.destroy();
  }
}

export function upgradeRequest(target = '/', headers = {}) {
  const all = {
    Host: 'localhost', Upgrade: 'websocket', Connection: 'Upgrade',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Version': '13', ...headers,
  };
  const lines = Object.entries(all).filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${target} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

// The status of one request.
export async function statusOf(address, request) {
  const raw = await Raw.connect(address);
  raw.write(request);
  const answer = await raw.http();
  raw.destroy();
  return answer;
}
