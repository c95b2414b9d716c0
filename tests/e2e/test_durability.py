"""What was acknowledged stays: through kill -9, through an orderly stop, and only after the disk has it."""

import os
import random
import time

import pytest
from support import trace
from support.load import Voters, assert_nothing_lost, assert_verified
from support.program import wait_until
from support.votes import generated, new_id, standings, vote

LONG = bool(os.environ.get("VOTATON_LONG"))


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_kill_9_loses_no_acknowledged_vote(server):
    seed = int(os.environ.get("VOTATON_SEED", time.time_ns() % 1_000_000))
    rounds = 20 if LONG else 3
    print(f"seed {seed} (VOTATON_SEED), {rounds} rounds")
    dice = random.Random(seed)
    with Voters(server, seed=seed) as voters:
        done = 0
        while done < rounds:
            acks = len(voters.acks)
            wait_until(lambda known=acks: len(voters.acks) > known + 50, 30, "votes are taken")
            time.sleep(dice.uniform(0.05, 0.8))
            in_flight = len(voters.in_flight)
            server.kill()
            print(f"killed with {in_flight} votes unanswered, {len(voters.acks)} acknowledged so far")
            done += in_flight > 0
            server.start()
    total_at_rest = server.get("/v1/results")["total"]
    assert len(voters.acks) <= total_at_rest <= len(voters.sent)
    assert_nothing_lost(server, voters)
    voters.retry_doubtful()
    results = server.get("/v1/results")
    assert results["total"] == len(voters.sent) == len(voters.acks)
    assert results["bands"] == standings(list(voters.sent.values()))
    assert_nothing_lost(server, voters)


def test_orderly_stop_under_load_answers_everything(server):
    with Voters(server) as voters:
        wait_until(lambda: len(voters.acks) > 300, 30, "votes are taken")
        # The connections end after their answers; what is begun after that finds no server and is not in question.
        server.stop()
    server.start()
    assert_nothing_lost(server, voters)
    recorded = server.get("/v1/results")["total"]
    assert recorded == len(voters.acks), f"{recorded - len(voters.acks)} votes were recorded and not answered"


def test_restart_many_times(server):
    votes = generated(90)
    for start in range(0, 90, 15):
        server.cast(votes[start : start + 15])
        server.stop()
        server.start()
    assert server.get("/v1/results")["bands"] == standings(votes)
    assert_verified(server)


def test_no_answer_before_the_sync_that_covers_it(new_server, tmp_path):
    """Seen from the kernel: a vote is read, the log is written, the sync ends, and only then the answer leaves."""
    out = tmp_path / "strace.out"
    calls = "trace=read,readv,recvfrom,recvmsg,write,writev,sendto,sendmsg,pwrite64,pwritev,fdatasync,fsync"
    server = new_server(wrapper=["strace", "-D", "-o", out, *trace.OPTIONS, "-e", calls]).start()
    ids = [new_id() for _ in range(40)]
    for key in ids[:30]:
        server.cast(vote(vote_id=key))
    server.cast([vote(vote_id=key) for key in ids[30:]])
    server.stop()
    wait_until(lambda: "exited with 0" in out.read_text(errors="replace")[-2000:], 10, "strace has written all")
    traced = trace.read_calls(out)
    syncs = [c for c in traced if c.name in ("fdatasync", "fsync") and "votes.db-wal" in c.text and c.result == 0]
    assert syncs
    for key in ids:
        seen = min(c.ended for c in traced if c.name.startswith(("read", "recv")) and key in c.text)
        answered = min(
            c.begun
            for c in traced
            if c.name.startswith(("write", "send")) and key in c.text and "HTTP/1.1 200" in c.text
        )
        written = [
            c.ended
            for c in traced
            if c.name.startswith("pwrite") and "votes.db-wal" in c.text and seen < c.ended < answered
        ]
        assert written, f"{key}: answered before anything was written"
        covering = [c for c in syncs if c.begun > written[0] and c.ended < answered]
        assert covering, f"{key}: answered before a sync that covers it"
