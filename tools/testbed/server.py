"""What all servers of the testbed share: a folder with configuration, data and log, ports that stay, and a process."""

import shutil
import signal
import subprocess
from pathlib import Path

from testbed.ports import free_ports, is_free
from testbed.process import Process, identify, wait_for

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache"
READY_SECONDS = 40
STOP_SECONDS = 20
LOG_TAIL_BYTES = 3000


class ServerError(Exception):
    """A server that did not do what it was told, with the end of its log."""


class Server:
    """A server program. `launch` and `wait_ready` make up `start`, so that several can start at once.

    Folder and ports stay over kill, stop and restart. With dies_with_parent the process ends with the thread that
    launched it, however that ends: a test's servers never outlive the test run.
    """

    ports_count = 1

    def __init__(self, name: str, folder: Path, ports: list[int] | None = None, dies_with_parent: bool = False):
        self.name = name
        self.folder = Path(folder).absolute()
        self.ports = ports or free_ports(self.ports_count)
        self.dies_with_parent = dies_with_parent
        self.process: Process | None = None
        self._child: subprocess.Popen | None = None

    @property
    def port(self) -> int:
        return self.ports[0]

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    # What a kind of server says of itself.

    def prepare(self) -> None:
        """Writes configuration and what else a start needs; called before each launch."""

    def command(self) -> list[str]:
        raise NotImplementedError

    def answers(self) -> bool:
        """Whether it serves requests now. OSError means no."""
        raise NotImplementedError

    # Life.

    def launch(self) -> None:
        """Starts the process and does not wait for it."""
        assert not self.is_alive(), f"{self.name} runs already"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.prepare()
        command = [str(part) for part in self.command()]
        if self.dies_with_parent:
            command = ["setpriv", "--pdeathsig", "KILL", "--", *command]
        with self.log.open("ab") as out:
            # A session of its own: Ctrl-C is for whoever uses the server, not for the server.
            self._child = subprocess.Popen(
                command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
            )
        self.process = identify(self._child)

    def wait_ready(self, seconds: float = READY_SECONDS) -> None:
        if not wait_for(self._is_ready_or_gone, seconds):
            raise ServerError(f"{self.name} is not ready after {seconds} s\n{self._log_tail()}")

    def _is_ready_or_gone(self) -> bool:
        if not self.is_alive():
            raise ServerError(f"{self.name} has ended\n{self._log_tail()}")
        try:
            return self.answers()
        except OSError:
            return False

    def start(self) -> "Server":
        self.launch()
        self.wait_ready()
        return self

    def is_alive(self) -> bool:
        self._reap()
        return self.process is not None and self.process.is_alive()

    def pause(self) -> None:
        """SIGSTOP; returns when it stands still."""
        self._signal(signal.SIGSTOP)
        if not wait_for(self.process.is_stopped, STOP_SECONDS):
            raise ServerError(f"{self.name} does not stand still")

    def resume(self) -> None:
        """SIGCONT."""
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL; nothing happens when it is gone already."""
        self._end(signal.SIGKILL, STOP_SECONDS)

    def stop(self) -> None:
        """SIGTERM, and SIGKILL when that takes too long."""
        if not self._end(signal.SIGTERM, STOP_SECONDS):
            self.kill()

    def restart(self) -> None:
        """kill -9, then a start on the same ports and data."""
        self.kill()
        self.start()

    def adopt(self, process: Process) -> None:
        """Takes over a process that an earlier run launched, if it is still that process."""
        self.process = process if process.is_alive() else None

    def renew_ports(self) -> None:
        """Takes other ports if somebody else sits on ours meanwhile."""
        if not all(is_free(port) for port in self.ports):
            self.ports = free_ports(self.ports_count)

    def _signal(self, number: signal.Signals) -> None:
        if self.process is None or not self.process.send(number):
            raise ServerError(f"{self.name} does not run\n{self._log_tail()}")

    def _end(self, number: signal.Signals, seconds: float) -> bool:
        if self.process is not None:
            self.process.send(number)
        return wait_for(lambda: not self.is_alive(), seconds)

    def _reap(self) -> None:
        if self._child is not None and self._child.poll() is not None:
            self._child = None

    def _log_tail(self) -> str:
        if not self.log.exists():
            return f"(no log {self.log})"
        return self.log.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace")


def copy_data(source: Path, target: Path) -> None:
    """Copies a server's data folder; what was in the target is gone. The server must not run."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)
