"""A small HTTP/1.1 client that shows everything of an answer, and raw connections for what no client would send."""

import http.client
import json
import socket
from dataclasses import dataclass


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self):
        return json.loads(self.body)

    def error(self) -> dict:
        """The error object, after a check of its shape."""
        error = self.json()["error"]
        assert set(error) - {"field"} == {"code", "message"}, error
        assert error["message"]
        return error


def as_body(body) -> bytes | None:
    if body is None or isinstance(body, bytes):
        return body
    return (body if isinstance(body, str) else json.dumps(body)).encode()


def call(address, method, path, body=None, headers=None, timeout=30) -> Answer:
    """One request on a connection of its own. A body that is neither text nor bytes goes as JSON."""
    connection = http.client.HTTPConnection(address, timeout=timeout)
    try:
        return exchange(connection, method, path, body, headers)
    finally:
        connection.close()


def exchange(connection, method, path, body=None, headers=None) -> Answer:
    """One request on a connection that stays open."""
    connection.request(method, path, as_body(body), headers or {})
    response = connection.getresponse()
    names = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, names, response.read())


def connect(address, timeout=30) -> socket.socket:
    host, port = address.rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout)


def read_to_end(connection: socket.socket) -> bytes:
    """Everything until the peer closes; a reset is an end too."""
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def raw(address, request: bytes, timeout=30) -> bytes:
    """Sends bytes as they are and returns all that comes until the peer closes."""
    with connect(address, timeout) as connection:
        connection.sendall(request)
        return read_to_end(connection)
