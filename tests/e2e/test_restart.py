"""What a start finds on the disk is made durable before anything is answered, or it does not serve."""

import contextlib
import shutil
import sqlite3

import pytest
from support import trace
from support.load import assert_verified
from support.program import Server, votaton, wait_until
from support.votes import GOOD, generated, new_id, vote

LIMITED = """
contest: limited
votes_per_voter: {by: code, limit: 1}
bands:
  - name: Viernes Verde
"""


def refused_start(server, *words) -> None:
    server.launch()
    assert server.wait_for_exit(15) == 2, server.output()
    for word in words:
        assert word in server.output()


def syncs_at_start(server, out) -> list[trace.Call]:
    """The successful syncs before the line that says that the server is ready."""
    server.start()
    server.stop()
    wait_until(lambda: "exited with 0" in out.read_text(errors="replace")[-2000:], 10, "strace has written all")
    calls = trace.read_calls(out)
    ready = min(call.begun for call in calls if call.name.startswith("write") and "is ready" in call.text)
    return [call for call in calls if call.name in ("fsync", "fdatasync") and call.result == 0 and call.ended < ready]


def traced(new_server, data, out) -> Server:
    calls = "trace=write,writev,fdatasync,fsync"
    return new_server(data=data, wrapper=["strace", "-D", "-o", out, *trace.OPTIONS, "-e", calls])


def test_recovered_log_is_durable_before_it_is_served(new_server, tmp_path):
    """The votes behind a kill -9 may be in the page cache only: log, database and folder are synced before "ready"."""
    data = tmp_path / "data"
    key = new_id()
    first = new_server(data=data).start()
    position = first.cast(vote(vote_id=key))["position"]
    first.kill()
    assert (data / "votes.db-wal").stat().st_size > 0
    syncs = syncs_at_start(traced(new_server, data, tmp_path / "strace.out"), tmp_path / "strace.out")
    files = [call.text.split("<")[1].split(">")[0] for call in syncs]
    log, database, folder = str(data / "votes.db-wal"), str(data / "votes.db"), str(data)
    assert files.index(log) < files.index(database)
    assert folder in files[files.index(database) :]
    assert str(tmp_path) in files, "the parent folder"
    assert (data / "votes.db-wal").stat().st_size == 0
    again = new_server(data=data).start().cast(vote(vote_id=key))
    assert (again["status"], again["position"]) == ("duplicate", position)


def test_log_whose_sync_had_failed_is_left_behind(new_server, tmp_path):
    """The sync of a vote fails: the disk may never get those bytes, though a restart reads them from the page cache."""
    data = tmp_path / "data"
    first = new_server(data=data).start()
    first.cast(GOOD)
    first.kill()
    log = data / "votes.db-wal"
    inject = ["strace", "-D", "-f", "-q", "-o", tmp_path / "strace.out", "-e", "trace=fdatasync"]
    broken = new_server(data=data, wrapper=[*inject, "-e", "inject=fdatasync:error=EIO:when=4+"]).start()
    # strace counts for each thread: three syncs of the start, and the fourth of the ledger is that of its third vote.
    broken.cast(GOOD)
    broken.cast(GOOD)
    doubtful = new_id()
    with contextlib.suppress(OSError):
        assert broken.post(vote(vote_id=doubtful)).status == 503
    assert broken.wait_for_exit() > 0
    assert log.stat().st_size > 0
    after = new_server(data=data).start()
    assert log.stat().st_size == 0, "nothing may be appended behind what was lost"
    assert after.cast(vote(vote_id=doubtful))["status"] in ("counted", "duplicate")
    assert after.get(f"/v1/votes/{doubtful}")["status"] == "counted"
    after.kill()
    last = new_server(data=data).start()
    assert last.get("/v1/results")["total"] == 4
    assert_verified(last)


@pytest.mark.parametrize("how", ["missing", "empty"])
def test_log_without_its_database_is_kept(server, how):
    """SQLite would take the log for a left-over and delete it, with the votes in it."""
    server.cast(generated(20))
    server.kill()
    database, log = server.data / "votes.db", server.data / "votes.db-wal"
    kept, votes = database.read_bytes(), log.read_bytes()
    if how == "missing":
        database.unlink()
    else:
        database.write_bytes(b"")
    refused_start(server, "votes.db-wal", "missing or empty")
    assert votaton("verify", "--data", server.data).returncode == 2
    assert log.read_bytes() == votes
    database.write_bytes(kept)
    assert server.start().get("/v1/results")["total"] == 20


def test_database_has_its_tables_after_the_first_start(server):
    copy = server.data.parent / "copy"
    copy.mkdir()
    shutil.copy(server.data / "votes.db", copy)
    assert votaton("verify", "--data", copy).returncode == 0


def test_folder_whose_name_looks_like_a_uri(new_server, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    named = new_server(data="file:votes")
    named.log = tmp_path / "named.log"
    named.start().cast(GOOD)
    assert (tmp_path / "file:votes" / "votes.db").exists()
    assert not (tmp_path / "votes").exists()
    named.stop()


def tamper(server, *statements) -> None:
    with sqlite3.connect(server.data / "votes.db") as database:
        for statement in statements:
            assert database.execute(statement).rowcount > 0
    database.close()


def test_ledger_that_lost_its_contest(new_server):
    """Its limits are gone, so no other contest may take its place."""
    server = new_server(contest=LIMITED).start()
    code = votaton("codes", "--data", server.data, "--count", "1").stdout.strip()
    server.cast(vote(voter_code=code))
    server.stop()
    tamper(server, "DELETE FROM contest")
    refused_start(server, "its contest is missing")
    verified = votaton("verify", "--data", server.data)
    assert verified.returncode == 1
    assert "no contest" in verified.stdout


def test_contest_that_was_edited(new_server):
    server = new_server(contest=LIMITED).start()
    server.stop()
    tamper(server, """UPDATE contest SET definition = replace(definition, '"limit":1', '"limit":9')""")
    refused_start(server, "was changed")
    verified = votaton("verify", "--data", server.data)
    assert verified.returncode == 1
    assert "version 1 of the contest was changed" in verified.stdout


def test_contest_that_cannot_be_read(server):
    server.stop()
    tamper(server, "UPDATE contest SET definition = 'soup'")
    verified = votaton("verify", "--data", server.data)
    assert verified.returncode == 1
    assert "cannot be read" in verified.stdout


def test_lost_secret_is_not_replaced(new_server):
    server = new_server(contest=LIMITED).start()
    server.stop()
    secret = server.data / "secret"
    kept = secret.read_bytes()
    secret.unlink()
    refused_start(server, "secret: is missing")
    assert not secret.exists()
    assert "is missing" in votaton("codes", "--data", server.data, "--count", "1").stderr
    assert not secret.exists()
    secret.touch(mode=0o600)
    secret.write_bytes(kept)
    server.start()


def test_rebuild_does_not_hide_a_lost_tail(server):
    server.cast(generated(50))
    server.stop()
    tamper(server, "DELETE FROM vote WHERE position > 47")
    for _ in range(2):
        rebuilt = votaton("rebuild", "--data", server.data)
        assert rebuilt.returncode == 2
        assert "3 records that had been counted are missing from the ledger" in rebuilt.stderr
    refused_start(server, "3 records")
    assert votaton("verify", "--data", server.data).returncode == 1


def fill(path) -> None:
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            return


def test_start_on_a_full_disk(small_disk, tmp_path):
    """It starts, says why it is not ready, answers no vote, not even a known one, and goes on when there is room."""
    server = Server(small_disk / "data")
    server.log = tmp_path / "server.log"
    known = new_id()
    try:
        server.start()
        server.cast(generated(500))
        server.cast(vote(vote_id=known))
        server.kill()
        fill(small_disk / "ballast")
        server.launch()
        ready = wait_until(lambda: answer_of(server, "/readyz"), 20, "it answers")
        assert ready.status == 503 and b"disk is full" in ready.body
        assert "paused" in server.output()
        answer = server.post(vote(vote_id=known))
        assert (answer.status, answer.error()["code"]) == (503, "retry")
        assert server.call("GET", f"/v1/votes/{known}").status == 503
        (small_disk / "ballast").unlink()
        wait_until(lambda: server.call("GET", "/readyz").status == 200, 10, "it goes on")
        assert server.cast(vote(vote_id=known))["status"] == "duplicate"
        assert server.get("/v1/results")["total"] == 501
        assert_verified(server)
        server.stop()
    finally:
        server.kill()


def answer_of(server, path):
    assert server.is_running(), server.output()
    try:
        return server.call("GET", path)
    except OSError:
        return None
