"""The sum of a test run can fail: every way in which a suite goes wrong must show in it."""

import sys
from pathlib import Path

import pytest
import run_unit
import sum_tests
from suites import Suite, read_suites

CASES = '<testsuites><testsuite name="t">{}</testsuite></testsuites>'
PASSED = '<testcase name="good"/>'
FAILED = '<testcase name="bad"><failure><![CDATA[1 != 2]]></failure></testcase>'
ERROR = '<testcase name="worse"><error message="setup"/></testcase>'
SKIPPED = '<testcase name="not here"><skipped message="no such machine"/></testcase>'


def sum_of(tmp_path, xml, exit_code=0, timed_out=False):
    folder = tmp_path / "xml"
    folder.mkdir()
    if xml is not None:
        (folder / "t.xml").write_text(xml)
    return sum_tests.sum_of([Suite("unit/t", str(folder), "none.log", exit_code, timed_out)])


def test_cases_are_counted_one_by_one(tmp_path):
    total = sum_of(tmp_path, CASES.format(PASSED * 3 + FAILED + ERROR + SKIPPED), exit_code=1)
    assert total.line() == "3 passed, 2 failed, 1 skipped"
    assert total.failures[0] == ("unit/t bad", "1 != 2")
    assert total.skips == [("unit/t not here", "no such machine")]


def test_no_skips_no_third_number(tmp_path):
    assert sum_of(tmp_path, CASES.format(PASSED)).line() == "1 passed, 0 failed"


def test_a_reason_that_a_program_printed_is_told(tmp_path):
    log = tmp_path / "t.log"
    log.write_text("[ RUN ] a\nskipped: no SHA\nskipped: no SHA\n")
    (tmp_path / "t.xml").write_text(CASES.format('<testcase name="a"><skipped/></testcase>'))
    total = sum_tests.sum_of([Suite("unit/t", str(tmp_path), str(log), 0, False)])
    assert total.skips == [("unit/t a", "no SHA")]


@pytest.mark.parametrize(
    ("skipped", "line"),
    [
        ('<skipped message="KAFKA is not set"/>', "1 passed, 1 failed"),
        ('<skipped message="no Redis answers"/>', "1 passed, 1 failed"),
        ("<skipped/>", "1 passed, 1 failed"),
        ('<skipped message="no file system can be mounted"/>', "1 passed, 0 failed, 1 skipped"),
    ],
)
def test_nothing_does_without_servers_that_are_there(tmp_path, skipped, line):
    total = sum_of(tmp_path, CASES.format(f'{PASSED}<testcase name="s">{skipped}</testcase>'))
    total.refuse_skips_of_servers()
    assert total.line() == line


def test_groups_of_one_program_are_added_up(tmp_path):
    first = '<?xml version="1.0" encoding="UTF-8" ?>\n' + CASES.format(PASSED) + "\n"
    assert sum_of(tmp_path, first + CASES.format(PASSED + SKIPPED) + "\n").line() == "2 passed, 0 failed, 1 skipped"


def test_a_script_counts_as_one(tmp_path):
    (tmp_path / "check.sh").write_text("#!/bin/sh\n")
    (tmp_path / "check.sh").chmod(0o755)
    for code, text in ((0, "#!/bin/sh\n"), (3, "#!/bin/sh\nexit 3\n")):
        (tmp_path / "check.sh").write_text(text)
        test = {"name": f"vote/check{code}", "cmd": [str(tmp_path / "check.sh")], "env": {}, "workdir": None}
        total = sum_tests.sum_of([run_unit.run_program(test, tmp_path, timeout_seconds=10)])
        assert (total.passed, len(total.failures)) == ((1, 0) if code == 0 else (0, 1))


@pytest.mark.parametrize(
    ("xml", "exit_code", "timed_out"),
    [
        (None, 0, False),
        ("", 0, False),
        ("<testsuites><testsuite>", 0, False),
        (CASES.format(""), 0, False),
        (CASES.format(PASSED), -11, False),
        (CASES.format(PASSED), -9, True),
    ],
    ids=["missing", "empty", "invalid", "no case", "crash after the cases", "time-out"],
)
def test_a_broken_suite_is_one_failure(tmp_path, xml, exit_code, timed_out):
    assert len(sum_of(tmp_path, xml, exit_code, timed_out).failures) == 1


@pytest.mark.parametrize(("cases", "code"), [(PASSED, 0), (PASSED + FAILED, 1), (SKIPPED, 1)])
def test_exit_code_and_last_line(tmp_path, monkeypatch, capsys, cases, code):
    folder = tmp_path / "xml"
    folder.mkdir()
    (folder / "t.xml").write_text(CASES.format(cases))
    Suite("t", str(folder), "none.log", 0, False).write(tmp_path)
    monkeypatch.setattr(sys, "argv", ["sum_tests.py", str(tmp_path), "--suites-min", "1"])
    assert sum_tests.main() == code
    assert capsys.readouterr().out.splitlines()[-1].startswith(f"{cases.count('good')} passed, ")


def test_a_program_that_hangs_is_stopped(tmp_path):
    test = {"name": "base/hang", "cmd": ["sleep", "60"], "env": {}, "workdir": None}
    suite = run_unit.run_program(test, tmp_path, timeout_seconds=1)
    assert suite.timed_out
    assert read_suites(tmp_path) == [suite]
    assert Path(suite.xml_folder).is_dir()
