"""Topics that others wrote, and the mistakes of the pipelines before: each vote is counted once, whoever counts."""

import json
import random

import pytest
from support.program import votaton, wait_until
from support.proof import assert_exactly_once, wait_until_folded
from support.recount import recount
from support.roles import verify, wait_for_results
from support.tally import tally_of
from support.topic import Message, create_topic, delete_topic, produce, produce_in_vain, read_topic, topics
from support.votes import generated, lower_keys, new_id, standings, vote

PARTITIONS = 3
UNREADABLE = [
    None,
    b"",
    b"{}",
    b"[1,2]",
    b"soup",
    b'{"name":"Viernes Verde","album":"Remedios"',
    b'{"name":"","album":"","year":"","rank":""}',
    b'{"name":"\xff","album":"","year":"","rank":""}',
    json.dumps(vote(name="x" * 129)).encode(),
    json.dumps(vote(year=2001)).encode(),
    b" " * 70_000,
]


def spelled(dice, a_vote) -> bytes:
    """As the earlier producers spell it: keys in any case and order, unknown ones besides."""
    items = list(lower_keys(a_vote).items())
    dice.shuffle(items)
    change = dice.choice([str.lower, str.upper, str.capitalize])
    more = {"extra": [1, {"deep": None}]} if dice.random() < 0.3 else {}
    return json.dumps({change(key): value for key, value in items} | more, ensure_ascii=dice.random() < 0.5).encode()


def written_by_others(votes, dice) -> list[Message]:
    """Without headers; many share a key, some have none."""
    return [Message(spelled(dice, a_vote), key=dice.choice([None, b"", b"key"])) for a_vote in votes]


@pytest.fixture
def topic(stores):
    """A topic with 400 votes of others; gives (stores, votes)."""
    votes = generated(400)
    create_topic(stores.bootstrap, stores.topic, PARTITIONS)
    produce(stores.bootstrap, stores.topic, written_by_others(votes, random.Random(4)))
    return stores, votes


def test_votes_of_others_are_counted(topic, new_roles):
    """A quote in a band's name is harmless, and equal records are votes of their own."""
    stores, votes = topic
    roles = new_roles(stores)
    for kind in ("count", "archive"):
        roles.start(kind)
    results = wait_for_results(roles.start("web"), len(votes))
    assert results["bands"] == standings(votes)
    assert 'Los "Miseria" Cumbia' in [band["name"] for band in results["bands"]]
    counted = assert_exactly_once(stores, [])
    assert counted.verdicts == {"counted": len(votes)}


def test_ingest_takes_over_a_topic_of_others(topic, new_roles):
    stores, votes = topic
    ingest, _, _, web = new_roles(stores).start_all()
    own = [vote(vote_id=new_id()) for _ in range(50)]
    ingest.cast(own)
    assert wait_for_results(web, 450)["bands"] == standings(votes + own)
    assert_exactly_once(stores, [a_vote["vote_id"] for a_vote in own])


def test_a_log_that_ends_in_offsets_without_votes(topic, new_roles):
    """A big transaction that was taken back keeps no tally from being made from nothing, and is no lag."""
    stores, votes = topic
    message = json.dumps(vote()).encode()
    in_vain = [Message(message, partition=number % PARTITIONS) for number in range(PARTITIONS * 1500)]
    produce_in_vain(stores.bootstrap, stores.topic, in_vain)
    roles = new_roles(stores)
    consumers = [roles.start(kind) for kind in ("count", "archive")]
    assert assert_exactly_once(stores, []).verdicts == {"counted": len(votes)}
    for consumer in consumers:
        wait_until(lambda role=consumer: role.metric("votaton_consumer_lag_records") == 0, 20, "no lag")


def test_an_id_is_counted_in_its_own_partition_only(roles, stores):
    """Another writer copies records of ours, headers and all, with a partitioner of its own."""
    ingest, _, _, web = roles.start_all()
    own = [vote(vote_id=new_id()) for _ in range(30)]
    ingest.cast(own)
    results = wait_for_results(web, len(own))
    records = read_topic(stores.bootstrap, stores.topic)
    partitions = topics(stores.bootstrap)[stores.topic]
    moved = [Message(r.value, r.key, r.headers, (r.partition + 1) % partitions) for r in records]
    produce(stores.bootstrap, stores.topic, moved)
    wait_until(lambda: web.get("/v1/results")["verdicts"]["bad"] == len(moved), 30, "all copies are refused")
    assert web.get("/v1/results")["bands"] == results["bands"]
    counted = assert_exactly_once(stores, [a_vote["vote_id"] for a_vote in own])
    assert counted.verdicts == {"counted": len(own), "bad": len(moved)}
    assert {dict(letter.headers)["reason"] for letter in letters_of(stores)} == {b"misplaced"}
    said = verify(stores).stdout
    assert "30 of the bad ones stand in another partition than their vote id, the first at " in said, said


def test_unreadable_records_become_dead_letters(topic, new_roles):
    """Exactly one each, with a reason, though the counter is killed on the way and another one begins anew."""
    stores, votes = topic
    messages = [Message(value, partition=number % PARTITIONS) for number, value in enumerate(UNREADABLE * 9)]
    produce(stores.bootstrap, stores.topic, messages)
    roles = new_roles(stores)
    count = roles.start("count", "--batch-records-max", "7", "--instance", "one")
    roles.start("archive")
    wait_until(lambda: len(letters_of(stores)) > 0, 30, "the first letters")
    count.restart()
    count.restart()
    web = roles.start("web")
    results = wait_for_results(web, len(votes))
    wait_until(lambda: web.get("/v1/results")["verdicts"]["bad"] == len(messages), 30, "all bad ones are counted")
    assert results["bands"] == standings(votes)
    counted = assert_exactly_once(stores, [])
    assert counted.verdicts == {"counted": len(votes), "bad": len(messages)}
    letters = letters_of(stores)
    assert all(dict(letter.headers).get("reason") for letter in letters)
    bad = {f"{r.partition}:{r.offset}": r.value for r in read_topic(stores.bootstrap, stores.topic)}
    assert all((bad[letter.key.decode()] or b"") == (letter.value or b"") for letter in letters)
    assert count.is_running()


def test_letters_that_are_missing_are_told(topic, new_roles):
    """verify counts the letters; written anew they are all there again."""
    stores, votes = topic
    produce(stores.bootstrap, stores.topic, [Message(b"soup", partition=1)] * 3)
    roles = new_roles(stores)
    roles.start("archive")
    count = roles.start("count")
    wait_until(lambda: len(letters_of(stores)) == 3, 30, "all letters")
    wait_until_folded(stores, recount(read_topic(stores.bootstrap, stores.topic)))
    agrees = verify(stores)
    assert agrees.returncode == 0, agrees.stdout + agrees.stderr
    assert "letters: 3 of 3 bad ones\n" in agrees.stdout, agrees.stdout
    count.stop()
    delete_topic(stores.bootstrap, stores.dead_topic)
    differs = verify(stores)
    assert differs.returncode == 1, differs.stdout + differs.stderr
    assert "letters: partition 1: 3 of 3 unreadable records have none, the first at offset " in differs.stdout
    done = votaton("rebuild", "--ledger", stores.ledger, "--tally", stores.tally, timeout=60)
    assert done.returncode == 0, done.stderr
    assert verify(stores).returncode == 0
    assert len(letters_of(stores)) == 3


def test_a_rebuild_writes_letters_too(topic, new_roles):
    """No counter ever comes by the records that a rebuild has folded."""
    stores, votes = topic
    roles = new_roles(stores)
    roles.start("archive")
    count = roles.start("count")
    wait_until_folded(stores, recount(read_topic(stores.bootstrap, stores.topic)))
    count.stop()
    messages = [Message(value, partition=number % PARTITIONS) for number, value in enumerate(UNREADABLE)]
    produce(stores.bootstrap, stores.topic, messages)
    done = votaton("rebuild", "--ledger", stores.ledger, "--tally", stores.tally, timeout=60)
    assert done.returncode == 0, done.stderr
    assert len(letters_of(stores)) == len(messages)
    roles.start("count")
    counted = assert_exactly_once(stores, [])
    assert counted.verdicts == {"counted": len(votes), "bad": len(messages)}


def letters_of(stores):
    try:
        return read_topic(stores.bootstrap, stores.dead_topic)
    except AssertionError:
        return []


@pytest.mark.parametrize("replicas", [2, 5])
def test_replicas_count_every_vote_once(topic, new_roles, replicas):
    """The earlier pipelines counted a vote once for each replica."""
    stores, votes = topic
    roles = new_roles(stores)
    counters = [roles.new("count", "--workers", "1").launch() for _ in range(replicas)]
    roles.start("archive")
    for counter in counters:
        counter.wait_ready()
    wait_for_results(roles.start("web"), len(votes))
    counted = assert_exactly_once(stores, [])
    assert counted.verdicts == {"counted": len(votes)}
    spread = sorted(number for counter in counters for number in counter.partitions())
    assert spread == list(range(PARTITIONS)), "each partition has one owner"


def test_a_restart_recounts_nothing(topic, new_roles):
    """`n` of each partition stays, without a word of the group's own offsets: under another group's name, too."""
    stores, votes = topic
    roles = new_roles(stores)
    roles.start("archive")
    roles.start("count").stop()
    counter = roles.start("count")
    wait_for_results(roles.start("web"), len(votes))
    before = tally_of(stores.tally, PARTITIONS)
    counter.stop()
    for group in ("same", "other"):
        args = [] if group == "same" else ["--group", f"{stores.topic}-other"]
        counter = roles.start("count", *args)
        wait_until(lambda counter=counter: counter.partitions() == {0, 1, 2}, 30, "it has its partitions")
        wait_until_folded(stores, recount(read_topic(stores.bootstrap, stores.topic)))
        assert tally_of(stores.tally, PARTITIONS) == before
        counter.kill()
    assert verify(stores).returncode == 0
