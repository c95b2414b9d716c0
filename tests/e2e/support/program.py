"""The program under test as a process of its own: started, waited for, stopped, killed."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

from testbed.ports import free_ports

from support import http

ROOT = Path(__file__).parents[3]
VOTATON = Path(os.environ.get("VOTATON", ROOT / "build" / "votaton"))
SANITIZER_REPORT = re.compile(
    r"ERROR: (Address|Leak)Sanitizer|WARNING: ThreadSanitizer|runtime error:|internal error|[Aa]ssertion"
)
READY_SECONDS = 20
STOP_SECONDS = 30


def wait_until(condition, seconds: float, what):
    """Polls until condition() is true, and returns what it said; fails after so many seconds.

    `what` is a text, or a function that says at the end what was waited for and what there is instead.
    """
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain: {what() if callable(what) else what}")
        time.sleep(0.01)
    return value


def votaton(*arguments, timeout=30, **options) -> subprocess.CompletedProcess:
    """Runs a subcommand to its end."""
    return subprocess.run(
        [VOTATON, *map(str, arguments)], capture_output=True, text=True, timeout=timeout, check=False, **options
    )


class Program:
    """A process of the program under test: a command, its environment, its log, and where it says that it is ready."""

    def __init__(self, command: list, log: Path, ready_address: str, env=None):
        self.command = [str(part) for part in command]
        self.environment = {**os.environ, **(env or {})}
        self.log = log
        self.ready_address = ready_address
        self.process: subprocess.Popen | None = None

    def launch(self):
        """Starts the process and does not wait for it to be ready."""
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=self.environment
            )
        return self

    def wait_ready(self, seconds: float = READY_SECONDS):
        wait_until(self._is_ready_or_gone, seconds, lambda: f"ready: {self.output()[-2000:]}")
        return self

    def start(self):
        return self.launch().wait_ready()

    def is_ready(self) -> bool:
        try:
            return http.call(self.ready_address, "GET", "/readyz", timeout=2).status == 200
        except OSError:
            return False

    def _is_ready_or_gone(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(f"exit code {self.process.returncode} at start:\n{self.output()}")
        return self.is_ready()

    def output(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def wait_for_exit(self, seconds: float = STOP_SECONDS) -> int:
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGABRT)
            self.process.wait()
            raise AssertionError(f"still running after {seconds} s:\n{self.output()[-4000:]}") from None

    def stop(self) -> None:
        """SIGTERM; it must end with 0 and without a report of a sanitizer or an assertion."""
        if self.is_running():
            self.process.send_signal(signal.SIGTERM)
            code = self.wait_for_exit()
            assert code == 0, f"exit code {code} after SIGTERM:\n{self.output()[-4000:]}"
        self.assert_no_report()

    def kill(self) -> None:
        """kill -9."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def pause(self) -> None:
        """SIGSTOP."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        self.process.send_signal(signal.SIGCONT)

    def assert_no_report(self) -> None:
        report = SANITIZER_REPORT.search(self.output())
        assert not report, self.output()[report.start() :][:4000]


class PublicListener:
    """Short forms for what nearly every test asks of a public and an admin address."""

    address: str
    admin_address: str

    def call(self, method, path, body=None, headers=None, **options) -> http.Answer:
        return http.call(self.address, method, path, body, headers, **options)

    def get(self, path):
        """The JSON of a GET that must succeed."""
        answer = self.call("GET", path)
        assert answer.status == 200, answer
        return answer.json()

    def post(self, body, path="/v1/votes", **headers) -> http.Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.call("POST", path, body, {"Content-Type": "application/json", **named})

    def cast(self, body, **headers):
        """The JSON of a vote or an array that must be taken."""
        answer = self.post(body, **headers)
        assert answer.status == 200, answer
        return answer.json()

    def metric(self, name: str, labels: str = "") -> float:
        """The sum of a metric's series whose labels contain a text."""
        text = http.call(self.admin_address, "GET", "/metrics").body.decode()
        rows = re.findall(rf"^{re.escape(name)}(\{{[^}}]*\}})? (\S+)$", text, re.MULTILINE)
        return sum(float(value) for label, value in rows if labels in label)


class Server(Program, PublicListener):
    """`votaton run` over a data folder, on ports of its own. The ports stay the same over a restart."""

    def __init__(self, data: Path, contest: Path | None = None, args=(), env=None, wrapper=(), port=None):
        self.data = Path(data)
        free, self.admin_port = free_ports(2)
        self.port = port or free
        self.address = f"127.0.0.1:{self.port}"
        self.admin_address = f"127.0.0.1:{self.admin_port}"
        command = [*wrapper, VOTATON, "run", "--data", self.data, "--listen", self.address]
        command += ["--admin-listen", self.admin_address]
        if contest:
            command += ["--contest", contest]
        super().__init__([*command, *args], self.data.parent / f"{self.data.name}.log", self.address, env)
        if wrapper:
            # LeakSanitizer cannot work in a process that is traced.
            self.environment["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
