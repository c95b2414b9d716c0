"""The command lines of ./dev run --distributed, what it shows of its roles, and that they end together."""

import sys
import threading

import pytest
import run_distributed

URLS = {"KAFKA": "kafka://k:1/votes", "REDIS": "redis://r:2", "MONGO": "mongodb://m:3/votaton.logs"}


def test_each_role_gets_its_stores():
    commands = run_distributed.commands(URLS, "127.0.0.1:8080", "127.0.0.1:8090")
    assert {role: " ".join(arguments) for role, arguments in commands.items()} == {
        "ingest": "ingest --listen 127.0.0.1:8080 --ledger kafka://k:1/votes",
        "count": "count --ledger kafka://k:1/votes --tally redis://r:2",
        "archive": "archive --ledger kafka://k:1/votes --log mongodb://m:3/votaton.logs",
        "web": "web --listen 127.0.0.1:8090 --tally redis://r:2 --log mongodb://m:3/votaton.logs",
    }


@pytest.fixture
def scripts(monkeypatch):
    """Roles that are scripts of Python."""
    monkeypatch.setattr(run_distributed, "VOTATON", sys.executable)
    monkeypatch.setattr(run_distributed, "ROLE_PORTS", {"short": 1, "long": 2, "longer": 3})
    return {"short": ["-c", "print('a line')"], "long": ["-c", "import time; time.sleep(60)"]}


def test_when_one_ends_all_are_ended(scripts, capsys):
    before = set(threading.enumerate())
    processes = run_distributed.launch(scripts)
    assert run_distributed.first_to_end(processes) == "short"
    run_distributed.end(processes)
    assert all(process.returncode is not None for process in processes.values())
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
    assert capsys.readouterr().out == "short   | a line\n"


def test_ready_when_all_are(scripts, monkeypatch):
    answers = iter([False, True, False, True, True])
    monkeypatch.setattr(run_distributed, "is_ready", lambda _: next(answers))
    processes = run_distributed.launch({"long": scripts["long"], "longer": scripts["long"]})
    assert run_distributed.wait_ready(processes)
    assert next(answers, None) is None
    run_distributed.end(processes)


def test_never_ready_when_one_ends(scripts):
    processes = run_distributed.launch(scripts)
    assert not run_distributed.wait_ready(processes)
    run_distributed.end(processes)
