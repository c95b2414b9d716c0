"""Redis comes back older than what it answered, or empty: the tally goes back with it and is derived again."""

import pytest
from support.load import Voters
from support.program import wait_until
from support.proof import CATCH_UP_SECONDS, assert_all_counted_once
from support.rounds import ROUNDS, new_dice
from support.tally import connect, records_of

CUT_BYTES = (50, 2_000, 20_000, 400_000)


def cut_its_file(redis, dice, folder) -> str:
    """The file is torn at a random byte. Two restarts: what the first one makes of a torn end, the second one reads."""
    redis.kill()
    cut = redis.cut_aof(dice.randrange(1, dice.choice(CUT_BYTES)))
    redis.start()
    redis.restart()
    return f"{cut} bytes cut off"


def empty_it(redis, dice, folder) -> str:
    with connect(redis.url) as connection:
        connection.flushall()
    return "emptied"


def bring_an_older_copy_back(redis, dice, folder) -> str:
    """As when a replica that lags is promoted."""
    if folder.exists():
        redis.kill()
        redis.restore_copy(folder)
        redis.start()
        return "restored"
    redis.kill()
    redis.save_copy(folder)
    redis.start()
    return "copied"


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("fault", [cut_its_file, empty_it, bring_an_older_copy_back])
def test_redis_forgets(redis_stores, own_redis, new_roles, tmp_path, fault):
    dice = new_dice()
    stores, roles = redis_stores, new_roles(redis_stores)
    ingest = roles.start("ingest")
    count = roles.start("count", "--batch-records-max", "50")
    roles.start("archive")
    with Voters(ingest, threads=4, seed=dice.randrange(1000), pause_seconds=0.1) as voters:
        for _ in range(ROUNDS + (fault is bring_an_older_copy_back)):
            known = len(voters.acks)
            wait_until(lambda known=known: len(voters.acks) > known + 150, 60, "votes are taken")
            wait_until(lambda: len(voters.acks) > records_of(stores.tally), 60, "votes are on their way")
            known = len(voters.acks)
            what = fault(own_redis, dice, tmp_path / "copy")
            print(f"{what} with {known} acknowledged; {records_of(stores.tally)} folded of what is there now")
            wait_until(lambda known=known: records_of(stores.tally) >= known, CATCH_UP_SECONDS, "it catches up")
    assert_all_counted_once(stores, voters)
    assert count.is_running()
    if fault is empty_it:
        assert count.metric("votaton_tally_rebuilds_total") > 0
