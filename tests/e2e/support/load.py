"""Voters that keep voting whatever happens to the server, and remember what they were told."""

import http.client
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from support.http import exchange
from support.program import votaton
from support.votes import generated, new_id

# What a vote that was taken is answered; `recorded` by a ledger that counts later.
TAKEN = ("counted", "duplicate", "recorded")


class Voters:
    """Threads that send votes with ids of their own, single ones and small arrays, until stopped.

    sent holds every vote by its id; acks the position of each id that the server took; doubtful the ids whose request
    got no answer: they may or may not be recorded. Each thread waits pause_seconds between its requests.
    """

    def __init__(self, server, threads: int = 8, seed: int = 1, pause_seconds: float = 0):
        self.server = server
        self.pause_seconds = pause_seconds
        self.sent: dict[str, dict] = {}
        self.acks: dict[str, str] = {}
        self.doubtful: set[str] = set()
        self.in_flight: set[str] = set()
        self.refused: list = []
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(generated(500, seed * 100 + number), number), daemon=True)
            for number in range(threads)
        ]

    def __enter__(self) -> "Voters":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.stop()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive(), "a voter hangs"

    def _run(self, votes: list[dict], number: int) -> None:
        connection = None
        turn = 0
        while not self._stop.is_set():
            turn += 1
            size = 1 if number % 2 else turn % 20 + 1
            batch = [{**votes[(turn * 20 + i) % len(votes)], "vote_id": new_id()} for i in range(size)]
            connection = self._send(connection, batch)
            self._stop.wait(self.pause_seconds)

    def _send(self, connection, batch):
        ids = [vote["vote_id"] for vote in batch]
        with self._lock:
            self.sent.update(zip(ids, batch, strict=True))
            self.in_flight.update(ids)
        try:
            connection = connection or http.client.HTTPConnection(self.server.address, timeout=30)
            body = batch[0] if len(batch) == 1 else batch
            answer = exchange(connection, "POST", "/v1/votes", body, {"Content-Type": "application/json"})
            self._note(ids, answer)
        except (OSError, http.client.HTTPException):
            with self._lock:
                self.doubtful.update(ids)
            connection.close()
            connection = None
            self._stop.wait(0.02)
        with self._lock:
            self.in_flight.difference_update(ids)
        return connection

    def _note(self, ids, answer) -> None:
        taken = []
        if answer.status == 200:
            items = answer.json()
            items = items.get("votes", [items])
            taken = [(item["id"], item["position"]) for item in items if item.get("status") in TAKEN]
        with self._lock:
            self.acks.update(taken)
            for key in ids:
                if key not in self.acks:
                    self.doubtful.add(key)
            if len(taken) < len(ids):
                self.refused.append(answer)

    def retry_doubtful(self, seconds: float = 0) -> None:
        """Honest retries, with the same ids: all must be taken now, or within so many seconds."""
        deadline = time.monotonic() + seconds
        while self.doubtful:
            pending = sorted(self.doubtful)
            for start in range(0, len(pending), 500):
                ids = pending[start : start + 500]
                self._note(ids, self.server.post([self.sent[key] for key in ids]))
            self.doubtful.difference_update(self.acks)
            assert not self.doubtful or time.monotonic() < deadline, self.refused[-1]


def assert_nothing_lost(server, voters: Voters) -> None:
    """Every acknowledged id is found where it was said to be, and a recount agrees."""

    def check(part):
        connection = http.client.HTTPConnection(server.address, timeout=30)
        for key, position in part:
            answer = exchange(connection, "GET", f"/v1/votes/{key}")
            assert answer.status == 200, f"{key} was acknowledged at {position}: {answer}"
            shown = answer.json()
            assert (shown["position"], shown["status"]) == (position, "counted"), shown
        connection.close()

    acks = list(voters.acks.items())
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(check, [acks[start::4] for start in range(4)]))
    assert_verified(server)


def assert_verified(server) -> None:
    verified = votaton("verify", "--data", server.data, timeout=120)
    assert verified.returncode == 0, verified.stdout + verified.stderr
