"""What counting a vote costs Redis, beside the least that a counter without identities and positions could do."""

import json
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import load
from processes import LOAD_CORE, SERVER_CORE
from roles import Roles
from rows import Row, Target
from stores import Topics, View, tally
from testbed.process import wait_for

VOTES_A_SECOND = 100_000
PIPELINE = 1000
BANDS = 25
ALBUMS = 2
COUNT_SECONDS = 120


def contest_votes() -> list[dict[str, str]]:
    """One for each album."""
    return [
        {"name": f"Banda número {band}", "album": f"Álbum {album}", "year": "2001", "rank": str(band)}
        for band in range(BANDS)
        for album in range(ALBUMS)
    ]


class Source:
    """Topics of the same votes, with votatón's identities and without, filled once."""

    def __init__(self, roles: Roles, topics: Topics, folder: Path, seconds: int):
        self.roles = roles
        self.topics = topics
        self.folder = folder
        self.votes = contest_votes()
        self.repeat = VOTES_A_SECOND * seconds // len(self.votes)
        self.count = self.repeat * len(self.votes)
        folder.mkdir(parents=True, exist_ok=True)

    def with_ids(self) -> str:
        topic = self.topics.new_name()
        file = self.folder / "votes.json"
        file.write_text(json.dumps(self.votes))
        with self.roles.ingest(self.topics.url(topic)) as ingest:
            amount = ["--repeat", str(self.repeat), "--batch", "500"]
            command = [self.roles.votaton, "send", file, "--to", f"http://127.0.0.1:{ingest.port}", *amount]
            subprocess.run(command, check=True, capture_output=True)
        return self._checked(topic)

    def anonymous(self) -> str:
        topic = self.topics.create()
        file = self.folder / "votes.lines"
        lines = "".join(json.dumps(vote, ensure_ascii=False) + "\n" for vote in self.votes)
        file.write_text(lines * self.repeat)
        command = ["kcat", "-q", "-P", "-b", self.topics.bootstrap, "-t", topic, "-X", "acks=all", "-l", file]
        # Without keys records go to one partition for so long at a time; 0: each to any.
        command += ["-X", "sticky.partitioning.linger.ms=0"]
        subprocess.run(command, check=True)
        return self._checked(topic)

    def _checked(self, topic: str) -> str:
        if (found := self.topics.records(topic)) != self.count:
            raise SystemExit(f"{topic} has {found} records instead of {self.count}")
        return topic


@dataclass
class Count:
    """votatón's count catches up with a whole topic."""

    name: str
    roles: Roles
    ledger: str
    votes: int
    folder: Path

    def sample(self, _: int) -> load.Sample:
        with tally(self.folder, SERVER_CORE) as server:
            view = View(server.url)
            before, began = view.server_cpu_seconds(), time.monotonic()
            with self.roles.count(self.ledger, server.url, LOAD_CORE):
                if not wait_for(lambda: view.votes() >= self.votes, COUNT_SECONDS):
                    raise SystemExit(f"{self.name}: {view.votes()} of {self.votes} votes are counted")
                took, cpu = time.monotonic() - began, view.server_cpu_seconds() - before
            if view.votes() != self.votes:
                raise SystemExit(f"{self.name}: {view.votes()} votes are counted instead of {self.votes}")
        return load.Sample(cpu * 1e6 / self.votes, self.votes / took)


@dataclass
class Hincrby:
    votes: int
    folder: Path
    name: str = f"HINCRBY, {PIPELINE:,} in a pipeline"

    def sample(self, _: int) -> load.Sample:
        votes = self.votes // PIPELINE * PIPELINE
        with tally(self.folder, SERVER_CORE) as server:
            view = View(server.url)
            command = ["taskset", "-c", LOAD_CORE, "redis-benchmark", "-p", str(server.port), "-q", "-c", "1"]
            command += ["-P", str(PIPELINE), "-n", str(votes), "-r", str(BANDS)]
            before, began = view.server_cpu_seconds(), time.monotonic()
            subprocess.run([*command, "HINCRBY", "votos_banda", "__rand_int__", "1"], check=True, capture_output=True)
            took, cpu = time.monotonic() - began, view.server_cpu_seconds() - before
            if view.votes() != votes:
                raise SystemExit(f"redis-benchmark: {view.votes()} instead of {votes}")
        return load.Sample(cpu * 1e6 / votes, votes / took)


def redis_rows(roles: Roles, topics: Topics, folder: Path, seconds: int) -> list[Row]:
    source = Source(roles, topics, folder / "votes", seconds)
    redis = folder / "redis"
    peer = Hincrby(source.count, redis)

    def count(topic: str) -> Count:
        return Count("votatón", roles, topics.url(topic), source.count, redis)

    unit = "Redis CPU µs per vote"
    return [
        Row(
            "consumer → Redis tally, exact dedup of ids",
            [count(source.with_ids()), peer],
            [Target(peer.name, 2.5, "≤ 2.5×")],
            unit,
        ),
        Row(
            "consumer → Redis tally, records without ids",
            [count(source.anonymous()), peer],
            [Target(peer.name, 1 / 8, "≤ 1/8")],
            unit,
        ),
    ]
