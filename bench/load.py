"""Load by h2load, on a core of its own."""

import json
import re
import struct
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from processes import LOAD_CORE, Process

VOTE = {"name": "Viernes Verde", "album": "Remedios", "year": "2001", "rank": "1"}
BATCH = 50
WARM_UP_REQUESTS = 2000


def _field(number: int, data: bytes) -> bytes:
    assert len(data) < 1 << 14
    length = bytes([len(data)]) if len(data) < 128 else bytes([len(data) & 127 | 128, len(data) >> 7])
    return bytes([number << 3 | 2]) + length + data


def _framed(message: bytes) -> bytes:
    return struct.pack(">BI", 0, len(message)) + message


_MESSAGE = b"".join(_field(number, text.encode()) for number, text in enumerate(VOTE.values(), 1))
BODIES = {
    "unary": _framed(_MESSAGE),
    "batch": _framed(_field(1, _MESSAGE) * BATCH),
    "json": json.dumps(VOTE, separators=(",", ":")).encode(),
}


@dataclass(frozen=True)
class Load:
    """What h2load sends: `votes` in each request."""

    body: str
    path: str
    headers: tuple[str, ...]
    options: tuple[str, ...]
    votes: int = 1

    def command(self, port: int, amount: tuple[str, str], folder: Path) -> list[str]:
        body = folder / f"{self.body}.body"
        body.write_bytes(BODIES[self.body])
        headers = [part for header in self.headers for part in ("-H", header)]
        url = f"http://127.0.0.1:{port}{self.path}"
        return ["taskset", "-c", LOAD_CORE, "h2load", *self.options, *amount, *headers, "-d", str(body), url]


GRPC = ("content-type: application/grpc", "te: trailers")
SERVICE = "/votaton.v1.VoteService"
MANY_STREAMS = ("-c", "10", "-m", "100")


def unary_over(connections: int) -> Load:
    """One stream a connection."""
    return Load("unary", SERVICE + "/Cast", GRPC, ("-c", str(connections), "-m", "1"))


def json_over(connections: int) -> Load:
    return Load("json", "/v1/votes", ("content-type: application/json",), ("--h1", "-c", str(connections)))


UNARY = Load("unary", SERVICE + "/Cast", GRPC, MANY_STREAMS)
UNARY_ONE_STREAM = unary_over(64)
BATCHES = Load("batch", SERVICE + "/CastBatch", GRPC, ("-c", "10", "-m", "10"), votes=BATCH)
FILE = Load("unary", "/answer", GRPC, MANY_STREAMS)
JSON = json_over(64)


@dataclass
class Sample:
    """`parts` are the CPU µs per vote of each process, where there are several."""

    cpu_us_per_vote: float
    votes_per_second: float
    parts: dict[str, float] = field(default_factory=dict)


def drive(server: Process, load: Load, amount: tuple[str, str]) -> int:
    """Drives the load and returns how many requests were answered; all must have succeeded.

    h2load sees the HTTP status alone: whether votes were refused over gRPC is for the caller to find out.
    """
    command = load.command(server.port, amount, server.folder)
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    done, succeeded = re.search(r"(\d+) done, (\d+) succeeded", out).groups()
    good = re.search(r"status codes: (\d+) 2xx", out)[1]
    if not done == succeeded == good or good == "0":
        raise SystemExit(f"{server.name}: not every request succeeded:\n{out}")
    return int(good)


def requests(count: int) -> tuple[str, str]:
    return ("-n", str(count))


def measure(server: Process, load: Load, seconds: int) -> Sample:
    drive(server, load, requests(WARM_UP_REQUESTS))
    before = server.cpu_seconds()
    votes = drive(server, load, ("-D", str(seconds))) * load.votes
    return Sample((server.cpu_seconds() - before) * 1e6 / votes, votes / seconds)
