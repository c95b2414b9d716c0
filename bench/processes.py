"""Servers under measurement: started on one core, waited for, and asked how much CPU time and memory they used."""

import os
import resource
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

SERVER_CORE = "0"
LOAD_CORE = "1"
TICKS = os.sysconf("SC_CLK_TCK")
START_SECONDS = 10


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 0.2).close()
    except OSError:
        return False
    return True


@dataclass
class Process:
    """A server. command may say {port}, {admin} and {folder}; each round gets a fresh process and an empty folder."""

    name: str
    command: list[str]
    folder: Path
    files: dict[str, str] = field(default_factory=dict)
    port: int = 0
    popen: subprocess.Popen | None = None

    def start(self) -> "Process":
        self.port = free_port()
        values = {"port": self.port, "admin": free_port(), "folder": self.folder}
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, text in self.files.items():
            (self.folder / name).write_text(
                text.replace("{port}", str(self.port)).replace("{folder}", str(self.folder))
            )
        command = ["taskset", "-c", SERVER_CORE, *(part.format(**values) for part in self.command)]
        with (self.folder / "server.log").open("wb") as log:
            self.popen = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while not answers(self.port):
            if self.popen.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{self.name} does not start: {(self.folder / 'server.log').read_text()}")
            time.sleep(0.001)
        return self

    def stop(self) -> None:
        self.popen.send_signal(signal.SIGTERM)
        try:
            self.popen.wait(20)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()

    def cpu_seconds(self) -> float:
        """User and system time of all threads so far."""
        fields = Path(f"/proc/{self.popen.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def resident_kib(self) -> int:
        pages = Path(f"/proc/{self.popen.pid}/statm").read_text().split()[1]
        return int(pages) * resource.getpagesize() // 1024
