"""Whole pipelines from the network to Redis and MongoDB: votatón's roles and the two in peers/go."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from processes import Process, always
from roles import Roles
from rows import BIN


@dataclass
class Place:
    """Fresh stores for one measurement."""

    broker: str
    topic: str
    tally: str  # the URL of a database of Redis
    log: str  # the URL of MongoDB
    database: str


class Pipeline(Protocol):
    def start(self, place: Place, stack: ExitStack) -> list[Process]:
        """Starts its processes, the one that takes votes first in the result; the stack ends them."""


@dataclass
class Votaton:
    roles: Roles

    def start(self, place: Place, stack: ExitStack) -> list[Process]:
        ledger = f"kafka://{place.broker}/{place.topic}"
        ingest = stack.enter_context(self.roles.ingest(ledger))
        count = stack.enter_context(self.roles.count(ledger, place.tally))
        archive = stack.enter_context(self.roles.archive(ledger, f"{place.log}/{place.database}.logs"))
        return [ingest, count, archive]


@dataclass
class Go:
    """A program of peers/go; each of its roles is a process."""

    program: str
    folder: Path

    def _start(self, stack: ExitStack, role: str, arguments: list[str], listens: bool) -> Process:
        listen = ["-listen", "127.0.0.1:{port}"] if listens else []
        command = [str(BIN / self.program), role, *listen, *arguments]
        process = Process(role, command, self.folder / f"{self.program}-{role}")
        if not listens:
            process.is_up = always
        return stack.enter_context(process)


def _kafka(place: Place) -> list[str]:
    return ["-kafka", place.broker, "-topic", place.topic]


def _stores(place: Place) -> list[str]:
    return [*_kafka(place), "-redis", place.tally, "-mongo", place.log, "-database", place.database]


class Good(Go):
    def start(self, place: Place, stack: ExitStack) -> list[Process]:
        serve = self._start(stack, "serve", _kafka(place), listens=True)
        return [serve, self._start(stack, "count", _stores(place), listens=False)]


class Students(Go):
    def start(self, place: Place, stack: ExitStack) -> list[Process]:
        producer = self._start(stack, "producer", _kafka(place), listens=True)
        web = self._start(stack, "web", ["-producer", f"127.0.0.1:{producer.port}"], listens=True)
        return [web, producer, self._start(stack, "consumer", _stores(place), listens=False)]
