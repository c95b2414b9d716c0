"""gRPC as clients that nobody here wrote speak it: grpcio, grpcurl, the health checker and reflection."""

import json
import re
import struct
import subprocess
import uuid
from pathlib import Path

import grpc
import pytest
from grpc import StatusCode
from grpc_health.v1 import health_pb2, health_pb2_grpc
from support.grpc_client import Client
from support.program import ROOT, wait_until
from support.votes import GOOD, new_id, vote

GRPCURL = ROOT / ".cache/bin/grpcurl"


@pytest.fixture(scope="module", params=["native", "wasm"])
def calm_server(new_calm_server, request):
    """All answers are the same whichever core reads the votes."""
    return new_calm_server("--core", request.param)


@pytest.fixture
def client(calm_server):
    with Client(calm_server.address) as client:
        yield client


def grpcurl(server, *arguments, data=None):
    options = ["-plaintext", "-max-time", "20", *(["-d", json.dumps(data)] if data is not None else [])]
    command = [GRPCURL, *options, server.address, *arguments]
    result = subprocess.run(command, capture_output=True, text=True, timeout=40)
    assert result.returncode == 0, result.stderr
    return result.stdout


def error_of(call):
    """(status, trailers) of a call that must fail."""
    with pytest.raises(grpc.RpcError) as raised:
        call()
    return raised.value.code(), dict(raised.value.trailing_metadata() or ())


def test_cast(client):
    receipt, _ = client.cast(GOOD)
    assert receipt.status == "counted"
    assert str(uuid.UUID(receipt.id)) == receipt.id
    assert receipt.position
    assert not receipt.error.code


def test_cast_batch_tells_each_vote(client):
    key = new_id()
    reply, _ = client.cast_batch([vote(vote_id=key), vote(name=""), vote(vote_id=key), vote(vote_id=key, name="Else")])
    told = [receipt.status or receipt.error.code for receipt in reply.receipts]
    assert told == ["counted", "empty_name", "duplicate", "id_conflict"]
    assert reply.receipts[1].error.field == "name"


def test_earlier_service(client):
    reply, _ = client.return_info(GOOD)
    assert reply.info


def test_metadata_key_and_duplicate(client):
    metadata = [("idempotency-key", "order 17")]
    first, _ = client.cast(GOOD, metadata=metadata)
    second, _ = client.cast(GOOD, metadata=metadata)
    assert (first.status, second.status) == ("counted", "duplicate")
    assert (first.id, first.position) == (second.id, second.position)


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (vote(name=""), "empty_name"),
        (vote(album="x" * 129), "too_long"),
        (vote(year="\x01"), "control_character"),
        (vote(vote_id="k" * 256), "bad_id"),
    ],
)
def test_refused_votes(client, bad, code):
    status, trailers = error_of(lambda: client.cast(bad))
    assert status == StatusCode.INVALID_ARGUMENT
    assert trailers["votaton-error"] == code


def test_conflict(client):
    key = new_id()
    client.cast(vote(vote_id=key))
    status, trailers = error_of(lambda: client.cast(vote(vote_id=key, name="Other")))
    assert status == StatusCode.ALREADY_EXISTS
    assert trailers["votaton-error"] == "id_conflict"
    assert trailers["votaton-id"] == key


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (b"\xff\xff\xff", "malformed_protobuf"),
        (b"\x0a\x05ab", "malformed_protobuf"),
        (b"\x0a\x02\xff\xfe\x12\x00\x1a\x00\x22\x00", "invalid_utf8"),
    ],
    ids=["no tag", "cut", "no UTF-8"],
)
def test_bad_messages(client, message, code):
    status, trailers = error_of(lambda: client.cast(message))
    assert status == StatusCode.INVALID_ARGUMENT
    assert trailers["votaton-error"] == code


@pytest.mark.parametrize(("count", "code"), [(0, "empty_batch"), (1001, "batch_too_large")])
def test_batches_of_a_wrong_size(client, count, code):
    status, trailers = error_of(lambda: client.cast_batch([GOOD] * count))
    assert status == StatusCode.INVALID_ARGUMENT
    assert trailers["votaton-error"] == code


def test_compressed_message_is_refused(client):
    large = vote(name="a" * 100)
    status, trailers = error_of(lambda: client.cast(large, compression=grpc.Compression.Gzip))
    assert status == StatusCode.UNIMPLEMENTED
    assert trailers.get("grpc-accept-encoding", "identity") == "identity"


def test_message_over_1_mib(calm_server):
    with Client(calm_server.address, max_send_message_length=-1) as client:
        status, _ = error_of(lambda: client.cast(b"\x0a" + b"\x80\x80\x80\x01" + b"a" * 2_097_152))
    assert status == StatusCode.RESOURCE_EXHAUSTED


@pytest.mark.parametrize("path", ["/votaton.v1.VoteService/Nothing", "/no.such.Service/Cast"])
def test_unknown_methods(client, path):
    status, _ = error_of(lambda: client.unary(path, b"", health_pb2.HealthCheckResponse))
    assert status == StatusCode.UNIMPLEMENTED


def test_deadline_that_expires_before_the_disk_has_it(new_server, tmp_path):
    """The server says so in time, with the id under which the vote is found later. By curl, which waits for it."""
    inject = ["-e", "trace=fdatasync,fsync", "-e", "inject=fdatasync,fsync:delay_enter=700000:when=12+"]
    server = new_server(wrapper=["strace", "-D", "-f", "-q", "-o", tmp_path / "strace.out", *inject]).start()
    body = tmp_path / "body"
    body.write_bytes(framed(b"\x0a\x01A"))
    command = ["curl", "-sS", "-m", "20", "-D", "-", "-o", "/dev/null", "--http2-prior-knowledge"]
    for header in ("content-type: application/grpc", "te: trailers", "grpc-timeout: 200m"):
        command += ["-H", header]
    command += ["--data-binary", f"@{body}", f"http://{server.address}/votaton.v1.VoteService/Cast"]
    shown = ""
    for _ in range(20):
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        if "grpc-status: 0" not in shown:
            break
    assert f"grpc-status: {StatusCode.DEADLINE_EXCEEDED.value[0]}" in shown
    key = re.search(r"votaton-id: (\S+)", shown)[1]
    wait_until(lambda: server.call("GET", f"/v1/votes/{key}").status == 200, 10, "the late vote is recorded")


def test_health(calm_server):
    with grpc.insecure_channel(calm_server.address) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        for service in ("", "votaton.v1.VoteService"):
            answer = stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=20)
            assert answer.status == health_pb2.HealthCheckResponse.SERVING
        status, _ = error_of(lambda: stub.Check(health_pb2.HealthCheckRequest(service="nobody"), timeout=20))
        assert status == StatusCode.NOT_FOUND
        watch = stub.Watch(health_pb2.HealthCheckRequest(), timeout=20)
        assert next(iter(watch)).status == health_pb2.HealthCheckResponse.SERVING
        watch.cancel()


def test_grpcurl_by_reflection(calm_server):
    listed = grpcurl(calm_server, "list").split()
    wanted = {"votaton.v1.VoteService", "confproto.getInfo", "grpc.health.v1.Health"}
    assert wanted <= set(listed)
    assert any(name.startswith("grpc.reflection.v1") for name in listed)
    assert "rpc Cast (" in grpcurl(calm_server, "describe", "votaton.v1.VoteService").replace("Cast(", "Cast (")
    for service in listed:
        grpcurl(calm_server, "describe", service)
    receipt = json.loads(grpcurl(calm_server, "votaton.v1.VoteService/Cast", data=GOOD))
    assert receipt["status"] == "counted"
    batch = json.loads(grpcurl(calm_server, "votaton.v1.VoteService/CastBatch", data={"votes": [GOOD, GOOD]}))
    assert [item["status"] for item in batch["receipts"]] == ["counted", "counted"]
    assert json.loads(grpcurl(calm_server, "confproto.getInfo/returnInfo", data=GOOD))["info"]
    assert "SERVING" in grpcurl(calm_server, "grpc.health.v1.Health/Check")


def test_many_calls_on_one_channel(server):
    with Client(server.address) as client:
        for _ in range(300):
            client.cast(GOOD)
    assert server.get("/v1/results")["total"] == 300


def framed(message: bytes) -> bytes:
    return struct.pack(">BI", 0, len(message)) + message


def h2load(server, path, data, headers, tmp_path):
    body = Path(tmp_path) / "body"
    body.write_bytes(data)
    command = ["h2load", "-n", "2000", "-c", "4", "-m", "20", "-d", str(body)]
    for header in headers:
        command += ["-H", header]
    result = subprocess.run([*command, f"http://{server.address}{path}"], capture_output=True, text=True, timeout=60)
    assert "2000 succeeded, 0 failed, 0 errored" in result.stdout, result.stdout + result.stderr
    assert "status codes: 2000 2xx" in result.stdout, result.stdout


def test_h2load_unary(server, tmp_path):
    message = b"".join(bytes([tag, len(text)]) + text for tag, text in ((10, b"A"), (18, b"B"), (26, b"1"), (34, b"2")))
    headers = ["content-type: application/grpc", "te: trailers"]
    h2load(server, "/votaton.v1.VoteService/Cast", framed(message), headers, tmp_path)
    assert server.get("/v1/results")["total"] == 2000


def test_h2load_json(server, tmp_path):
    h2load(server, "/v1/votes", json.dumps(GOOD).encode(), ["content-type: application/json"], tmp_path)
    assert server.get("/v1/results")["total"] == 2000
