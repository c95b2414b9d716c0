"""What is measured: each row compares votatón with peers under one load, in alternation."""

from dataclasses import dataclass
from pathlib import Path

import load
from processes import Process

ROOT = Path(__file__).parents[1]
BIN = ROOT / ".cache" / "bin"
PEERS = Path(__file__).parent / "peers"


@dataclass
class Contender:
    server: Process
    load: load.Load


@dataclass
class Target:
    """votatón's CPU time per vote, divided by that of the other, is to be at most this."""

    against: str
    at_most: float
    text: str


@dataclass
class Row:
    title: str
    contenders: list[Contender]
    targets: list[Target]


class Servers:
    """Makes the servers, each with a folder of its own below `folder`."""

    def __init__(self, votaton: Path, folder: Path):
        self.votaton = votaton
        self.folder = folder

    def votaton_with(self, name: str, ledger: str) -> Process:
        command = [str(self.votaton), "run", "--listen", "127.0.0.1:{port}", "--admin-listen", "127.0.0.1:{admin}"]
        command += ["--data", "{folder}/data", "--threads", "1", "--ledger", ledger, "--log-level", "warn"]
        return Process(name, command, self.folder / name.replace(" ", "-"))

    def null(self) -> Process:
        return self.votaton_with("votatón", "null:")

    def durable(self) -> Process:
        return self.votaton_with("votatón, SQLite FULL", "sqlite:")

    def go(self, program: str) -> Process:
        return Process(program, [str(BIN / program), "-listen", "127.0.0.1:{port}"], self.folder / program)

    def nginx(self) -> Process:
        files = {"nginx.conf": (PEERS / "nginx.conf").read_text()}
        return Process("nginx", ["nginx", "-c", "{folder}/nginx.conf"], self.folder / "nginx", files)

    def nghttpd(self) -> Process:
        command = ["nghttpd", "--no-tls", "-a", "127.0.0.1", "-d", "{folder}", "{port}"]
        return Process("nghttpd", command, self.folder / "nghttpd", {"answer": "x" * 60})


def rows(servers: Servers) -> list[Row]:
    return [
        Row(
            "gRPC unary vote, null ledger, 10 connections × 100 streams",
            [
                Contender(servers.null(), load.UNARY),
                Contender(servers.go("grpc-go"), load.UNARY),
                Contender(servers.nghttpd(), load.FILE),
            ],
            [Target("grpc-go", 1 / 8, "≤ 1/8"), Target("nghttpd", 1.6, "≤ 1.6×")],
        ),
        Row(
            "gRPC unary vote, null ledger, 64 connections × 1 stream",
            [
                Contender(servers.null(), load.UNARY_ONE_STREAM),
                Contender(servers.go("grpc-go"), load.UNARY_ONE_STREAM),
            ],
            [Target("grpc-go", 1 / 2.5, "≤ 1/2.5")],
        ),
        Row(
            "HTTP/1.1 JSON vote, null ledger, 64 connections",
            [
                Contender(servers.null(), load.JSON),
                Contender(servers.go("net-http"), load.JSON),
                Contender(servers.nginx(), load.JSON),
            ],
            [Target("net-http", 1 / 3, "≤ 1/3"), Target("nginx", 1.1, "≤ 1.1×")],
        ),
        Row(
            "gRPC unary vote, durable in SQLite, beside a grpc-go that stores nothing",
            [Contender(servers.durable(), load.UNARY), Contender(servers.go("grpc-go"), load.UNARY)],
            [Target("grpc-go", 1 / 3, "≤ 1/3")],
        ),
        Row(
            f"gRPC batches of {load.BATCH}, beside unary, null ledger",
            [
                Contender(servers.null(), load.BATCHES),
                Contender(servers.votaton_with("votatón, unary", "null:"), load.UNARY),
            ],
            [Target("votatón, unary", 1 / 8, "≥ 8× votes per CPU second")],
        ),
    ]
