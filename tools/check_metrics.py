# SPDX-License-Identifier: Apache-2.0
"""Starts a gateway, reads its /metrics and lets promtool judge names, types and units."""

import json
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.request


def admin_address(path, gateway):
    """Waits for the file that the gateway writes when it listens."""
    deadline = time.monotonic() + 20
    while not path.exists():
        if gateway.poll() is not None or time.monotonic() > deadline:
            sys.exit("the gateway did not start")
        time.sleep(0.05)
    return json.loads(path.read_text())["admin"]


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "addresses"
        ports = [f"--{name}=127.0.0.1:0" for name in ("listen", "control", "admin")]
        gateway = subprocess.Popen([sys.argv[1], *ports, f"--address-file={path}"])
        try:
            with urllib.request.urlopen(f"http://{admin_address(path, gateway)}/metrics") as answer:
                text = answer.read()
        finally:
            gateway.terminate()
            gateway.wait(timeout=20)
    print(f"{text.count(b'# TYPE ')} metrics")
    sys.exit(subprocess.run(["promtool", "check", "metrics"], input=text, check=False).returncode)


main()
