"""votatón's way into Kafka, gRPC to delivery report, beside kcat, which only writes."""

import os
import subprocess
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

import load
from processes import SERVER_CORE
from roles import Roles
from rows import Row, Target
from stores import Topics

UNARY_REQUESTS_A_SECOND = 100_000
BATCHES_A_SECOND = 4_000
LINES_A_SECOND = 200_000

# What votatón's producer has, too.
PROPERTIES = {
    "acks": "all",
    "enable.idempotence": "true",
    "linger.ms": "1",
    "topic.partitioner": "murmur2_random",
    "queue.buffering.max.messages": "16384",
}


def check_records(topics: Topics, topic: str, expected: int, who: str) -> None:
    """An answer of gRPC may be a refusal: what is in the log tells."""
    found = topics.records(topic)
    if found != expected:
        raise SystemExit(f"{who}: {expected} votes were sent, {found} records are in the log")


@dataclass
class Ingest:
    name: str
    roles: Roles
    topics: Topics
    load: load.Load
    requests_a_second: int

    def sample(self, seconds: int) -> load.Sample:
        topic = self.topics.new_name()
        requests = self.requests_a_second * seconds
        with self.roles.ingest(self.topics.url(topic)) as ingest:
            warm_up = load.drive(ingest, self.load, load.requests(load.WARM_UP_REQUESTS))
            before, began = ingest.cpu_seconds(), time.monotonic()
            votes = load.drive(ingest, self.load, load.requests(requests)) * self.load.votes
            took, cpu = time.monotonic() - began, ingest.cpu_seconds() - before
            check_records(self.topics, topic, warm_up * self.load.votes + votes, self.name)
        self.topics.delete(topic)
        return load.Sample(cpu * 1e6 / votes, votes / took)


@dataclass
class Kcat:
    """Records with the key and the value that votatón's have, but no headers, from a file in the page cache."""

    topics: Topics
    folder: Path
    name: str = "kcat -P"

    def sample(self, seconds: int) -> load.Sample:
        count = LINES_A_SECOND * seconds
        topic = self.topics.create()
        command = ["taskset", "-c", SERVER_CORE, "kcat", "-q", "-P", "-b", self.topics.bootstrap, "-t", topic]
        command += [part for name, value in PROPERTIES.items() for part in ("-X", f"{name}={value}")]
        command += ["-K", "\t", "-l", str(self._lines(count))]
        began = time.monotonic()
        _, status, used = os.wait4(subprocess.Popen(command, stdin=subprocess.DEVNULL).pid, 0)
        took = time.monotonic() - began
        if status != 0:
            raise SystemExit(f"kcat ended with {os.waitstatus_to_exitcode(status)}")
        check_records(self.topics, topic, count, self.name)
        self.topics.delete(topic)
        return load.Sample((used.ru_utime + used.ru_stime) * 1e6 / count, count / took)

    def _lines(self, count: int) -> Path:
        path = self.folder / f"lines-{count}"
        if not path.exists():
            vote = load.BODIES["json"].decode()
            self.folder.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(f"{uuid.uuid4()}\t{vote}\n" for _ in range(count)))
        return path


def kafka_rows(roles: Roles, topics: Topics, folder: Path) -> list[Row]:
    kcat = Kcat(topics, folder)
    return [
        Row(
            "gRPC unary → acks=all delivery report, 10 connections × 100 streams",
            [Ingest("votatón", roles, topics, load.UNARY, UNARY_REQUESTS_A_SECOND), kcat],
            [Target(kcat.name, 1 / 0.4, "≥ 0.4× votes per CPU second")],
        ),
        Row(
            f"gRPC batches of {load.BATCH} → acks=all delivery report",
            [Ingest("votatón", roles, topics, load.BATCHES, BATCHES_A_SECOND), kcat],
            [Target(kcat.name, 1 / 0.7, "≥ 0.7× votes per CPU second")],
        ),
    ]
