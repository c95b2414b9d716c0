#!/usr/bin/env python3
"""Runs pytest over tests/ and keeps its JUnit file for the sum; further arguments go to pytest."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from suites import Suite

TIMEOUT_SECONDS = 20 * 60
# The readers of votes behind a pipe, which the differential tests compare with Python's.
READERS = Path("build/tests/unit/vote/votecore-cli")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, required=True)
    options, pytest_arguments = parser.parse_known_args()
    xml_folder = options.results / "pytest-xml"
    xml_folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pytest", "-c", "tests/pytest.ini", f"--junitxml={xml_folder}/pytest.xml"]
    command += pytest_arguments or ["tests"]
    environment = {"VOTECORE_CLI": str(READERS.absolute()), **os.environ}
    timed_out = False
    try:
        exit_code = subprocess.run(command, env=environment, timeout=TIMEOUT_SECONDS, check=False).returncode
    except subprocess.TimeoutExpired:
        exit_code, timed_out = -9, True
    Suite("pytest", str(xml_folder), "(above)", exit_code, timed_out).write(options.results)
    return 0 if exit_code == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
