"""bench/RESULTS.md: a section for each part of the benchmarks, replaced alone when that part is measured again."""

from pathlib import Path

HEAD = """\
# Measured

CPU time is user and system. Figures of different machines or days do not compare; ratios within a row do.
"""


def _sections(text: str) -> dict[str, str]:
    """What stands below each `## ` heading."""
    parts = ("\n" + text).split("\n## ")[1:]
    return {title: body.strip() for title, _, body in (part.partition("\n") for part in parts)}


def write(path: Path, measured: dict[str, list[str]], order: list[str]) -> None:
    """Puts the sections that were measured into the file and keeps the others; `order` has the titles of all."""
    sections = _sections(path.read_text()) if path.exists() else {}
    sections |= {title: "\n".join(lines).strip() for title, lines in measured.items()}
    bodies = [f"## {title}\n\n{sections[title]}\n" for title in order if title in sections]
    path.write_text("\n".join([HEAD, *bodies]))
