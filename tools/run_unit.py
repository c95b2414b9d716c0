#!/usr/bin/env python3
"""Runs the unit test programs of a Meson build, two at a time, and keeps cmocka's XML of each for the sum.

Exit code: 0 when every program exited 0, 1 otherwise.
"""

import argparse
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from suites import Suite

PARALLEL = 2
TIMEOUT_SECONDS = 600  # against what hangs: the slowest takes two minutes on a busy machine


def declared_tests(build: Path) -> list[dict]:
    listing = subprocess.run(
        ["meson", "introspect", "--tests", str(build)], check=True, capture_output=True, text=True
    ).stdout
    return sorted(json.loads(listing), key=lambda test: test["name"])


def is_script(test: dict) -> bool:
    """A script of the tree has no cases of its own and counts as one."""
    return test["cmd"][0].endswith((".sh", ".py"))


def run_program(test: dict, results: Path, timeout_seconds: int) -> Suite:
    name = "unit/" + test["name"]
    xml_folder = results / "unit-xml" / test["name"]
    xml_folder.mkdir(parents=True)
    log = results / "unit-xml" / (test["name"].replace("/", "-") + ".log")
    environment = {
        **os.environ,
        **test["env"],
        "CMOCKA_MESSAGE_OUTPUT": "xml",
        "CMOCKA_XML_FILE": f"{xml_folder.absolute()}/cases.xml",
    }
    timed_out = False
    with log.open("wb") as out:
        try:
            exit_code = subprocess.run(
                test["cmd"],
                cwd=test["workdir"],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                timeout=timeout_seconds,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            exit_code, timed_out = -9, True
        except OSError as error:
            out.write(f"cannot be started: {error}\n".encode())
            exit_code = 127
    if is_script(test) and exit_code == 0:
        (xml_folder / "cases.xml").write_text(f'<testsuite><testcase name="{test["name"]}"/></testsuite>')
    suite = Suite(name, str(xml_folder), str(log), exit_code, timed_out)
    suite.write(results)
    return suite


def report(suite: Suite) -> bool:
    if suite.exit_code == 0:
        print(f"ok    {suite.name}", flush=True)
        return True
    why = "timed out" if suite.timed_out else f"exit code {suite.exit_code}"
    print(f"FAIL  {suite.name}: {why}; {suite.log}", flush=True)
    return False


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--timeout", type=int, default=TIMEOUT_SECONDS, help="seconds for each program")
    parser.add_argument("--only", default="", help="programs whose name starts with this")
    options = parser.parse_args()
    options.results.mkdir(parents=True, exist_ok=True)
    tests = [test for test in declared_tests(options.build) if test["name"].startswith(options.only)]
    with ThreadPoolExecutor(PARALLEL) as pool:
        suites = pool.map(lambda test: run_program(test, options.results, options.timeout), tests)
        outcomes = [report(suite) for suite in suites]
    return 0 if outcomes and all(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
