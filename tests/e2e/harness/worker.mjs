// SPDX-License-Identifier: Apache-2.0
//
// A backend's worker: one Serve stream, handlers by name, answers gathered into batches.
import assert from 'node:assert/strict';
import {fromBody, json} from './control.mjs';
import {Inbox, within} from './poll.mjs';

// A handler that throws one of these answers with this CallError.
export class Failure extends Error {
  constructor({name = '', code = 0, message = '', data}) {
    super(message);
    this.error = {
      name, code, message,
      data_json: data === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(data)),
    };
  }
}

const asError = error => (error instanceof Failure
  ? error.error
  : {name: error.name, code: 0, message: error.message, data_json: Buffer.alloc(0)});

// As a handler's result: nothing is answered until the test does it.
export const HOLD = Symbol('hold');

export class Worker {
  invocations = new Inbox();  // everything that came, for tests that look
  cancelled = new Inbox();    // ids
  unknown = new Inbox();      // ids of results that were not owed
  held = new Set();           // ids of invocations that wait for the test
  received = 0;
  #handlers = new Map();      // "<namespace> <method>" or "<role>"
  #registered = new Inbox();
  #out = [];
  #stream;
  #next = 1;

  static async open(gateway, {name = 'worker', credit = 64, client, metadata} = {}) {
    const worker = new Worker();
    await worker.#open(client ?? gateway.workersClient(), {worker: name, credit}, metadata);
    return worker;
  }

  #open(client, hello, metadata) {
    this.#stream = metadata ? client.Serve(metadata) : client.Serve();
    const welcome = new Inbox();
    this.#stream.on('data', response => {
      if (response.welcome) welcome.put(response.welcome);
      this.#onResponse(response);
    });
    this.ended = new Promise(resolve => {
      this.#stream.on('error', error => resolve(error));
      this.#stream.on('end', () => resolve(undefined));
    });
    this.#stream.write({hello});
    const failed = this.ended.then(error => {
      throw error ?? new Error('the stream ended before Welcome');
    });
    failed.catch(() => {});
    return Promise.race([welcome.next('Welcome'), failed]).then(w => { this.welcome = w; });
  }

  #onResponse({registered, invocations, cancelled, unknown}) {
    for (const item of registered) this.#registered.put(item);
    for (const id of cancelled) this.cancelled.put(id);
    for (const id of unknown) this.unknown.put(id);
    for (const invocation of invocations) {
      ++this.received;
      this.invocations.put(invocation);
      this.#run(invocation);
    }
  }

  // What a Serve message says, as it is.
  write(request) {
    this.#stream.write(request);
  }

  // Sends one Register or Deregister and gives its Registered.
  async change(kind, request) {
    const id = this.#next++;
    this.write({[kind]: [{id, ...request}]});
    const answer = await this.#registered.next('Registered');
    assert.equal(`${answer.id}`, `${id}`);
    return answer;
  }

  // methods: {name: handler | {run, access, time_limit, in_flight_max}}, events: [name | Event],
  // login and admission: handlers that return an Accept, or throw {reject}; raw: a handler of
  // messages; guards: {CALL: handler that returns a Verdict}.
  async serve(namespace, {methods = {}, events = [], login, admission, raw, guards = {},
    context = [], header_names = [], msgpack = false} = {}) {
    const declared = [];
    for (const [name, given] of Object.entries(methods)) {
      const {run, ...rest} = typeof given === 'function' ? {run: given} : given;
      this.#handlers.set(`${name}`, run);
      declared.push({name, ...rest});
    }
    const roles = [];
    for (const [role, run] of Object.entries({login, admission, raw})) {
      if (!run) continue;
      this.#handlers.set(`role:${role}`, run);
      roles.push(`ROLE_${role.toUpperCase()}`);
    }
    for (const [action, run] of Object.entries(guards)) {
      this.#handlers.set(`guard:GUARD_ACTION_${action}`, run);
    }
    const answer = await this.change('registers', {
      namespace, methods: declared, roles, header_names, msgpack,
      guards: Object.keys(guards).map(action => `GUARD_ACTION_${action}`),
      events: events.map(event => (typeof event === 'string' ? {name: event} : event)),
      context: context.map(field => `CONTEXT_FIELD_${field}`),
    });
    assert.equal(answer.refused_reason, '', answer.refused_message);
  }

  async #run(invocation) {
    const {id, what} = invocation;
    try {
      const value = await this.#handle(invocation);
      if (value === HOLD) this.held.add(id);
      else if (what === 'call') this.answer({id, result: value === undefined ? {} : json(value)});
      else if (what === 'raw') this.answer({id, result: {}});
      else if (what === 'guard') this.answer({id, verdict: value});
      else this.answer({id, accept: value});
    } catch (error) {
      this.answer(error.reject ? {id, reject: error.reject} : {id, error: asError(error)});
    }
  }

  #handle(invocation) {
    const {what, call, login, admission, raw, guard} = invocation;
    if (what === 'call') {
      return this.#handlers.get(call.method)(fromBody(call.params), invocation);
    }
    if (what === 'admission') {
      return this.#handlers.get('role:admission')(admission.connection, invocation);
    }
    if (what === 'raw') return this.#handlers.get('role:raw')(raw.message, invocation);
    if (what === 'guard') {
      return this.#handlers.get(`guard:${guard.action}`)(fromBody(guard.data), invocation);
    }
    return this.#handlers.get('role:login')(fromBody(login.params), invocation);
  }

  // One result; those of one turn of the loop leave together.
  answer(result) {
    this.held.delete(result.id);
    if (this.#out.push(result) === 1) {
      setImmediate(() => {
        const results = this.#out.splice(0);
        if (!this.#stream.destroyed) this.write({results});
      });
    }
  }

  // Cuts the stream, as a worker that dies does.
  kill() {
    this.#stream.cancel();
  }

  // Half-closes, and waits for the gateway's end; undefined, or the error.
  finish() {
    this.#stream.end();
    return within(this.ended, 'the end of the stream');
  }

  goodbye() {
    this.write({goodbye: {}});
    return within(this.ended, 'the end of the stream after Goodbye');
  }
}
