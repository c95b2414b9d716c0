"""The tally in Redis as it lies there, read by a client that nobody here wrote."""

import struct
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import redis
from support.recount import ID_BYTES, First, Pair

VERDICTS = {1: "counted", 2: "duplicate", 3: "conflict", 4: "quota", 5: "bad"}
KEY_DEFAULT = "votaton"
HEAD = (b"ledger", b"born", b"off", b"last", b"n", b"dup", b"conflict", b"quota", b"bad", b"names")


@dataclass
class PartitionTally:
    ledger: bytes
    next: int
    last: bytes | None
    verdicts: Counter
    votes: dict[Pair, int] = field(default_factory=dict)
    points: dict[Pair, int] = field(default_factory=dict)
    years: dict[Pair, str] = field(default_factory=dict)
    firsts: dict[bytes, First] = field(default_factory=dict)


def connect(url: str) -> redis.Redis:
    """A connection to the database of a tally's URL."""
    return redis.Redis.from_url(url.partition("?")[0], socket_timeout=10)


def key_of(url: str) -> str:
    return parse_qs(urlsplit(url).query).get("key", [KEY_DEFAULT])[0]


def partition_key(url: str, partition: int, is_shadow: bool = False) -> str:
    return f"{{{key_of(url)}}}:{partition}" + (":shadow" if is_shadow else "")


def tally_of(url: str, partitions: int) -> dict[int, PartitionTally]:
    """What the tally holds of each partition that has a hash."""
    with connect(url) as connection:
        pipeline = connection.pipeline(transaction=True)
        for partition in range(partitions):
            pipeline.hgetall(partition_key(url, partition))
        hashes = pipeline.execute()
    return {partition: partition_of(fields) for partition, fields in enumerate(hashes) if fields}


def positions_of(url: str, partitions: int) -> dict[int, int]:
    """How far each partition that has a hash is folded: the next offset."""
    with connect(url) as connection:
        found = {partition: connection.hget(partition_key(url, partition), "off") for partition in range(partitions)}
    return {partition: int(position) for partition, position in found.items() if position is not None}


def records_of(url: str, partitions: int = 6) -> int:
    """How many records are folded."""
    with connect(url) as connection:
        return sum(int(connection.hget(partition_key(url, n), "n") or 0) for n in range(partitions))


def partition_of(fields: dict[bytes, bytes]) -> PartitionTally:
    """The hash of one partition; a field of no known kind is an error."""
    refused = {name: int(fields[name]) for name in (b"dup", b"conflict", b"quota", b"bad")}
    verdicts = Counter(
        counted=int(fields[b"n"]) - sum(refused.values()),
        duplicate=refused[b"dup"],
        conflict=refused[b"conflict"],
        quota=refused[b"quota"],
        bad=refused[b"bad"],
    )
    tally = PartitionTally(fields[b"ledger"], int(fields[b"off"]), fields.get(b"last"), +verdicts)
    names = list(names_of(fields[b"names"]))
    for name, value in fields.items():
        if name.startswith(b"b:"):
            band, album, year = names[int(name[2:])]
            tally.votes[band, album], tally.points[band, album] = map(int, value.split())
            tally.years[band, album] = year
        elif name not in HEAD and name[:1] == b"i" and len(name) == 1 + ID_BYTES:
            tally.firsts[name[1:]] = _first(value)
        else:
            assert name in HEAD or name[:1] == b"q", f"an unknown field {name!r}"
    assert len(tally.votes) == len(names), "pairs without a sum"
    return tally


def names_of(packed: bytes):
    """(band, album, year) of each pair, in order."""
    at = 0
    while at < len(packed):
        lengths = struct.unpack_from("BBB", packed, at)
        at += 3
        texts = []
        for length in lengths:
            texts.append(packed[at : at + length].decode())
            at += length
        yield tuple(texts)


def _first(value: bytes) -> First:
    return First(VERDICTS[value[0]], value[1 : 1 + ID_BYTES], int.from_bytes(value[1 + ID_BYTES :], "big"))


def view_of(url: str, name: str) -> dict[str, int]:
    """A public view that is a hash: bare decimals and nothing else."""
    with connect(url) as connection:
        fields = connection.hgetall(name)
    assert all(value.isdigit() and str(int(value)).encode() == value for value in fields.values()), fields
    return {field.decode(): int(value) for field, value in fields.items()}
