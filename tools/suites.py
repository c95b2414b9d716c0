"""The record of what was run: one JSON file for each suite, which tools/sum_tests.py holds against the XML."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass
class Suite:
    """One program or runner. xml_folder holds the JUnit files that it had to write; log holds what it printed."""

    name: str
    xml_folder: str
    log: str
    exit_code: int
    timed_out: bool

    def write(self, results: Path) -> None:
        path = results / (self.name.replace("/", "-") + ".suite.json")
        path.write_text(json.dumps(asdict(self), indent=2) + "\n")


def read_suites(results: Path) -> list[Suite]:
    return [Suite(**json.loads(path.read_text())) for path in sorted(results.glob("*.suite.json"))]
