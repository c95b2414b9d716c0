"""A recount of a topic that shares nothing with the program: what the verdict of every record and every sum must be."""

import hashlib
import struct
import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

from core import REQUIRED, Refused, checked
from json_reference import reference

from support.topic import Record

VALUE_BYTES_MAX = 65536
ID_BYTES = 16
PAIRS_MAX = 4096
OTHER = ("(other)", "")
OWN_HEADERS = ("vt-id", "vt-fp", "vt-at", "vt-points", "vt-voter")
NUMBER_DIGITS_MAX = 18
POINTS_MAX = 2**32 - 1
TIME_MAX = 253402300799999  # the end of the year 9999

Place = tuple[int, int]  # partition, offset
Pair = tuple[str, str]  # band, album


@dataclass(frozen=True)
class Vote:
    """A record that can be read. The identity of one without an id is its place: nobody can repeat it."""

    identity: bytes | Place
    fingerprint: bytes
    texts: dict[str, str]
    points: int = 1
    voter: bytes | None = None


def fingerprint_of(texts: Iterable[bytes]) -> bytes:
    joined = b"".join(struct.pack("<I", len(text)) + text for text in texts)
    return hashlib.sha256(joined).digest()[:ID_BYTES]


@cache
def _texts_of(value: bytes) -> dict[str, bytes] | None:
    """Kept, as the votes of a test are like one another and the reference is slow."""
    try:
        return checked(reference(value))
    except Refused:
        return None


def murmur2(key: bytes) -> int:
    """As Kafka's clients in Java hash keys: 32 bits, without a sign."""
    mix, mask = 0x5BD1E995, 0xFFFFFFFF
    state = 0x9747B28C ^ len(key)
    whole = len(key) - len(key) % 4
    for at in range(0, whole, 4):
        word = int.from_bytes(key[at : at + 4], "little") * mix & mask
        word = (word ^ word >> 24) * mix & mask
        state = (state * mix & mask) ^ word
    if whole < len(key):
        state = (state ^ int.from_bytes(key[whole:], "little")) * mix & mask
    state = (state ^ state >> 13) * mix & mask
    return state ^ state >> 15


def home_of(vote: Vote, partitions: int) -> int:
    """The partition in which all records of a vote's identity belong."""
    key = vote.voter.hex() if vote.voter else str(uuid.UUID(bytes=vote.identity))
    return (murmur2(key.encode()) & 0x7FFFFFFF) % partitions


def read_vote(record: Record, partitions: int | None = None) -> Vote | None:
    """None when the record is unreadable; one with an id that stands in another partition than its own is, too, where
    their number is given."""
    value = record.value or b""
    if len(value) > VALUE_BYTES_MAX:
        return None
    texts = _texts_of(value)
    if texts is None:
        return None
    fingerprint = fingerprint_of(texts[name] for name in REQUIRED)
    shown = {name: texts[name].decode() for name in REQUIRED}
    own = [(name, content or b"") for name, content in record.headers if name in OWN_HEADERS]
    if all(name != "vt-id" for name, _ in own):
        return Vote((record.partition, record.offset), fingerprint, shown)
    vote = _own_vote(own, fingerprint, shown)
    is_misplaced = vote is not None and partitions is not None and home_of(vote, partitions) != record.partition
    return None if is_misplaced else vote


def _own_vote(own: list[tuple[str, bytes]], fingerprint: bytes, shown: dict[str, str]) -> Vote | None:
    """What the program's own headers say; each must be there at most once and fit the content."""
    values = dict(own)
    voter = values.get("vt-voter")
    points = _number(values.get("vt-points"), POINTS_MAX)
    fits = (
        len(values) == len(own)
        and len(values["vt-id"]) == ID_BYTES
        and values.get("vt-fp") == fingerprint
        and _number(values.get("vt-at"), TIME_MAX) is not None
        and points is not None
        and (voter is None or len(voter) == ID_BYTES)
    )
    return Vote(values["vt-id"], fingerprint, shown, points, voter) if fits else None


def _number(text: bytes | None, largest: int) -> int | None:
    is_number = text is not None and text.isdigit() and len(text) <= NUMBER_DIGITS_MAX
    return int(text) if is_number and int(text) <= largest else None


@dataclass
class First:
    """What is known of an identity: its first record."""

    verdict: str
    fingerprint: bytes
    offset: int


@dataclass
class PartitionCount:
    """The fold of one partition."""

    votes_per_voter: int = 0
    next: int = 0
    verdicts: Counter = field(default_factory=Counter)
    firsts: dict[bytes | Place, First] = field(default_factory=dict)
    used: Counter = field(default_factory=Counter)
    votes: dict[Pair, int] = field(default_factory=dict)
    points: dict[Pair, int] = field(default_factory=dict)
    years: dict[Pair, str] = field(default_factory=dict)  # of each pair's first counted vote

    def apply(self, vote: Vote | None, offset: int) -> str:
        verdict = "bad" if vote is None else self._verdict_of(vote)
        if vote is not None and vote.identity not in self.firsts:
            self.firsts[vote.identity] = First(verdict, vote.fingerprint, offset)
        if verdict == "counted":
            self._add(vote)
        self.verdicts[verdict] += 1
        self.next = offset + 1
        return verdict

    def _verdict_of(self, vote: Vote) -> str:
        first = self.firsts.get(vote.identity)
        if first is not None:
            return "duplicate" if first.fingerprint == vote.fingerprint else "conflict"
        is_limited = self.votes_per_voter > 0 and vote.voter is not None
        return "quota" if is_limited and self.used[vote.voter] >= self.votes_per_voter else "counted"

    def _add(self, vote: Vote) -> None:
        pair = vote.texts["name"], vote.texts["album"]
        if pair not in self.votes and len(self.votes) - (OTHER in self.votes) >= PAIRS_MAX:
            pair = OTHER
        self.votes[pair] = self.votes.get(pair, 0) + 1
        self.points[pair] = self.points.get(pair, 0) + vote.points
        self.years.setdefault(pair, vote.texts["year"])
        if vote.voter is not None:
            self.used[vote.voter] += 1


@dataclass
class Recount:
    records: int
    partitions: dict[int, PartitionCount]
    verdict_of: dict[Place, str]
    readable: dict[Place, Vote]

    @property
    def verdicts(self) -> Counter:
        return sum((partition.verdicts for partition in self.partitions.values()), Counter())

    @property
    def votes(self) -> Counter:
        """Counted votes by (band, album)."""
        return sum((Counter(partition.votes) for partition in self.partitions.values()), Counter())

    @property
    def points(self) -> Counter:
        return sum((Counter(partition.points) for partition in self.partitions.values()), Counter())

    @property
    def identities(self) -> set[bytes | Place]:
        return {vote.identity for vote in self.readable.values()}

    def by(self, which: int) -> Counter:
        """Counted votes by band (0) or by album (1)."""
        sums = Counter()
        for pair, votes in self.votes.items():
            sums[pair[which]] += votes
        return sums

    def standings(self) -> list[dict]:
        """The bands as GET /v1/results shows them: most votes first, ties by the bytes of the name."""

        def rows(pairs: set[Pair], which: int) -> list[dict]:
            names = {pair[which] for pair in pairs}
            sums = {
                name: (
                    sum(self.votes[pair] for pair in pairs if pair[which] == name),
                    sum(self.points[pair] for pair in pairs if pair[which] == name),
                )
                for name in names
            }
            ordered = sorted(sums.items(), key=lambda row: (-row[1][0], row[0].encode()))
            return [{"name": name, "votes": votes, "points": points} for name, (votes, points) in ordered]

        bands = rows(set(self.votes), 0)
        for band in bands:
            band["albums"] = rows({pair for pair in self.votes if pair[0] == band["name"]}, 1)
        return bands


def recount(records: Iterable[Record], votes_per_voter: int = 0, partitions: int | None = None) -> Recount:
    """Folds records, each partition in offset order. `partitions`: as read_vote."""
    found = Recount(0, {}, {}, {})
    for record in records:
        partition = found.partitions.setdefault(record.partition, PartitionCount(votes_per_voter))
        place = record.partition, record.offset
        vote = read_vote(record, partitions)
        found.verdict_of[place] = partition.apply(vote, record.offset)
        if vote is not None:
            found.readable[place] = vote
        found.records += 1
    return found
