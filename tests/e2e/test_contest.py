"""A contest with rules: open and closed, known bands, votes per voter, results that are hidden."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from support.grpc_client import Client
from support.program import votaton, wait_until
from support.votes import GOOD, new_id, vote

BANDS = """
bands:
  - name: Viernes Verde
    color: "#2e8b57"
    albums: [Remedios]
  - name: Bohemia Suburbana
    albums: [Sombras en el Jardín]
"""


def at(**delta) -> str:
    return (datetime.now(UTC) + timedelta(**delta)).isoformat(timespec="seconds")


def contest(*lines: str, bands: str = BANDS) -> str:
    return "\n".join(["contest: final", "title: {es: La final, en: The final}", *lines, bands])


def refusal(server, body=GOOD, **headers):
    answer = server.post(body, **headers)
    return answer.status, answer.error()["code"]


def grpc_refusal(server, body=GOOD, **options):
    with Client(server.address) as client, pytest.raises(grpc.RpcError) as raised:
        client.cast(body, **options)
    return raised.value.code(), dict(raised.value.trailing_metadata())["votaton-error"]


def test_contest_is_shown_to_ballots(new_server):
    server = new_server(contest=contest()).start()
    shown = server.get("/v1/contest")
    text = str(shown)
    for word in ("final", "La final", "The final", "Viernes Verde", "#2e8b57", "Remedios", "Sombras en el Jardín"):
        assert word in text
    assert server.get("/v1/results")["contest"] == "final"


def test_unknown_band(new_server):
    server = new_server(contest=contest()).start()
    server.cast(GOOD)
    assert refusal(server, vote(name="Nobody")) == (422, "unknown_band")
    assert grpc_refusal(server, vote(name="Nobody")) == (grpc.StatusCode.NOT_FOUND, "unknown_band")
    assert server.get("/v1/results")["total"] == 1


def test_unknown_band_may_be_taken(new_server):
    server = new_server(contest=contest("unknown_bands: take")).start()
    server.cast(vote(name="Nobody"))


def test_not_open_yet(new_server):
    server = new_server(contest=contest(f'opens: "{at(hours=1)}"')).start()
    assert refusal(server) == (403, "not_open_yet")
    assert grpc_refusal(server) == (grpc.StatusCode.FAILED_PRECONDITION, "not_open_yet")
    assert server.get("/v1/results")["total"] == 0


def test_close(new_server):
    """The close comes at the server's clock; a retry of a vote that was taken still gets its first answer."""
    server = new_server(contest=contest(f'closes: "{at(seconds=3)}"')).start()
    key = new_id()
    first = server.cast(GOOD, Idempotency_Key=key)
    wait_until(lambda: server.post(GOOD).status == 403, 10, "the close")
    assert refusal(server) == (403, "closed")
    assert grpc_refusal(server) == (grpc.StatusCode.FAILED_PRECONDITION, "closed")
    again = server.cast(GOOD, Idempotency_Key=key)
    assert (again["status"], again["position"]) == ("duplicate", first["position"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("contest: final\nbnads: []\n", ["2", "bnads"]),
        ("contest: Final Round\n", ["1", "contest"]),
        ("contest: x\nbands:\n  - name: A\n  - name: A\n", ["4"]),
        ("contest: x\nopens: yesterday\n", ["2", "opens"]),
        ("contest: x\nbands: [\n", ["YAML"]),
        ("", ["empty"]),
        (f'contest: x\nopens: "{at(hours=2)}"\ncloses: "{at(hours=1)}"\n', ["3", "closes"]),
        ("contest: x\nresults: after_close\n", ["closes"]),
    ],
)
def test_mistakes_in_the_file_are_explained(new_server, text, words):
    server = new_server(contest=text).launch()
    assert server.wait_for_exit(15) == 2
    for word in words:
        assert word in server.output()


def test_display_texts_may_change_and_rules_may_not(new_server, tmp_path):
    data = tmp_path / "data"
    first = new_server(contest=contest(), data=data).start()
    first.cast(GOOD)
    first.stop()
    renamed = new_server(contest=contest().replace("The final", "The big final"), data=data).start()
    assert "The big final" in str(renamed.get("/v1/contest"))
    assert renamed.get("/v1/results")["total"] == 1
    renamed.stop()
    stored = new_server(data=data).start()
    assert "The big final" in str(stored.get("/v1/contest"))
    stored.stop()
    other = new_server(contest=contest(bands=BANDS.replace("Bohemia Suburbana", "Else")), data=data).launch()
    assert other.wait_for_exit(15) == 2
    assert "bands" in other.output()


def make_codes(server, count):
    made = votaton("codes", "--data", server.data, "--count", count)
    assert made.returncode == 0, made.stderr
    codes = made.stdout.split()
    assert len(set(codes)) == count
    return codes


BY_CODE = contest("votes_per_voter: {by: code, limit: 2}")
BY_ADDRESS = contest("votes_per_voter: {by: address, limit: 3}")


def test_limit_by_code(new_server):
    server = new_server(contest=BY_CODE).start()
    one, two = make_codes(server, 2)
    assert refusal(server)[1] == "bad_voter_code"
    assert refusal(server, vote(voter_code="AAAAA-AAAAA-AAAAA-AAAAA")) == (403, "bad_voter_code")
    server.cast(vote(voter_code=one))
    server.cast(GOOD, votaton_voter_code=one.lower().replace("-", " "))
    assert refusal(server, vote(voter_code=one)) == (403, "quota")
    with Client(server.address) as client:
        client.cast(vote(voter_code=two))
        client.cast(GOOD, metadata=[("votaton-voter-code", two)])
    assert grpc_refusal(server, vote(voter_code=two)) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "quota")
    assert server.get("/v1/results")["total"] == 4


def test_retry_does_not_use_the_quota(new_server):
    server = new_server(contest=BY_CODE).start()
    (code,) = make_codes(server, 1)
    for _ in range(5):
        server.cast(vote(voter_code=code), Idempotency_Key="first")
    server.cast(vote(voter_code=code), Idempotency_Key="second")
    assert refusal(server, vote(voter_code=code), Idempotency_Key="third") == (403, "quota")
    assert server.cast(vote(voter_code=code), Idempotency_Key="first")["status"] == "duplicate"


def test_limit_by_address(new_server):
    server = new_server(contest=BY_ADDRESS).start()
    for _ in range(3):
        server.cast(GOOD)
    assert refusal(server) == (403, "quota")
    # Nobody may take another address by a header, unless a proxy is trusted.
    assert refusal(server, X_Forwarded_For="203.0.113.9") == (403, "quota")


def test_address_behind_a_trusted_proxy(new_server):
    server = new_server(contest=BY_ADDRESS, args=["--trusted-proxies", "127.0.0.0/8"]).start()
    for last in (1, 2):
        for _ in range(3):
            server.cast(GOOD, X_Forwarded_For=f"203.0.113.{last}")
        assert refusal(server, X_Forwarded_For=f"203.0.113.{last}") == (403, "quota")
    assert refusal(server, X_Forwarded_For="198.51.100.7, 203.0.113.1") == (403, "quota")


@pytest.mark.parametrize("text", [BY_CODE, BY_ADDRESS], ids=["code", "address"])
def test_simultaneous_votes_of_one_voter_never_exceed_the_limit(new_server, text):
    server = new_server(contest=text).start()
    limit = 2 if text is BY_CODE else 3
    body = vote(voter_code=make_codes(server, 1)[0]) if text is BY_CODE else GOOD
    together = threading.Barrier(16)

    def send(_):
        together.wait(20)
        return [server.post(body).status for _ in range(6)]

    with ThreadPoolExecutor(16) as pool:
        statuses = [status for part in pool.map(send, range(16)) for status in part]
    assert sorted(statuses) == [200] * limit + [403] * (96 - limit)
    assert server.get("/v1/results")["total"] == limit


def test_quota_survives_a_restart(new_server):
    server = new_server(contest=BY_ADDRESS).start()
    for _ in range(3):
        server.cast(GOOD)
    server.stop()
    server.start()
    assert refusal(server) == (403, "quota")


def test_data_without_its_secret_is_refused(new_server):
    server = new_server(contest=BY_ADDRESS, env={"CONTEST_SECRET": "hunter2-is-not-enough"}).start()
    server.cast(GOOD)
    server.stop()
    server.environment["CONTEST_SECRET"] = "correct-horse-battery"
    server.launch()
    assert server.wait_for_exit(15) == 2
    assert "secret" in server.output()
    assert "correct-horse" not in server.output()


def hidden_texts(server, key):
    """Everything public, as text."""
    paths = [
        "/v1/results",
        "/v1/log",
        "/data",
        "/logs",
        "/api/logs",
        "/votos",
        "/datos",
        "/",
        "/log",
        f"/v1/votes/{key}",
    ]
    return {path: server.call("GET", path).body.decode() for path in paths}


def test_hidden_results_are_hidden_everywhere(new_server):
    server = new_server(contest=contest("results: after_close", f'closes: "{at(seconds=8)}"')).start()
    key = new_id()
    server.cast(vote(year="1971", rank="77777", vote_id=key))
    server.cast([vote(year="1971", rank="77777")] * 41)
    for path, text in hidden_texts(server, key).items():
        assert "77777" not in text, path
        assert "1971" not in text, path
        assert '"total":42' not in text, path
    assert server.get("/v1/results")["hidden"] is True
    assert server.get("/v1/log")["votes"] == []
    assert server.get("/logs") == []
    shown = server.get(f"/v1/votes/{key}")
    assert set(shown) - {"hidden"} == {"id", "position", "status"}
    with_stream = server.call("GET", "/v1/contest")
    assert with_stream.status == 200
    wait_until(lambda: server.get("/v1/results").get("total") == 42, 20, "results after the close")
    assert server.get(f"/v1/votes/{key}")["vote"]["rank"] == "77777"
    assert len(server.get("/logs")) == 20


def test_results_from_a_time_on(new_server):
    server = new_server(contest=contest(f'results: "{at(seconds=4)}"')).start()
    server.cast(GOOD)
    assert server.get("/v1/results")["hidden"] is True
    started = time.monotonic()
    wait_until(lambda: server.get("/v1/results").get("total") == 1, 15, "results from their time on")
    assert time.monotonic() - started > 1
