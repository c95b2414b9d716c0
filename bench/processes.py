"""Servers under measurement: started on one core, waited for, and asked how much CPU time and memory they used."""

import http.client
import resource
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

SERVER_CORE = "0"
LOAD_CORE = "1"
CPUCLOCK_SCHED = 2
START_SECONDS = 10
POLL_SECONDS = 0.001


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


def is_ready(port: int) -> bool:
    """Whether /readyz says so."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def always(_: int) -> bool:
    """For programs that listen nowhere."""
    return True


@dataclass
class Process:
    """A server. command may say {port}, {admin} and {folder}; each round gets a fresh process and an empty folder.

    `is_up` is asked with the port until it says yes.
    """

    name: str
    command: list[str]
    folder: Path
    files: dict[str, str] = field(default_factory=dict)
    core: str = SERVER_CORE
    is_up: Callable[[int], bool] = answers
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
        command = ["taskset", "-c", self.core, *(part.format(**values) for part in self.command)]
        with (self.folder / "server.log").open("wb") as log:
            self.popen = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while not self.is_up(self.port):
            if self.popen.poll() is not None or time.monotonic() > deadline:
                self.popen.kill()
                raise SystemExit(f"{self.name} does not start: {(self.folder / 'server.log').read_text()}")
            time.sleep(POLL_SECONDS)
        return self

    def __enter__(self) -> "Process":
        return self.start()

    def __exit__(self, *_) -> None:
        self.stop()

    def stop(self) -> None:
        self.popen.send_signal(signal.SIGTERM)
        try:
            self.popen.wait(20)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()

    def cpu_seconds(self) -> float:
        """User and system time of all threads so far, those that have ended included.

        The clock's number is what clock_getcpuclockid(3) gives on Linux: /proc counts in ticks of 10 ms.
        """
        return time.clock_gettime(~self.popen.pid << 3 | CPUCLOCK_SCHED)

    def resident_kib(self) -> int:
        pages = Path(f"/proc/{self.popen.pid}/statm").read_text().split()[1]
        return int(pages) * resource.getpagesize() // 1024
