"""kill -9 of every process of the distributed mode, at random and under load: nothing lost, nothing counted twice."""

import time

import pytest
from support.load import Voters
from support.program import wait_until
from support.proof import CATCH_UP_SECONDS, assert_all_counted_once
from support.rounds import ROUNDS, new_dice
from support.tally import records_of
from support.topic import ends
from support.votelog import documents_of

FENCED = "another member of the group took this instance id, again"
VICTIMS = ("ingest", "count", "archive", "kafka", "redis", "mongo")


def unfinished(name, voters, stores) -> int:
    """The votes that the victim is at: unanswered ones, or those in the ledger that are not yet folded."""
    if name in ("ingest", "kafka"):
        return len(voters.in_flight)
    recorded = sum(high - low for low, high in ends(stores.bootstrap, stores.topic).values())
    return recorded - (records_of(stores.tally) if name in ("count", "redis") else documents_of(stores.log))


def kill_under_load(name, victim, voters, stores) -> None:
    """A kill that meets no vote on its way would prove nothing."""
    at_stake = wait_until(lambda: unfinished(name, voters, stores), 60, f"votes that {name} is at")
    victim.kill()
    print(f"{name} killed with {at_stake} votes at stake, {len(voters.acks)} acknowledged so far")
    victim.start()


def revive(roles) -> None:
    """As a supervisor does. A broker that dies while a member joins under its own name may take it for another one
    afterwards: three times within a minute is too often. Everything else is no reason to end."""
    for role in roles:
        if not role.is_running():
            assert FENCED in role.output(), role.output()
            print(f"{role.kind} was fenced three times by a broker that came back")
            role.start()


def is_caught_up(roles, voters, stores) -> bool:
    revive(roles)
    return min(records_of(stores.tally), documents_of(stores.log)) >= len(voters.acks)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_kill_9_of_every_process(own_servers, new_roles):
    dice = new_dice()
    stores = own_servers.stores()
    roles = new_roles(stores)
    ingest = roles.new("ingest", "--delivery-timeout", "3s").launch()
    count = roles.new("count", "--instance", "count").launch()
    archive = roles.new("archive", "--instance", "archive").launch()
    for role in (ingest, count, archive):
        role.wait_ready()
    servers = {"kafka": own_servers.kafka, "redis": own_servers.redis, "mongo": own_servers.mongo}
    victims = {"ingest": ingest, "count": count, "archive": archive, **servers}
    plan = dice.sample(VICTIMS * ROUNDS, len(VICTIMS) * ROUNDS)
    with Voters(ingest, threads=4, seed=dice.randrange(1000), pause_seconds=0.15) as voters:
        for name in plan:
            revive((count, archive))
            acks = len(voters.acks)
            wait_until(lambda known=acks: len(voters.acks) > known + 50, 60, "votes are taken again")
            time.sleep(dice.uniform(0, 0.5))
            kill_under_load(name, victims[name], voters, stores)
    wait_until(lambda: is_caught_up((count, archive), voters, stores), CATCH_UP_SECONDS, "all is counted and logged")
    assert_all_counted_once(stores, voters)
    assert ingest.is_running()
