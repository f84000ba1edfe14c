// SPDX-License-Identifier: Apache-2.0
//
// A random history of a cluster: people come, move and go while nodes and Redis die, freeze and
// forget. Whenever things are at rest again, what every node answers, what Redis holds and what
// every member sees is what sockets there are. SLUICE_SEED lives one again, as far as the
// machine's timing lets it. The seed chooses what Redis is, unless SLUICE_HISTORY_SECONDS is given:
// then all are tried, each for so long.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Cluster, LEASE_MS, records, until} from './harness.mjs';
import {Crowd} from './crowd.mjs';
import {History} from './history.mjs';
import {Viewer} from './members.mjs';
import {seed, seeded} from './random.mjs';
import {GROUNDS} from './troubles.mjs';
import {QUICK, isOpen} from './world.mjs';

const LONG = process.env.SLUICE_HISTORY_SECONDS;
const SECONDS = Number(LONG ?? 15);
// From the end of a trouble until all is as it should be: a lease for what died, and what a busy
// machine takes.
const REST_MS = LEASE_MS + 5000;
const EACH = 10;

const namesOf = clients => clients.map(({id, node}) => `${id}@${node.name}`).sort();
const same = (what, found, expected) => {
  const missing = expected.filter(name => !found.includes(name));
  const more = found.filter(name => !expected.includes(name));
  return missing.length + more.length === 0 && found.length === expected.length ? ''
    : `${what}: missing ${missing}, too much ${more}, ${found.length} of ${expected.length}`;
};

class World {
  watchers = new Map();  // by the name of their node
  history = new History();
  random = seeded();

  constructor(cluster, troubles) {
    this.space = cluster.redis.space ?? 'history';
    Object.assign(this, {cluster, troubles});
    this.crowd = new Crowd(cluster, this.space, EACH, this.history);
  }

  // One on each node who stays as long as that lives.
  async watch() {
    for (const node of this.cluster.nodes) {
      const there = this.watchers.get(node.name);
      if (there?.node === node) continue;
      this.watchers.set(node.name, await Viewer.at(node, this.space, `watcher-${node.name}`));
    }
    await Promise.all([...this.watchers.values()].map(({listed}) => listed));
  }

  async live(name) {
    this.history.note(`--- ${name}`);
    this.crowd.begin(this.random);
    const hit = await this.troubles[name](this.cluster, this.random, this.space);
    this.history.note(`--- over${hit.length > 0 ? ` on ${hit}` : ''}`);
    await this.crowd.end();
    await this.watch();
    await this.rest();
    this.judge(hit);
  }

  // Waits until nothing is wrong any more.
  async rest() {
    let wrong;
    await until(async () => !(wrong = await this.wrong()), 'rest', REST_MS)
      .catch(error => { throw new Error(`${error.message}\n${wrong}`); });
    wrong = await this.lookups();
    if (wrong) throw new Error(wrong);
    for (const talker of this.crowd.talkers) talker.say();
    const {talkers} = this.crowd;
    await until(() => talkers.every(one => talkers.every(other => one.hasHeard(other))),
      'everybody to hear everybody', REST_MS);
  }

  get open() {
    return [...this.crowd.open, ...this.watchers.values()];
  }

  // What differs from the sockets that exist; empty: nothing.
  async wrong() {
    const all = namesOf(this.open);
    const ids = all.map(name => name.split('@')[0]);
    const gone = [...this.watchers.values()].filter(watcher => !isOpen(watcher));
    if (gone.length > 0) return `closed: ${gone.map(({id}) => id)}`;
    const twice = all.filter((_, i) => ids.indexOf(ids[i]) < i || ids.lastIndexOf(ids[i]) > i);
    if (twice.length > 0) return `held twice: ${twice}`;
    const wrong = [same('Redis', records(this.cluster.redis, this.space), all)];
    const members = this.open.filter(client => client instanceof Viewer);
    const seen = members.map(({id}) => id);
    for (const viewer of members) {  // nobody is told of himself
      const others = names => names.filter(name => name !== viewer.id);
      wrong.push(same(`as ${viewer.id} sees`, others(viewer.sorted), others(seen)));
    }
    for (const node of this.cluster.nodes) {
      const {connections, unreachable} = await node.api
        .call('ListConnections', {selector: {namespace: this.space}, page_size: 1000});
      if (unreachable.length > 0) wrong.push(`${node.name} does not reach ${unreachable}`);
      wrong.push(same(`${node.name} lists`, connections.map(c => `${c.id}@${c.node}`), all));
      const count = await node.api.count({namespace: this.space});
      if (count !== all.length) wrong.push(`${node.name} counts ${count} of ${all.length}`);
    }
    return wrong.filter(Boolean).join('\n');
  }

  async lookups() {
    const held = new Map(this.open.map(({id, node}) => [id, node.name]));
    const asked = [...held.keys(),
      ...this.crowd.people.map(({name}) => name).filter(name => !held.has(name))];
    for (const {name, api} of this.cluster.nodes) {
      const found = await Promise.all(asked.map(connection_id =>
        api.call('GetConnection', {namespace: this.space, connection_id})
          .then(({node}) => node, error => (error.code === 5 ? undefined : error.message))));
      const i = asked.findIndex((id, at) => found[at] !== held.get(id));
      if (i >= 0) return `${name} finds ${asked[i]} on ${found[i]}, not ${held.get(asked[i])}`;
    }
    return '';
  }

  // Whether what was seen on the way was right. Of watchers on nodes that were not hit nobody hears
  // that they leave.
  judge(hit) {
    const faults = this.crowd.faults;
    const stayed = [...this.watchers.keys()].filter(name => !hit.includes(name));
    for (const {id, heard, faults: own} of this.watchers.values()) {
      faults.push(...own.map(fault => `as ${id} hears, ${fault}`));
      for (const name of stayed) {
        if (heard.includes(`-watcher-${name}`)) faults.push(`${id} hears that ${name}'s left`);
      }
      heard.length = 0;
    }
    assert.deepEqual(faults, []);
    this.crowd.rested();
  }

  async close() {
    await this.crowd.close();
    await Promise.all([...this.watchers.values()].map(watcher => watcher.close()));
  }
}

// All of them in an order of the seed, again and again.
function* shuffled(names, random) {
  for (;;) {
    const left = [...names];
    while (left.length > 0) yield left.splice(random(left.length), 1)[0];
  }
}

async function live(t, ground) {
  t.diagnostic(`SLUICE_SEED=${seed}`);
  const {start, troubles} = GROUNDS[ground];
  const cluster = await Cluster.start(3, QUICK, await start());
  t.after(() => cluster.kill());
  const world = new World(cluster, troubles);
  await world.watch();
  const end = performance.now() + SECONDS * 1000;
  const names = process.env.SLUICE_HISTORY_TROUBLE?.split(',') ?? Object.keys(troubles);
  const lived = [];
  try {
    for (const name of shuffled(names, world.random)) {
      await world.live(name);
      lived.push(name);
      if (performance.now() > end) break;
    }
  } catch (error) {
    throw new Error(`SLUICE_SEED=${seed}: ${error.message}\n${world.history.about(error.message)}`);
  }
  t.diagnostic(`${world.history.size} events; ${lived.join('; ')}`);
  await world.close();
  await cluster.stop();
}

// A Redis Cluster, where a master takes seconds to be replaced, is for the long one alone.
const all = Object.keys(GROUNDS);
const short = all.slice(0, 2);
const wanted = process.env.SLUICE_HISTORY_GROUND ?? (LONG ? undefined : short[seed % 2]);
for (const ground of all) {
  const skip = wanted !== undefined && ground !== wanted && `this run is for ${wanted}`;
  test(`whatever happens on ${ground}, everybody agrees on who is there`, {skip},
    t => live(t, ground));
}
