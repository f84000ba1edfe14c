// SPDX-License-Identifier: Apache-2.0
//
// A small language server: marks lines that are too long, and says on hover how long a line is.
// Clients: ws://HOST/rpc/lsp, such as vscode-ws-jsonrpc under Monaco.
//
//   node language_server.mjs [control address, 127.0.0.1:50051]
import {sender, serve} from './serve.mjs';

const NAMESPACE = 'lsp';
const LONG = 80;
const address = process.argv[2] ?? '127.0.0.1:50051';
const send = sender(address, NAMESPACE);

const documents = new Map();  // "<connection> <uri>" -> lines

function check(connection, uri, text) {
  const lines = text.split('\n');
  documents.set(`${connection} ${uri}`, lines);
  const diagnostics = lines.flatMap(({length}, line) => (length <= LONG ? [] : [{
    range: {start: {line, character: LONG}, end: {line, character: length}},
    message: `longer than ${LONG} characters`,
  }]));
  return send(connection, 'textDocument/publishDiagnostics', {uri, diagnostics});
}

const methods = {
  initialize: () => ({capabilities: {textDocumentSync: 1, hoverProvider: true}}),
  initialized: () => {},
  'textDocument/didOpen': ({textDocument: {uri, text}}, {connection_id}) =>
    check(connection_id, uri, text),
  'textDocument/didChange': ({textDocument: {uri}, contentChanges}, {connection_id}) =>
    check(connection_id, uri, contentChanges.at(-1).text),
  'textDocument/didClose': ({textDocument: {uri}}, {connection_id}) =>
    documents.delete(`${connection_id} ${uri}`),
  'textDocument/hover'({textDocument: {uri}, position: {line}}, {connection_id}) {
    const text = documents.get(`${connection_id} ${uri}`)?.[line];
    return text === undefined ? null : {contents: `${text.length} characters`};
  },
  shutdown: () => null,
  exit: () => {},
};

await serve(address, NAMESPACE, methods);
