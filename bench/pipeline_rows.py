"""CPU time of all of a pipeline's own processes for a vote that went the whole way: acknowledged, counted, logged."""

import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import load
from pipelines import Good, Pipeline, Place, Students, Votaton
from processes import Process
from roles import Roles
from rows import Row, Target
from stores import Log, Topics, View
from testbed.mongo import Mongo
from testbed.redis import Redis

VOTES_A_SECOND = 3_000
WARM_UP_VOTES = 1_000
STUDENTS_CONNECTIONS = 64
STUDENTS_VOTES_A_SECOND = 64
DRAIN_SECONDS = 120
POLL_SECONDS = 0.25  # counting documents keeps the server busy


class Stores:
    """A broker, Redis and MongoDB; each measurement gets a topic and databases of its own."""

    def __init__(self, topics: Topics, redis: Redis, mongo: Mongo):
        self.topics = topics
        self.redis = redis
        self.mongo = mongo
        self.used = 0

    def new_place(self) -> Place:
        self.used += 1
        return Place(
            broker=self.topics.bootstrap,
            topic=self.topics.create(),
            tally=f"{self.redis.url}/{self.used}",
            log=self.mongo.server_url,
            database=f"bench{self.used}",
        )


class Progress:
    """What has arrived in both stores."""

    def __init__(self, name: str, place: Place):
        self.name = name
        self.view = View(place.tally)
        self.log = Log(place.log, place.database)

    def wait(self, votes: int) -> None:
        deadline = time.monotonic() + DRAIN_SECONDS
        for store in (self.view, self.log):
            while (stored := store.votes()) < votes:
                if time.monotonic() > deadline:
                    raise SystemExit(f"{self.name}: only {stored} of {votes} votes are in the {type(store).__name__}")
                time.sleep(POLL_SECONDS)

    def check(self, votes: int) -> None:
        for store in (self.view, self.log):
            if (stored := store.votes()) != votes:
                raise SystemExit(f"{self.name}: {stored} votes are in the {type(store).__name__} instead of {votes}")


@dataclass
class Whole:
    """A pipeline under a load."""

    name: str
    pipeline: Pipeline
    stores: Stores
    load: load.Load
    votes_a_second: int
    warm_up: int = WARM_UP_VOTES
    is_exact: bool = False

    def sample(self, seconds: int) -> load.Sample:
        place = self.stores.new_place()
        progress = Progress(self.name, place)
        with ExitStack() as stack:
            processes = self.pipeline.start(place, stack)
            votes = self.votes_a_second * seconds
            sample = self._measure(processes, progress, votes)
            if self.is_exact:
                progress.check(self.warm_up + votes)
        progress.log.drop()
        self.stores.topics.delete(place.topic)
        return sample

    def _measure(self, processes: list[Process], progress: Progress, votes: int) -> load.Sample:
        front = processes[0]
        load.drive(front, self.load, load.requests(self.warm_up))
        progress.wait(self.warm_up)
        before, began = [process.cpu_seconds() for process in processes], time.monotonic()
        load.drive(front, self.load, load.requests(votes))
        progress.wait(self.warm_up + votes)
        took = time.monotonic() - began
        parts = {p.name: (p.cpu_seconds() - used) * 1e6 / votes for p, used in zip(processes, before, strict=True)}
        return load.Sample(sum(parts.values()), votes / took, parts)


def pipeline_rows(roles: Roles, stores: Stores, folder: Path) -> list[Row]:
    def ours(shape: load.Load) -> Whole:
        return Whole("votatón", Votaton(roles), stores, shape, VOTES_A_SECOND, is_exact=True)

    def beside_good(connections: int) -> Row:
        shape = load.unary_over(connections)
        good = Whole("good Go", Good("pipeline-good", folder), stores, shape, VOTES_A_SECOND)
        title = f"gRPC → Kafka → Redis and MongoDB, {connections} connections × 1 stream"
        return Row(title, [ours(shape), good], [Target(good.name, 1 / 8, "≥ 8× votes per CPU second")])

    shape = load.json_over(STUDENTS_CONNECTIONS)
    design = Students("pipeline-students", folder)
    students = Whole("students' Go", design, stores, shape, STUDENTS_VOTES_A_SECOND, STUDENTS_CONNECTIONS)
    return [
        beside_good(32),
        beside_good(256),
        Row(
            f"HTTP/1.1 JSON → Kafka → Redis and MongoDB, {STUDENTS_CONNECTIONS} connections",
            [ours(shape), students],
            [Target(students.name, 1 / 500, "≥ 500× votes per CPU second")],
        ),
    ]
