# SPDX-License-Identifier: Apache-2.0
"""A JSON-RPC client as Python's language servers have it, over a WebSocket.

Calls, hears events, answers calls, and says each on stdout; ends when it hears the event "end".
"""
import json
import sys
import threading

from pylsp_jsonrpc.endpoint import Endpoint
from pylsp_jsonrpc.exceptions import JsonRpcException
from websockets.sync.client import connect


def say(*words):
    print(*words, flush=True)


def main():
    ended = threading.Event()
    dispatcher = {
        "ticks": lambda params: say("ticks", json.dumps(params)),
        "confirm": lambda params: f"yes, {params['what']}",
        "end": lambda _: ended.set(),
    }
    with connect(sys.argv[1]) as socket:
        endpoint = Endpoint(dispatcher, lambda message: socket.send(json.dumps(message)))

        def read():
            for message in socket:
                endpoint.consume(json.loads(message))

        threading.Thread(target=read, daemon=True).start()
        say("sum", endpoint.request("sum", [2, 3]).result(10))
        try:
            endpoint.request("nope", []).result(10)
        except JsonRpcException as error:
            say("nope", error.code)
        endpoint.notify("note", {"a": 1})
        say("ready")
        ended.wait(20)


main()
