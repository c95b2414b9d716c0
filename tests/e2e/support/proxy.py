"""A TCP proxy that holds requests back, or loses replies: what was asked for is done, and who asked never learns."""

import contextlib
import random
import socket
import threading
import time
from collections.abc import Callable

CHUNK_BYTES = 65536
CONNECT_SECONDS = 5


class Proxy:
    """Forwards connections to a port of 127.0.0.1 while the `with` block runs.

    loses(request) is asked for each request, whole or its first bytes; for those it names, the request is forwarded,
    the server's answer is waited for and thrown away, and the connection is cut. One request at a time on a connection.
    holds(request) says for how many seconds it is held back; sent(request) is called when the server was given it.
    """

    def __init__(
        self,
        port: int,
        loses: Callable[[bytes], bool] = lambda _: False,
        holds: Callable[[bytes], float] = lambda _: 0,
        sent: Callable[[bytes], None] = lambda _: None,
    ):
        self.server_port = port
        self.loses = loses
        self.holds = holds
        self.sent = sent
        self.lost = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]

    def __enter__(self) -> "Proxy":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", self.server_port), CONNECT_SECONDS)
        except OSError:
            client.close()
            return
        server.settimeout(None)
        is_doomed = threading.Event()
        threading.Thread(target=self._requests, args=(client, server, is_doomed), daemon=True).start()
        self._replies(client, server, is_doomed)

    def _requests(self, client: socket.socket, server: socket.socket, is_doomed: threading.Event) -> None:
        try:
            while request := client.recv(CHUNK_BYTES):
                if self.loses(request):
                    is_doomed.set()
                time.sleep(self.holds(request))
                server.sendall(request)
                self.sent(request)
        except OSError:
            pass
        close(server)

    def _replies(self, client: socket.socket, server: socket.socket, is_doomed: threading.Event) -> None:
        try:
            while reply := server.recv(CHUNK_BYTES):
                if is_doomed.is_set():
                    self.lost += 1
                    break
                client.sendall(reply)
        except OSError:
            pass
        close(client)
        close(server)


def close(connection: socket.socket) -> None:
    """Wakes the other thread that waits on it, too."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


def is_write(request: bytes) -> bool:
    """Whether a request to Redis is a batch of the tally."""
    return b"\r\nwrite\r\n" in request


def loses_writes(dice: random.Random, share: float) -> Callable[[bytes], bool]:
    """Loses the reply to this share of the batches."""
    return lambda request: is_write(request) and dice.random() < share


def holds_writes_until_two(seconds: float) -> Callable[[bytes], float]:
    """Holds each batch back until there is another one, and lets both go; or for so many seconds."""
    meeting = threading.Barrier(2)

    def hold(request: bytes) -> float:
        if is_write(request):
            try:
                meeting.wait(seconds)
            except threading.BrokenBarrierError:
                meeting.reset()
        return 0

    return hold


def holds_writes(dice: random.Random, seconds: float) -> Callable[[bytes], float]:
    """Holds each batch back for up to so many seconds."""
    return lambda request: dice.uniform(0, seconds) if is_write(request) else 0
