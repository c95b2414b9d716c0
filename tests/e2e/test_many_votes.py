"""As many votes as a big contest has: what an id costs Redis, and a recount of them all while votes come in."""

import json
import os
import subprocess

import pytest
from support.load import Voters
from support.program import VOTATON, votaton, wait_until
from support.rounds import LONG
from support.tally import connect, records_of
from support.votes import generated

FILE_VOTES = 500
VOTES = 10_000_000 if LONG else 50_000
SECONDS = 1800 if LONG else 90
# docs/operating.md names both; few votes pay for what a server takes without any.
BYTES_PER_ID_MAX = 130 if LONG else 160
VERIFY_BYTES_MAX = 192 << 20


def send_all(ingest, folder) -> None:
    """VOTES new votes, with an id each."""
    file = folder / "votes.json"
    file.write_text(json.dumps(generated(FILE_VOTES)))
    repeat = ["--repeat", VOTES // FILE_VOTES, "--batch", 50, "--streams", 4]
    sent = votaton("send", "--to", f"grpc://{ingest.address}", *repeat, file, timeout=SECONDS)
    assert sent.returncode == 0, sent.stdout + sent.stderr


def used_memory(url: str) -> int:
    with connect(url) as connection:
        return connection.info("memory")["used_memory"]


def verify_with_peak(stores) -> tuple[int, int]:
    """(exit code, bytes of memory at most) of `votaton verify`."""
    command = [VOTATON, "verify", "--ledger", stores.ledger, "--tally", stores.tally]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_maxrss << 10


@pytest.mark.long
@pytest.mark.timeout(3 * SECONDS)
def test_many_ids_and_a_recount_under_load(own_servers, new_roles, tmp_path):
    stores = own_servers.stores()
    roles = new_roles(stores)
    ingest = roles.start("ingest")
    roles.start("count")
    empty = used_memory(stores.tally)
    send_all(ingest, tmp_path)
    wait_until(lambda: records_of(stores.tally) == VOTES, SECONDS, lambda: f"{records_of(stores.tally)} of {VOTES}")
    bytes_per_id = (used_memory(stores.tally) - empty) / VOTES
    with Voters(ingest, threads=2, pause_seconds=0.05) as voters:
        wait_until(lambda: len(voters.acks) > 20, 30, "votes come in")
        known = len(voters.acks)
        exit_code, peak = verify_with_peak(stores)
        assert len(voters.acks) > known, "no votes came in during the recount"
    print(f"{VOTES} votes: {bytes_per_id:.0f} bytes of Redis for each, verify took {peak >> 20} MiB at most")
    assert exit_code == 0
    assert bytes_per_id < BYTES_PER_ID_MAX
    assert peak < VERIFY_BYTES_MAX
