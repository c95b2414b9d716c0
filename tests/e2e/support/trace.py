"""Reads what strace -f -y wrote, in the order in which calls began and ended."""

import re
from dataclasses import dataclass
from pathlib import Path

WHOLE = re.compile(r"^(\d+) +(\w+)\((.*)\) += (-?\d+)")
BEGUN = re.compile(r"^(\d+) +(\w+)\((.*) <unfinished \.\.\.>")
ENDED = re.compile(r"^(\d+) +<\.\.\. (\w+) resumed>(.*)\) += (-?\d+)")

# Arguments that strace needs for lines that this module reads.
OPTIONS = ["-f", "-y", "-s", "100000", "-q", "-e", "signal=none"]


@dataclass
class Call:
    name: str
    text: str  # its arguments, as strace shows them
    begun: int  # line numbers: they order the calls
    ended: int
    result: int


def read_calls(path: Path) -> list[Call]:
    """All calls that have ended, by the line where they ended."""
    calls, open_calls = [], {}
    for number, line in enumerate(path.read_text(errors="replace").splitlines()):
        if match := WHOLE.match(line):
            calls.append(Call(match[2], match[3], number, number, int(match[4])))
        elif match := BEGUN.match(line):
            open_calls[match[1]] = (number, match[3])
        elif (match := ENDED.match(line)) and match[1] in open_calls:
            begun, text = open_calls.pop(match[1])
            calls.append(Call(match[2], text + match[3], begun, number, int(match[4])))
    return calls
