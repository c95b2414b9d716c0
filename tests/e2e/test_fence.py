"""The fence: whoever believes that a partition is his, each vote is counted once. Without it, tests fail."""

import contextlib
import dataclasses
import re
from urllib.parse import urlsplit

import pytest
from support.load import Voters
from support.program import wait_until
from support.proof import CATCH_UP_SECONDS, assert_all_counted_once, assert_tally
from support.proxy import Proxy, holds_writes, holds_writes_until_two, loses_writes
from support.recount import recount
from support.rounds import LONG, ROUNDS, new_dice
from support.tally import connect, positions_of, records_of, tally_of
from support.topic import ends, read_topic
from support.votes import generated

BATCH_RECORDS = (20, 13, 7)  # of three owners
HOLD_SECONDS = 0.02
MEET_SECONDS = 0.2
# Of a batch, in fence.lua.
COMPARISON = re.compile(r"if found\[1\] ~= args\[2\] or found\[2\] ~= args\[3\].* then")


def refusals(roles) -> float:
    return sum(role.metric("votaton_fence_refusals_total") for role in roles)


@contextlib.contextmanager
def slow_way_to_redis(stores, holds):
    """Stores whose tally is a while away: owners meet between what they read and what they write."""
    port = urlsplit(stores.tally).port
    with Proxy(port, holds=holds) as proxy:
        yield dataclasses.replace(stores, tally=stores.tally.replace(f":{port}/", f":{proxy.port}/"))


def start_owners(roles, kind):
    """Processes that all own the one partition: each is alone in a group of its own. Their batches end at different
    records, as two that are the same may be written twice without harm."""
    owners = [
        roles.new(kind, "--group", f"{roles.stores.topic}-{kind}-{number}", "--batch-records-max", str(size)).launch()
        for number, size in enumerate(BATCH_RECORDS)
    ]
    for owner in owners:
        owner.wait_ready()
        wait_until(lambda owner=owner: owner.partitions() == {0}, 30, "it owns the partition")
    return owners


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_three_owners_of_one_partition(stores, new_roles):
    """Counters and archivers alike: one wins each step, the others follow."""
    dice = new_dice()
    roles = new_roles(stores)
    ingest = roles.start("ingest", "--partitions", "1")
    with slow_way_to_redis(stores, holds_writes(dice, HOLD_SECONDS)) as slow:
        counters = start_owners(new_roles(slow), "count")
        archivers = start_owners(roles, "archive")
        with Voters(ingest, threads=4, seed=dice.randrange(1000), pause_seconds=0.25) as voters:
            for number in range(ROUNDS):
                known = refusals(counters)
                wait_until(lambda known=known: refusals(counters) > known + 5, 60, "the fence refuses")
                print(f"round {number}: {refusals(counters):.0f} refusals, {len(voters.acks)} acknowledged")
                dice.choice(counters).restart()
                dice.choice(archivers).restart()
        assert_all_counted_once(stores, voters)
        assert refusals(counters) > 0
        assert all(owner.is_running() for owner in counters + archivers)


def take_comparison_out(url) -> None:
    """Puts a fence that always agrees in the place of the real one."""
    with connect(url) as connection:
        ((_, name, *rest),) = connection.function_list(library="votaton_*", withcode=True)
        code = rest[rest.index(b"library_code") + 1].decode()
        doctored, count = COMPARISON.subn("if false then", code)
        assert count == 1, "the comparison looks different now"
        assert code.startswith(f"#!lua name={name.decode()}\n")
        connection.function_load(doctored, replace=True)


def has_seen_damage(counter) -> bool:
    """It has ended because the sums do not agree with each other."""
    return not counter.is_running() and '"code":"corrupt"' in counter.output()


def running(counters) -> list:
    return [counter for counter in counters if counter.is_running()]


def wait_until_at_rest(stores, counters) -> None:
    """Somebody has folded the end, or nobody is left to do it."""
    (end,) = (high for _, high in ends(stores.bootstrap, stores.topic).values())

    def is_over() -> bool:
        return positions_of(stores.tally, 1) == {0: end} or all(map(has_seen_damage, counters))

    wait_until(is_over, CATCH_UP_SECONDS, "somebody folded the end")


ROUNDS_TO_SEE = 4
VOTES_EACH = 500


def say_what_is_wrong(stores, ingest, counters, dice):
    """One more round of votes; what the counters or the recount then say of the tally, or nothing."""
    for counter in running(counters):
        counter.pause()
    # What waits for all of them alike are whole batches, which end at different records.
    ingest.cast(generated(VOTES_EACH, seed=dice.randrange(1000)))
    for counter in running(counters):
        counter.resume()
    wait_until_at_rest(stores, counters)
    if all(map(has_seen_damage, counters)):
        return "every counter has seen that the sums are damaged"
    try:
        assert_tally(recount(read_topic(stores.bootstrap, stores.topic)), tally_of(stores.tally, 1))
    except AssertionError as wrong:
        return str(wrong)[:300]
    return ""


@pytest.mark.timeout(600)
def test_without_the_fence_the_tests_fail(redis_stores, new_roles):
    """The same owners over a function that compares nothing: the recount must find the tally wrong."""
    stores, dice = redis_stores, new_dice()
    ingest = new_roles(stores).start("ingest", "--partitions", "1")
    with slow_way_to_redis(stores, holds_writes_until_two(MEET_SECONDS)) as slow:
        counters = start_owners(new_roles(slow), "count")
        take_comparison_out(stores.tally)
        # Between reading and writing another owner has to get in; that is all but certain in a round.
        rounds = (say_what_is_wrong(stores, ingest, counters, dice) for _ in range(ROUNDS_TO_SEE))
        seen = next(filter(None, rounds), "")
        assert all(counter.is_running() or has_seen_damage(counter) for counter in counters)
    print(f"seen: {seen}")
    assert seen


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_replies_that_are_lost_after_the_write(stores, new_roles, shared_redis):
    """The counter cannot know whether its batch was written: it asks, and goes on behind it."""
    dice = new_dice()
    share, wanted = (0.05, 200) if LONG else (0.2, 10 * ROUNDS)
    port = int(shared_redis.rpartition(":")[2])
    with Proxy(port, loses_writes(dice, share)) as proxy:
        proxied = dataclasses.replace(stores, tally=stores.tally.replace(f":{port}/", f":{proxy.port}/"))
        assert proxied != stores
        roles = new_roles(stores)
        ingest = roles.start("ingest")
        roles.start("archive")
        count = new_roles(proxied).start("count", "--batch-records-max", "20")
        with Voters(ingest, threads=4, seed=dice.randrange(1000), pause_seconds=0.1) as voters:
            wait_until(lambda: proxy.lost >= wanted, 300, lambda: f"{proxy.lost} of {wanted} replies lost")
        assert_all_counted_once(stores, voters)
        print(f"{proxy.lost} replies lost; {records_of(stores.tally)} records folded")
        assert count.metric("votaton_store_failures_total", 'error="busy"') > 0
        assert count.is_running()
