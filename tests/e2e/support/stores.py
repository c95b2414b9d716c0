"""Fixtures: the servers that all harmless tests share, and servers of a test's own for faults.

What a harmless test does is told apart by a topic, a Redis database and a MongoDB database of its own.
"""

import itertools
import os
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from testbed.kafka import Broker, Cluster
from testbed.mongo import Mongo
from testbed.ports import free_ports
from testbed.redis import DATABASES, Redis

# Database 0 is the unit tests'.
_databases = itertools.count(1)


@dataclass(frozen=True)
class Stores:
    """Where one contest is kept: what --ledger, --tally and --log take."""

    bootstrap: str
    topic: str
    tally: str
    log: str

    @property
    def ledger(self) -> str:
        return f"kafka://{self.bootstrap}/{self.topic}"

    @property
    def dead_topic(self) -> str:
        return f"{self.topic}.dead"

    @property
    def contest_topic(self) -> str:
        return f"{self.topic}.contest"


def new_kafka(folder, brokers: int = 1) -> Cluster:
    """A cluster that is not started and dies with the test run."""
    ports = iter(free_ports(brokers * Broker.ports_count))
    pairs = [[next(ports) for _ in range(Broker.ports_count)] for _ in range(brokers)]
    return Cluster(folder, pairs, dies_with_parent=True)


def fresh_stores(bootstrap: str, redis_url: str, mongo_url: str) -> Stores:
    """Names that nobody used before, on these servers."""
    database = next(_databases)
    assert database < DATABASES, "Redis has no more databases; see testbed/redis.py"
    name = f"t{uuid.uuid4().hex[:12]}"
    return Stores(bootstrap, f"votes-{name}", f"{redis_url}/{database}", f"{mongo_url}/{name}.logs")


@pytest.fixture(scope="session")
def shared_kafka(tmp_path_factory) -> Iterator[str]:
    """host:port of a broker that no test may harm."""
    if url := os.environ.get("KAFKA"):
        yield url.removeprefix("kafka://").partition("/")[0]
        return
    cluster = new_kafka(tmp_path_factory.mktemp("kafka")).start()
    yield cluster.bootstrap
    cluster.kill()


@pytest.fixture(scope="session")
def shared_redis(tmp_path_factory) -> Iterator[str]:
    """redis://host:port of a server that no test may harm."""
    if url := os.environ.get("REDIS"):
        yield url
        return
    server = Redis(tmp_path_factory.mktemp("redis"), dies_with_parent=True).start()
    yield server.url
    server.kill()


@pytest.fixture(scope="session")
def shared_mongo(tmp_path_factory) -> Iterator[str]:
    """mongodb://host:port of a server that no test may harm."""
    if url := os.environ.get("MONGO"):
        yield url
        return
    server = Mongo(tmp_path_factory.mktemp("mongo"), dies_with_parent=True).start()
    yield server.server_url
    server.kill()


@pytest.fixture
def stores(shared_kafka, shared_redis, shared_mongo) -> Stores:
    """Fresh names on the shared servers."""
    return fresh_stores(shared_kafka, shared_redis, shared_mongo)


@dataclass
class OwnServers:
    """Servers that a test may do anything to."""

    kafka: Cluster
    redis: Redis
    mongo: Mongo

    def __post_init__(self) -> None:
        self.everything = [*self.kafka.brokers, self.mongo, self.redis]

    def start(self) -> "OwnServers":
        for server in self.everything:
            server.launch()
        for server in self.everything:
            server.wait_ready()
        return self

    def kill(self) -> None:
        for server in self.everything:
            server.kill()

    def stores(self) -> Stores:
        return fresh_stores(self.kafka.bootstrap, self.redis.url, self.mongo.server_url)


@pytest.fixture
def new_servers(tmp_path) -> Iterator[Callable[..., OwnServers]]:
    """Starts servers of the test's own: new_servers(brokers=3)."""
    made = []

    def make(brokers: int = 1) -> OwnServers:
        folder = tmp_path / f"servers{len(made)}"
        kafka = new_kafka(folder, brokers)
        redis = Redis(folder / "redis", dies_with_parent=True)
        made.append(OwnServers(kafka, redis, Mongo(folder / "mongo", dies_with_parent=True)))
        return made[-1].start()

    yield make
    for servers in made:
        servers.kill()


@pytest.fixture
def own_servers(new_servers) -> OwnServers:
    """One of each server, the test's own."""
    return new_servers()


@pytest.fixture
def own_redis(tmp_path) -> Iterator[Redis]:
    server = Redis(tmp_path / "redis", dies_with_parent=True).start()
    yield server
    server.kill()


@pytest.fixture
def own_mongo(tmp_path) -> Iterator[Mongo]:
    server = Mongo(tmp_path / "mongo", dies_with_parent=True).start()
    yield server
    server.kill()


@pytest.fixture
def redis_stores(shared_kafka, own_redis, shared_mongo) -> Stores:
    """Fresh names; only Redis is the test's own."""
    return fresh_stores(shared_kafka, own_redis.url, shared_mongo)


@pytest.fixture
def mongo_stores(shared_kafka, shared_redis, own_mongo) -> Stores:
    """Fresh names; only MongoDB is the test's own."""
    return fresh_stores(shared_kafka, shared_redis, own_mongo.server_url)
