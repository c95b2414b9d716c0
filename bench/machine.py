"""What the measurements ran on."""

import os
import platform
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

from rows import PEERS, ROOT


def machine() -> str:
    rows = (line.partition(":") for line in Path("/proc/cpuinfo").read_text().splitlines())
    models = [value.strip() for key, _, value in rows if key.startswith("model name")]
    system = f"{platform.system()} {platform.release()}"
    return f"{models[0] if models else platform.machine()}, {os.cpu_count()} cores, {system}"


def _says(pattern: str, *command: str) -> str:
    """What a program says of its version."""
    told = subprocess.run(command, capture_output=True, text=True)
    return re.search(pattern, told.stdout + told.stderr)[0]


def _go(module: str) -> str:
    """The version of a module that peers/go pins."""
    found = re.search(rf"/{module}(?:/v\d+)? (v\S+)", (PEERS / "go" / "go.mod").read_text())
    return f"{module} {found[1]}"


def _pinned(path: str, pattern: str) -> str:
    return re.search(pattern, (ROOT / path).read_text())[1]


VERSIONS: dict[str, Callable[[], str]] = {
    "h2load": lambda: "h2load " + _says(r"nghttp2/\S+", "h2load", "--version"),
    "nghttpd": lambda: "nghttpd " + _says(r"nghttp2/\S+", "nghttpd", "--version"),
    "nginx": lambda: _says(r"nginx/\S+", "nginx", "-v"),
    "kafka": lambda: "Kafka " + _pinned("tools/kafka/pom.xml", r"kafka_2\.13</artifactId>\s*<version>([^<]+)"),
    "kcat": lambda: "kcat with librdkafka " + _says(r"(?<=librdkafka )[\d.]+", "kcat", "-V"),
    "redis": lambda: "Redis " + _says(r"(?<=v=)[\d.]+", "redis-server", "--version"),
    "secantusdb": lambda: "SecantusDB " + _pinned("tools/mongo/requirements.lock", r"(?i:secantusdb)[^=]*==(\S+)"),
}


def versions(*names: str) -> str:
    """Of programs, and of modules that Go peers use."""
    return ", ".join(VERSIONS[name]() if name in VERSIONS else _go(name) for name in names)
