#!/usr/bin/env python3
"""Adds up the results of a test run and says what failed and what was skipped, and why.

The last line is exactly `N passed, N failed` or `N passed, N failed, N skipped`. A suite that left no XML, invalid
XML or XML without a case, or that exited non-zero although every case passed, counts as one failure.
With --servers-required a skip for want of Kafka, Redis or MongoDB, or for no reason that was told, is a failure.
Exit code: 0 when something passed and nothing failed, 1 otherwise.
"""

import argparse
import re
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path

from suites import Suite, read_suites

SHOWN_LINES_MAX = 60
NO_TEXT = "(no text)"
NEEDS_SERVER = re.compile(r"kafka|redis|mongo", re.IGNORECASE)
# What a unit program prints before cmocka's skip(), which takes no text.
SKIP_LINE = re.compile(r"\bskipped: (.+)")


@dataclass
class Sum:
    passed: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)
    skips: list[tuple[str, str]] = field(default_factory=list)

    def fail(self, name: str, why: str) -> None:
        self.failures.append((name, why))

    def refuse_skips_of_servers(self) -> None:
        """Where the servers are there, nothing may do without them."""
        refused = [skip for skip in self.skips if NEEDS_SERVER.search(skip[1]) or skip[1] == NO_TEXT]
        self.skips = [skip for skip in self.skips if skip not in refused]
        for name, why in refused:
            self.fail(name, f"skipped: {why}")

    def line(self) -> str:
        text = f"{self.passed} passed, {len(self.failures)} failed"
        return f"{text}, {len(self.skips)} skipped" if self.skips else text


def detail_of(node: ElementTree.Element) -> str:
    return "\n".join(part for part in (node.get("message"), (node.text or "").strip()) if part) or NO_TEXT


def add_case(total: Sum, suite: Suite, case: ElementTree.Element) -> None:
    parts = (suite.name if suite.name != "pytest" else None, case.get("classname"), case.get("name"))
    name = " ".join(part for part in parts if part)
    bad = [*case.findall("failure"), *case.findall("error")]
    skipped = case.find("skipped")
    if bad:
        total.fail(name, "\n".join(detail_of(node) for node in bad))
    elif skipped is not None:
        why = detail_of(skipped)
        total.skips.append((name, reason_in(suite.log) if why == NO_TEXT else why))
    else:
        total.passed += 1


def reason_in(log: str) -> str:
    """Why a program skipped cases, in its own words: all of them, as the log does not say which case."""
    try:
        text = Path(log).read_text(errors="replace")
    except OSError:
        return NO_TEXT
    return "; ".join(dict.fromkeys(SKIP_LINE.findall(text))) or NO_TEXT


def tail_of(log: str) -> str:
    try:
        lines = Path(log).read_text(errors="replace").splitlines()
    except OSError:
        return f"its output: {log}"
    return "\n".join(lines[-SHOWN_LINES_MAX:]) or "(it printed nothing)"


def cases_of(text: str) -> list[ElementTree.Element]:
    """The cases of a file. cmocka writes one document for each group, one behind the other."""
    documents = [part for part in re.split(r"(?<=</testsuites>)", text) if part.strip()]
    return [case for document in documents or [text] for case in ElementTree.fromstring(document).iter("testcase")]


def add_suite(total: Sum, suite: Suite) -> None:
    failures_before = len(total.failures)
    files = sorted(Path(suite.xml_folder).glob("*.xml"))
    cases = 0
    for path in files:
        try:
            found = cases_of(path.read_text())
        except (ElementTree.ParseError, ValueError, OSError) as error:
            total.fail(suite.name, f"{path}: invalid XML: {error}")
            continue
        cases += len(found)
        for case in found:
            add_case(total, suite, case)
    if len(total.failures) > failures_before:
        return
    if suite.timed_out:
        total.fail(suite.name, "timed out\n" + tail_of(suite.log))
    elif suite.exit_code != 0:
        total.fail(suite.name, f"exit code {suite.exit_code}\n" + tail_of(suite.log))
    elif cases == 0:
        total.fail(suite.name, f"no test case in {suite.xml_folder}\n" + tail_of(suite.log))


def sum_of(suites: list[Suite]) -> Sum:
    total = Sum()
    for suite in suites:
        add_suite(total, suite)
    return total


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path)
    parser.add_argument("--suites-min", type=int, default=2, help="fewer suites than this is a failure")
    parser.add_argument("--servers-required", action="store_true", help="see above")
    options = parser.parse_args()
    suites = read_suites(options.results)
    total = sum_of(suites)
    if options.servers_required:
        total.refuse_skips_of_servers()
    if len(suites) < options.suites_min:
        total.fail("the run", f"only {len(suites)} suites left a record in {options.results}")
    for name, why in total.failures:
        lines = why.splitlines()[:SHOWN_LINES_MAX]
        print(f"FAILED {name}", *(f"    {line}" for line in lines), sep="\n")
    for name, why in total.skips:
        print(f"SKIPPED {name}: {why.splitlines()[0]}")
    print(total.line())
    return 0 if total.passed and not total.failures else 1


if __name__ == "__main__":
    sys.exit(main())
