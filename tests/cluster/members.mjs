// SPDX-License-Identifier: Apache-2.0
//
// A member that sees the others, in the presence dialect.
import {Plain, within} from '../e2e/harness.mjs';

export class Viewer extends Plain {
  members = new Set();
  heard = [];  // '+id' and '-id', those that it was told of
  faults = [];  // who came twice, or left without being there

  static async at(node, space, id) {
    const query = new URLSearchParams({identity: id, id});
    const viewer = await Viewer.open(node.url(`/presence/${space}?${query}`));
    viewer.id = id;
    viewer.node = node;
    return viewer;
  }

  constructor(...args) {
    super(...args);
    this.listed = new Promise(resolve => {
      this.socket.on('message', text => this.#take(JSON.parse(text), resolve));
    });
  }

  #take(message, listed) {
    const {clients, event, client} = message;
    if (clients) {
      for (const {id} of clients) this.members.add(id);
      listed();
    } else if (event === 'remote join') {
      this.heard.push(`+${client.id}`);
      if (this.members.has(client.id)) this.faults.push(`${client.id} came twice`);
      this.members.add(client.id);
    } else if (event === 'remote leave') {
      this.heard.push(`-${client.id}`);
      if (!this.members.delete(client.id)) this.faults.push(`${client.id} left twice`);
    }
  }

  get sorted() {
    return [...this.members].sort();
  }
}

// One on each node, each of which sees all of them.
export async function viewers(nodes, space) {
  const all = [];
  for (const node of nodes) all.push(await Viewer.at(node, space, `viewer-${node.name}`));
  await Promise.all(all.map(({id, listed}) => within(listed, `${id} to be let in`)));
  return all;
}
