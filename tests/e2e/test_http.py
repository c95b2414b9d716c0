"""Votes over HTTP: every path and form that clients use, every refusal that is promised."""

import http.client
import json
import re
import subprocess
import uuid

import pytest
from support.http import call, exchange, raw
from support.votes import GOOD, new_id, vote

PATHS = [
    "/", "/insert", "/grpc", "/grpc/insert", "/rust", "/rust/insert", "/rust/send_data", "/wasm", "/wasm/insert",
    "/vote", "/data", "/receive", "/v1/votes",
]  # fmt: skip
FIELDS = ["name", "album", "year", "rank"]


@pytest.fixture(scope="module", params=["native", "wasm"])
def calm_server(new_calm_server, request):
    """All answers are the same whichever core reads the votes."""
    return new_calm_server("--core", request.param)


def curl(server, path, *options, protocol="--http1.1"):
    command = ["curl", "-sS", "-m", "20", protocol, *options, f"http://{server.address}{path}"]
    return subprocess.run(command, check=True, capture_output=True).stdout


def assert_taken(answer: dict, status="counted"):
    assert answer["message"] == "ok"
    assert answer["status"] == status
    assert str(uuid.UUID(answer["id"])) == answer["id"]
    assert isinstance(answer["position"], str)
    assert answer["position"]


@pytest.mark.parametrize("protocol", ["--http1.1", "--http2-prior-knowledge"])
@pytest.mark.parametrize("path", PATHS)
def test_every_path_takes_a_vote(calm_server, path, protocol):
    for spelled in {path, path.rstrip("/") + "/"}:
        answer = curl(calm_server, spelled, "--json", json.dumps(GOOD), protocol=protocol)
        assert_taken(json.loads(answer))


@pytest.mark.parametrize("path", PATHS)
def test_every_path_takes_an_array(calm_server, path):
    answer = calm_server.post([GOOD, GOOD], path).json()
    assert answer["message"] == "ok"
    assert [item["status"] for item in answer["votes"]] == ["counted", "counted"]


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json; charset=UTF-8", "APPLICATION/JSON;charset=latin1", None]
)
def test_content_types_of_json(calm_server, content_type):
    headers = {"Content-Type": content_type} if content_type else {}
    assert_taken(call(calm_server.address, "POST", "/v1/votes", GOOD, headers).json())


def test_plain_curl_d(calm_server):
    assert_taken(json.loads(curl(calm_server, "/grpc/insert", "-d", json.dumps(GOOD))))


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "multipart/form-data", "application/jsonx"])
def test_other_content_types_are_refused(calm_server, content_type):
    answer = call(calm_server.address, "POST", "/v1/votes", GOOD, {"Content-Type": content_type})
    assert answer.status == 415
    assert answer.error()["code"] == "unsupported_media_type"


def test_a_form_that_is_no_json_is_refused(calm_server):
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = call(calm_server.address, "POST", "/insert", "name=A&album=B", form)
    assert answer.status == 400
    assert answer.error()["code"] == "malformed_json"


def test_grpc_over_http1_is_refused(calm_server):
    headers = {"Content-Type": "application/grpc"}
    answer = call(calm_server.address, "POST", "/votaton.v1.VoteService/Cast", b"\0\0\0\0\0", headers)
    assert answer.status == 415


@pytest.mark.parametrize("body", [
    {"Name": "A", "ALBUM": "", "yEar": "", "rank": ""},
    {"rank": "5.2", "year": "03", "album": "Ñandú 🎸", "name": "  trimmed  "},
    {**GOOD, "comment": {"deep": [1, 2, {"x": None}]}, "n": -1.5e300, "ok": True},
    {**GOOD, "name": "x" * 128},
    {**GOOD, "name": " " * 200 + "x" + " " * 200},
])  # fmt: skip
def test_votes_that_are_taken(calm_server, body):
    assert_taken(calm_server.cast(body))


def nested(depth):
    return '{"name":"A","album":"","year":"","rank":"","x":' + "[" * depth + "]" * depth + "}"


MALFORMED = {
    "nothing": b"",
    "no object": b"1",
    "cut": b'{"name":"A"',
    "more after it": json.dumps(GOOD).encode() + b"{}",
    "single quotes": b"{'name':'A'}",
    "trailing comma": b'{"name":"A","album":"","year":"","rank":"",}',
    "byte-order mark": b"\xef\xbb\xbf" + json.dumps(GOOD).encode(),
    "NaN": b'{"name":"A","album":"","year":"","rank":"","x":NaN}',
    "too deep": nested(17).encode(),
    "lone surrogate": b'{"name":"\\ud800","album":"","year":"","rank":""}',
}  # fmt: skip


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed_json(calm_server, body):
    answer = calm_server.post(body)
    assert answer.status == 400
    assert answer.error()["code"] in ("malformed_json", "invalid_utf8")


def test_unknown_values_may_be_nested(calm_server):
    assert_taken(calm_server.cast(nested(15)))


def field_errors():
    for field in FIELDS:
        yield {key: value for key, value in GOOD.items() if key != field}, "missing_field", field
        for value in (1, None, True, ["a"], {"a": "b"}):
            yield vote(**{field: value}), "wrong_type", field
        yield vote(**{field: "é" * 65}), "too_long", field
        for character in ("\x00", "\n", "\x1f", "\x7f"):
            yield vote(**{field: f"a{character}b"}), "control_character", field
        twice = json.dumps(GOOD)[:-1] + f',"{field.upper()}":"x"}}'
        yield twice, "duplicate_field", field
        broken = json.dumps(GOOD).replace(f'"{GOOD[field]}"', '"\udcff"', 1)
        yield broken.encode("utf-8", "surrogateescape"), "invalid_utf8", field
    yield vote(name=""), "empty_name", "name"
    yield vote(name="   "), "empty_name", "name"


def test_every_error_of_a_field(calm_server):
    wrong = []
    for body, code, field in field_errors():
        answer = calm_server.post(body)
        error = answer.error()
        if (answer.status, error["code"], error.get("field")) != (400, code, field):
            wrong.append((body, code, field, answer))
    assert wrong == []


def test_no_path_and_no_method(calm_server):
    missing = calm_server.call("GET", "/nothing/here")
    assert (missing.status, missing.error()["code"]) == (404, "not_found")
    wrong = calm_server.call("DELETE", "/v1/votes")
    assert (wrong.status, wrong.error()["code"]) == (405, "method_not_allowed")
    assert "POST" in re.split(r",\s*", wrong.headers["allow"])


def test_bodies_that_are_too_large(calm_server):
    for body in (json.dumps(vote(x="y" * 70_000)), json.dumps([vote(x="y" * 1_100_000)])):
        answer = calm_server.post(body)
        assert answer.status == 413
        assert answer.error()["code"] == "body_too_large"


def test_headers_that_are_too_large(calm_server):
    answer = calm_server.post(GOOD, X_Filler="x" * 17_000)
    assert answer.status == 431
    assert answer.error()["code"] == "headers_too_large"


def test_batch_is_answered_in_order_item_by_item(server):
    ids = [new_id() for _ in range(4)]
    bodies = [
        vote(vote_id=ids[0]),
        vote(name=""),
        vote(vote_id=ids[1], name="Other"),
        vote(vote_id=ids[0]),
        vote(vote_id=ids[0], name="Else"),
        7,
    ]
    items = server.cast(bodies)["votes"]
    assert [item.get("status") or item["error"]["code"] for item in items] == [
        "counted", "empty_name", "counted", "duplicate", "id_conflict", "malformed_json",
    ]  # fmt: skip
    assert items[0]["id"] == items[3]["id"] == ids[0]
    assert items[1]["error"]["field"] == "name"
    assert server.get("/v1/results")["total"] == 2


@pytest.mark.parametrize(("count", "code"), [(0, "empty_batch"), (1001, "batch_too_large")])
def test_batches_of_a_wrong_size(calm_server, count, code):
    answer = calm_server.post([GOOD] * count)
    assert (answer.status, answer.error()["code"]) == (400, code)


def test_largest_batch(calm_server):
    items = calm_server.cast([GOOD] * 1000)["votes"]
    assert len({item["id"] for item in items}) == 1000


@pytest.mark.parametrize("where", ["header", "field"])
def test_same_id_is_counted_once(server, where):
    key = new_id()

    def send(**changes):
        if where == "header":
            return server.post(vote(**changes), Idempotency_Key=key)
        return server.post(vote(vote_id=key, **changes))

    first, second, other = send().json(), send().json(), send(name="Other")
    assert_taken(first)
    assert_taken(second, "duplicate")
    assert first["id"] == second["id"] == key
    assert first["position"] == second["position"]
    assert other.status == 409
    assert other.error()["code"] == "id_conflict"
    assert other.json()["id"] == key
    assert server.get("/v1/results")["total"] == 1


def test_any_key_makes_an_id(server):
    first = server.cast(GOOD, Idempotency_Key="order 17")
    second = server.cast(GOOD, Idempotency_Key="order 17")
    other = server.cast(GOOD, Idempotency_Key="order 18")
    assert first["id"] == second["id"] != other["id"]
    assert_taken(second, "duplicate")


def test_array_with_a_key_is_retried_as_a_whole(server):
    first = server.cast([GOOD, GOOD, GOOD], Idempotency_Key="basket")["votes"]
    second = server.cast([GOOD, GOOD, GOOD], Idempotency_Key="basket")["votes"]
    assert [item["id"] for item in first] == [item["id"] for item in second]
    assert {item["status"] for item in second} == {"duplicate"}
    assert server.get("/v1/results")["total"] == 3


def test_refused_vote_does_not_use_its_id_up(server):
    key = new_id()
    assert server.post(vote(name=""), Idempotency_Key=key).status == 400
    assert_taken(server.cast(GOOD, Idempotency_Key=key))


def test_ids_that_are_refused(calm_server):
    for headers, body, code in (
        ({"Idempotency_Key": "k" * 256}, GOOD, "bad_id"),
        ({"Idempotency_Key": new_id()}, vote(vote_id=new_id()), "id_mismatch"),
        ({}, vote(vote_id="k" * 256), "bad_id"),
        ({}, vote(vote_id=""), "bad_id"),
    ):
        answer = calm_server.post(body, **headers)
        assert (answer.status, answer.error()["code"]) == (400, code), (headers, body)


def test_connection_is_kept_alive(calm_server):
    connection = http.client.HTTPConnection(calm_server.address, timeout=20)
    for _ in range(5):
        assert_taken(exchange(connection, "POST", "/v1/votes", GOOD, {"Content-Type": "application/json"}).json())
        assert connection.sock is not None
    connection.close()


def request_text(body: bytes, *headers: str) -> bytes:
    head = ["POST /v1/votes HTTP/1.1", "Host: x", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*head, "", ""]).encode() + body


def test_pipelined_requests_are_answered_in_order(calm_server):
    ids = [new_id() for _ in range(5)]
    bodies = [json.dumps(vote(vote_id=key)).encode() for key in ids]
    last = request_text(bodies[4], "Connection: close")
    answer = raw(calm_server.address, b"".join(map(request_text, bodies[:4])) + last).decode()
    assert re.findall(r'"id":"([^"]+)"', answer) == ids


def test_chunked_body(calm_server):
    body = json.dumps(GOOD).encode()
    chunks = b"%x\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n" % (3, body[:3], len(body) - 3, body[3:])
    head = b"POST /insert HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    assert b'"status":"counted"' in raw(calm_server.address, head + chunks)


def test_expect_100_continue(calm_server):
    answer = curl(calm_server, "/v1/votes", "-H", "Expect: 100-continue", "--json", json.dumps(GOOD))
    assert_taken(json.loads(answer))


@pytest.mark.parametrize("request_bytes", [
    b"NONSENSE\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: nine\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nBad Header: x\r\n\r\n",
])  # fmt: skip
def test_broken_requests_get_400_and_are_cut(calm_server, request_bytes):
    answer = raw(calm_server.address, request_bytes)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'"error"' in answer
    assert calm_server.call("GET", "/livez").status == 200


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/healthz"])
def test_health_on_both_listeners(calm_server, path):
    for address in (calm_server.address, calm_server.admin_address):
        assert call(address, "GET", path).status == 200


def test_metrics_are_on_the_admin_listener_only(calm_server):
    metrics = call(calm_server.admin_address, "GET", "/metrics").body.decode()
    types = {line.split()[2] for line in metrics.splitlines() if line.startswith("# TYPE ")}
    assert types >= {
        "votaton_votes_total",
        "votaton_band_votes",
        "votaton_requests_total",
        "votaton_request_duration_seconds",
        "votaton_ledger_commit_seconds",
        "votaton_ledger_group_records",
        "votaton_ledger_queue_records",
        "votaton_connections",
    }
    assert calm_server.call("GET", "/metrics").status == 404
