"""Ports for servers that are restarted on them.

They lie below the range from which the system takes ports for outgoing connections: otherwise a client's connection
could sit on a server's port while the server is down.
"""

import random
import socket
from pathlib import Path

LOWEST = 10000
ATTEMPTS_MAX = 1000


def _ceiling() -> int:
    """The first port that outgoing connections use."""
    return int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_ports(count: int) -> list[int]:
    """Different ports of 127.0.0.1 that were free a moment ago."""
    ceiling = _ceiling()
    lowest = LOWEST if ceiling > LOWEST + ATTEMPTS_MAX else 1024
    found: list[int] = []
    for _ in range(ATTEMPTS_MAX):
        port = random.randrange(lowest, ceiling)
        if port not in found and is_free(port):
            found.append(port)
        if len(found) >= count:
            return found
    raise RuntimeError(f"no {count} free ports between {lowest} and {ceiling}")


def free_port() -> int:
    return free_ports(1)[0]
