// SPDX-License-Identifier: Apache-2.0
//
// Three nodes on a Redis that denies them what it did not deny before.
import {after, before, test} from 'node:test';
import {Redis} from './harness.mjs';
import {Operator} from './operator.mjs';
import {startNodes, tried} from './trial.mjs';

const USER = 'gate';
const RIGHTS = ['on', '>old', '~sluice:*', '&sluice:*', '+@all'];

let redis, operator, cluster;
before(async () => {
  redis = await Redis.start();
  operator = await Operator.at(redis);
  await operator.do('acl', 'setuser', USER, ...RIGHTS);
  cluster = await startNodes(redis, `${USER}:old`);
});
after(async () => {
  operator.close();
  await cluster.stop();
});

test('too many are connected when the nodes come back', () => tried(cluster, 'full', {
  begin: async () => {
    await operator.do('config', 'set', 'maxclients', 1);
    await operator.cutAll();
  },
  why: /max number of clients/,
  end: () => operator.do('config', 'set', 'maxclients', 1000),
}));

for (const [right, ...taken] of [
  ['channels', 'resetchannels'],
  ['scripts', '-@scripting'],
]) {
  test(`NOPERM: ${right}`, () => tried(cluster, `no-${right}`, {
    begin: () => operator.do('acl', 'setuser', USER, ...taken),
    why: /NOPERM/,
    end: () => operator.do('acl', 'setuser', USER, ...RIGHTS),
  }));
}

test('WRONGPASS: the password is another one', () => tried(cluster, 'password', {
  begin: async () => {
    await operator.do('acl', 'setuser', USER, 'resetpass', '>new');
    await operator.cutAll();
  },
  why: /WRONGPASS/,
  end: () => operator.do('acl', 'setuser', USER, 'resetpass', '>old'),
}));
