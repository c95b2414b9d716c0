"""The testbed as a whole: one of each server, and a state that outlives the command which started them."""

import shutil
from pathlib import Path

from testbed.kafka import Broker, Cluster
from testbed.mongo import Mongo
from testbed.ports import free_ports
from testbed.process import Process
from testbed.prometheus import Prometheus
from testbed.redis import Redis
from testbed.server import Server, ServerError
from testbed.state import ServerState, State, locked, read_state

PORTS = {"redis": 1, "mongo": 1, "prometheus": 1}


class Testbed:
    """Servers under a folder, as its state has them."""

    def __init__(self, folder: Path, state: State):
        self.folder = folder
        self.state = state
        ports = {name: server.ports for name, server in state.servers.items()}
        self.kafka = Cluster(folder, [ports[f"kafka-{node + 1}"] for node in range(state.brokers)])
        self.redis = Redis(folder / "redis", ports["redis"])
        self.mongo = Mongo(folder / "mongo", ports["mongo"])
        self.prometheus = Prometheus(folder / "prometheus", ports["prometheus"])
        for server in self.servers():
            known = state.servers[server.name]
            if known.pid is not None and known.started is not None:
                server.adopt(Process(known.pid, known.started))

    def servers(self) -> list[Server]:
        """The slowest ones first."""
        return [*self.kafka.brokers, self.prometheus, self.mongo, self.redis]

    def urls(self) -> dict[str, str]:
        return {
            "KAFKA": self.kafka.url(),
            "REDIS": self.redis.url,
            "MONGO": self.mongo.url(),
            "PROMETHEUS": self.prometheus.url,
        }

    def missing(self) -> list[str]:
        return [server.name for server in self.servers() if not server.is_alive()]

    def start_missing(self) -> None:
        """Starts what does not run, all at once, then waits for everything."""
        self._renew_ports()
        for server in self.servers():
            if not server.is_alive():
                server.launch()
                known = self.state.servers[server.name]
                known.pid, known.started = server.process.pid, server.process.started
                self.state.write(self.folder)
        for server in self.servers():
            server.wait_ready()

    def _renew_ports(self) -> None:
        """A server that is down gets other ports if somebody took its own meanwhile. Brokers keep theirs while another
        one runs, as that one knows them."""
        brokers = self.kafka.brokers
        asleep = [server for server in self.servers() if not server.is_alive()]
        for server in asleep:
            if isinstance(server, Broker) and any(broker.is_alive() for broker in brokers):
                continue
            server.renew_ports()
            self.state.servers[server.name].ports = server.ports
        for broker in brokers:
            broker.voters = {other.node: other.ports[1] for other in brokers}


def _new_state(brokers: int) -> State:
    wanted = {f"kafka-{node + 1}": Broker.ports_count for node in range(brokers)} | PORTS
    free = iter(free_ports(sum(wanted.values())))
    servers = {name: ServerState([next(free) for _ in range(count)]) for name, count in wanted.items()}
    return State(brokers, servers)


def up(folder: Path, brokers: int | None) -> Testbed:
    """Starts what does not run yet. `brokers` None: as many as there are, else one."""
    with locked(folder):
        state = read_state(folder)
        if state is None:
            folder.mkdir(parents=True, exist_ok=True)
            state = _new_state(brokers or 1)
            state.write(folder)
        if brokers not in (None, state.brokers):
            raise ServerError(f"the testbed has another number of brokers, {state.brokers}: ./dev testbed down first")
        bed = Testbed(folder, state)
        bed.start_missing()
        return bed


def down(folder: Path) -> None:
    """Ends the servers and deletes their data. Ends nothing else, whatever the state says."""
    with locked(folder):
        state = read_state(folder)
        if state is not None:
            for server in Testbed(folder, state).servers():
                server.kill()
        shutil.rmtree(folder, ignore_errors=True)


def find(folder: Path) -> Testbed | None:
    """The testbed of the folder, or None when none was started."""
    state = read_state(folder)
    return None if state is None else Testbed(folder, state)
