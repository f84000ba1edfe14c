#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""sockets.py ADDRESS NUMBER FILE: opens so many WebSockets and writes "open" into the file; then waits for
SIGTERM, and ends with 0 if none of them has been closed by then, or has got anything."""
import select
import signal
import socket
import sys


def opened(address):
    host, port = address.rsplit(":", 1)
    client = socket.create_connection((host, int(port)), timeout=10)
    client.sendall(
        f"GET / HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += client.recv(1)
    assert head.startswith(b"HTTP/1.1 101"), head
    return client


def main():
    address, number, file = sys.argv[1:]
    # Waited for, and not taken at any other time.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    clients = [opened(address) for _ in range(int(number))]
    with open(file, "w") as told:
        told.write("open")
    signal.sigwait({signal.SIGTERM})
    touched = select.select(clients, [], [], 0)[0]
    sys.exit(f"{len(touched)} sockets were touched" if touched else 0)


main()
