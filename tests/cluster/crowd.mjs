// SPDX-License-Identifier: Apache-2.0
//
// People of three dialects in one namespace who come, move from node to node, take over from
// themselves, talk and go, at random; and what must be true of them while they do.
import {setTimeout as pause} from 'node:timers/promises';
import {Plain} from '../e2e/harness.mjs';
import {Viewer} from './members.mjs';
import {isOpen} from './world.mjs';

const OPEN_MS = 2000;
// Replaced, refused for now, and without a word.
const CODES = [4410, 1013, 1006];

// Publishes in a channel that it hears as well, and sees to it that what one says comes in order.
class Talker extends Plain {
  #said = 0;
  #last = new Map();  // by publisher
  faults = [];

  constructor(...args) {
    super(...args);
    this.socket.on('open', () => this.send({event: '#handshake', data: {authToken: null}, cid: 1}));
    this.socket.on('message', text => this.#take(String(text)));
  }

  #take(text) {
    if (text === '') return this.socket.send('');
    const {rid, event, data} = JSON.parse(text);
    if (rid === 1 && data) {
      this.id = data.id;
      this.send({event: '#subscribe', data: {channel: 'news'}, cid: 2});
    } else if (event === '#publish') {
      const {by, n} = data.data;
      const last = this.#last.get(by) ?? 0;
      if (n <= last) this.faults.push(`${this.id} heard ${n} of ${by} after ${last}`);
      this.#last.set(by, n);
    }
  }

  say() {
    const data = {channel: 'news', data: {by: this.id, n: ++this.#said}};
    if (this.id) this.send({event: '#publish', data});
  }

  hasHeard(other) {
    return (this.#last.get(other.id) ?? 0) >= other.#said;
  }
}

const DIALECTS = {
  json_rpc: (node, space, id) =>
    Object.assign(new Plain(node.url(`/${space}?socket_id=${id}`)), {id, faults: []}),
  presence: (node, space, id) => Object.assign(
    new Viewer(node.url(`/presence/${space}?${new URLSearchParams({identity: id, id})}`)), {id}),
  socketcluster: (node, space) =>
    new Talker(node.url(`/socketcluster/?namespace=${space}`)),
};

// Whoever came then is not let in any more; before that, while the store or the node stands still,
// the one that came later may be replaced by the one that came sooner.
const FORGOTTEN_MS = 10_000;
const isLong = ({since}) => performance.now() - since > FORGOTTEN_MS;

class Person {
  faults = [];
  #sockets = [];

  constructor(crowd, name, dialect) {
    Object.assign(this, {crowd, name, dialect});
  }

  get open() {
    return this.#sockets.filter(isOpen);
  }

  rested() {
    this.#sockets = this.open;
  }

  // One thing at random; true: there may be more.
  async act(random) {
    const there = this.open.at(-1);
    const node = this.crowd.nodes[random(this.crowd.nodes.length)];
    const what = random(10);
    if (!there) return this.come(node);
    if (what < 3) return this.move(there, node);
    if (what < 5) return this.leave(there, what === 3);
    if (this.dialect === 'socketcluster') there.say();
  }

  // Who chooses his id himself takes over from himself; others leave first.
  async move(there, node) {
    if (this.dialect === 'socketcluster') this.leave(there, true);
    await this.come(node);
  }

  leave(client, politely) {
    this.crowd.note(`${this.name} leaves ${client.node.name}${politely ? '' : ' without a word'}`);
    client.leaving = true;
    if (politely) client.socket.close(1000);
    else client.socket.terminate();
  }

  async come(node) {
    this.crowd.note(`${this.name} comes to ${node.name}`);
    const client = DIALECTS[this.dialect](node, this.crowd.space, this.name);
    Object.assign(client, {node, since: performance.now()});
    this.#sockets.push(client);
    client.closed.then(({code}) => this.#onClosed(client, code));
    const opened = client.opened.then(() => true, () => true);
    if (await Promise.race([opened, client.closed, pause(OPEN_MS, false, {ref: false})])) return;
    this.crowd.note(`${this.name} gives up ${node.name}`);
    client.leaving = true;
    client.socket.terminate();
  }

  #onClosed(client, code) {
    this.faults.push(...client.faults);
    if (client.leaving) return;
    this.crowd.note(`${this.name} is closed by ${client.node.name}: ${code}`);
    if (!CODES.includes(code)) this.faults.push(`${this.name} was closed with ${code}`);
    if (code === 4410 && this.#sockets.every(other => other === client || isLong(other))) {
      this.faults.push(`${this.name} was replaced on ${client.node.name} by nobody`);
    }
  }
}

export class Crowd {
  people = [];
  #busy = false;
  #acting = [];

  // `each`: how many of each dialect.
  constructor(cluster, space, each, history) {
    Object.assign(this, {cluster, space, history});
    for (const dialect of Object.keys(DIALECTS)) {
      for (let i = 0; i < each; ++i) {
        this.people.push(new Person(this, `${dialect}-${i}`, dialect));
      }
    }
  }

  get nodes() {
    return this.cluster.nodes;
  }

  get open() {
    return this.people.flatMap(person => person.open);
  }

  get talkers() {
    return this.open.filter(client => client instanceof Talker);
  }

  note(what) {
    this.history.note(what);
  }

  // From now on everybody does something all the time.
  begin(random) {
    this.#busy = true;
    this.#acting = this.people.map(async person => {
      while (this.#busy) {
        await person.act(random);
        await pause(random(60));
      }
    });
  }

  async end() {
    this.#busy = false;
    await Promise.all(this.#acting);
  }

  get faults() {
    return this.people.flatMap(person =>
      [...person.faults, ...person.open.flatMap(({faults}) => faults)]);
  }

  rested() {
    for (const person of this.people) person.rested();
  }

  async close() {
    const {open} = this;
    for (const client of open) client.leaving = true;
    await Promise.all(open.map(client => client.close()));
  }
}
