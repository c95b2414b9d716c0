#!/usr/bin/env python3
"""Measures votatón beside its peers, in one run, and writes bench/RESULTS.md.

The server runs on core 0 and the load on core 1. A row's contenders take turns (A, B, C, A, B, C …); the figure is the
CPU time of the server's process, user and system, divided by the votes; the table shows median and range.
"""

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from footprint import memory, start_ms
from load import Sample, measure
from rows import ROOT, Contender, Row, Servers, rows

WORK = ROOT / "build" / "bench"


def run_once(contender: Contender, seconds: int) -> Sample:
    shutil.rmtree(contender.server.folder, ignore_errors=True)
    contender.server.start()
    try:
        return measure(contender.server, contender.load, seconds)
    finally:
        contender.server.stop()


def run_row(row: Row, rounds: int, seconds: int) -> list[str]:
    print(f"\n{row.title}", flush=True)
    samples: dict[str, list[Sample]] = {contender.server.name: [] for contender in row.contenders}
    for _ in range(rounds):
        for contender in row.contenders:
            samples[contender.server.name].append(run_once(contender, seconds))
    medians = {name: statistics.median(s.cpu_us_per_vote for s in taken) for name, taken in samples.items()}
    ours = row.contenders[0].server.name
    targets = {target.against: target for target in row.targets}
    lines = [
        f"### {row.title}",
        "",
        "| | CPU µs per vote | range | votes/s | votatón ÷ it | target |",
        "|---|--:|---|--:|--:|---|",
    ]
    for name, taken in samples.items():
        cpu = [sample.cpu_us_per_vote for sample in taken]
        speed = statistics.median(sample.votes_per_second for sample in taken)
        ratio = "" if name == ours else f"{medians[ours] / medians[name]:.3f}"
        verdict = ""
        if target := targets.get(name):
            verdict = target.text + (" ✓" if medians[ours] / medians[name] <= target.at_most else " **missed**")
        lines.append(
            f"| {name} | {medians[name]:.2f} | {min(cpu):.2f}–{max(cpu):.2f} | {speed:,.0f} | {ratio} | {verdict} |"
        )
    print("\n".join(lines[2:]), flush=True)
    return [*lines, ""]


def run_footprint(servers: Servers) -> list[str]:
    resident, each = memory(servers.durable())
    least, median, most = start_ms(servers.votaton, WORK)
    lines = [
        "### Memory and start",
        "",
        "| | measured | target |",
        "|---|--:|---|",
        f"| resident at 1,000 idle connections | {resident:.1f} MiB | ≤ 32 MiB |",
        f"| for each idle connection | {each:.1f} KiB | ≤ 16 KiB |",
        f"| start to ready, median (range) | {median:.0f} ms ({least:.0f}–{most:.0f}) | ≤ 100 ms |",
        "",
    ]
    print("\n".join(lines), flush=True)
    return lines


def run_groups(quick: bool) -> list[str]:
    """The group commit of the SQLite ledger, by a program of its own."""
    subprocess.run(["ninja", "-C", "build", "--quiet", "bench/bench_sqlite_groups"], cwd=ROOT, check=True)
    folder = WORK / "groups"
    folder.mkdir(parents=True, exist_ok=True)
    command = [ROOT / "build/bench/bench_sqlite_groups", folder, "1" if quick else "5"]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    print(out, flush=True)
    return ["### SQLite ledger: groups", "", "```", out.rstrip(), "```", ""]


def machine() -> str:
    rows = (line.partition(":") for line in Path("/proc/cpuinfo").read_text().splitlines())
    models = [value.strip() for key, _, value in rows if key.startswith("model name")]
    system = f"{platform.system()} {platform.release()}"
    return f"{models[0] if models else platform.machine()}, {os.cpu_count()} cores, {system}"


def versions() -> str:
    commands = [["nghttpd", "--version"], ["nginx", "-v"], ["h2load", "--version"]]
    told = [subprocess.run(command, capture_output=True, text=True) for command in commands]
    pins = [line.split() for line in (ROOT / "bench/peers/go/go.mod").read_text().splitlines() if "grpc v" in line]
    return ", ".join([*((t.stdout or t.stderr).strip() for t in told), f"grpc-go {pins[0][-1]}"])


def header(rounds: int, seconds: int) -> list[str]:
    return [
        "# Measured",
        "",
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC; {machine()}; {versions()}.",
        f"`./dev bench`: {rounds} rounds of {seconds} s each, in turn; server on core 0, load on core 1.",
        "CPU time is user and system of the server's process. Figures of different machines or days do not compare;",
        "ratios within a row do.",
        "",
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="one short round each, to see that all works; writes nothing"
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--votaton", type=Path, default=ROOT / "build" / "votaton")
    options = parser.parse_args()
    rounds, seconds = (1, 1) if options.quick else (options.rounds, options.seconds)
    servers = Servers(options.votaton, WORK)
    lines = header(rounds, seconds)
    for row in rows(servers):
        lines += run_row(row, rounds, seconds)
    lines += run_footprint(servers)
    lines += run_groups(options.quick)
    if not options.quick:
        (ROOT / "bench" / "RESULTS.md").write_text("\n".join(lines))
        print("written to bench/RESULTS.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
