#!/usr/bin/env python3
"""Lets Cohere's own Python SDK talk to the simulator.

Builds the simulator, starts it on a free port, runs `talk.py` against it, and stops it. Exits with
what `talk.py` exits with: 0 only if every check passed. It needs a Python that has the SDK:
`cargo xtask ci cohere-sdk` makes one.
"""

import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


def build_simulator() -> pathlib.Path:
    command = ["cargo", "build", "--package", "todo-testkit", "--bin", "cohere-simulator"]
    command += ["--message-format", "json-render-diagnostics"]
    built = subprocess.run(command, cwd=HERE, stdout=subprocess.PIPE, check=True, text=True)
    messages = map(json.loads, built.stdout.splitlines())
    return next(
        pathlib.Path(message["executable"])
        for message in messages
        if message.get("executable") and message["target"]["name"] == "cohere-simulator"
    )


def main() -> int:
    simulator = build_simulator()
    command = [simulator, "--port", "0", "--api-key", "sdk-key", "--split-chunks"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            # It says so once it listens.
            url = process.stdout.readline().split()[-1]
            environment = {**os.environ, "NO_PROXY": "127.0.0.1"}
            talk = subprocess.run([sys.executable, HERE / "talk.py", url], env=environment)
        finally:
            process.terminate()
        print(process.stdout.read(), end="")
    return talk.returncode


if __name__ == "__main__":
    sys.exit(main())
