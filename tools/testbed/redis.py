"""Redis with an append-only file, and what its files can suffer."""

import socket
from pathlib import Path

from testbed.server import Server, copy_data

# everysec, as it is run in production: what Redis has answered may be lost when it dies, and tallies must survive that.
# Databases are cheap and tell tests apart whose keys have fixed names.
DATABASES = 1024
CONFIGURATION = """\
bind 127.0.0.1
port {port}
databases {databases}
dir {data}
daemonize no
save ""
appendonly yes
appendfsync {fsync}
aof-load-truncated yes
maxmemory-policy noeviction
"""


class Redis(Server):
    def __init__(self, folder: Path, ports=None, dies_with_parent=False, fsync="everysec"):
        super().__init__("redis", folder, ports, dies_with_parent)
        self.fsync = fsync

    @property
    def url(self) -> str:
        return f"redis://{self.address}"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def prepare(self) -> None:
        self.data.mkdir(exist_ok=True)
        text = CONFIGURATION.format(port=self.port, databases=DATABASES, data=self.data, fsync=self.fsync)
        (self.folder / "redis.conf").write_text(text)

    def command(self) -> list[str]:
        return ["redis-server", "redis.conf"]

    def answers(self) -> bool:
        """PING is answered with an error while the data is loaded."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(7, socket.MSG_WAITALL) == b"+PONG\r\n"

    def append_file(self) -> Path:
        """The file to which commands are appended now."""
        files = (self.data / "appendonlydir").glob("appendonly.aof.*.incr.aof")
        return max(files, key=lambda path: int(path.name.split(".")[2]))

    def cut_aof(self, length: int) -> int:
        """Cuts so many bytes off the end of the append-only file, as a crash may; Redis must be down.

        Returns how many were cut: never more than there are.
        """
        assert not self.is_alive(), "Redis would write behind the cut"
        path = self.append_file()
        size = path.stat().st_size
        cut = min(length, size)
        with path.open("r+b") as file:
            file.truncate(size - cut)
        return cut

    def save_copy(self, target: Path) -> None:
        """Copies all data as they are on disk; Redis must be down."""
        assert not self.is_alive(), "a copy of files that change is none"
        copy_data(self.data, target)

    def restore_copy(self, source: Path) -> None:
        """Puts a copy in the place of the data; Redis must be down."""
        assert not self.is_alive(), "Redis would write into the copy"
        copy_data(source, self.data)
