"""The command line: what it explains, refuses and returns."""

import json
import re
from pathlib import Path

import pytest
from support.program import votaton, wait_until
from support.votes import GOOD, generated, new_id, standings, vote
from testbed.ports import free_port

COMMANDS = ["run", "ingest", "count", "archive", "web"]
COMMANDS += ["send", "verify", "rebuild", "codes", "health", "help"]


def test_help_names_every_command():
    for arguments in (["help"], ["--help"], ["-h"]):
        shown = votaton(*arguments)
        assert shown.returncode == 0
        for command in COMMANDS:
            assert re.search(rf"^\s+{command}\b", shown.stdout, re.MULTILINE), shown.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself(command):
    shown = votaton(command, "--help")
    assert shown.returncode == 0
    assert shown.stdout == votaton("help", command).stdout
    assert "usage: votaton " + command in shown.stdout


def test_rebuild_says_all_that_it_throws_away():
    summary = re.search(r"^\s+rebuild\b(.*)", votaton("help").stdout, re.MULTILINE)[1]
    assert "tally" in summary
    assert "log" in summary


def test_leaves_nothing_in_shared_memory(server):
    assert Path(f"/proc/{server.process.pid}/maps").exists()
    assert not Path(f"/dev/shm/mongoc-{server.process.pid}").exists()


def test_version():
    shown = votaton("--version")
    assert shown.returncode == 0
    assert re.search(r"\d+\.\d+\.\d+", shown.stdout)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["rnu"], ["rnu", "run"]),
        (["run", "--lisen", "x"], ["--lisen", "--listen"]),
        (["run", "--threads", "many"], ["threads"]),
        (["run", "--threads"], ["threads"]),
        (["run", "--listen", "nowhere"], ["listen"]),
        (["run", "--log-level", "loud"], ["log-level", "debug"]),
        (["run", "--ledger", "kafka://x/y"], ["ledger"]),
        (["run", "extra"], ["extra"]),
        (["send"], ["FILE"]),
        (["verify", "--data", "/nonexistent/folder"], ["/nonexistent/folder"]),
        (["rebuild", "--data", "/nonexistent/folder"], ["/nonexistent/folder"]),
        (["help", "nothing"], ["nothing"]),
    ],
)
def test_mistakes_are_explained(arguments, words):
    refused = votaton(*arguments)
    assert refused.returncode == 2, refused
    assert refused.stdout == ""
    for word in words:
        assert word in refused.stderr


def test_environment_and_port(new_server, tmp_path):
    server = new_server()
    at = server.command.index("--listen")
    del server.command[at : at + 2]
    server.environment["PORT"] = str(server.port)
    server.start()
    server.cast(GOOD)


def test_port_0_is_told(new_server):
    server = new_server()
    server.command[server.command.index("--listen") + 1] = "127.0.0.1:0"
    server.launch()
    told = wait_until(lambda: re.search(r"127\.0\.0\.1:([1-9]\d+)", server.output()), 10, "the address is logged")
    assert told


def test_null_ledger_says_so_loudly(new_server):
    server = new_server(args=["--ledger", "null:"]).start()
    assert server.post(GOOD).status == 200
    wait_until(lambda: '"null:"' in server.output(), 5, "the warning")
    assert not list(server.data.glob("votes.db*"))


def test_health_command(server):
    healthy = votaton("health", "--admin-listen", server.admin_address)
    assert healthy.returncode == 0, healthy.stderr
    server.stop()
    assert votaton("health", "--admin-listen", server.admin_address).returncode == 1


@pytest.fixture
def votes_file(tmp_path):
    votes = generated(700)
    path = tmp_path / "votes.json"
    path.write_text(json.dumps(votes, ensure_ascii=False))
    return path, votes


@pytest.mark.parametrize("to", ["http://{}", "http://{}/grpc/insert", "grpc://{}"])
@pytest.mark.parametrize("batch", [0, 50])
def test_send(server, votes_file, tmp_path, to, batch):
    path, votes = votes_file
    acks = tmp_path / "acks"
    sent = votaton("send", path, "--to", to.format(server.address), "--batch", batch, "--acks", acks, "--check")
    assert sent.returncode == 0, sent.stderr
    assert "700" in sent.stdout + sent.stderr
    ids = acks.read_text().split()
    assert len(ids) == len(set(ids)) == 700
    assert server.get("/v1/results")["bands"] == standings(votes)
    for key in ids[::50]:
        assert server.get(f"/v1/votes/{key}")["status"] == "counted"


def test_send_repeats_as_new_votes(server, votes_file):
    path, votes = votes_file
    sent = votaton("send", path, "--to", f"grpc://{server.address}", "--repeat", 3)
    assert sent.returncode == 0, sent.stderr
    assert server.get("/v1/results")["bands"] == standings(votes * 3)


def test_send_says_when_votes_are_refused(new_server, votes_file):
    path, _ = votes_file
    server = new_server(contest="contest: small\nbands:\n  - name: La Tona\n").start()
    refused = votaton("send", path, "--to", f"http://{server.address}", "--check")
    assert refused.returncode == 1
    assert "unknown_band" in refused.stdout + refused.stderr


@pytest.mark.parametrize("text", ["", "{}", "[", '[{"name":"A"}]', "[1]"])
def test_send_refuses_bad_files(tmp_path, text):
    path = tmp_path / "votes.json"
    path.write_text(text)
    assert votaton("send", path, "--to", f"http://127.0.0.1:{free_port()}").returncode == 2


def test_send_to_nobody(votes_file):
    path, _ = votes_file
    nobody = f"http://127.0.0.1:{free_port()}"
    refused = votaton("send", path, "--to", nobody, "--retries", 1)
    assert refused.returncode != 0
    refused = votaton("send", path, "--to", nobody, "--check", "--results", nobody)
    assert refused.returncode == 2
    assert f"GET {nobody}/v1/results: Connection refused" in refused.stderr


def test_send_with_ids_of_the_file_is_counted_once(server, tmp_path):
    path = tmp_path / "votes.json"
    path.write_text(json.dumps([vote(vote_id=new_id()) for _ in range(30)]))
    for _ in range(2):
        assert votaton("send", path, "--to", f"http://{server.address}").returncode == 0
    assert server.get("/v1/results")["total"] == 30


def test_verify_beside_a_running_server(server):
    server.cast(generated(100))
    verified = votaton("verify", "--data", server.data)
    assert verified.returncode == 0, verified.stderr
    assert "100" in verified.stdout
