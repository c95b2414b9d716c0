#!/usr/bin/env python3
"""Turns files into C arrays: embed.py --name NAME INPUT... OUTPUT.c

One INPUT gives `const unsigned char vt_NAME[]` and `const size_t vt_NAME_len`. Several give an array for each, named
vt_NAME_<file name, with everything but letters and digits replaced by _>, and its _len. Every array has one zero byte
behind its end, which its length does not count. The user of an array declares it: extern const unsigned char vt_NAME[].
"""

import argparse
import pathlib
import re

BYTES_PER_LINE = 20


def array(symbol: str, data: bytes) -> str:
    lines = [
        "    " + ", ".join(str(byte) for byte in data[start : start + BYTES_PER_LINE]) + ","
        for start in range(0, len(data), BYTES_PER_LINE)
    ]
    body = "\n".join(lines + ["    0,"])
    return (
        f"extern const unsigned char {symbol}[];\nextern const size_t {symbol}_len;\n"
        f"const unsigned char {symbol}[] = {{\n{body}\n}};\nconst size_t {symbol}_len = {len(data)};\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--name", required=True)
    parser.add_argument("inputs", nargs="+", type=pathlib.Path)
    parser.add_argument("output", type=pathlib.Path)
    options = parser.parse_args()
    parts = ["#include <stddef.h>\n"]
    for path in options.inputs:
        suffix = "" if len(options.inputs) == 1 else "_" + re.sub(r"[^A-Za-z0-9]", "_", path.name)
        parts.append(array(f"vt_{options.name}{suffix}", path.read_bytes()))
    options.output.write_text("\n".join(parts))


if __name__ == "__main__":
    main()
