#!/usr/bin/env python3
"""Measures votatón beside its peers and writes bench/RESULTS.md.

What is measured runs on core 0, everything else on core 1. A row's contenders take turns (A, B, C, A, B, C …); the
figure is CPU time, user and system, divided by the votes; the tables show median and range.
"""

import argparse
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import stores
from footprint import memory, start_ms
from kafka_rows import kafka_rows
from machine import machine, versions
from one_process import Servers, rows
from pipeline_rows import Stores, pipeline_rows
from redis_rows import redis_rows
from results import write
from roles import Roles
from rows import ROOT, Row

WORK = ROOT / "build" / "bench"
RESULTS = ROOT / "bench" / "RESULTS.md"


@dataclass
class Plan:
    votaton: Path
    rounds: int
    seconds: int

    def run(self, wanted: list[Row]) -> list[str]:
        return [line for row in wanted for line in row.run(self.rounds, self.seconds)]


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


def run_groups(plan: Plan) -> list[str]:
    """The group commit of the SQLite ledger, by a program of its own."""
    subprocess.run(["ninja", "-C", "build", "--quiet", "bench/bench_sqlite_groups"], cwd=ROOT, check=True)
    folder = WORK / "groups"
    folder.mkdir(parents=True, exist_ok=True)
    command = [ROOT / "build/bench/bench_sqlite_groups", folder, str(plan.rounds)]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    print(out, flush=True)
    return ["### SQLite ledger: groups", "", "```", out.rstrip(), "```", ""]


def run_one_process(plan: Plan) -> list[str]:
    servers = Servers(plan.votaton, WORK)
    return [*plan.run(rows(servers)), *run_footprint(servers), *run_groups(plan)]


def run_kafka(plan: Plan) -> list[str]:
    with stores.broker(WORK / "kafka") as topics:
        return plan.run(kafka_rows(Roles(plan.votaton, WORK), topics, WORK / "votes"))


def run_redis(plan: Plan) -> list[str]:
    with stores.broker(WORK / "kafka") as topics:
        return plan.run(redis_rows(Roles(plan.votaton, WORK), topics, WORK, plan.seconds))


def run_pipeline(plan: Plan) -> list[str]:
    with ExitStack() as stack:
        topics = stack.enter_context(stores.broker(WORK / "kafka"))
        redis = stack.enter_context(stores.tally(WORK / "redis"))
        mongo = stack.enter_context(stores.log(WORK / "mongo"))
        return plan.run(pipeline_rows(Roles(plan.votaton, WORK), Stores(topics, redis, mongo), WORK))


@dataclass
class Section:
    title: str
    programs: tuple[str, ...]
    cores: str
    run: Callable[[Plan], list[str]]


SECTIONS = {
    "one-process": Section(
        "One process",
        ("nghttpd", "nginx", "h2load", "grpc"),
        "the server on core 0, load on core 1",
        run_one_process,
    ),
    "kafka": Section(
        "Kafka",
        ("kafka", "kcat", "h2load"),
        "ingest or kcat on core 0, the broker and load on core 1",
        run_kafka,
    ),
    "redis": Section(
        "Redis",
        ("redis", "kafka"),
        "Redis, which is what is measured, on core 0; its clients and the broker on core 1",
        run_redis,
    ),
    "pipeline": Section(
        "The whole pipeline",
        ("kafka", "redis", "secantusdb", "grpc", "franz-go", "kafka-go", "go-redis", "mongo-driver", "h2load"),
        "the pipeline's own processes, whose CPU time is measured together, on core 0; the stores and load on core 1",
        run_pipeline,
    ),
}


def run_section(name: str, plan: Plan) -> list[str]:
    section = SECTIONS[name]
    print(f"\n== {section.title}", flush=True)
    about = [
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC; {machine()}; {versions(*section.programs)}.",
        f"`./dev bench --only {name}`: {plan.rounds} rounds of about {plan.seconds} s each, in turn; {section.cores}.",
        "",
    ]
    return about + section.run(plan)


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="one short round each, to see that all works; writes nothing"
    )
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=list(SECTIONS), help="sections to measure")
    parser.add_argument("--rounds", type=int, help="of each row (5; quick: 1)")
    parser.add_argument("--seconds", type=int, help="for each contender in a round, about (3; quick: 1)")
    parser.add_argument("--votaton", type=Path, default=ROOT / "build" / "votaton")
    options = parser.parse_args()
    rounds, seconds = (1, 1) if options.quick else (5, 3)
    plan = Plan(options.votaton, options.rounds or rounds, options.seconds or seconds)
    measured = {SECTIONS[name].title: run_section(name, plan) for name in SECTIONS if name in options.only}
    if not options.quick:
        write(RESULTS, measured, [section.title for section in SECTIONS.values()])
        print("written to bench/RESULTS.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
