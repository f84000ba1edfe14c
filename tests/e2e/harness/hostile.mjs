// SPDX-License-Identifier: Apache-2.0
//
// Requests as nobody sane would send them: any message of the .proto files with odd values in its
// fields, as bytes, from a seed.
import {fileURLToPath} from 'node:url';
import loader from '@grpc/proto-loader';

const definition = loader.loadSync(['sluice/v1/control.proto', 'sluice/v1/workers.proto'], {
  includeDirs: [fileURLToPath(new URL('../../../proto', import.meta.url))], keepCase: true,
});

// Every rpc of the public interface: {path, requestStream, responseStream, requestType}.
export const rpcs = ['sluice.v1.Control', 'sluice.v1.Workers']
  .flatMap(service => Object.values(definition[service]));

// A small generator (mulberry32), so that a failure can be repeated.
function randomFrom(seed) {
  let state = seed + 0x9e3779b9;
  return below => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

function varint(value) {
  const bytes = [];
  for (let rest = BigInt.asUintN(64, value); ; rest >>= 7n) {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    if (rest <= 0x7fn) return Buffer.from(bytes);
  }
}
const tag = (number, wire) => varint(BigInt(number) << 3n | BigInt(wire));
const sized = bytes => Buffer.concat([varint(BigInt(bytes.length)), bytes]);

const INTEGERS = [0n, 1n, -1n, 2n, 255n, 256n, 1000n, 100_000n, 2n ** 31n - 1n, -(2n ** 31n),
  2n ** 32n - 1n, 2n ** 53n, 2n ** 63n - 1n, -(2n ** 63n)];
// Nothing here names everybody, or the namespace of whoever stands by.
const TEXTS = ['', 'room', 'a', 'default', '\0', '\u0085', '\ufeff', '\u00e9', '__x', 'a b', '{}',
  'x'.repeat(255), 'x'.repeat(256), '../../etc', '%s%n', '\u{1f600}'.repeat(64), 'rpc.login']
  .map(text => Buffer.from(text));
const BODIES = ['1', 'null', '"x"', '{"a":1}', '[', '{', '"\\ud83d"', `${'['.repeat(2000)}`, '']
  .map(text => Buffer.from(text)).concat([Buffer.from([0xc1]), Buffer.alloc(100, 0xff)]);

// The type of a field, as a descriptor; what is nested in the message goes first.
function typeOf(field, inside) {
  const name = field.typeName.split('.').at(-1);
  const found = inside.nestedType.find(type => type.name === name) ??
    (definition[field.typeName] ?? definition[`sluice.v1.${field.typeName}`])?.type;
  if (!found) throw new Error(`no type ${field.typeName}`);
  return found;
}

class Generator {
  constructor(seed, {wide = 3, text} = {}) {
    Object.assign(this, {random: randomFrom(seed), wide, text, left: Math.max(wide, 1000)});
  }

  one(list) {
    return list[this.random(list.length)];
  }

  message(type, depth = 0) {
    return Buffer.concat(type.field.flatMap(field => {
      if (this.random(4) === 0) return [];
      const repeated = field.label === 'LABEL_REPEATED';
      const times = repeated ? this.random(Math.max(Math.min(this.wide, this.left), 1)) + 1 : 1;
      this.left -= times;
      return Array.from({length: times}, () => this.field(field, type, depth));
    }));
  }

  field(field, inside, depth) {
    const {number, type} = field;
    switch (type) {
      case 'TYPE_STRING':
        return Buffer.concat([tag(number, 2), sized(Buffer.from(this.text ?? this.one(TEXTS)))]);
      case 'TYPE_BYTES':
        return Buffer.concat([tag(number, 2), sized(Buffer.from(this.text ?? this.one(BODIES)))]);
      case 'TYPE_MESSAGE':
        if (depth > 4) return Buffer.alloc(0);
        return Buffer.concat([tag(number, 2), sized(this.message(typeOf(field, inside), depth + 1))]);
      default:
        return Buffer.concat([tag(number, 0), varint(this.one(INTEGERS))]);
    }
  }
}

// The bytes of some request of this rpc. `wide`: how long lists may be; `text`: in place of every
// text and every bytes.
export const hostile = (rpc, seed, options) =>
  new Generator(seed, options).message(rpc.requestType.type);
