"""Votes for the tests, and a count of them that shares nothing with the program."""

import json
import random
import uuid
from collections import Counter
from pathlib import Path

SHARED = Path(__file__).parents[4] / "shared" / "data" / "votes"
BANDS = [
    "Viernes Verde",
    "Bohemia Suburbana",
    "Malacates Trébol Shop",
    'Los "Miseria" Cumbia',
    "La Tona",
    "Razones de Cambio",
]

GOOD = {"name": "Viernes Verde", "album": "Remedios", "year": "2001", "rank": "1"}


def vote(**changes) -> dict:
    return {**GOOD, **changes}


def new_id() -> str:
    return str(uuid.uuid4())


def generated(count: int, seed: int = 1) -> list[dict]:
    """Votes like those of the load files: few bands, a few albums of each, uneven, non-ASCII, with quotes."""
    dice = random.Random(seed)
    votes = []
    for _ in range(count):
        band = dice.choices(BANDS, weights=[8, 5, 4, 3, 2, 1])[0]
        album = f"Álbum {dice.randint(1, 4)}"
        votes.append(vote(name=band, album=album, year=str(dice.randint(1990, 2024)), rank=str(dice.randint(1, 5))))
    return votes


def load_files() -> dict[str, list[dict]]:
    """The real load files where they are there, and generated ones of the same sizes everywhere."""
    files = {path.name: json.loads(path.read_text()) for path in sorted(SHARED.glob("*.json"))}
    return {**files, "generated-1010": generated(1010), "generated-1088": generated(1088, seed=2)}


def lower_keys(a_vote: dict) -> dict:
    return {key.lower(): value for key, value in a_vote.items()}


def standings(votes: list[dict]) -> list[dict]:
    """The bands of GET /v1/results for these votes: most votes first, ties by the bytes of the name."""
    pairs = Counter((lower_keys(v)["name"].strip(" "), lower_keys(v)["album"].strip(" ")) for v in votes)
    bands = Counter()
    for (name, _), count in pairs.items():
        bands[name] += count

    def ordered(counts):
        rows = sorted(counts.items(), key=lambda row: (-row[1], row[0].encode()))
        return [{"name": name, "votes": count, "points": count} for name, count in rows]

    result = ordered(bands)
    for band in result:
        band["albums"] = ordered({album: n for (name, album), n in pairs.items() if name == band["name"]})
    return result
