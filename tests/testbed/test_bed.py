"""./dev testbed: idempotent, repairs what died, ends what it started and nothing else."""

import os
import signal
import subprocess

import pytest
import requests
from support.program import wait_until
from testbed import bed
from testbed.process import Process, identify
from testbed.server import ServerError
from testbed.state import ServerState, State, read_state


@pytest.fixture
def folder(tmp_path):
    yield tmp_path / "bed"
    bed.down(tmp_path / "bed")


def pids(folder) -> dict[str, int]:
    return {name: server.pid for name, server in read_state(folder).servers.items()}


def roles_that_are_scraped(url) -> set[str]:
    rows = requests.get(f"{url}/api/v1/query", {"query": "up"}, timeout=5).json()["data"]["result"]
    return {row["metric"]["role"] for row in rows}


def test_up_again_keeps_and_repairs(folder):
    urls = bed.up(folder, None).urls()
    before = pids(folder)
    assert list(urls) == ["KAFKA", "REDIS", "MONGO", "PROMETHEUS"]
    assert bed.up(folder, 1).urls() == urls
    assert pids(folder) == before
    os.kill(before["redis"], signal.SIGKILL)
    os.kill(before["mongo"], signal.SIGKILL)
    bed.find(folder).redis.kill()  # waits until they are gone
    bed.find(folder).mongo.kill()
    assert set(bed.find(folder).missing()) == {"redis", "mongo"}
    assert bed.up(folder, None).urls() == urls
    after = pids(folder)
    assert {name for name in after if after[name] != before[name]} == {"redis", "mongo"}
    with pytest.raises(ServerError, match="another number of brokers"):
        bed.up(folder, 3)
    wait_until(
        lambda: roles_that_are_scraped(urls["PROMETHEUS"]) == {"ingest", "count", "archive", "web"}, 20, "scrapes"
    )
    servers = bed.find(folder).servers()
    bed.down(folder)
    assert not any(server.is_alive() for server in servers)
    assert bed.find(folder) is None
    assert not folder.exists()


def test_down_ends_nothing_that_it_did_not_start(folder):
    """After the machine was started anew, the pids of the state belong to others."""
    child = subprocess.Popen(["sleep", "60"])
    try:
        mine = identify(child)
        names = {"kafka-1": 2, "redis": 1, "mongo": 1, "prometheus": 1}
        servers = {
            name: ServerState(list(range(20000, 20000 + ports)), mine.pid, mine.started - 5)
            for name, ports in names.items()
        }
        folder.mkdir()
        State(1, servers).write(folder)
        bed.down(folder)
        assert Process(mine.pid, mine.started).is_alive()
    finally:
        child.kill()
        child.wait()


def test_down_without_up_is_nothing(folder):
    bed.down(folder)
    assert bed.find(folder) is None
