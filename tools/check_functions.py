#!/usr/bin/env python3
"""Fails when a function is too long or too complex; prints the spread, so that a drift is seen early."""

import argparse
import sys
from pathlib import Path

import lizard

LINES_MAX = 80
COMPLEXITY_MAX = 20
# A switch counts as one decision: a table of cases is long, not complex.
MODIFIED = lizard.get_extensions(["modified"])


def percentile(sorted_values: list[int], share: float) -> int:
    return sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * share))]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", default=["src"])
    folders = parser.parse_args().folders
    paths = sorted(str(path) for folder in folders for path in Path(folder).rglob("*.[ch]"))
    functions = [function for found in lizard.analyze_files(paths, exts=MODIFIED) for function in found.function_list]
    if not functions:
        print("no function found")
        return 1
    lengths = sorted(function.length for function in functions)
    print(
        f"{len(functions)} functions in {len(paths)} files: median {percentile(lengths, 0.5)} lines, "
        f"95 % under {percentile(lengths, 0.95) + 1}, longest {lengths[-1]}; "
        f"highest complexity {max(function.cyclomatic_complexity for function in functions)}"
    )
    bad = [f for f in functions if f.length > LINES_MAX or f.cyclomatic_complexity > COMPLEXITY_MAX]
    for f in bad:
        print(f"{f.filename}:{f.start_line}: {f.name}: {f.length} lines, complexity {f.cyclomatic_complexity}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
