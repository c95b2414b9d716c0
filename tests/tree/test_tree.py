"""Rules of the tree that matter enough to be run: sizes, header comments, markers, fresh pages, pins."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
LINES_MAX = 600
FOLDERS = ("src", "tests", "tools", "bench", "proto", "docs", "deploy", "examples")
MARKERS = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|X" r"XX)\b")
# The page that the program prints about its own settings.
CONFIGURATION_COMMAND = ["help", "configuration"]


def files(*suffixes):
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix in suffixes and "__pycache__" not in path.parts:
                yield path


def relative(paths):
    return [str(path.relative_to(ROOT)) for path in paths]


def test_files_are_short():
    long = [path for path in files(".c", ".h", ".py", ".js") if len(path.read_text().splitlines()) > LINES_MAX]
    assert relative(long) == []


def test_headers_begin_with_what_they_are_for():
    silent = [path for path in files(".h") if not path.read_text().startswith(("//", "/*"))]
    assert relative(silent) == []


def test_a_type_name_means_one_thing():
    """C would let two folders define the same name, as long as no file includes both."""
    defined = {}
    for path in files(".h"):
        if path.is_relative_to(ROOT / "src"):
            for name in re.findall(r"^(?:typedef )?(?:struct|enum|union) (vt_\w+) \{", path.read_text(), re.MULTILINE):
                defined.setdefault(name, []).append(str(path.relative_to(ROOT)))
    assert {name: paths for name, paths in defined.items() if len(paths) > 1} == {}


def test_no_markers_of_unfinished_work():
    marked = [
        path
        for path in files(".c", ".h", ".py", ".js", ".sh", ".md", ".css", ".html", ".yaml", ".proto")
        if MARKERS.search(path.read_text())
    ]
    assert relative(marked) == []


def test_configuration_page_is_fresh():
    program = ROOT / "build" / "votaton"
    printed = subprocess.run([program, *CONFIGURATION_COMMAND], check=True, capture_output=True, text=True).stdout
    assert (ROOT / "docs" / "configuration.md").read_text() == printed


def test_direct_pins_are_in_the_lock():
    lock = set((ROOT / "tests/requirements.lock").read_text().splitlines())
    direct = {line for line in (ROOT / "tests/requirements.txt").read_text().splitlines() if line[:1] != "#"}
    assert direct - lock == set()
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[^=]+", line) for line in lock)


def test_package_list_is_sorted_and_unique():
    rows = [line for line in (ROOT / "tools/packages.txt").read_text().splitlines() if line[:1] != "#"]
    assert all(re.fullmatch(r"(build|runtime|test|testbed|check|image|bench) [a-z0-9.+-]+", row) for row in rows)
    order = ["build", "runtime", "test", "testbed", "check", "image", "bench"]
    assert rows == sorted(set(rows), key=lambda row: (order.index(row.split()[0]), row))
