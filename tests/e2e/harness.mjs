// SPDX-License-Identifier: Apache-2.0
//
// What every end-to-end test needs, one noun a file.
export {ControlClient, failure, fromBody, grpc, json, outcome, reflections, refused, workersOf}
  from './harness/control.mjs';
export {Bystander} from './harness/bystander.mjs';
export {ForeignClient, ForeignWorker, LANGUAGES, whySkipped} from './harness/foreign.mjs';
export {BINARY, Gateway, runToEnd} from './harness/gateway.mjs';
export {H2, Http2} from './harness/http2.mjs';
export {ErrorCode, Line} from './harness/line.mjs';
export {Metrics} from './harness/metrics.mjs';
export {Plain, openMany, refusal} from './harness/plain.mjs';
export {DEADLINE_MS, Inbox, until, within} from './harness/poll.mjs';
export {OPCODE, Raw, frame, statusOf, upgradeRequest} from './harness/raw.mjs';
export {Packets, connected, inboxOf, once, rejection, socketCluster, token, writeKeys}
  from './harness/socketcluster.mjs';
export {Valve} from './harness/valve.mjs';
export {WallClock} from './harness/wall_clock.mjs';
export {Watcher} from './harness/watcher.mjs';
export {Failure, HOLD, Worker} from './harness/worker.mjs';
