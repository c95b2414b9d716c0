"""The roles of the program, each a process of its own, over the stores of one contest."""

import re
from pathlib import Path

from testbed.ports import free_ports

from support.http import Answer, call
from support.program import VOTATON, Program, PublicListener, votaton, wait_until
from support.stores import Stores

CATCH_UP_SECONDS = 60


class Role(Program, PublicListener):
    """One process of a role. Its ports stay over kill, restart and stop. `address` is empty for a role that serves
    nothing but its admin listener."""

    def __init__(self, kind: str, stores: Stores, log: Path, args=(), env=None):
        port, admin_port = free_ports(2)
        self.kind = kind
        self.is_public = kind in ("ingest", "web")
        self.address = f"127.0.0.1:{port}" if self.is_public else ""
        self.admin_address = f"127.0.0.1:{admin_port}"
        stores_of = {
            "ingest": ["--ledger", stores.ledger],
            "count": ["--ledger", stores.ledger, "--tally", stores.tally],
            "archive": ["--ledger", stores.ledger, "--log", stores.log],
            "web": ["--tally", stores.tally, "--log", stores.log],
        }
        command = [VOTATON, kind, *stores_of[kind], "--admin-listen", self.admin_address]
        if kind in ("count", "archive"):
            # Tests share a broker: a group of each contest's own.
            command += ["--group", f"{stores.topic}-{kind}"]
        if self.is_public:
            command += ["--listen", self.address]
        super().__init__([*command, *args], log, self.admin_address, env)

    def restart(self) -> None:
        """kill -9, then a start on the same ports."""
        self.kill()
        self.start()

    def admin(self, path: str) -> Answer:
        """A GET on the admin listener."""
        return call(self.admin_address, "GET", path, timeout=5)

    def is_alive(self) -> bool:
        """Whether /livez says so."""
        try:
            return self.admin("/livez").status == 200
        except OSError:
            return False

    def missing(self) -> dict[str, str]:
        """What /readyz says is missing, by name."""
        return self.admin("/readyz").json().get("missing", {})

    def partitions(self) -> set[int]:
        """Those that this process counts or archives now; none while it does not answer."""
        try:
            text = self.admin("/metrics").body.decode()
        except OSError:
            return set()
        return {int(n) for n in re.findall(r'^votaton_consumer_lag_records\{.*partition="(\d+)"\}', text, re.MULTILINE)}


class Roles:
    """The roles over one contest's stores; stopped, and looked at for reports of sanitizers, at the end."""

    def __init__(self, stores: Stores, folder: Path):
        self.stores = stores
        self.folder = folder
        self.all: list[Role] = []
        folder.mkdir(parents=True, exist_ok=True)

    def new(self, kind: str, *args, env=None) -> Role:
        """A role that is not started."""
        role = Role(kind, self.stores, self.folder / f"{kind}{len(self.all)}.log", args, env)
        self.all.append(role)
        return role

    def start(self, kind: str, *args, env=None) -> Role:
        return self.new(kind, *args, env=env).start()

    def start_all(self) -> tuple[Role, Role, Role, Role]:
        """One of each: (ingest, count, archive, web). They find each other in whatever order they come up."""
        roles = [self.new(kind) for kind in ("ingest", "count", "archive", "web")]
        for role in roles:
            role.launch()
        return tuple(role.wait_ready() for role in roles)

    def stop(self) -> None:
        """Stops what still runs. All of them are stopped, whatever one of them says."""
        failures = []
        for role in self.all:
            try:
                role.stop()
            except AssertionError as error:
                failures.append(f"{role.kind}: {error}")
            finally:
                role.kill()
        assert not failures, "\n".join(failures)

    def kill(self) -> None:
        for role in self.all:
            role.kill()


def verify(stores: Stores, *args, timeout: float = 120):
    """`votaton verify` over all three stores; exit code 0: everything agrees."""
    where = ["--ledger", stores.ledger, "--tally", stores.tally, "--log", stores.log]
    return votaton("verify", *where, *args, timeout=timeout)


def wait_for_results(web: Role, total: int, seconds: float = CATCH_UP_SECONDS) -> dict:
    """Waits until so many votes are counted, and returns these results."""
    seen = {}

    def are_there() -> bool:
        answer = web.call("GET", "/v1/results")
        seen.update(answer.json() if answer.status == 200 else {"answer": answer})
        return seen.get("total") == total

    wait_until(are_there, seconds, lambda: f"{total} counted votes; last seen: {seen}")
    return seen


def read_acks(path: Path) -> list[str]:
    """The ids that `votaton send --acks` wrote, one a line; a last line without an end was not written whole."""
    return [line.rstrip("\n") for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")]
