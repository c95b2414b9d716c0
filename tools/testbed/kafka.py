"""Apache Kafka in KRaft mode: brokers that are controllers too, and clusters of them.

The jars lie in .cache/kafka/lib. prepare_cache makes once what a quick start needs: an archive of loaded classes, and
formatted storage to copy, which saves a second Java program at each start.
"""

import shutil
import socket
import struct
from pathlib import Path

from testbed.server import CACHE, Server, ServerError

KAFKA_CACHE = CACHE / "kafka"
ARCHIVE = KAFKA_CACHE / "classes.jsa"
FORMATTED = KAFKA_CACHE / "formatted"
BROKERS_MAX = 3
CLUSTER_ID = "dm90YXRvbi10ZXN0YmVkIQ"
API_VERSIONS = 18
TOPIC = "votes"

PROPERTIES = """\
process.roles=broker,controller
node.id={node}
controller.quorum.voters={voters}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
default.replication.factor={replication}
min.insync.replicas={in_sync}
offsets.topic.replication.factor={replication}
offsets.topic.num.partitions=4
transaction.state.log.replication.factor={replication}
transaction.state.log.min.isr={in_sync}
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor={replication}
share.coordinator.state.topic.min.isr={in_sync}
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=16777216
# A broker that was killed is let in again after its old session: 2 s instead of 9.
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
"""

LOGGING = """\
Configuration:
  Appenders:
    Console: {name: console, target: SYSTEM_OUT, PatternLayout: {pattern: "%d %p %c %m%n"}}
  Loggers:
    Root: {level: WARN, AppenderRef: {ref: console}}
"""


def java(memory_mib: int, *options: str) -> list[str]:
    jars = sorted(str(path) for path in (KAFKA_CACHE / "lib").glob("*.jar"))
    if not jars:
        raise ServerError(f"{KAFKA_CACHE}/lib has no jars: run tools/install.sh testbed")
    small = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", f"-Xmx{memory_mib}m"]
    return ["java", *small, "-Dlog4j2.configurationFile=log4j2.yaml", *options, "-cp", ":".join(jars)]


class Broker(Server):
    """One node. `voters` has the controller ports of all nodes of its cluster, by node id."""

    ports_count = 2

    def __init__(self, node: int, voters: dict[int, int], folder: Path, ports: list[int], dies_with_parent=False):
        super().__init__(f"kafka-{node}", folder, ports, dies_with_parent)
        self.node = node
        self.voters = voters
        self.java_options = ["-Xlog:disable", "-Xlog:all=error:stderr", f"-XX:SharedArchiveFile={ARCHIVE}"]

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def prepare(self) -> None:
        count = len(self.voters)
        text = PROPERTIES.format(
            node=self.node,
            voters=",".join(f"{node}@127.0.0.1:{port}" for node, port in self.voters.items()),
            port=self.port,
            controller_port=self.ports[1],
            data=self.data,
            replication=count,
            in_sync=count // 2 + 1,
        )
        (self.folder / "server.properties").write_text(text)
        (self.folder / "log4j2.yaml").write_text(LOGGING)
        if not self.data.exists():
            shutil.copytree(FORMATTED / str(self.node), self.data)

    def command(self) -> list[str]:
        return [*java(256, *self.java_options), "kafka.Kafka", "server.properties"]

    def answers(self) -> bool:
        """It answers ApiVersions (version 0), which a broker does not before it may serve."""
        request = struct.pack(">hhih", API_VERSIONS, 0, 1, -1)
        with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            head = connection.recv(10, socket.MSG_WAITALL)
        return len(head) == 10 and struct.unpack(">iih", head)[1:] == (1, 0)


class Cluster:
    """One to three brokers; what is said of a Server holds for all of them together."""

    def __init__(self, folder: Path, ports: list[list[int]], dies_with_parent: bool = False):
        """`ports` has a pair for each broker: its own and its controller's."""
        voters = {node: pair[1] for node, pair in enumerate(ports, start=1)}
        self.brokers = [
            Broker(node, voters, Path(folder) / f"kafka-{node}", pair, dies_with_parent)
            for node, pair in enumerate(ports, start=1)
        ]

    @property
    def bootstrap(self) -> str:
        return ",".join(broker.address for broker in self.brokers)

    def url(self, topic: str = TOPIC) -> str:
        return f"kafka://{self.bootstrap}/{topic}"

    def start(self) -> "Cluster":
        for broker in self.brokers:
            broker.launch()
        for broker in self.brokers:
            broker.wait_ready()
        return self

    def pause(self) -> None:
        for broker in self.brokers:
            broker.pause()

    def resume(self) -> None:
        for broker in self.brokers:
            broker.resume()

    def kill(self) -> None:
        for broker in self.brokers:
            broker.kill()

    def stop(self) -> None:
        for broker in self.brokers:
            broker.stop()

    def restart(self) -> None:
        self.kill()
        self.start()
