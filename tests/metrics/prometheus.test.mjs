// SPDX-License-Identifier: Apache-2.0
//
// The chart's rules and dashboard on a real Prometheus: under a small load every expression has data,
// whatever the release is called, and an alert comes of the first time that something happens.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {after, before, test} from 'node:test';
import {Gateway, until} from '../e2e/harness.mjs';
import {Redis} from '../e2e/harness/redis.mjs';
import {Load} from './load.mjs';
import {Prometheus} from './prometheus.mjs';

const DATA_MS = 60_000;
const board = JSON.parse(readFileSync(
  new URL('../../helm/sluice/files/dashboard.json', import.meta.url), 'utf8'));
const started = [];
let prometheus;

// What is started is stopped, in the reverse order.
async function own(promise) {
  const thing = await promise;
  started.unshift(thing);
  return thing;
}

before(async () => {
  const redis = await own(Redis.start());
  const single = await own(Gateway.start());
  const cluster = [];
  for (const node of ['r1', 'r2']) cluster.push(await own(Gateway.start({node, storage: redis.url})));
  for (const gateway of [single, ...cluster]) await own(Load.start(gateway));
  prometheus = await own(Prometheus.start([
    {job: 'a', addresses: [single.admin], labels: {namespace: 'k8s', job: 'x-y', pod: 'x-y-$1'}},
    {job: 'b', addresses: cluster.map(({admin}) => admin),
      labels: {namespace: 'other', job: 'on-redis', pod: 'on-redis-$1'}},
    {job: 'bare', addresses: [single.admin], labels: {}},
  ]));
});
after(async () => {
  const ends = [];
  for (const thing of started) ends.push(await Promise.resolve(thing.stop()).catch(error => error));
  assert.deepEqual(ends.filter(Boolean), []);
});

// Asks for all expressions until each has data; what is left then is listed.
async function allHaveData(expressions, hasData) {
  let left = [...expressions];
  await until(async () => {
    const found = await Promise.all(left.map(async ({expr}) => hasData(await prometheus.query(expr))));
    left = left.filter((_, i) => !found[i]);
    return left.length === 0;
  }, 'all expressions to have data', DATA_MS).catch(() => {});
  assert.deepEqual(left.map(({name, expr}) => `${name}: ${expr}`), []);
}

// The panels' expressions as Grafana fills them in, for one choice of its variables.
function panels(rowsWanted, {namespace = '.*', job = '.*', pod = '.*'}) {
  const chosen = [];
  let row;
  for (const {type, title, targets} of board.panels) {
    if (type === 'row') row = title;
    else if (rowsWanted(row)) {
      chosen.push(...targets.map(({expr}) => ({name: `${row} / ${title}`, expr: expr
        .replaceAll('$__rate_interval', '10s').replaceAll('$namespace', namespace)
        .replaceAll('$job', job).replaceAll('$pod', pod)})));
    }
  }
  return chosen;
}

const finite = result => result.some(({value}) => Number.isFinite(value));
const REDIS = 'Redis and cluster';

test('the dashboard has its rows', () => {
  assert.deepEqual(board.panels.filter(({type}) => type === 'row').map(({title}) => title), [
    'Connections', 'Messages', 'Methods and workers', 'Channels and presence', 'Drains and reconnects',
    'Slow consumers and bounds', REDIS, 'Process']);
});

test('each panel has data of a release on the embedded store', () => allHaveData(
  panels(row => row !== REDIS, {namespace: 'k8s', job: 'x-y', pod: 'x-y-0'}), finite));

test('each panel has data of a release on Redis', () => allHaveData(
  panels(() => true, {namespace: 'other', job: 'on-redis'}), finite));

test('each panel has data of targets without labels of Kubernetes', () => allHaveData(
  panels(row => row !== REDIS, {job: 'bare'}), finite));

test('no panel shows what was not chosen', async () => {
  for (const {expr} of panels(() => true, {job: 'no-such-release'})) {
    assert.deepEqual(await prometheus.query(expr), [], expr);
  }
});

test('the variables find what there is to choose', async () => {
  const [, ...variables] = board.templating.list;
  const found = {};
  for (const {name, query} of variables) {
    const selector = /^label_values\((.*), \w+\)$/.exec(query.query)[1].replace(/"\$\w+"/g, '".*"');
    found[name] = [...new Set((await prometheus.query(selector))
      .map(({labels}) => labels[name]).filter(Boolean))].sort();
  }
  assert.deepEqual(found, {namespace: ['k8s', 'other'], job: ['bare', 'on-redis', 'x-y'],
    pod: ['on-redis-0', 'on-redis-1', 'x-y-0']});
});

// An alert's expression has no data while all is well. So comparisons tell their outcome here, what is
// missing is asked for, and the past is now.
const loosened = expr => expr
  .replace(/ (==|!=|>=|<=|>|<) /g, ' $1 bool ').replaceAll(' unless ', ' or ')
  .replace(/^absent\((.*)\)$/, '$1').replace(/ offset \w+/g, '');

async function rules() {
  const {groups} = await prometheus.get('rules');
  return groups.flatMap(group => group.rules);
}

test('each rule has data of every release', async () => {
  const all = (await rules()).map(({name, query, labels}) => (
    {name: [name, labels?.bound].filter(Boolean).join(' '), expr: loosened(query)}));
  assert.ok(all.length > 50, `${all.length} rules`);
  const ofRedis = ({expr}) => /sluice_(redis|broker|nodes)_/.test(expr);
  const of = (...jobs) => result =>
    jobs.every(job => result.some(({labels, value}) => labels.job === job && Number.isFinite(value)));
  await allHaveData(all.filter(rule => !ofRedis(rule)), of('x-y', 'bare', 'on-redis'));
  await allHaveData(all.filter(ofRedis), of('on-redis'));
});

test('no rule fails, and no alert is about a node that is well', async () => {
  const bad = (await rules()).filter(({health}) => health !== 'ok');
  assert.deepEqual(bad.map(({name, lastError}) => `${name}: ${lastError}`), []);
  // One may be pending for a moment, while a call waits.
  let alerts;
  await until(async () => (alerts = await prometheus.query('ALERTS')).length === 0, 'no alert')
    .catch(() => assert.deepEqual(alerts.map(({labels}) => labels), []));
});

test('an alert comes of the first time', async () => {
  const single = started.find(thing => thing instanceof Load && thing.gateway.log.includes('memory'));
  const connection_ids = Array.from({length: 10_001}, (_, i) => `c${i}`);
  await assert.rejects(single.control.call('CountConnections', {selector: {namespace: 'x', connection_ids}}));
  const found = await until(async () => {
    const {alerts} = await prometheus.get('alerts');
    return alerts.find(({state, labels}) => state === 'firing' && labels.job === 'x-y');
  }, 'the alert', DATA_MS);
  assert.deepEqual(found.labels, {alertname: 'SluiceBoundHit', bound: 'selector-ids-max',
    namespace: 'k8s', job: 'x-y', severity: 'warning'});
  assert.match(found.annotations.description,
    /^--selector-ids-max was hit about [\d.]+ times in 10 minutes in k8s\/x-y\.$/);
});
