"""The recount that judges the program must itself be right: each verdict, each sum, every fault that it must see."""

import dataclasses
import json
import uuid

import pytest
from bson.binary import Binary
from support import proof, votelog
from support import tally as tallies
from support.recount import REQUIRED, First, fingerprint_of, murmur2, recount
from support.roles import read_acks
from support.topic import Message, Record, create_topic, produce, read_topic
from support.votes import vote

ID = bytes(range(16))
VOTER = b"v" * 16


def headers(a_vote, key=ID, voter=None, points=1, **changes):
    texts = [a_vote[name].encode() for name in REQUIRED]
    own = {"vt-id": key, "vt-fp": fingerprint_of(texts), "vt-at": b"1700000000000", "vt-points": str(points).encode()}
    own |= {"vt-voter": voter} if voter else {}
    return tuple((own | {f"vt-{name}": value for name, value in changes.items()}).items())


def record(offset=0, partition=0, a_vote=None, value=None, **own) -> Record:
    a_vote = a_vote or vote()
    value = json.dumps(a_vote).encode() if value is None else value
    return Record(partition, offset, None, value, headers(a_vote, **own) if own else ())


def verdicts(records, **options) -> list[str]:
    return list(recount(records, **options).verdict_of.values())


def new_key() -> bytes:
    return uuid.uuid4().bytes


def test_the_first_of_an_identity_stands():
    records = [
        record(0, key=ID),
        record(1, key=ID),
        record(2, a_vote=vote(name="Alux Nahual"), key=ID),
        record(3, key=new_key()),
    ]
    counted = recount(records)
    assert list(counted.verdict_of.values()) == ["counted", "duplicate", "conflict", "counted"]
    assert counted.votes == {("Viernes Verde", "Remedios"): 2}
    assert counted.partitions[0].firsts[ID] == First("counted", counted.readable[0, 0].fingerprint, 0)
    assert len(counted.identities) == 2
    proof.assert_conserved(counted)


def test_a_voter_has_so_many_votes_and_a_refused_id_is_used_up():
    first, second = new_key(), new_key()
    records = [
        record(0, key=first, voter=VOTER),
        record(1, key=second, voter=VOTER),
        record(2, key=first, voter=VOTER),
        record(3, key=second, voter=VOTER),
        record(4, key=new_key(), voter=b"w" * 16),
    ]
    counted = recount(records, votes_per_voter=1)
    assert list(counted.verdict_of.values()) == ["counted", "quota", "duplicate", "duplicate", "counted"]
    proof.assert_conserved(counted)
    assert verdicts(records)[1] == "counted"


def test_records_of_others_are_told_apart_by_their_place():
    old = b'{"Name":" Viernes Verde ","ALBUM":"Remedios","year":"2001","rank":"5.2","more":[1]}'
    records = [record(0, value=old), record(1, value=old), record(0, partition=1, value=old)]
    counted = recount(records)
    assert set(counted.verdict_of.values()) == {"counted"}
    assert counted.by(0) == {"Viernes Verde": 3}
    assert counted.identities == {(0, 0), (0, 1), (1, 0)}


@pytest.mark.parametrize(
    "value",
    [None, b"", b"{}", b"[]", b'{"name":"', b"\xff", json.dumps(vote(name=" ")).encode(), b" " * 65537],
    ids=["none", "empty", "no fields", "no object", "cut", "no text", "no name", "too long"],
)
def test_unreadable_values_are_bad(value):
    assert verdicts([Record(0, 0, None, value)]) == ["bad"]


@pytest.mark.parametrize(
    "changes",
    [
        {"id": b"short"},
        {"id": None},
        {"fp": b"x" * 16},
        {"at": b"-1"},
        {"at": b"253402300800000"},
        {"points": b""},
        {"points": b"4294967296"},
        {"voter": b"x"},
    ],
)
def test_damaged_headers_are_bad(changes):
    assert verdicts([record(key=ID, **changes)]) == ["bad"]


def test_a_repeated_header_is_bad():
    twice = record(key=ID)
    assert verdicts([dataclasses.replace(twice, headers=(*twice.headers, ("vt-id", ID)))]) == ["bad"]


def test_standings_are_ordered_as_published():
    names = ["b", "a", "á", "b", "a"]
    records = [record(n, a_vote=vote(name=name, album="x"), key=new_key(), points=n) for n, name in enumerate(names)]
    assert recount(records).standings() == [
        {"name": "a", "votes": 2, "points": 5, "albums": [{"name": "x", "votes": 2, "points": 5}]},
        {"name": "b", "votes": 2, "points": 3, "albums": [{"name": "x", "votes": 2, "points": 3}]},
        {"name": "á", "votes": 1, "points": 2, "albums": [{"name": "x", "votes": 1, "points": 2}]},
    ]


def test_one_id_in_two_partitions_breaks_the_invariant():
    counted = recount([record(partition=0, key=ID), record(partition=1, key=ID)])
    with pytest.raises(AssertionError):
        proof.assert_conserved(counted)


@pytest.mark.parametrize("voter", [None, VOTER])
def test_an_id_is_read_in_one_partition_only(voter):
    """murmur2 of b"21" is -973932308, says the test of Kafka's own clients."""
    assert murmur2(b"21") == 2**32 - 973932308
    key = voter.hex() if voter else str(uuid.UUID(bytes=ID))
    home = (murmur2(key.encode()) & 0x7FFFFFFF) % 5
    counted = recount([record(partition=number, key=ID, voter=voter) for number in range(5)], partitions=5)
    assert counted.verdicts == {"counted": 1, "bad": 4}
    assert counted.verdict_of[home, 0] == "counted"
    proof.assert_conserved(counted)


def test_an_acknowledged_vote_that_is_nowhere_is_lost():
    counted = recount([record(key=ID)])
    proof.assert_acknowledged(counted, [str(uuid.UUID(bytes=ID))])
    with pytest.raises(AssertionError, match="1 acknowledged"):
        proof.assert_acknowledged(counted, [str(uuid.uuid4())])


def packed(*names) -> bytes:
    encoded = [[text.encode() for text in triple] for triple in names]
    return b"".join(bytes(map(len, triple)) + b"".join(triple) for triple in encoded)


def tally_hash(seen: bytes) -> dict:
    """The hash of a partition with the records of `ledger_records`."""
    fingerprint = recount([record(key=ID)]).readable[0, 0].fingerprint
    return {
        b"ledger": b"l" * 16,
        b"off": b"3",
        b"last": b"m" * 16,
        b"n": b"3",
        b"dup": b"1",
        b"conflict": b"0",
        b"quota": b"0",
        b"bad": b"1",
        b"names": packed(("Viernes Verde", "Remedios", "2001")),
        b"b:0": b"1 1",
        b"i" + ID: b"\x01" + fingerprint + seen,
    }


def ledger_records() -> list[Record]:
    return [record(0, key=ID), record(1, key=ID), record(2, value=b"?")]


def test_a_tally_that_agrees_is_taken():
    proof.assert_tally(recount(ledger_records()), {0: tallies.partition_of(tally_hash(b""))})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (b"off", b"2"),
        (b"n", b"4"),
        (b"dup", b"0"),
        (b"bad", b"0"),
        (b"b:0", b"2 1"),
        (b"b:0", b"1 2"),
        (b"names", packed(("Viernes Verde", "Remedio", "2001"))),
        (b"names", packed(("Viernes Verde", "Remedios", "2002"))),
        (b"i" + ID, b"\x04" + b"f" * 16),
        (b"i" + ID[::-1], b"\x01" + b"f" * 16),
        (b"what", b"1"),
    ],
)
def test_one_wrong_field_of_a_tally_is_seen(field, value):
    wrong = tally_hash(b"") | {field: value}
    with pytest.raises(AssertionError):
        proof.assert_tally(recount(ledger_records()), {0: tallies.partition_of(wrong)})


def test_a_partition_that_nobody_folded_is_seen():
    with pytest.raises(AssertionError):
        proof.assert_tally(recount(ledger_records()), {})


def test_the_log_has_each_readable_record_once():
    counted = recount(ledger_records())
    log = dict(counted.readable)
    proof.assert_log(counted, log)
    other = dataclasses.replace(log[0, 0], identity=b"x" * 16)
    for wrong in ({(0, 0): log[0, 0]}, log | {(0, 2): log[0, 0]}, log | {(0, 0): other}):
        with pytest.raises(AssertionError):
            proof.assert_log(counted, wrong)


def test_each_unreadable_record_has_one_letter():
    counted = recount(ledger_records())
    letter = Record(0, 0, b"0:2", b"?")
    proof.assert_dead_letters(counted, [letter])
    for wrong in ([], [letter, letter], [Record(0, 0, b"0:1", b"?")]):
        with pytest.raises(AssertionError):
            proof.assert_dead_letters(counted, wrong)


def test_read_back_from_real_servers(stores):
    """What is written as the stores' formats say is read back equal by the helpers."""
    create_topic(stores.bootstrap, stores.topic, partitions=2)
    produce(stores.bootstrap, stores.topic, [Message(r.value, b"k", r.headers, 0) for r in ledger_records()])
    counted = recount(read_topic(stores.bootstrap, stores.topic))
    assert list(counted.verdict_of.values()) == ["counted", "duplicate", "bad"]
    with tallies.connect(stores.tally) as connection:
        connection.hset(tallies.partition_key(stores.tally, 0), mapping=tally_hash(b""))
        connection.hset("votos_banda", mapping={"Viernes Verde": 1})
        connection.hset("votos_album", mapping={"Remedios": 1})
    documents = votelog.collection(stores.log)
    documents.insert_many(
        {
            "_id": votelog.KEY.pack(b"l" * 16, partition, offset),
            "data": a_vote.texts,
            "vote_id": uuid_binary(a_vote.identity),
            "fp": a_vote.fingerprint,
            "points": a_vote.points,
        }
        for (partition, offset), a_vote in counted.readable.items()
    )
    documents.database.client.close()
    proof.wait_until_folded(stores, counted, seconds=5)
    proof.assert_tally(counted, tallies.tally_of(stores.tally, partitions=2))
    proof.assert_log(counted, votelog.log_of(stores.log))
    proof.assert_views(counted, stores, seconds=5)


def uuid_binary(key: bytes) -> Binary:
    return Binary(key, 4)


def test_a_line_of_acks_that_was_cut_is_not_an_ack(tmp_path):
    path = tmp_path / "acks"
    path.write_text("one\ntwo\nthr")
    assert read_acks(path) == ["one", "two"]
