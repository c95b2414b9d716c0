"""The invariant that every test of the distributed mode ends with: what was acknowledged is in the ledger, and each
derived store says exactly what a recount of the ledger says."""

import uuid
from collections.abc import Iterable

from support import tally as tallies
from support import votelog
from support.load import Voters
from support.program import wait_until
from support.recount import Place, Recount, Vote, recount
from support.roles import verify
from support.stores import Stores
from support.tally import PartitionTally
from support.topic import Record, read_topic, topics

CATCH_UP_SECONDS = 120
SHOWN_MAX = 5


def _differences(expected: dict, found: dict) -> str:
    """The first few keys that differ, or an empty text."""
    keys = [key for key in {**expected, **found} if expected.get(key) != found.get(key)]
    shown = [f"{key!r}: {expected.get(key)!r} expected, {found.get(key)!r} found" for key in keys[:SHOWN_MAX]]
    return "" if not keys else f"{len(keys)} differ: " + "; ".join(shown)


def assert_acknowledged(counted: Recount, acknowledged: Iterable[str]) -> None:
    """acknowledged ⊆ identities in the ledger."""
    identities = counted.identities
    lost = [key for key in acknowledged if uuid.UUID(key).bytes not in identities]
    assert not lost, f"{len(lost)} acknowledged votes are not in the ledger: {lost[:SHOWN_MAX]}"


def assert_conserved(counted: Recount) -> None:
    """records = counted + duplicate + conflict + quota + bad; distinct readable identities = counted + quota."""
    verdicts = counted.verdicts
    assert counted.records == verdicts.total(), verdicts
    assert len(counted.identities) == verdicts["counted"] + verdicts["quota"], verdicts


def assert_tally(counted: Recount, tally: dict[int, PartitionTally]) -> None:
    """Every sum, every verdict and every identity of the tally is that of the recount, partition by partition."""
    expected_partitions = set(counted.partitions)
    idle = {number for number, found in tally.items() if not found.verdicts}
    assert set(tally) - idle == expected_partitions, f"{set(tally)} folded, {expected_partitions} have records"
    for number, expected in counted.partitions.items():
        found = tally[number]
        where = f"partition {number}"
        # Behind the last record only markers of transactions may follow.
        assert found.next >= expected.next, f"{where}: {found.next} folded, {expected.next} expected"
        assert found.verdicts == +expected.verdicts, f"{where}: {found.verdicts}, {expected.verdicts} expected"
        for what in ("votes", "points", "years"):
            differences = _differences(getattr(expected, what), getattr(found, what))
            assert not differences, f"{where}: {what}: {differences}"
        named = {key: first for key, first in expected.firsts.items() if isinstance(key, bytes)}
        differences = _differences(named, {key: first for key, first in found.firsts.items() if key in named})
        assert not differences, f"{where}: identities: {differences}"
        anonymous = len(expected.firsts) - len(named)
        assert len(found.firsts) - len(named) in (0, anonymous), f"{where}: identities that are in no record"


def assert_log(counted: Recount, log: dict[Place, Vote]) -> None:
    """One document for each readable record, with its content; none for others."""

    def content(votes: dict[Place, Vote]) -> dict:
        return {place: (vote.fingerprint, vote.texts, vote.points) for place, vote in votes.items()}

    differences = _differences(content(counted.readable), content(log))
    assert not differences, f"vote log: {differences}"
    wrong = [
        place
        for place, vote in counted.readable.items()
        if isinstance(vote.identity, bytes) and log[place].identity != vote.identity
    ]
    assert not wrong, f"vote log: other ids at {wrong[:SHOWN_MAX]}"


def assert_dead_letters(counted: Recount, letters: list[Record]) -> None:
    """Exactly one letter for each unreadable record."""
    keys = sorted(letter.key.decode() for letter in letters)
    bad = sorted(f"{partition}:{offset}" for (partition, offset), v in counted.verdict_of.items() if v == "bad")
    assert keys == bad, f"{len(keys)} letters {keys[:SHOWN_MAX]} for {len(bad)} unreadable records {bad[:SHOWN_MAX]}"


def assert_views(counted: Recount, stores: Stores, seconds: float = CATCH_UP_SECONDS) -> None:
    """The two views that are on by default come to equal the recount."""
    for name, which in (("votos_banda", 0), ("votos_album", 1)):
        expected = dict(counted.by(which))
        wait_until(
            lambda name=name, expected=expected: tallies.view_of(stores.tally, name) == expected,
            seconds,
            lambda name=name, expected=expected: (
                f"{name}: {_differences(expected, tallies.view_of(stores.tally, name))}"
            ),
        )


def wait_until_folded(stores: Stores, counted: Recount, seconds: float = CATCH_UP_SECONDS) -> None:
    """Waits until the tally and the vote log have come as far as the recount."""
    partitions = max(counted.partitions, default=-1) + 1

    def behind() -> dict[int, tuple[int, int]]:
        tally = tallies.positions_of(stores.tally, partitions)
        return {
            number: (tally.get(number, 0), partition.next)
            for number, partition in counted.partitions.items()
            if tally.get(number, 0) < partition.next
        }

    wait_until(lambda: not behind(), seconds, lambda: f"the tally: partition: (folded, end): {behind()}")
    documents = votelog.collection(stores.log)
    try:
        wait_until(
            lambda: documents.estimated_document_count() >= len(counted.readable),
            seconds,
            lambda: f"the vote log: {documents.estimated_document_count()} of {len(counted.readable)} documents",
        )
    finally:
        documents.database.client.close()


def assert_exactly_once(stores: Stores, acknowledged: Iterable[str], votes_per_voter: int = 0) -> Recount:
    """Waits until all is folded, then proves the whole invariant. Counters must run; nobody may vote meanwhile."""
    existing = topics(stores.bootstrap)
    counted = recount(read_topic(stores.bootstrap, stores.topic), votes_per_voter, existing[stores.topic])
    wait_until_folded(stores, counted)
    assert_acknowledged(counted, acknowledged)
    assert_conserved(counted)
    assert_tally(counted, tallies.tally_of(stores.tally, existing[stores.topic]))
    assert_log(counted, votelog.log_of(stores.log))
    letters = read_topic(stores.bootstrap, stores.dead_topic) if stores.dead_topic in existing else []
    assert_dead_letters(counted, letters)
    assert_views(counted, stores)
    verified = verify(stores)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    return counted


def assert_all_counted_once(stores: Stores, voters: Voters, seconds: float = CATCH_UP_SECONDS) -> Recount:
    """Voters who retry honestly, whatever happened, have each of their votes counted, once."""
    voters.stop()
    acknowledged = len(voters.acks)
    voters.retry_doubtful(seconds)
    counted = assert_exactly_once(stores, voters.acks)
    assert counted.verdicts["counted"] == len(voters.sent) == len(voters.acks), counted.verdicts
    assert counted.verdicts.keys() <= {"counted", "duplicate"}, counted.verdicts
    print(f"{acknowledged} votes acknowledged at first, {len(voters.sent)} in the end; {dict(counted.verdicts)}")
    return counted
