"""Consumers that come, go, stand still and come back, under load."""

import pytest
from support.load import Voters
from support.program import wait_until
from support.proof import assert_all_counted_once
from support.rounds import ROUNDS, new_dice
from support.tally import connect, records_of, view_of

PARTITIONS = set(range(6))


def wait_for_owners(roles) -> None:
    """Waits until each partition has exactly one of these as its owner, and each of these some."""

    def spread() -> bool:
        owned = [role.partitions() for role in roles]
        return all(owned) and sum(map(len, owned)) == 6 and set().union(*owned) == PARTITIONS

    wait_until(spread, 90, lambda: f"all partitions are owned: {[role.partitions() for role in roles]}")


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_scale_out_and_in(stores, roles):
    dice = new_dice()
    ingest = roles.start("ingest")
    roles.start("archive")
    counters = [roles.start("count", "--workers", "2")]
    with Voters(ingest, threads=4, seed=dice.randrange(1000), pause_seconds=0.2) as voters:
        for _ in range(ROUNDS):
            counters += [roles.new("count", "--workers", "2").launch() for _ in range(2)]
            wait_for_owners(counters)
            known = len(voters.acks)
            wait_until(lambda known=known: records_of(stores.tally) > known + 30, 60, "three count")
            for _ in range(2):
                leaver = counters.pop(dice.randrange(len(counters)))
                if dice.random() < 0.5:
                    leaver.kill()
                else:
                    leaver.stop()
            wait_for_owners(counters)
            known = len(voters.acks)
            wait_until(lambda known=known: records_of(stores.tally) > known + 30, 60, "one counts")
            print(f"{known} votes acknowledged")
    assert_all_counted_once(stores, voters)


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", ["count", "archive"])
def test_stopped_for_longer_than_its_session(stores, roles, kind):
    """SIGSTOP until others have its partitions, then SIGCONT in the midst of what it was at."""
    dice = new_dice()
    ingest = roles.start("ingest")
    twins = [roles.new(kind, "--batch-records-max", "20").launch() for _ in range(2)]
    roles.start("archive" if kind == "count" else "count")
    wait_for_owners(twins)
    with Voters(ingest, threads=4, seed=dice.randrange(1000), pause_seconds=0.2) as voters:
        for _ in range(ROUNDS):
            known = len(voters.acks)
            wait_until(lambda known=known: len(voters.acks) > known + 50, 60, "votes are taken")
            stopped, other = dice.sample(twins, 2)
            stopped.pause()
            at_stake = len(voters.in_flight)
            wait_for_owners([other])
            stopped.resume()
            print(f"stopped with {at_stake} unanswered votes, went on with {len(voters.acks)} acknowledged")
            wait_for_owners(twins)
    assert_all_counted_once(stores, voters)
    assert all(twin.is_running() for twin in twins)


class Watch:
    """Looks at a public view again and again: each field and the sum never fall, and hold bare decimals only."""

    def __init__(self, stores, name):
        self.stores = stores
        self.name = name
        self.last: dict[str, int] = {}
        self.looks = 0
        self.changes = 0

    def look(self) -> int:
        now = view_of(self.stores.tally, self.name)
        fallen = {field: (votes, now.get(field)) for field, votes in self.last.items() if votes > now.get(field, 0)}
        assert not fallen, f"{self.name} moved backwards: {fallen}"
        self.looks += 1
        self.changes += now != self.last
        self.last = now
        return sum(now.values())


def test_views_never_move_backwards(stores, roles):
    """Several publishers at once, some behind others, one killed: readers see absolute sums that only grow."""
    ingest = roles.start("ingest")
    roles.start("archive")
    counters = [roles.start("count", "--group", f"{stores.topic}-{number}") for number in range(3)]
    watches = [Watch(stores, name) for name in ("votos_banda", "votos_album")]
    with Voters(ingest, threads=4, pause_seconds=0.2) as voters:
        for number, counter in enumerate(counters):
            known = len(voters.acks)
            wait_until(lambda known=known: min(watch.look() for watch in watches) > known + 100, 60, "the views follow")
            if number == 0:
                counter.kill()
    assert_all_counted_once(stores, voters)
    for watch in watches:
        assert watch.look() == len(voters.acks)
        print(f"{watch.name}: {watch.looks} looks, {watch.changes} changes")
        assert watch.changes > 5


def test_a_view_that_others_wrote_into_is_put_right(stores, roles):
    ingest = roles.start("ingest")
    roles.start("count", "--views", "hash votos_banda {name}; hash albums {name}:{album}:{year}; string total")
    ingest.cast([{"name": "A", "album": "B", "year": "1999", "rank": "1"}] * 3)
    wait_until(lambda: view_of(stores.tally, "albums") == {"A:B:1999": 3}, 30, "the views")
    with connect(stores.tally) as connection:
        assert connection.get("total") == b"3"
        connection.hset("votos_banda", mapping={"A": 7, "junk": "x"})
        connection.delete("total", "albums")
        wait_until(lambda: connection.hgetall("votos_banda") == {b"A": b"3"}, 30, "the view is put right")
        wait_until(lambda: connection.get("total") == b"3", 30, "the sum is back")
    wait_until(lambda: view_of(stores.tally, "albums") == {"A:B:1999": 3}, 30, "a view that was deleted is back")
