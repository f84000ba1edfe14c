// SPDX-License-Identifier: Apache-2.0
//
// What the documents say of sluicectl is what it does, and the other way round; and its completions in
// real shells.
import assert from 'node:assert/strict';
import {execFileSync, spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {CTL, Ctl} from './harness/ctl.mjs';

const read = path => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const ctl = (...words) => execFileSync(CTL, words, {encoding: 'utf8'});
const flagsIn = text => new Set([...text.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)].map(([flag]) => flag));
const sorted = set => [...set].sort();
const document = read('docs/sluicectl.md');

// The words of every command by --help, with the flags of each; "" has those of all.
function commandsByHelp() {
  const subcommands = help => [...(help.split(/^Subcommands:$/m)[1] ?? '')
    .matchAll(/^ {2}([a-z-]+)(?:, [a-z]+)? {2,}/gm)].map(([, name]) => name);
  const commands = {'': flagsIn(ctl('--help').split(/^Subcommands:$/m)[0])};
  for (const name of subcommands(ctl('--help'))) {
    const below = subcommands(ctl(name, '--help'));
    for (const path of below.length ? below.map(word => `${name} ${word}`) : [name]) {
      const help = ctl(...path.split(' '), '--help').split('Those of every command')[0];
      commands[path] = new Set([...help.matchAll(/^ {2}(?:-\w,)?(--[a-z-]+)/gm)].map(([, flag]) => flag));
    }
  }
  return commands;
}
const commands = commandsByHelp();

test('the manual page is that of this build', () => {
  assert.equal(read('docs/man/sluicectl.1'), ctl('man-page'),
    'run: sluicectl man-page > docs/man/sluicectl.1');
});

test('the manual page has the commands and flags of --help, and no others', () => {
  const page = read('docs/man/sluicectl.1').replaceAll('\\-', '-');
  const told = {};
  let at;
  for (const line of page.split('\n')) {
    const section = /^\.SS sluicectl ([a-z -]+?)(?: \[?[A-Z].*)?(?: \[flags\])?$/.exec(line);
    if (section) told[at = section[1]] = new Set(['--help']);
    if (line.startsWith('.SH FLAGS')) told[at = ''] = new Set(['--help']);
    if (line.startsWith('.SH OUTPUT')) break;
    if (at !== undefined && line.startsWith('\\fB-')) told[at].add(/--[a-z-]+/.exec(line)[0]);
  }
  assert.deepEqual(sorted(Object.keys(told)), sorted(Object.keys(commands)));
  assert.ok(Object.keys(told).length > 30);

  for (const [path, flags] of Object.entries(commands)) {
    assert.deepEqual(sorted(told[path]), sorted(flags), path);
  }
});

const withoutMan = spawnSync('man', ['--version']).error ? 'man-db is not installed' : false;
test('the manual page has no mistakes of its format', {skip: withoutMan}, () => {
  const page = new URL('../../docs/man/sluicectl.1', import.meta.url).pathname;
  const {status, stderr} = spawnSync('man', ['--warnings', '-E', 'UTF-8', '-l', '-Tutf8', '-Z', page],
    {encoding: 'utf8', env: {...process.env, MANROFFSEQ: '', LC_ALL: 'C.UTF-8'}});
  assert.deepEqual({status, stderr}, {status: 0, stderr: ''});
});

test('what the document shows can be said', () => {
  const lines = [...document.matchAll(/^sluicectl ([^\n]*?)(?: {2,}#.*| >.*)?$/gm)].map(([, line]) => line);
  assert.ok(lines.length > 20, `${lines.length} commands`);
  for (const line of lines) {
    const words = line.replace('conn ', 'connections ').split(' ');
    const path = [words.slice(0, 2).join(' '), words[0]].find(known => commands[known]);
    assert.ok(path, `no such command: ${line}`);
    for (const flag of flagsIn(line.replace(/'[^']*'/g, ''))) {
      assert.ok(commands[path].has(flag) || commands[''].has(flag), `${path} has no ${flag}`);
    }
  }
  const all = new Set(Object.values(commands).flatMap(flags => [...flags]));
  // The gateway's.
  all.add('--cluster-timeout');
  for (const flag of flagsIn(document)) assert.ok(all.has(flag), flag);
});

test('every setting is in the document, as flag and as variable', () => {
  const own = [...ctl('man-page').matchAll(/SLUICECTL_[A-Z_]+/g)].map(([name]) => name);
  for (const name of own) {
    const told = document.includes(`\`${name}\``) || /^SLUICECTL_TLS_/.test(name) || name === 'SLUICECTL_';
    assert.ok(told, name);
  }
  for (const flag of commands['']) {
    assert.ok(flag === '--help' || document.includes(`\`${flag}\``), flag);
  }
});

test('the exit codes of the document and of the manual page are those of the code', () => {
  const code = [...read('control/ctl/exit.h').matchAll(/= (\d+),/g)].map(([, number]) => number);
  const table = document.split('## Exit codes')[1].split('##')[0];
  const written = [...table.matchAll(/^\| (\d+) \|/gm)].map(([, number]) => number);
  const page = read('docs/man/sluicectl.1').split('.SH EXIT STATUS')[1].split('.SH')[0];
  const manual = [...page.matchAll(/^\.B (\d+)$/gm)].map(([, number]) => number);
  assert.deepEqual(written, code);
  assert.deepEqual(manual, code);
});

test('every close code of the README and of the dialects is explained', () => {
  const {codes} = JSON.parse(ctl('explain-close', '-o', 'json'));
  const table = read('README.md').split('Why the gateway closes a connection')[1].split('\n\n')[1];
  const rows = [...table.matchAll(/^\| (\d{4}) \| (.*?) \| (.*?) \|$/gm)];
  assert.ok(rows.length >= 15, `${rows.length} rows`);
  for (const [, code, reason, step] of rows) {
    const own = codes.filter(row => `${row.code}` === code);
    const plain = text => text.replaceAll('`', '').replace(/ \(RFC.*?\)/, '');
    assert.ok(own.some(row => row.meaning === plain(reason) && row.next_step === step),
      `${code} ${plain(reason)}: ${step}\n${JSON.stringify(own)}`);
  }
  const known = new Set(codes.map(({code}) => `${code}`));
  const dialects = [...read('docs/dialects.md').matchAll(/\b(4\d{3})\b/g)].map(([, code]) => code)
    .filter(code => code !== '4500');  // "4500 and up"
  assert.ok(dialects.length > 10);
  for (const code of dialects) assert.ok(known.has(code), code);
});

test('explain-close by number', async () => {
  const env = {SLUICECTL_OUTPUT: 'json'};
  assert.equal(JSON.parse((await Ctl.expect(0, ['explain-close', '4420'], {env})).out).codes.length, 1);
  assert.match((await Ctl.expect(0, ['explain-close', '4420'])).out,
    /^4420, any dialect: too slow to read.*\n {2}the client should: reconnect, .*\n {2}look at: sluicectl slow/);
  assert.match((await Ctl.expect(0, ['explain-close', '4999'])).out, /application/);
  assert.match((await Ctl.expect(2, ['explain-close', '99999'])).err, /^sluicectl: CODE: use/);
});

// --- Completion in shells --------------------------------------------------------------------------

let folder;
const script = shell => join(folder, `sluicectl.${shell}`);
const SHELLS = ['bash', 'zsh', 'fish'];
const missing = shell =>
  (spawnSync(shell, ['--version']).error ? `${shell} is not installed` : false);
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluicectl-'));
  for (const shell of SHELLS) writeFileSync(script(shell), ctl('completion', shell));
});
after(() => rmSync(folder, {recursive: true}));

const shell = (command, args, input) => {
  const {status, stdout, stderr} = spawnSync(command, args, {encoding: 'utf8', input, cwd: folder,
    env: {PATH: process.env.PATH, HOME: folder, TERM: 'dumb', LC_ALL: 'C.UTF-8'}});
  assert.equal(status, 0, stdout + stderr);
  assert.equal(stderr, '');
  return stdout.split('\n').map(line => line.split('\t')[0]).filter(Boolean);
};

// What a shell offers behind a line, whose last word is being written.
const offers = {
  bash: line => {
    const words = line.split(' ');
    return shell('bash', ['--norc', '-c', `source '${script('bash')}'
      COMP_WORDS=(${words.map(word => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
      _sluicectl; printf '%s\\n' "\${COMPREPLY[@]}"`]);
  },
  fish: line => shell('fish', ['--no-config', '-c',
    `source '${script('fish')}'; complete -C '${line}'`]),
};

for (const [name, complete] of Object.entries(offers)) {
  test(`completion in ${name}`, {skip: missing(name)}, () => {
    const all = complete('sluicectl ');
    for (const path of Object.keys(commands)) {
      if (path) assert.ok(all.includes(path.split(' ')[0]), path);
    }
    assert.deepEqual(sorted(complete('sluicectl drain p')), ['pause']);
    assert.deepEqual(sorted(complete('sluicectl drain ')),
      ['cancel', 'get', 'list', 'pause', 'resume', 'start', 'watch']);
    assert.deepEqual(sorted(complete('sluicectl -n chat conn ')), ['count', 'get', 'list']);
    assert.deepEqual(sorted(complete('sluicectl --output ')), ['json', 'table', 'yaml']);
    assert.deepEqual(complete('sluicectl events --type clo'), ['closed']);
    assert.deepEqual(sorted(complete('sluicectl completion ')), SHELLS.sort());
    const flags = new Set(complete('sluicectl drain start --'));
    for (const flag of [...commands['drain start'], ...commands['']]) {
      if (flag !== '--help' || name === 'bash') assert.ok(flags.has(flag), flag);
    }
    assert.ok(!flags.has('--rounds'));
    writeFileSync(join(folder, 'a-token'), '');
    assert.deepEqual(complete('sluicectl --token-file a-t'), ['a-token']);
  });
}

test('completion in zsh: it loads, and offers the words of bash', {skip: missing('zsh')}, () => {
  const loaded = shell('zsh', ['-f', '-c', `autoload -U compinit; compinit -u -D
    source '${script('zsh')}'; whence -w _sluicectl; _sluicectl_next drain`]);
  assert.deepEqual(loaded, ['_sluicectl: function', 'start watch get list pause resume cancel']);
});
