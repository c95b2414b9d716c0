"""votatón in one process, beside servers that store nothing."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import load
from processes import Process
from rows import BIN, PEERS, Row, Target


@dataclass
class Server:
    """A server under one load."""

    process: Process
    load: load.Load

    @property
    def name(self) -> str:
        return self.process.name

    def sample(self, seconds: int) -> load.Sample:
        shutil.rmtree(self.process.folder, ignore_errors=True)
        with self.process:
            return load.measure(self.process, self.load, seconds)


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
                Server(servers.null(), load.UNARY),
                Server(servers.go("grpc-go"), load.UNARY),
                Server(servers.nghttpd(), load.FILE),
            ],
            [Target("grpc-go", 1 / 8, "≤ 1/8"), Target("nghttpd", 1.6, "≤ 1.6×")],
        ),
        Row(
            "gRPC unary vote, null ledger, 64 connections × 1 stream",
            [
                Server(servers.null(), load.UNARY_ONE_STREAM),
                Server(servers.go("grpc-go"), load.UNARY_ONE_STREAM),
            ],
            [Target("grpc-go", 1 / 2.5, "≤ 1/2.5")],
        ),
        Row(
            "HTTP/1.1 JSON vote, null ledger, 64 connections",
            [
                Server(servers.null(), load.JSON),
                Server(servers.go("net-http"), load.JSON),
                Server(servers.nginx(), load.JSON),
            ],
            [Target("net-http", 1 / 3, "≤ 1/3"), Target("nginx", 1.1, "≤ 1.1×")],
        ),
        Row(
            "gRPC unary vote, durable in SQLite, beside a grpc-go that stores nothing",
            [Server(servers.durable(), load.UNARY), Server(servers.go("grpc-go"), load.UNARY)],
            [Target("grpc-go", 1 / 3, "≤ 1/3")],
        ),
        Row(
            f"gRPC batches of {load.BATCH}, beside unary, null ledger",
            [
                Server(servers.null(), load.BATCHES),
                Server(servers.votaton_with("votatón, unary", "null:"), load.UNARY),
            ],
            [Target("votatón, unary", 1 / 8, "≥ 8× votes per CPU second")],
        ),
    ]
