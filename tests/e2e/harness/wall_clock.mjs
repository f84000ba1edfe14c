// SPDX-License-Identifier: Apache-2.0
//
// A world's clock that can be stepped, for one gateway.
import {execFileSync} from 'node:child_process';
import {closeSync, mkdtempSync, openSync, rmSync, writeSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

const SOURCE = fileURLToPath(new URL('wall_clock.c', import.meta.url));
// The build's own compiler; another does as well.
const COMPILERS = [process.env.CC, 'clang-19', 'cc'].filter(Boolean);

function compile(library) {
  const flags = ['-shared', '-fPIC', '-O1', '-Wall', '-Werror', '-o', library, SOURCE];
  for (const compiler of COMPILERS) {
    try {
      return execFileSync(compiler, flags);
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
  }
  throw new Error(`none of these is a compiler: ${COMPILERS.join(', ')}`);
}

export class WallClock {
  #folder = mkdtempSync(join(tmpdir(), 'sluice-clock-'));
  #file;
  #ahead = 0n;  // nanoseconds

  constructor() {
    const library = join(this.#folder, 'wall_clock.so');
    compile(library);
    const path = join(this.#folder, 'step');
    this.#file = openSync(path, 'w+');
    this.env = {LD_PRELOAD: library, WALL_CLOCK_FILE: path};
    this.step(0);
  }

  // Milliseconds, as Date.now(), but the gateway's.
  now() {
    return Date.now() + Number(this.#ahead / 1_000_000n);
  }

  step(seconds) {
    this.#ahead += BigInt(seconds) * 1_000_000_000n;
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(this.#ahead);
    writeSync(this.#file, bytes, 0, 8, 0);
  }

  close() {
    closeSync(this.#file);
    rmSync(this.#folder, {recursive: true});
  }
}
