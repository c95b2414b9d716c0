#!/usr/bin/env python3
"""Fails when a folder under src/ includes a header of a folder that it may not use.

Who may use whom is said once, in the table of ARCHITECTURE.md, and read from there. A port (ledger/ledger.h and .c, …)
may not see a store's folder even where its adapters do: whoever uses the port must not come to know a store.
"""

import argparse
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PORTS = {"ledger", "tally", "votelog"}
STORES = {"sqlite", "kafka", "redis", "mongo"}

# Parts of no layer: generated code and embedded files.
OUTSIDE = {"proto"}

ROW = re.compile(r"^\| ((?:`\w+/`(?:, )?)+) \|.*\| ([^|]*) \|$", re.MULTILINE)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"/]+)/[^"]*"', re.MULTILINE)


def table() -> dict[str, set[str]]:
    """Each folder of ARCHITECTURE.md with those that it may use."""
    rows = {}
    for folders, used in ROW.findall((ROOT / "ARCHITECTURE.md").read_text()):
        rows.update(dict.fromkeys(re.findall(r"\w+", folders), used))
    return {folder: set(rows) if used == "all" else set(re.findall(r"\w+", used)) for folder, used in rows.items()}


def may_include(allowed: set[str], folder: str, file: Path, used: str) -> bool:
    if used == folder or used in OUTSIDE:
        return True
    if used in STORES and folder in PORTS and file.stem == folder:
        return False
    return used in allowed


def violations(src: Path) -> list[str]:
    allowed = table()
    found = []
    for path in sorted(src.rglob("*.[ch]")):
        folder = path.relative_to(src).parts[0]
        if folder in OUTSIDE:
            continue
        if folder not in allowed:
            found.append(f"{path}: the folder {folder}/ is in no row of the table")
            continue
        text = path.read_text()
        for match in INCLUDE.finditer(text):
            if not may_include(allowed[folder], folder, path, match[1]):
                line = text.count("\n", 0, match.start()) + 1
                found.append(f"{path}:{line}: {folder}/ may not include {match[1]}/")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("src", type=Path, nargs="?", default=Path("src"))
    found = violations(parser.parse_args().src)
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
