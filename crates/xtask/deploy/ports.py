"""Ports for servers that a check starts, stops and starts again."""

import itertools
import os
import socket

# Below those that Linux gives to outgoing connections, as `ports.rs` of the test kit says.
_PORTS = itertools.cycle(range(20_000, 32_000))
_PORTS = itertools.islice(_PORTS, os.getpid() * 97 % 12_000, None)


def free_port():
    """One that nobody listens on, never the same twice."""
    for port in itertools.islice(_PORTS, 12_000):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("a port that nobody listens on")
