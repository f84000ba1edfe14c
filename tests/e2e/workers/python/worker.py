# SPDX-License-Identifier: Apache-2.0
"""A worker as backends in Python write them, for tests of what its protobuf and gRPC libraries
check: strings must be UTF-8, a message has at most 4 MiB.

    worker.py ADDRESS NAMESPACE [admission]

Serves "echo" (answers with what it was told about its caller) and "big" (answers with a text of as
many bytes as its first argument says). Prints "ready" once it is registered, and why the stream
ended.
"""
import json
import queue
import sys

import grpc
from sluice.v1 import types_pb2 as types
from sluice.v1 import workers_pb2 as workers
from sluice.v1 import workers_pb2_grpc as services


def body(value):
    return types.Body(json=json.dumps(value).encode())


def result(call, context):
    if call.method == 'big':
        return body('x' * json.loads(call.params.json)[0])
    return body({'headers': dict(context.headers), 'target': context.target,
                 'connection': context.connection_id, 'namespace': context.namespace})


def answer(invocation):
    if invocation.WhichOneof('what') == 'call':
        return workers.InvocationResult(
            id=invocation.id, result=result(invocation.call, invocation.context))
    return workers.InvocationResult(id=invocation.id, accept=workers.Accept(user='python'))


def register(namespace, admission):
    return workers.Register(
        namespace=namespace,
        methods=[workers.Method(name='echo'), workers.Method(name='big')],
        roles=[workers.ROLE_ADMISSION] if admission else [],
        context=[workers.CONTEXT_FIELD_CONNECTION, workers.CONTEXT_FIELD_NAMESPACE,
                 workers.CONTEXT_FIELD_HEADERS, workers.CONTEXT_FIELD_TARGET],
        header_names=['user-agent', 'cookie'])


def main(address, namespace, admission):
    requests = queue.SimpleQueue()
    requests.put(workers.ServeRequest(
        hello=workers.Hello(worker='python', credit=64),
        registers=[register(namespace, admission)]))
    with grpc.insecure_channel(address) as channel:
        try:
            for response in services.WorkersStub(channel).Serve(iter(requests.get, None)):
                for registered in response.registered:
                    print(f'ready {registered.refused_reason}'.strip(), flush=True)
                results = [answer(invocation) for invocation in response.invocations]
                if results:
                    requests.put(workers.ServeRequest(results=results))
            print('ended OK', flush=True)
        except grpc.RpcError as error:
            print('ended', error.code().name, error.details(), flush=True)
        requests.put(None)


if __name__ == '__main__':
    main(sys.argv[1], sys.argv[2], len(sys.argv) > 3)
