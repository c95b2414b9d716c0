"""Disks that fail or are full, ports and folders that are taken, files that are not ours."""

import signal
import sqlite3
import time

import pytest
from support.load import Voters, assert_nothing_lost, assert_verified
from support.program import Server, votaton, wait_until
from support.votes import GOOD, generated, new_id, vote


def test_failed_sync_is_fatal(new_server, tmp_path):
    """The vote whose sync fails is not acknowledged, the process ends within a second, and a restart recovers."""
    data = tmp_path / "data"
    first = new_server(data=data).start()
    acks = {item["id"]: item["position"] for item in first.cast(generated(20))["votes"]}
    first.stop()
    inject = ["strace", "-D", "-f", "-q", "-o", tmp_path / "strace.out", "-e", "trace=fdatasync,fsync"]
    server = new_server(data=data, wrapper=[*inject, "-e", "inject=fdatasync,fsync:error=EIO:when=12+"]).start()
    refused = None
    for _ in range(40):
        key = new_id()
        try:
            answer = server.post(vote(vote_id=key))
        except OSError:
            break
        if answer.status != 200:
            refused = answer
            break
        acks[key] = answer.json()["position"]
    failed_at = time.monotonic()
    assert refused is None or (refused.status == 503 and refused.error()["code"] in ("unknown", "retry"))
    code = server.wait_for_exit(10)
    assert code > 0, f"exit code {code}"
    assert time.monotonic() - failed_at < 1.5
    assert len(acks) > 20, "no vote was taken before the fault"
    after = new_server(data=data).start()
    for key, position in acks.items():
        assert after.get(f"/v1/votes/{key}")["position"] == position
    after.cast(GOOD)
    assert_verified(after)


def test_full_disk(small_disk):
    """Votes are refused with a hint, reading goes on, and when there is room again so do the votes."""
    server = Server(small_disk / "data")
    try:
        check_full_disk(server, small_disk / "ballast")
        server.stop()
    finally:
        server.kill()


def fill(path) -> None:
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            return


def check_full_disk(server, ballast) -> None:
    server.start()
    acks = server.cast(generated(50))["votes"]
    fill(ballast)

    def refused():
        answer = server.post([vote(vote_id=new_id()) for _ in range(100)])
        if answer.status == 200:
            acks.extend(item for item in answer.json()["votes"] if "position" in item)
            return None
        return answer

    answer = wait_until(refused, 20, "a full disk is noticed")
    assert answer.status == 503
    assert answer.error()["code"] in ("overloaded", "retry")
    assert int(answer.headers["retry-after"]) >= 1
    assert server.call("GET", "/livez").status == 200
    assert server.get("/v1/results")["total"] == len(acks)
    ballast.unlink()
    wait_until(lambda: server.post(GOOD).status == 200, 10, "votes are taken again")
    for item in acks:
        assert server.get(f"/v1/votes/{item['id']}")["position"] == item["position"]
    assert_verified(server)


def failed_start(server, *words) -> None:
    """The start is refused with exit code 2 and a line that says why."""
    server.launch()
    assert server.wait_for_exit(15) == 2, server.output()
    for word in words:
        assert word in server.output()


def test_port_in_use(server, new_server):
    other = new_server(port=server.port)
    failed_start(other, str(server.port), "in use")
    server.cast(GOOD)


def test_data_folder_in_use(server, new_server):
    failed_start(new_server(data=server.data), str(server.data))
    server.cast(GOOD)
    assert_verified(server)


def test_file_of_another_program(new_server, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    file = data / "votes.db"
    with sqlite3.connect(file) as database:
        database.execute("CREATE TABLE recipes (name TEXT)")
        database.execute("INSERT INTO recipes VALUES ('soup')")
    database.close()
    before = file.read_bytes()
    failed_start(new_server(data=data), "votes.db")
    assert file.read_bytes() == before


def test_file_that_is_no_database(new_server, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "votes.db").write_text("shopping list\n" * 100)
    failed_start(new_server(data=data), "votes.db")
    assert (data / "votes.db").read_text().startswith("shopping list")


def test_file_of_a_newer_version(server):
    server.cast(GOOD)
    server.stop()
    database = sqlite3.connect(server.data / "votes.db")
    database.execute("PRAGMA user_version = 4711")
    database.commit()
    database.close()
    failed_start(server, "newer")


def test_data_folder_that_cannot_be_made(new_server, tmp_path):
    failed_start(new_server(data=tmp_path / "no" / "such" / "folder"), "no/such/folder")


def test_stopped_process_goes_on(server):
    """SIGSTOP under load, then SIGCONT: late, but nothing lost and nothing counted twice."""
    with Voters(server) as voters:
        wait_until(lambda: len(voters.acks) > 100, 30, "votes are taken")
        server.process.send_signal(signal.SIGSTOP)
        time.sleep(1)
        server.process.send_signal(signal.SIGCONT)
        known = len(voters.acks)
        wait_until(lambda: len(voters.acks) > known + 100, 30, "votes are taken again")
    assert voters.refused == []
    assert server.get("/v1/results")["total"] == len(voters.sent) == len(voters.acks)
    assert_nothing_lost(server, voters)


def corrupt(server, statement) -> None:
    database = sqlite3.connect(server.data / "votes.db")
    changed = database.execute(statement).rowcount
    database.commit()
    database.close()
    assert changed > 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE tally SET votes = votes + 1 WHERE name = 'Viernes Verde'",
        "UPDATE tally SET points = points + 1 WHERE name = 'Viernes Verde'",
        "DELETE FROM tally WHERE name = 'Viernes Verde'",
        "UPDATE vote SET name = 'Other' WHERE position = 7",
        "UPDATE vote SET id = randomblob(16) WHERE position = 7",
        "DELETE FROM vote WHERE position = 7",
        "UPDATE tally_state SET counted = counted + 1",
    ],
)
def test_verify_finds_what_was_changed(server, statement):
    server.cast([GOOD, *generated(20)])
    server.stop()
    assert_verified(server)
    corrupt(server, statement)
    found = votaton("verify", "--data", server.data)
    assert found.returncode == 1, found.stdout + found.stderr
    assert found.stdout + found.stderr


def test_rebuild_derives_the_tally_again(server):
    votes = [GOOD, *generated(50)]
    server.cast(votes)
    before = server.get("/v1/results")
    busy = votaton("rebuild", "--data", server.data)
    assert busy.returncode == 2, "a server holds the folder"
    server.stop()
    corrupt(server, "DELETE FROM tally WHERE name = 'Viernes Verde'")
    assert votaton("verify", "--data", server.data).returncode == 1
    rebuilt = votaton("rebuild", "--data", server.data)
    assert rebuilt.returncode == 0, rebuilt.stderr
    assert_verified(server)
    server.start()
    assert server.get("/v1/results")["bands"] == before["bands"]
