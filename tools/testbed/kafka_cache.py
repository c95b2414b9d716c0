"""Makes what brokers start quickly from: storage formatted for each node, and an archive of loaded classes.

Run once by tools/install.sh, behind the download of the jars.
"""

import shutil
import subprocess
import tempfile
from pathlib import Path

from testbed.kafka import ARCHIVE, BROKERS_MAX, CLUSTER_ID, FORMATTED, LOGGING, Broker, java
from testbed.ports import free_ports
from testbed.server import ServerError

FORMAT_PROPERTIES = """\
process.roles=broker,controller
node.id={node}
controller.quorum.voters={node}@127.0.0.1:1
listeners=PLAINTEXT://127.0.0.1:2,CONTROLLER://127.0.0.1:1
controller.listener.names=CONTROLLER
log.dirs={data}
"""


def _format(node: int, target: Path, work: Path) -> None:
    data = work / str(node)
    (work / "log4j2.yaml").write_text(LOGGING)
    (work / "format.properties").write_text(FORMAT_PROPERTIES.format(node=node, data=data))
    tool = ["kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", "format.properties"]
    done = subprocess.run([*java(128), *tool], cwd=work, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise ServerError(f"Kafka's storage cannot be formatted:\n{done.stdout}{done.stderr}")
    target.parent.mkdir(parents=True, exist_ok=True)
    data.rename(target)


def _archive_classes(work: Path) -> None:
    """A broker that runs up and down writes at its exit which classes it had loaded."""
    port, controller_port = free_ports(2)
    broker = Broker(1, {1: controller_port}, work / "broker", [port, controller_port], dies_with_parent=True)
    made = work / "classes.jsa"
    broker.java_options = [f"-XX:ArchiveClassesAtExit={made}"]
    broker.start()
    broker.stop()
    if not made.exists():
        raise ServerError(f"Java wrote no class archive:\n{broker.log.read_text()}")
    made.rename(ARCHIVE)


def prepare_cache() -> None:
    ARCHIVE.unlink(missing_ok=True)
    shutil.rmtree(FORMATTED, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=ARCHIVE.parent) as folder:
        work = Path(folder)
        for node in range(1, BROKERS_MAX + 1):
            _format(node, FORMATTED / str(node), work)
        _archive_classes(work)
