"""What a row of the tables is: votatón and peers under one load, in alternation, and what their ratio is to be."""

import statistics
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from load import Sample

ROOT = Path(__file__).parents[1]
BIN = ROOT / ".cache" / "bin"
PEERS = Path(__file__).parent / "peers"


class Contender(Protocol):
    name: str

    def sample(self, seconds: int) -> Sample:
        """One measurement of about so many seconds, with fresh processes."""


@dataclass
class Target:
    """votatón's CPU time per vote, divided by that of the other, is to be at most this."""

    against: str
    at_most: float
    text: str


@dataclass
class Row:
    """The first contender is votatón."""

    title: str
    contenders: list[Contender]
    targets: list[Target]
    unit: str = "CPU µs per vote"
    samples: dict[str, list[Sample]] = field(default_factory=dict)

    def run(self, rounds: int, seconds: int) -> list[str]:
        """Measures and returns the table."""
        print(f"\n{self.title}", flush=True)
        self.samples = {contender.name: [] for contender in self.contenders}
        for _ in range(rounds):
            for contender in self.contenders:
                self.samples[contender.name].append(contender.sample(seconds))
        lines = [f"| | {self.unit} | range | votes/s | votatón ÷ it | target |", "|---|--:|---|--:|--:|---|"]
        lines += [self._line(name) for name in self.samples]
        lines += [text for name in self.samples if (text := self._parts(name))]
        print("\n".join(lines), flush=True)
        return [f"### {self.title}", "", *lines, ""]

    def _parts(self, name: str) -> str:
        """The medians of a contender's processes."""
        taken = [sample.parts for sample in self.samples[name]]
        parts = [f"{part} {statistics.median(parts[part] for parts in taken):.2f}" for part in taken[0]]
        return f"\n{name}: {', '.join(parts)}." if parts else ""

    def _median(self, name: str) -> float:
        return statistics.median(sample.cpu_us_per_vote for sample in self.samples[name])

    def _line(self, name: str) -> str:
        cpu = [sample.cpu_us_per_vote for sample in self.samples[name]]
        speed = statistics.median(sample.votes_per_second for sample in self.samples[name])
        ours = self.contenders[0].name
        ratio = self._median(ours) / self._median(name)
        shown = "" if name == ours else f"{ratio:.3g}"
        verdict = ""
        for target in self.targets:
            if target.against == name:
                verdict = target.text + (" ✓" if ratio <= target.at_most else " **missed**")
        spread = f"{self._median(name):.2f} | {min(cpu):.2f}–{max(cpu):.2f}"
        return f"| {name} | {spread} | {speed:,.0f} | {shown} | {verdict} |"
