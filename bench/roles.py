"""The roles of votatón over stores of the testbed, as processes under measurement. Each has one thread for its work."""

from pathlib import Path

from processes import SERVER_CORE, Process, free_port, is_ready


class Roles:
    def __init__(self, votaton: Path, folder: Path):
        self.votaton = votaton
        self.folder = folder

    def ingest(self, ledger: str, core: str = SERVER_CORE) -> Process:
        arguments = ["--ledger", ledger, "--threads", "1", "--listen", "127.0.0.1:{port}"]
        return self._role("ingest", [*arguments, "--admin-listen", "127.0.0.1:{admin}"], core)

    def count(self, ledger: str, tally: str, core: str = SERVER_CORE) -> Process:
        return self._consumer("count", ["--ledger", ledger, "--tally", tally], core)

    def archive(self, ledger: str, log: str, core: str = SERVER_CORE) -> Process:
        return self._consumer("archive", ["--ledger", ledger, "--log", log], core)

    def _consumer(self, kind: str, stores: list[str], core: str) -> Process:
        group = f"{kind}-{free_port()}"
        arguments = [*stores, "--workers", "1", "--group", group, "--admin-listen", "127.0.0.1:{port}"]
        return self._role(kind, arguments, core)

    def _role(self, kind: str, arguments: list[str], core: str) -> Process:
        command = [str(self.votaton), kind, *arguments, "--log-level", "warn"]
        return Process(kind, command, self.folder / kind, core=core, is_up=is_ready)
