"""Kafka, Redis and MongoDB of the testbed (tools/testbed), each on a core of the caller's choice."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pymongo
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from processes import LOAD_CORE
from testbed.kafka import Broker, Cluster
from testbed.mongo import Mongo
from testbed.ports import free_ports
from testbed.process import wait_for
from testbed.redis import Redis
from testbed.server import Server

import redis

PARTITIONS = 6
TIMEOUT_SECONDS = 20
VIEW = "votos_banda"  # what votatón publishes and both Go pipelines write


@contextmanager
def on_core(core: str) -> Iterator[None]:
    """Processes that are started inside run on this core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {int(core)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def running(server: Server | Cluster, folder: Path, core: str = LOAD_CORE) -> Iterator[None]:
    """Starts it over an empty folder; at the end kills it and deletes the folder."""
    shutil.rmtree(folder, ignore_errors=True)
    with on_core(core):
        server.start()
    try:
        yield
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)


class Topics:
    """The topics of a broker."""

    def __init__(self, bootstrap: str):
        self.bootstrap = bootstrap
        # It need not tell that the broker is gone at the end.
        self.client = {"bootstrap.servers": bootstrap, "log_level": 2}
        self.admin = AdminClient(self.client)
        self.made = 0

    def url(self, topic: str) -> str:
        return f"kafka://{self.bootstrap}/{topic}"

    def new_name(self) -> str:
        self.made += 1
        return f"bench{self.made}"

    def create(self) -> str:
        """Makes a topic like those of votatón."""
        topic = self.new_name()
        wish = NewTopic(topic, PARTITIONS, config={"message.timestamp.type": "LogAppendTime", "retention.ms": "-1"})
        self.admin.create_topics([wish])[topic].result(TIMEOUT_SECONDS)
        if not wait_for(lambda: self._has_leaders(topic), TIMEOUT_SECONDS):
            raise SystemExit(f"{topic} has no leaders")
        return topic

    def _has_leaders(self, topic: str) -> bool:
        found = self.admin.list_topics(timeout=TIMEOUT_SECONDS).topics.get(topic)
        return found is not None and [p.leader for p in found.partitions.values()] == [1] * PARTITIONS

    def records(self, topic: str) -> int:
        reader = Consumer(self.client | {"group.id": "bench"})
        ends = [reader.get_watermark_offsets(TopicPartition(topic, p), TIMEOUT_SECONDS)[1] for p in range(PARTITIONS)]
        reader.close()
        return sum(ends)

    def delete(self, topic: str) -> None:
        """With those that votatón made beside it."""
        found = self.admin.list_topics(timeout=TIMEOUT_SECONDS).topics
        ours = [name for name in (topic, f"{topic}.contest", f"{topic}.dead") if name in found]
        for deleted in self.admin.delete_topics(ours).values():
            deleted.result(TIMEOUT_SECONDS)


@contextmanager
def broker(folder: Path) -> Iterator[Topics]:
    """One Kafka broker, on the load's core."""
    cluster = Cluster(folder, [free_ports(Broker.ports_count)], dies_with_parent=True)
    with running(cluster, folder):
        yield Topics(cluster.bootstrap)


@contextmanager
def tally(folder: Path, core: str = LOAD_CORE) -> Iterator[Redis]:
    server = Redis(folder, dies_with_parent=True)
    with running(server, folder, core):
        yield server


@contextmanager
def log(folder: Path) -> Iterator[Mongo]:
    server = Mongo(folder, dies_with_parent=True)
    with running(server, folder):
        yield server


class View:
    """Votes for each band, as the database of a tally publishes them."""

    def __init__(self, url: str):
        self.client = redis.Redis.from_url(url)

    def votes(self) -> int:
        return sum(map(int, self.client.hvals(VIEW)))

    def server_cpu_seconds(self) -> float:
        """User and system time of Redis so far, without its children."""
        cpu = self.client.info("cpu")
        return cpu["used_cpu_user"] + cpu["used_cpu_sys"]


class Log:
    """A database of the vote log, with its collection `logs`."""

    def __init__(self, url: str, database: str):
        self.client = pymongo.MongoClient(url)
        self.database = database

    def votes(self) -> int:
        return self.client[self.database]["logs"].estimated_document_count()

    def drop(self) -> None:
        self.client.drop_database(self.database)
        self.client.close()
