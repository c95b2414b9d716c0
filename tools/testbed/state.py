"""What a testbed remembers between two commands: state.json in its folder."""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass
class ServerState:
    ports: list[int]
    pid: int | None = None
    started: int | None = None  # the process's start time: a pid alone may be somebody else's by now


@dataclass
class State:
    brokers: int
    servers: dict[str, ServerState] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Replaces the file as a whole, so that a crash leaves the old or the new one."""
        written = folder / "state.json.tmp"
        written.write_text(json.dumps(asdict(self), indent=2) + "\n")
        written.rename(folder / "state.json")


def read_state(folder: Path) -> State | None:
    """None when there is none."""
    try:
        found = json.loads((folder / "state.json").read_text())
    except FileNotFoundError:
        return None
    return State(found["brokers"], {name: ServerState(**server) for name, server in found["servers"].items()})


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One command at a time. The lock file lies beside the folder, which `down` removes."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f"{folder.name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
