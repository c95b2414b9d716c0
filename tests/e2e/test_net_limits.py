"""What the network engine keeps for its peers is limited: file descriptors, memory, and what headers may look like."""

import http.client
import resource
import socket
import time
from pathlib import Path

import pytest
from support.http import connect, exchange, raw
from support.program import wait_until
from support.votes import GOOD

FEW_FILES = ("prlimit", "--nofile=100:100")
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEADERS, SETTINGS, PING = 1, 4, 6
ACK, END_HEADERS = 1, 4


def cpu_seconds(server) -> float:
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def resident_mib(server) -> float:
    pages = Path(f"/proc/{server.process.pid}/statm").read_text().split()[1]
    return int(pages) * resource.getpagesize() / 2**20


@pytest.mark.server(args=["--threads", "2"], wrapper=FEW_FILES)
def test_without_file_descriptors_who_is_in_is_served(server):
    kept = http.client.HTTPConnection(server.address, timeout=20)
    assert exchange(kept, "GET", "/livez").status == 200
    many = []
    for _ in range(130):
        try:
            many.append(connect(server.address, timeout=20))
        except OSError:
            break
    before = cpu_seconds(server)
    started = time.monotonic()
    while time.monotonic() - started < 2:
        assert exchange(kept, "POST", "/v1/votes", GOOD, {"Content-Type": "application/json"}).status == 200
        time.sleep(0.1)
    assert cpu_seconds(server) - before < 1, "it turns round and round"
    for connection in many:
        connection.close()
    wait_until(lambda: is_served(server), 10, "connections are taken again")
    assert server.metric("votaton_connections_refused_total") > 0


def is_served(server) -> bool:
    try:
        return server.post(GOOD).status == 200
    except OSError:
        return False


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def length(number: int) -> bytes:
    """An HPACK integer with a prefix of 7 bits (RFC 7541 §5.1)."""
    if number < 127:
        return bytes([number])
    out = [127]
    number -= 127
    while number >= 128:
        out.append(number % 128 + 128)
        number //= 128
    return bytes([*out, number])


def literal(name: bytes, value: bytes) -> bytes:
    return b"\0" + length(len(name)) + name + length(len(value)) + value


def read_until(connection, wanted: bytes) -> None:
    seen = b""
    while wanted not in seen:
        part = connection.recv(65536)
        assert part, "the server has closed"
        seen += part


def test_headers_of_requests_that_never_end_do_not_grow_the_memory(new_server):
    server = new_server(args=["--threads", "1"]).start()
    before = resident_mib(server)
    fields = [(b":method", b"POST"), (b":scheme", b"http"), (b":authority", b"x"), (b":path", b"/v1/votes")]
    block = b"".join(literal(*field) for field in [*fields, (b"x-long", b"y" * 14000)])
    requests = b"".join(frame(HEADERS, END_HEADERS, 2 * i + 1, block) for i in range(128))
    stuck = []
    for _ in range(100):
        connection = connect(server.address)
        connection.sendall(PREFACE + frame(SETTINGS, 0, 0) + requests + frame(PING, 0, 0, b"all here"))
        stuck.append(connection)
    for connection in stuck:
        read_until(connection, frame(PING, ACK, 0, b"all here"))
    grown = resident_mib(server) - before
    for connection in stuck:
        connection.close()
    assert grown < 120, f"{grown} MiB more"
    wait_until(lambda: is_served(server), 10, "votes are taken again")


@pytest.mark.parametrize(
    "field", ["Transfer-Encoding:\r\n chunked", "Content-Length:\r\n 0", "Host:\r\n a", "X: \r\n\ty"]
)
def test_headers_folded_before_their_value_are_refused(calm_server, field):
    """A proxy that reads the first line only would see another request than we do."""
    host = "" if field.startswith("Host") else "Host: x\r\n"
    request = f"GET /livez HTTP/1.1\r\n{host}Connection: close\r\n{field}\r\n\r\n0\r\n\r\n".encode()
    assert raw(calm_server.address, request).startswith(b"HTTP/1.1 400 ")


def test_an_idle_connection_is_closed_softly_at_the_end(new_server):
    server = new_server().start()
    idle = connect(server.address)
    idle.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
    assert idle.recv(65536).startswith(b"HTTP/1.1 200 ")
    server.process.terminate()
    assert idle.recv(1) == b""
    idle.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
    time.sleep(0.05)
    assert idle.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0
    idle.close()
    assert server.wait_for_exit() == 0
