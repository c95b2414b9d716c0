"""A server of the MongoDB protocol (SecantusDB, from PyPI in .cache/mongo): no registry of packages has mongod."""

import socket
import struct
from pathlib import Path

from testbed.server import CACHE, Server

PROGRAM = CACHE / "mongo" / "bin" / "secantusd-py"
OP_MSG = 2013
LOG = "votaton.logs"


def hello() -> bytes:
    """The message {hello: 1, $db: "admin"}."""
    body = b"\x10hello\0" + struct.pack("<i", 1) + b"\x02$db\0" + struct.pack("<i", 6) + b"admin\0"
    document = struct.pack("<i", len(body) + 5) + body + b"\0"
    return struct.pack("<iiiiiB", 21 + len(document), 1, 0, OP_MSG, 0, 0) + document


class Mongo(Server):
    def __init__(self, folder: Path, ports=None, dies_with_parent=False):
        super().__init__("mongo", folder, ports, dies_with_parent)

    @property
    def server_url(self) -> str:
        return f"mongodb://{self.address}"

    def url(self, log: str = LOG) -> str:
        """The URL of a collection, "database.collection"."""
        return f"{self.server_url}/{log}"

    def prepare(self) -> None:
        # A file of ours, though empty: without one it looks for others outside of the folder.
        (self.folder / "secantusd.toml").touch()

    def command(self) -> list[str]:
        arguments = ["--host", "127.0.0.1", "--port", self.port, "--storage-path", self.folder / "data"]
        limits = ["--cache-size", "256M", "--log-level", "WARNING"]
        return [PROGRAM, "--config", self.folder / "secantusd.toml", *arguments, *limits]

    def answers(self) -> bool:
        with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
            connection.sendall(hello())
            head = connection.recv(16, socket.MSG_WAITALL)
        return len(head) == 16 and struct.unpack("<iiii", head)[3] == OP_MSG
