#!/usr/bin/env python3
"""./dev run --distributed: starts the testbed where it is down, then every role as a process of its own.

The roles end with Ctrl-C, or when one of them ends. The testbed stays, with all votes: ./dev testbed down ends it.
"""

import argparse
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from testbed import bed
from testbed.process import wait_for
from testbed.prometheus import ROLE_PORTS
from testbed.server import CACHE, ServerError

ROOT = Path(__file__).parents[1]
VOTATON = ROOT / "build" / "votaton"
STOP_SECONDS = 20
POLL_SECONDS = 0.2
READY_SECONDS = 2  # for one answer

NEXT = """\

  vote        curl -d '{{"name":"Viernes Verde","album":"Remedios","year":"2001","rank":"1"}}' http://{ingest}/v1/votes
  send a file build/votaton send examples/votes.json --to http://{ingest} --repeat 100 --check --results http://{web}
  results     http://{web}/    log  http://{web}/log
  recount     build/votaton verify --ledger {KAFKA} --tally {REDIS} --log {MONGO}
  metrics     {PROMETHEUS}/graph and http://127.0.0.1:{count_port}/metrics

Ctrl-C ends the roles. The votes stay in the testbed until ./dev testbed down.
"""


def commands(urls: dict[str, str], ingest: str, web: str) -> dict[str, list[str]]:
    """The command line of each role, without its admin listener."""
    ledger, tally, log = ["--ledger", urls["KAFKA"]], ["--tally", urls["REDIS"]], ["--log", urls["MONGO"]]
    return {
        "ingest": ["ingest", "--listen", ingest, *ledger],
        "count": ["count", *ledger, *tally],
        "archive": ["archive", *ledger, *log],
        "web": ["web", "--listen", web, *tally, *log],
    }


def relay(role: str, process: subprocess.Popen) -> None:
    """Until it has ended."""
    for line in process.stdout:
        sys.stdout.write(f"{role:<7} | {line}")
        sys.stdout.flush()


def launch(roles: dict[str, list[str]]) -> dict[str, subprocess.Popen]:
    """A session for each, so that Ctrl-C reaches them through us alone, once. Their lines get their name in front."""
    processes = {
        role: subprocess.Popen(
            [VOTATON, *arguments, "--admin-listen", f"127.0.0.1:{ROLE_PORTS[role]}"],
            start_new_session=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            # The testbed's MongoDB server is slow.
            env={"VOTATON_LOG_FORMAT": "text", "VOTATON_STORE_TIMEOUT": "20s", **os.environ},
        )
        for role, arguments in roles.items()
    }
    for role, process in processes.items():
        threading.Thread(target=relay, args=(role, process)).start()
    return processes


def taken_ports() -> list[str]:
    """The admin addresses where somebody listens already, as another run would."""
    taken = []
    for port in ROLE_PORTS.values():
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                taken.append(f"127.0.0.1:{port}")
    return taken


def is_ready(role: str) -> bool:
    try:
        url = f"http://127.0.0.1:{ROLE_PORTS[role]}/readyz"
        return urllib.request.urlopen(url, timeout=READY_SECONDS).status == 200
    except (urllib.error.URLError, OSError):
        return False


def wait_ready(processes: dict[str, subprocess.Popen]) -> bool:
    """Until all are ready; False when one of them ends before."""
    while not all(is_ready(role) for role in processes):
        if any(process.poll() is not None for process in processes.values()):
            return False
        time.sleep(POLL_SECONDS)
    return True


def first_to_end(processes: dict[str, subprocess.Popen]) -> str:
    while True:
        for role, process in processes.items():
            if process.poll() is not None:
                return role
        time.sleep(POLL_SECONDS)


def end(processes: dict[str, subprocess.Popen]) -> None:
    for process in processes.values():
        process.terminate()
    if not wait_for(lambda: all(process.poll() is not None for process in processes.values()), STOP_SECONDS):
        for process in processes.values():
            process.kill()
            process.wait()


def stop_at_signal(number: int, _) -> None:
    raise KeyboardInterrupt(number)


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev run --distributed", description=__doc__)
    parser.add_argument("--listen", default="127.0.0.1:8080", help="where ingest takes votes (default: %(default)s)")
    parser.add_argument("--web-listen", default="127.0.0.1:8090", help="where pages are served (default: %(default)s)")
    parser.add_argument("--brokers", type=int, choices=[1, 3], help="Kafka brokers of a testbed that is started here")
    options = parser.parse_args()
    if taken := taken_ports():
        print(f"{', '.join(taken)}: somebody listens there, perhaps another run of this", file=sys.stderr)
        return 1
    print("==> starting what does not run of Kafka, Redis, MongoDB and Prometheus", file=sys.stderr, flush=True)
    try:
        urls = bed.up(CACHE / "testbed", options.brokers).urls()
    except ServerError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    for name, url in urls.items():
        print(f"{name}={url}")
    signal.signal(signal.SIGTERM, stop_at_signal)
    processes = launch(commands(urls, options.listen, options.web_listen))
    addresses = {"ingest": options.listen, "web": options.web_listen, "count_port": ROLE_PORTS["count"]}
    try:
        if wait_ready(processes):
            print(NEXT.format(**urls, **addresses), flush=True)
        role = first_to_end(processes)
        print(f"{role} ended with {processes[role].returncode}; its last lines say why", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        end(processes)


if __name__ == "__main__":
    sys.exit(main())
