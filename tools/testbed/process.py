"""Processes that are known by pid and start time, so that a signal never meets another process that got the pid."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Process:
    pid: int
    started: int  # clock ticks since the machine's start

    def is_alive(self) -> bool:
        """Whether it runs or is stopped; a zombie is not alive."""
        return _read(self.pid)[:1] == (self,)

    def is_stopped(self) -> bool:
        return _read(self.pid) == (self, "T")

    def send(self, number: signal.Signals) -> bool:
        """Sends a signal to this very process; False when it is gone."""
        try:
            handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return False
        try:
            if not self.is_alive():
                return False
            signal.pidfd_send_signal(handle, number)
            return True
        except ProcessLookupError:
            return False
        finally:
            os.close(handle)


def _read(pid: int) -> tuple[Process, str] | tuple[()]:
    """The process that has the pid now, and its state; nothing when there is none or only its zombie. (proc(5))

    A zombie whose other threads have not ended yet still holds its files and ports.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ()
    state, threads, started = fields[0], int(fields[17]), int(fields[19])
    return () if state in "ZX" and threads <= 1 else (Process(pid, started), state)


def identify(child: subprocess.Popen) -> Process:
    """A child that was not waited for yet. One that has ended already gets a start time that no process has."""
    found = _read(child.pid)
    return found[0] if found else Process(child.pid, -1)


def wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    """Polls until the condition is true; False after so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True
