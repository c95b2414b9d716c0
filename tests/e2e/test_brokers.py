"""Kafka dies, is away, loses one of three brokers, or has another topic under the same name."""

import dataclasses
import json
import re
import signal
import threading
import time
from pathlib import Path

import pytest
from support.load import Voters
from support.program import wait_until
from support.proof import assert_all_counted_once, assert_exactly_once
from support.proxy import Proxy, is_write
from support.rounds import LONG, ROUNDS, new_dice
from support.tally import records_of
from support.topic import Message, admin, create_topic, delete_topic, produce, recreate_topic
from support.votelog import documents_of
from support.votes import generated, vote

AWAY_SECONDS = 120 if LONG else 6
GROWTH_KIB_MAX = 64 * 1024
AWAY_TOPIC_SECONDS = 15
STOP_SECONDS = 12
DOUBT_SECONDS = 1.5  # after which a log is looked at before it is believed
AS_INGEST_MAKES_IT = {"retention_ms": "-1", "message_timestamp_type": "LogAppendTime"}
MESSAGE = json.dumps(vote()).encode()


def resident_kib(role) -> int:
    status = Path(f"/proc/{role.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1])


def ids_of(answer) -> list[str]:
    """What a 503 tells its votes by."""
    body = answer.json()
    items = body.get("votes", [body])
    return [item.get("id") or item["error"].get("id") for item in items]


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_broker_away_for_a_while(own_servers, new_roles):
    """Ingest refuses with ids, in bounded memory, and all goes on by itself; retried votes count once."""
    stores = own_servers.stores()
    roles = new_roles(stores)
    ingest = roles.new("ingest", "--delivery-timeout", "1s").launch()
    others = [roles.new(kind).launch() for kind in ("count", "archive")]
    for role in (ingest, *others):
        role.wait_ready()
    with Voters(ingest, threads=8, pause_seconds=0.2) as voters:
        wait_until(lambda: len(voters.acks) > 200, 60, "votes are taken")
        before = {role.kind: resident_kib(role) for role in (ingest, *others)}
        own_servers.kafka.kill()
        until = time.monotonic() + AWAY_SECONDS
        wait_until(lambda: not ingest.is_ready(), 30, "ingest says that it is not ready")
        assert "kafka" in json.dumps(ingest.missing()).lower(), ingest.missing()
        wait_until(lambda: voters.refused, 30, "votes are refused")
        wait_until(lambda: time.monotonic() > until, AWAY_SECONDS + 5, "the time without a broker")
        grown = {role.kind: resident_kib(role) - before[role.kind] for role in (ingest, *others)}
        acks, refused = len(voters.acks), len(voters.refused)
        print(f"{refused} requests refused in {AWAY_SECONDS} s; grown by KiB: {grown}")
        own_servers.kafka.start()
        back = time.monotonic()
        wait_until(lambda: len(voters.acks) > acks + 200, 60, "votes are taken again")
        print(f"200 votes taken {time.monotonic() - back:.1f} s after the broker was back")
        wait_until(ingest.is_ready, 30, lambda: f"ingest is ready again: {ingest.missing()}")
    assert max(grown.values()) < GROWTH_KIB_MAX, grown
    for answer in voters.refused:
        assert answer.status == 503, answer
        assert int(answer.headers["retry-after"]) >= 1
        assert all(key in voters.sent for key in ids_of(answer)), answer
    assert_all_counted_once(stores, voters)
    assert all(role.is_running() for role in (ingest, *others))


def in_sync(bootstrap, topic) -> int:
    """The least number of replicas in sync that a partition of the topic has."""
    partitions = admin(bootstrap).list_topics(topic, timeout=10).topics[topic].partitions
    return min(len(partition.isrs) for partition in partitions.values())


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_three_brokers_one_killed_at_a_time(new_servers, new_roles):
    """With three copies, two of which must be in sync, votes are taken and counted while one broker is gone."""
    dice = new_dice()
    servers = new_servers(brokers=3)
    stores = servers.stores()
    roles = new_roles(stores)
    ingest, count, archive, _ = roles.start_all()
    with Voters(ingest, threads=4, seed=dice.randrange(1000), pause_seconds=0.2) as voters:
        for number in range(ROUNDS):
            broker = servers.kafka.brokers[number % 3] if not LONG else dice.choice(servers.kafka.brokers)
            wait_until(lambda: in_sync(stores.bootstrap, stores.topic) == 3, 60, "all replicas are in sync")
            at_stake = wait_until(lambda: len(voters.in_flight), 30, "unanswered votes")
            broker.kill()
            acks = len(voters.acks)
            print(f"{broker.name} killed with {at_stake} votes unanswered, {acks} acknowledged so far")
            wait_until(lambda acks=acks: len(voters.acks) > acks + 100, 60, "two brokers take votes")
            wait_until(lambda acks=acks: records_of(stores.tally) > acks + 50, 60, "they are counted")
            broker.start()
        wait_until(lambda: in_sync(stores.bootstrap, stores.topic) == 3, 60, "all replicas are in sync")
    assert_all_counted_once(stores, voters)
    assert count.is_running() and archive.is_running()


@pytest.mark.parametrize(("is_running", "records"), [(True, 30), (False, 30), (False, 300)])
def test_a_topic_made_anew_stops_the_counters(stores, roles, is_running, records):
    """Another topic under the same name is another ledger: nobody counts it on top of the first one."""
    ingest = roles.start("ingest", "--partitions", "1")
    consumers = [roles.start(kind) for kind in ("count", "archive")]
    ids = [item["id"] for item in ingest.cast(generated(100))["votes"]]
    assert_exactly_once(stores, ids)
    ingest.stop()
    if not is_running:
        for consumer in consumers:
            consumer.stop()
    recreate_topic(stores.bootstrap, stores.topic, **AS_INGEST_MAKES_IT)
    produce(stores.bootstrap, stores.topic, [Message(MESSAGE)] * records)
    for consumer in consumers:
        if not is_running:
            consumer.launch()
        assert consumer.wait_for_exit(60) == 2, consumer.output()
        assert "made anew" in consumer.output()
        assert "votaton rebuild" in consumer.output(), "it says what to do"
        consumer.launch()
        assert consumer.wait_for_exit(60) == 2, "a restart is no way out"
    assert records_of(stores.tally, 1) == 100, "nothing was counted on top"


def test_a_counter_ends_while_its_topic_is_away(stores, roles):
    """A topic that was deleted keeps nobody from ending: what a Kafka client still holds of it is not waited for."""
    ingest = roles.start("ingest", "--partitions", "1")
    consumers = [roles.start(kind) for kind in ("count", "archive")]
    assert_exactly_once(stores, [item["id"] for item in ingest.cast(generated(100))["votes"]])
    ingest.stop()
    delete_topic(stores.bootstrap, stores.topic)
    time.sleep(AWAY_TOPIC_SECONDS)
    for consumer in consumers:
        consumer.process.terminate()
    for consumer in consumers:
        assert consumer.wait_for_exit(STOP_SECONDS) in (0, 2), consumer.output()


def test_a_stop_waits_for_no_broker(own_servers, new_roles):
    """Workers that are busy say where they stand and leave their group, but all at the same time and not for long."""
    stores = own_servers.stores()
    roles = new_roles(stores)
    create_topic(stores.bootstrap, stores.topic, 4)
    produce(stores.bootstrap, stores.topic, [Message(MESSAGE, partition=number % 4) for number in range(40_000)])
    consumers = [
        roles.new(kind, "--workers", "4", "--batch-records-max", "10").launch() for kind in ("count", "archive")
    ]
    wait_until(lambda: min(documents_of(stores.log), records_of(stores.tally)) > 200, 60, "both are at work")
    own_servers.kafka.pause()
    for consumer in consumers:
        consumer.process.terminate()
    for consumer in consumers:
        assert consumer.wait_for_exit(STOP_SECONDS) == 0, consumer.output()
    own_servers.kafka.resume()


@pytest.mark.parametrize("records", [100, 300])
def test_a_topic_made_anew_behind_the_counters_back(stores, roles, records):
    """Its end is where they stand, or beyond: nothing about the offsets tells them, as they saw nothing of it."""
    ingest = roles.start("ingest", "--partitions", "1")
    # A name of its own lets a member be silent for 10 s before the group gives its partition away.
    consumers = [roles.start(kind, "--instance", kind) for kind in ("count", "archive")]
    ids = [item["id"] for item in ingest.cast(generated(100))["votes"]]
    assert_exactly_once(stores, ids)
    ingest.stop()
    for consumer in consumers:
        consumer.process.send_signal(signal.SIGSTOP)
    recreate_topic(stores.bootstrap, stores.topic, **AS_INGEST_MAKES_IT)
    produce(stores.bootstrap, stores.topic, [Message(MESSAGE)] * records)
    for consumer in consumers:
        consumer.process.send_signal(signal.SIGCONT)
    for consumer in consumers:
        assert consumer.wait_for_exit(60) == 2, consumer.output()
        assert "the record at offset 99 is not the one" in consumer.output()
        consumer.launch()
        assert consumer.wait_for_exit(60) == 2, "a restart is no way out"
    assert records_of(stores.tally, 1) == 100, "nothing was counted on top"


def test_a_topic_made_anew_behind_a_counter_that_writes(stores, new_roles, shared_redis):
    """Stopped between its batch and the answer of Redis, it must not take the log for the one that it read before."""
    stopped = threading.Event()

    def stop(request: bytes) -> float:
        if is_write(request) and is_armed.is_set() and not stopped.is_set():
            count.process.send_signal(signal.SIGSTOP)
            stopped.set()
        return 0

    is_armed = threading.Event()
    port = int(shared_redis.rpartition(":")[2])
    with Proxy(port, holds=stop) as proxy:
        proxied = dataclasses.replace(stores, tally=stores.tally.replace(f":{port}/", f":{proxy.port}/"))
        ingest = new_roles(stores).start("ingest", "--partitions", "1")
        count = new_roles(proxied).start("count", "--instance", "count")
        ingest.cast(generated(100))
        wait_until(lambda: records_of(stores.tally, 1) == 100, 60, "the votes are counted")
        is_armed.set()
        ingest.cast(vote())
        assert stopped.wait(30)
        since = time.monotonic()
        ingest.stop()
        recreate_topic(stores.bootstrap, stores.topic, **AS_INGEST_MAKES_IT)
        produce(stores.bootstrap, stores.topic, [Message(MESSAGE)] * 300)
        wait_until(lambda: time.monotonic() > since + DOUBT_SECONDS, 30, "it was stopped for long enough")
        count.process.send_signal(signal.SIGCONT)
        assert count.wait_for_exit(60) == 2, count.output()
        assert "the record at offset 99 is not the one" in count.output()
    assert records_of(stores.tally, 1) == 101, "nothing was counted on top"


def test_another_contest_under_the_same_name(stores, roles):
    """The ledger's id, too, tells one ledger from another."""
    ingest = roles.start("ingest", "--partitions", "1")
    count = roles.start("count")
    ingest.cast(generated(20))
    wait_until(lambda: records_of(stores.tally, 1) == 20, 60, "the votes are counted")
    count.stop()
    ingest.stop()
    for topic in (stores.topic, stores.contest_topic):
        recreate_topic(stores.bootstrap, topic, **AS_INGEST_MAKES_IT)
    ingest = roles.start("ingest")
    ingest.cast(vote())
    other = roles.new("count").launch()
    assert other.wait_for_exit(60) == 2, other.output()
    assert "another ledger" in other.output()
