"""What was voted is what is shown: results, live stream, single votes, the log."""

import http.client
import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
from support.grpc_client import Client
from support.http import exchange
from support.votes import GOOD, generated, load_files, lower_keys, new_id, standings, vote

LOAD_FILES = load_files()
LOG_PATHS = ["/data", "/logs", "/api/logs", "/votos", "/datos"]


def send_one_by_one(server, votes):
    connection = http.client.HTTPConnection(server.address, timeout=20)
    for a_vote in votes:
        answer = exchange(connection, "POST", "/grpc/insert", a_vote, {"Content-Type": "application/json"})
        assert answer.status == 200, (a_vote, answer)
    connection.close()


def send_arrays(server, votes):
    for start in range(0, len(votes), 400):
        items = server.cast(votes[start : start + 400])["votes"]
        assert {item["status"] for item in items} == {"counted"}


def send_by_grpc(server, votes):
    with Client(server.address) as client:
        for a_vote in votes:
            client.return_info(lower_keys(a_vote))


def send_grpc_batches(server, votes):
    with Client(server.address) as client:
        for start in range(0, len(votes), 500):
            reply, _ = client.cast_batch([lower_keys(a_vote) for a_vote in votes[start : start + 500]])
            assert {receipt.status for receipt in reply.receipts} == {"counted"}


@pytest.mark.parametrize("send", [send_one_by_one, send_arrays, send_by_grpc, send_grpc_batches])
@pytest.mark.parametrize("file", LOAD_FILES)
def test_results_equal_an_independent_count(server, file, send):
    votes = LOAD_FILES[file]
    send(server, votes)
    results = server.get("/v1/results")
    assert results["total"] == len(votes)
    assert results["verdicts"]["counted"] == len(votes)
    assert results["bands"] == standings(votes)


def test_empty_results(server):
    results = server.get("/v1/results")
    assert results["total"] == 0
    assert results["bands"] == []
    assert results["verdicts"] == {"counted": 0, "conflict": 0, "quota": 0, "bad": 0}


def test_acknowledged_votes_are_in_the_next_result(server):
    for count in range(1, 60):
        server.cast(GOOD)
        assert server.get("/v1/results")["total"] == count


def test_results_survive_a_restart(server):
    votes = generated(200)
    server.cast(votes)
    before = server.get("/v1/results")
    server.stop()
    server.start()
    assert server.get("/v1/results") == before
    assert before["bands"] == standings(votes)


def test_200_simultaneous_requests_with_one_id_count_once(server):
    key = new_id()
    together = threading.Barrier(20)

    def send(_):
        together.wait(20)
        return [server.post(GOOD, Idempotency_Key=key).json()["status"] for _ in range(10)]

    with ThreadPoolExecutor(20) as pool:
        told = [status for statuses in pool.map(send, range(20)) for status in statuses]
    assert sorted(told) == ["counted"] + ["duplicate"] * 199
    assert server.get("/v1/results")["total"] == 1


def read_event(response) -> dict:
    """The next event of a stream that carries data."""
    event = {}
    while True:
        line = response.readline().decode()
        assert line, "the stream ended"
        line = line.rstrip("\r\n")
        if not line and "data" in event:
            return event
        if line and not line.startswith(":"):
            name, _, value = line.partition(":")
            event[name] = event.get(name, "") + value.removeprefix(" ")


def read_up_to(response, total: int) -> dict:
    """The result of the first event that has so many votes; earlier ones have fewer."""
    while True:
        event = read_event(response)
        result = json.loads(event["data"])
        assert event["id"] == result["position"]
        assert result["total"] <= total
        if result["total"] == total:
            return result


def test_live_stream(server):
    server.cast(GOOD)
    connection = http.client.HTTPConnection(server.address, timeout=20)
    connection.request("GET", "/v1/results/stream")
    response = connection.getresponse()
    assert response.status == 200
    assert response.getheader("content-type").startswith("text/event-stream")
    assert read_up_to(response, total=1) == server.get("/v1/results")
    server.cast([GOOD, vote(name="Other")])
    assert read_up_to(response, total=3) == server.get("/v1/results")
    connection.close()


def test_one_vote_by_its_id(server):
    taken = server.cast(vote(vote_id=new_id()))
    shown = server.get(f"/v1/votes/{taken['id']}")
    assert (shown["id"], shown["position"], shown["status"]) == (taken["id"], taken["position"], "counted")
    assert {name: shown["vote"][name] for name in GOOD} == GOOD
    assert shown["points"] == 1
    missing = server.call("GET", f"/v1/votes/{new_id()}")
    assert (missing.status, missing.error()["code"]) == (404, "not_found")
    assert server.call("GET", "/v1/votes/no-id").status in (400, 404)


@pytest.mark.parametrize("path", LOG_PATHS)
def test_log_of_earlier_clients(server, path):
    for rank in range(25):
        server.cast(vote(rank=str(rank)))
    for spelled in (path, path + "/"):
        answer = server.call("GET", spelled, headers={"Origin": "http://elsewhere.example"})
        assert answer.headers["access-control-allow-origin"] == "*"
        rows = answer.json()
        assert [row["data"]["rank"] for row in rows] == [str(rank) for rank in range(24, 4, -1)]
        assert rows[0]["data"] == vote(rank="24")
        assert isinstance(rows[0]["message"], str)
        assert datetime.fromisoformat(rows[0]["timestamp"].replace("Z", "+00:00")).tzinfo
        assert server.get(f"/v1/votes/{rows[0]['id']}")["vote"]["rank"] == "24"


def test_log_pages(server):
    votes = generated(130)
    server.cast(votes)
    seen, before = [], ""
    for _ in range(10):
        page = server.get(f"/v1/log?limit=50{before}")
        seen += page["votes"]
        if page["next"] is None:
            break
        before = f"&before={page['next']}"
    assert [row["vote"]["rank"] for row in seen] == [a_vote["rank"] for a_vote in reversed(votes)]
    assert len({row["id"] for row in seen}) == 130
    band = votes[0]["name"]
    only = server.get("/v1/log?limit=100&band=" + band.replace(" ", "%20"))["votes"]
    assert len(only) == sum(a_vote["name"] == band for a_vote in votes)
    assert {row["vote"]["name"] for row in only} == {band}


@pytest.mark.parametrize("path", ["/v1/results", "/v1/contest", "/v1/log", *LOG_PATHS])
def test_reading_is_allowed_from_any_origin(calm_server, path):
    assert calm_server.call("GET", path).headers["access-control-allow-origin"] == "*"


def test_contest_of_a_server_without_a_file(calm_server):
    assert isinstance(calm_server.get("/v1/contest"), dict)


def test_many_readers_do_not_disturb_votes(server):
    stop = threading.Event()

    def read():
        while not stop.is_set():
            assert server.call("GET", "/v1/results").status in (200, 503)

    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(read) for _ in range(4)]
        try:
            for _ in range(20):
                server.cast(generated(50))
        finally:
            stop.set()
        for reader in readers:
            reader.result(20)
    assert server.get("/v1/results")["total"] == 1000


def test_locust_file_runs_unchanged(server, tmp_path):
    """A load script of the old pipelines calls response.json() on every answer and fails on any other."""
    command = [sys.executable, "-m", "locust", "-f", Path(__file__).with_name("locustfile.py"), "--headless", "--json"]
    command += ["-u", "10", "-r", "10", "-t", "5s", "--host", f"http://{server.address}"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stdout + result.stderr
    (row,) = json.loads(result.stdout)
    assert row["num_failures"] == 0
    assert row["num_requests"] > 50
    # At its end Locust drops the requests that it interrupts, one a user at most: the server may have taken them.
    assert row["num_requests"] <= server.get("/v1/results")["total"] <= row["num_requests"] + 10
