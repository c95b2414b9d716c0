"""The servers of the testbed do what tests rely on: data and ports outlive a kill, files can be cut, and a signal never
meets another process."""

import os
import signal
import subprocess
import sys

import pymongo
import pytest
from confluent_kafka import KafkaException
from redis.backoff import NoBackoff
from redis.retry import Retry
from support import topic as topics
from support.program import ROOT, wait_until
from support.topic import Message
from testbed.mongo import Mongo
from testbed.ports import free_ports, is_free
from testbed.process import Process, identify
from testbed.server import Server, ServerError

import redis


def connect(server) -> redis.Redis:
    return redis.Redis(port=server.port, socket_timeout=5)


def test_redis_keeps_what_it_answered_over_a_kill(own_redis):
    connect(own_redis).set("band", "Viernes Verde")
    address = own_redis.address
    own_redis.restart()
    assert own_redis.address == address
    assert connect(own_redis).get("band") == b"Viernes Verde"
    assert connect(own_redis).config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_a_cut_file_loses_its_end_only(own_redis):
    for number in range(100):
        connect(own_redis).set(f"key{number}", number)
    own_redis.kill()
    assert own_redis.cut_aof(40) == 40
    own_redis.start()
    kept = {int(key[3:]) for key in connect(own_redis).scan_iter()}
    assert kept == set(range(len(kept)))
    assert 90 < len(kept) < 100
    own_redis.restart()
    assert connect(own_redis).dbsize() == len(kept)


def test_files_of_a_running_redis_are_left_alone(own_redis, tmp_path):
    for meddle in (lambda: own_redis.cut_aof(1), lambda: own_redis.save_copy(tmp_path / "copy")):
        with pytest.raises(AssertionError):
            meddle()


def test_an_older_copy_comes_back(own_redis, tmp_path):
    connect(own_redis).set("votes", 1)
    own_redis.kill()
    own_redis.save_copy(tmp_path / "copy")
    own_redis.start()
    connect(own_redis).set("votes", 2)
    own_redis.kill()
    own_redis.restore_copy(tmp_path / "copy")
    own_redis.start()
    assert connect(own_redis).get("votes") == b"1"


def test_a_stopped_server_stands_still_and_goes_on(own_redis):
    own_redis.pause()
    assert own_redis.is_alive()
    with pytest.raises(redis.exceptions.TimeoutError):
        redis.Redis(port=own_redis.port, socket_timeout=0.2, retry=Retry(NoBackoff(), 0)).ping()
    own_redis.resume()
    assert connect(own_redis).ping()


def test_mongo_keeps_what_it_answered_over_a_kill(tmp_path):
    server = Mongo(tmp_path, dies_with_parent=True).start()
    try:
        with pymongo.MongoClient(server.server_url, w="majority", journal=True) as client:
            client.votaton.logs.insert_one({"_id": 1})
            server.restart()
            assert list(client.votaton.logs.find()) == [{"_id": 1}]
    finally:
        server.kill()


def test_a_kafka_of_ones_own_is_killed_and_comes_back(own_servers):
    bootstrap = own_servers.kafka.bootstrap
    topics.create_topic(bootstrap, "votes", partitions=2)
    topics.produce(bootstrap, "votes", [Message(str(n).encode(), partition=n % 2) for n in range(10)])
    own_servers.kafka.restart()
    values = [record.value for record in topics.read_topic(bootstrap, "votes")]
    assert values == [b"0", b"2", b"4", b"6", b"8", b"1", b"3", b"5", b"7", b"9"]


def test_a_topic_is_made_anew(shared_kafka, stores):
    topics.create_topic(shared_kafka, stores.topic, retention_ms="-1")
    with pytest.raises(KafkaException):
        topics.create_topic(shared_kafka, stores.topic)
    topics.produce(shared_kafka, stores.topic, [Message(b"a"), Message(b"b"), Message(b"c")])
    topics.delete_records(shared_kafka, stores.topic, 0, before=2)
    assert topics.ends(shared_kafka, stores.topic) == {0: (2, 3)}
    assert [record.value for record in topics.read_topic(shared_kafka, stores.topic)] == [b"c"]
    topics.recreate_topic(shared_kafka, stores.topic, partitions=3)
    assert topics.ends(shared_kafka, stores.topic) == {0: (0, 0), 1: (0, 0), 2: (0, 0)}


def test_markers_of_transactions_do_not_stop_a_reader(shared_kafka, stores):
    topics.create_topic(shared_kafka, stores.topic)
    producer = topics.Producer({"bootstrap.servers": shared_kafka, "transactional.id": stores.topic})
    producer.init_transactions(20)
    producer.begin_transaction()
    producer.produce(stores.topic, b"vote", headers=[("vt-id", b"\0" * 16)])
    producer.commit_transaction(20)
    # The marker that makes it visible is written a moment after the commit was answered.
    (record,) = wait_until(lambda: topics.read_topic(shared_kafka, stores.topic), 20, "the committed record")
    assert (record.offset, record.value, record.headers) == (0, b"vote", (("vt-id", b"\0" * 16),))
    assert topics.ends(shared_kafka, stores.topic) == {0: (0, 2)}


def test_a_server_that_ends_at_its_start_says_why(tmp_path):
    class Broken(Server):
        def command(self):
            return ["sh", "-c", "echo the disk is made of cheese; exit 3"]

        def answers(self):
            return False

    with pytest.raises(ServerError, match="made of cheese"):
        Broken("broken", tmp_path).start()


def test_a_tests_server_never_outlives_the_test_run(tmp_path):
    """The run is killed: nothing of its own can end the server."""
    lines = [
        "import os, pathlib, signal, sys",
        "from testbed.redis import Redis",
        "server = Redis(pathlib.Path(sys.argv[1]), dies_with_parent=True).start()",
        "print(server.process.pid, server.process.started, flush=True)",
        "os.kill(os.getpid(), signal.SIGKILL)",
    ]
    run = subprocess.run(
        [sys.executable, "-c", "\n".join(lines), tmp_path],
        env={**os.environ, "PYTHONPATH": str(ROOT / "tools")},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert run.returncode == -signal.SIGKILL, run.stderr
    server = Process(*map(int, run.stdout.split()))
    wait_until(lambda: not server.is_alive(), 10, "the server ends")


def test_a_signal_never_meets_another_process():
    child = subprocess.Popen(["sleep", "60"])
    try:
        process = identify(child)
        stranger = Process(process.pid, process.started - 1)
        assert not stranger.is_alive()
        assert not stranger.send(signal.SIGKILL)
        assert process.is_alive()
        assert process.send(signal.SIGKILL)
        assert child.wait(10) == -signal.SIGKILL
        assert not process.send(signal.SIGKILL)
    finally:
        child.kill()
        child.wait()


def test_ports_are_different_and_free():
    ports = free_ports(20)
    assert len(set(ports)) == 20
    assert all(is_free(port) for port in ports)
