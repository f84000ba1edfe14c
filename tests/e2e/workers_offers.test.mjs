// SPDX-License-Identifier: Apache-2.0
//
// Several workers that offer the same names: who may use them when they disagree, and what is left
// when one takes them back.
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';
import {Gateway, Plain, Watcher, Worker, until} from './harness.mjs';

const offers = access => ({
  methods: {admin: {access, run: () => 'done'}}, events: [{name: 'secret', access}],
});
const PROTECTED = offers('ACCESS_PROTECTED');
const PUBLIC = offers('ACCESS_PUBLIC');
const names = {methods: ['admin'], events: ['secret']};

let gateway, control;

before(async () => {
  gateway = await Gateway.start({shards: 2});
  control = gateway.controlClient();
});
after(() => gateway.stop());

const workers = (at = gateway) => Promise.all(
  ['a', 'b'].map(name => Worker.open(at, {name, client: at.workersClient()})));
const listed = async namespace => {
  const {methods, events} = await control.call('ListMethods', {namespace});
  return [...methods, ...events].map(({name, protected: kept, workers: by}) => [name, kept, by]);
};

// Whether a stranger is kept out of both.
async function isProtected(namespace, at = gateway) {
  const client = await Plain.open(at.url(`/${namespace}`));
  const codes = [(await client.call('rpc.on', ['secret'])).error?.code,
    (await client.call('admin', [])).error?.code];
  await client.close();
  assert.ok([[-32606, -32605], [undefined, undefined]].some(
    pair => pair.every((code, i) => code === codes[i])), `${codes}`);
  return codes[0] !== undefined;
}

describe('a name is protected while anybody says so', () => {
  for (const [namespace, first, second] of [['up', PUBLIC, PROTECTED], ['down', PROTECTED, PUBLIC]]) {
    test(`whoever came first (${namespace})`, async () => {
      const [a, b] = await workers();
      await a.serve(namespace, first);
      await b.serve(namespace, second);
      assert.equal(await isProtected(namespace), true);
      const [open, strict] = first === PUBLIC ? [a, b] : [b, a];
      open.kill();
      await until(async () => (await listed(namespace))[0][2].length === 1, 'one to be gone');
      assert.equal(await isProtected(namespace), true);
      const again = await Worker.open(gateway, {name: 'c'});
      await again.serve(namespace, PUBLIC);
      assert.equal(await isProtected(namespace), true);
      await strict.finish();
      await until(async () => !await isProtected(namespace), 'it to be public again');
      await again.finish();
    });
  }

  test('also if it says so for every namespace', async () => {
    const [a, b] = await workers();
    const everywhere = {methods: {adm: PROTECTED.methods.admin}};
    await b.serve('star', {methods: {adm: PUBLIC.methods.admin}});
    const client = await Plain.open(gateway.url('/star'));
    assert.equal((await client.call('adm', [])).result, 'done');
    await a.serve('*', everywhere);
    assert.equal((await client.call('adm', [])).error.code, -32605);
    await a.change('deregisters', {namespace: '*', methods: ['adm']});
    assert.equal((await client.call('adm', [])).result, 'done');
    await Promise.all([a.finish(), b.finish(), client.close()]);
  });

  test('and that they disagree is seen', async () => {
    const [a, b] = await workers();
    const watcher = await Watcher.open(control, {types: ['TYPE_ACCESS_CONFLICT']});
    const before = await gateway.metric('sluice_access_conflicts_total');
    await a.serve('seen', PROTECTED);
    await b.serve('seen', PUBLIC);
    const events = await watcher.take(2);
    assert.deepEqual(events.map(({namespace, channel, connection_id, reason}) =>
      [namespace, channel, connection_id, reason]), [
      ['seen', 'admin', '',
        'the method "admin" is protected for worker "a" and public for worker "b"'],
      ['seen', 'secret', '',
        'the event "secret" is protected for worker "a" and public for worker "b"']]);
    await gateway.rises('sluice_access_conflicts_total', {}, before, 2);
    watcher.close();
    await Promise.all([a.finish(), b.finish()]);
  });
});

test('what one takes back is still offered by another, as that one says', async () => {
  const [a, b] = await workers();
  await a.serve('back', PROTECTED);
  await b.serve('back', PUBLIC);
  assert.deepEqual(await listed('back'),
    [['admin', true, ['a', 'b']], ['secret', true, ['a', 'b']]]);
  await b.change('deregisters', {namespace: 'back', ...names});
  assert.deepEqual(await listed('back'), [['admin', true, ['a']], ['secret', true, ['a']]]);
  assert.equal(await isProtected('back'), true);
  await a.change('deregisters', {namespace: 'back', ...names});
  assert.deepEqual(await listed('back'), []);
  await Promise.all([a.finish(), b.finish()]);
});

test('--registration-conflict refuse', async () => {
  await Gateway.during({'registration-conflict': 'refuse'}, async strict => {
    const [a, b] = await workers(strict);
    await a.serve('no', PROTECTED);
    const refused = await b.change('registers', {namespace: 'no',
      methods: [{name: 'other'}, {name: 'admin'}]});
    assert.equal(refused.refused_reason, 'ACCESS_CONFLICT');
    assert.equal(refused.refused_message, 'the method "admin" is protected for worker "a" and ' +
      'public for worker "b" (--registration-conflict)');
    const {methods} = await strict.controlClient().call('ListMethods', {namespace: 'no'});
    assert.deepEqual(methods.map(({name}) => name), ['admin'], 'nothing of it was taken');
    assert.equal(await isProtected('no', strict), true);
    await b.serve('no', {methods: {admin: {access: 'ACCESS_PROTECTED', run: () => 'b'}}});
  });
});
