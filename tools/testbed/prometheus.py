"""Prometheus, which scrapes the admin listeners that it is told."""

import http.client
import json
from pathlib import Path

from testbed.server import Server

# Where `./dev run --distributed` serves each role's metrics.
ROLE_PORTS = {"ingest": 8081, "count": 8082, "archive": 8083, "web": 8084}

CONFIGURATION = """\
global:
  scrape_interval: 1s
scrape_configs:
  - job_name: votaton
    file_sd_configs:
      - files: [{targets}]
"""


class Prometheus(Server):
    def __init__(self, folder: Path, ports=None, dies_with_parent=False):
        super().__init__("prometheus", folder, ports, dies_with_parent)

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    @property
    def _targets(self) -> Path:
        return self.folder / "targets.json"

    def set_targets(self, addresses: dict[str, str]) -> None:
        """What is scraped from now on: the address of each role's admin listener. A change is noticed at once."""
        rows = [{"targets": [address], "labels": {"role": role}} for role, address in addresses.items()]
        self.folder.mkdir(parents=True, exist_ok=True)
        written = self._targets.with_suffix(".tmp")
        written.write_text(json.dumps(rows))
        written.rename(self._targets)

    def prepare(self) -> None:
        (self.folder / "prometheus.yml").write_text(CONFIGURATION.format(targets=self._targets))
        if not self._targets.exists():
            self.set_targets({role: f"127.0.0.1:{port}" for role, port in ROLE_PORTS.items()})

    def command(self) -> list[str]:
        flags = {
            "config.file": "prometheus.yml",
            "storage.tsdb.path": self.folder / "data",
            "storage.tsdb.retention.time": "1d",
            "web.listen-address": self.address,
            "log.level": "warn",
        }
        return ["prometheus", *(f"--{name}={value}" for name, value in flags.items())]

    def answers(self) -> bool:
        connection = http.client.HTTPConnection(self.address, timeout=2)
        try:
            connection.request("GET", "/-/ready")
            return connection.getresponse().status == 200
        except http.client.HTTPException:
            return False
        finally:
            connection.close()
