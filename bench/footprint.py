"""Memory at 1,000 idle connections, and the time from exec to ready."""

import socket
import statistics
import subprocess
import time
from pathlib import Path

from processes import Process, free_port, is_ready

CONNECTIONS = 1000
STARTS = 10


def memory(server: Process) -> tuple[float, float]:
    """(MiB resident at 1,000 connections, KiB for each of them). Each has sent one request and is kept alive."""
    server.start()
    before = server.resident_kib()
    kept = []
    for _ in range(CONNECTIONS):
        connection = socket.create_connection(("127.0.0.1", server.port))
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        connection.recv(4096)
        kept.append(connection)
    after = server.resident_kib()
    for connection in kept:
        connection.close()
    server.stop()
    return after / 1024, (after - before) / CONNECTIONS


def start_ms(votaton: Path, folder: Path) -> list[float]:
    """Milliseconds to a 200 of /readyz, over an empty data folder first and one with data afterwards."""
    samples = []
    for _ in range(STARTS):
        port = free_port()
        command = [votaton, "run", "--data", folder / "start", "--log-level", "warn"]
        command += ["--listen", f"127.0.0.1:{port}", "--admin-listen", f"127.0.0.1:{free_port()}"]
        began = time.monotonic()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not is_ready(port):
            if process.poll() is not None:
                raise SystemExit("votatón does not start")
            time.sleep(0.001)
        samples.append((time.monotonic() - began) * 1000)
        process.terminate()
        process.wait(20)
    return [min(samples), statistics.median(samples), max(samples)]
