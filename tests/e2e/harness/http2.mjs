// SPDX-License-Identifier: Apache-2.0
//
// An HTTP/2 peer frame by frame, for what no gRPC client would do.
import {Raw} from './raw.mjs';
import {Inbox} from './poll.mjs';

export const H2 = {data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goaway: 7};
const ACK = 1;
const END_STREAM = 1;
const END_HEADERS = 4;

// HPACK without its tables: RFC 7541 6.2.2, names and values under 127 bytes.
const text = value => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
const pack = headers => Buffer.concat(Object.entries(headers).flatMap(
  ([name, value]) => [Buffer.from([0]), text(name), text(value)]));

export class Http2 {
  frames = new Inbox();     // all that came but settings: {type, flags, stream, payload}
  pings = 0;                // of the gateway
  answering = true;         // its pings
  #stream = -1;
  #taken = 0;
  #settings = new Inbox();

  // Connects, and knows the gateway's settings.
  static async open(address) {
    const peer = new Http2(await Raw.connect(address));
    peer.raw.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    peer.write(H2.settings);
    await peer.#settings.next('the settings');
    return peer;
  }

  constructor(raw) {
    this.raw = raw;
    raw.socket.on('data', () => this.#read());
  }

  write(type, flags = 0, stream = 0, payload = Buffer.alloc(0)) {
    const head = Buffer.alloc(9);
    head.writeUIntBE(payload.length, 0, 3);
    head[3] = type;
    head[4] = flags;
    head.writeUInt32BE(stream, 5);
    this.raw.write(Buffer.concat([head, payload]));
  }

  // Begins an rpc with one message.
  begin(path, message = Buffer.alloc(0)) {
    this.#stream += 2;
    this.write(H2.headers, END_HEADERS, this.#stream, pack({
      ':method': 'POST', ':scheme': 'http', ':path': path, ':authority': 'gateway',
      'content-type': 'application/grpc', te: 'trailers',
    }));
    const size = Buffer.alloc(5);
    size.writeUInt32BE(message.length, 1);
    this.write(H2.data, END_STREAM, this.#stream, Buffer.concat([size, message]));
  }

  ping() {
    this.write(H2.ping, 0, 0, Buffer.alloc(8));
  }

  // The next frame of this type, and nothing of what came before it.
  async next(type) {
    for (;;) {
      const frame = await this.frames.next(`a frame of type ${type}`);
      if (frame.type === type) return frame;
    }
  }

  #read() {
    for (;;) {
      const bytes = this.raw.received.subarray(this.#taken);
      if (bytes.length < 9 || bytes.length < 9 + bytes.readUIntBE(0, 3)) return;
      const size = bytes.readUIntBE(0, 3);
      this.#taken += 9 + size;
      this.#take({type: bytes[3], flags: bytes[4], stream: bytes.readUInt32BE(5),
        payload: bytes.subarray(9, 9 + size)});
    }
  }

  #take(frame) {
    const {type, flags, payload} = frame;
    if (type === H2.settings) {
      if (flags & ACK) return;
      this.write(H2.settings, ACK);
      this.#settings.put(payload);
    } else if (type === H2.ping && !(flags & ACK)) {
      ++this.pings;
      if (this.answering) this.write(H2.ping, ACK, 0, payload);
    } else {
      this.frames.put(frame);
    }
  }
}
