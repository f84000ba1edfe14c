// SPDX-License-Identifier: Apache-2.0
//
// Every option of the table at the ends of what it allows: the gateway starts, serves and ends, or
// refuses with one line that names the option. Beyond the ends it always refuses.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {before, test} from 'node:test';
import {BINARY, Gateway, Plain, runToEnd} from './harness.mjs';

const AT_ONCE = 4;
const ANY_PORT = ['--listen=127.0.0.1:0', '--control=127.0.0.1:0', '--admin=127.0.0.1:0'];
const UNITS = {B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30};

let names;   // of all options
let ranges;  // {name, min, max, beyond: [texts]}

const lineOf = async args => {
  const {code, output, errors} = await runToEnd(['--check-config', ...ANY_PORT, ...args],
    {ms: 30_000});
  assert.notEqual(code, null, `${args}: it was killed`);
  return {code, output, line: errors.trimEnd(), lines: errors.split('\n').length - 1};
};

// Runs `each` for all, a few at a time.
async function forAll(items, each) {
  const left = [...items];
  await Promise.all(Array.from({length: AT_ONCE}, async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await each(item);
  }));
}

// One less and one more than an end, if that can be said.
function beyond(kind, min, max) {
  if (kind === 'size') {
    const bytes = text => {
      const [, number, unit] = /^(\d+)(\w*)$/.exec(text);
      return Number(number) * (UNITS[unit] ?? 1);
    };
    return [`${bytes(min) - 1}`, `${bytes(max) + 1}`];
  }
  if (kind === 'duration') return ['-1ms', '1000000h'];
  return [`${Number(min) - 1}`, `${Number(max) + 1}`];
}

before(async () => {
  const help = execFileSync(BINARY, ['--help'], {encoding: 'utf8'});
  names = [...help.matchAll(/^ {2}--(\S+)/gm)].map(([, name]) => name);
  const ranged = [...help.matchAll(/^ {2}--(\S+) (?:NUMBER|SIZE|DURATION)/gm)].map(([, n]) => n);
  assert.ok(ranged.length > 60, `${ranged.length} options with a range`);
  ranges = [];
  await forAll(ranged, async name => {
    const {code, line} = await lineOf([`--${name}=nonsense`]);
    assert.notEqual(code, 0);
    const [, kind, min, max] =
      /use a (size|whole number|number|duration) from (\S+) to ([^\s,]+)/.exec(line) ?? [];
    assert.ok(kind, `--${name} says what it allows: ${line}`);
    ranges.push({name, min, max, beyond: beyond(kind, min, max)});
  });
});

test('what is beyond is refused with one line that names the option', async () => {
  await forAll(ranges, async range => {
    for (const value of [...range.beyond, '', 'NaN', '99999999999999999999']) {
      const {code, line, lines} = await lineOf([`--${range.name}=${value}`]);
      const what = `--${range.name}=${value}: exit code ${code}, "${line}"`;
      assert.notEqual(code, 0, what);
      assert.equal(lines, 1, what);
      assert.ok(line.includes(`--${range.name}`), what);
    }
  });
});

// The line that refuses it, or nothing.
async function tryOut(name, value) {
  const what = `--${name}=${value}`;
  const {code, line, lines} = await lineOf([what]);
  if (code !== 0) {
    assert.equal(lines, 1, `${what}: ${line}`);
    assert.ok(names.some(other => other !== name && line.includes(other)),
      `${what} is in its own range, so another option is named: ${line}`);
    return line;
  }
  const gateway = await Gateway.start({[name]: value});
  try {
    assert.equal((await gateway.fetch('/healthz')).status, 200);
    await Plain.open(gateway.url('/x')).then(client => client.socket.terminate(), () => {});
    if (what !== '--shutdown-delay=8760h') await gateway.stop(30_000);
  } catch (error) {
    throw new Error(`${what}: ${error.message}\n${gateway.log}`);
  } finally {
    await gateway.kill();
  }
  return undefined;
}

test('at its ends it starts, serves and stops, or says with one line what it contradicts', async () => {
  const refusals = [];
  const faults = [];
  await forAll(ranges.flatMap(({name, min, max}) => [[name, min], [name, max]]),
    ([name, value]) => tryOut(name, value).then(
      line => line && refusals.push(line), error => faults.push(error.message)));
  assert.deepEqual(faults, []);
  assert.ok(refusals.length < ranges.length / 2, refusals.join('\n'));
});
