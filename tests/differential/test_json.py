"""The reader of vote JSON against Python's json: the same verdict, the same code and field, the same content."""

import random

from core import REQUIRED, assert_agree
from json_reference import reference

CASES = 30000
SEED = 20261123
PIECES = [
    "a",
    "Viernes",
    " ",
    "\\n",
    "\\u0020",
    '\\"',
    "\\\\",
    "\\/",
    "\\u00e9",
    "é",
    "\\ud83c\\udfb8",
    "🎸",
    "\\uFFFF",
]
RARE_PIECES = [
    "\\u0000",
    "\\b",
    "\\ud83c",
    "\\udfb8",
    "\\x",
    "\\u12",
    "\n",
    "\x7f",
    '"',
    "\\u007F",
    "\ufeff",
    "x" * 120,
]
VALUES = ["1", "-0", "1.5e+300", "true", "false", "null", "[]", "{}", '[1,[2,{"a":"b"}]]', '{"name":1,"name":2}']
VALUES += ["01", "1.", ".5", "+1", "NaN", "-Infinity", "nul", "'x'", "[1,]", "1e999", "9" * 400]
KEYS = ["vote_id", "voter_code", "Name", "ALBUM", "n\\u0061me", "names", "", "é", "\\ud800", "vote\\u005fid"]
NOISE = list(b'{}[]",:\\/u0123deE+-. \t\n\r') + [0x00, 0x1F, 0x7F, 0x80, 0xBF, 0xC3, 0xE2, 0xED, 0xF0, 0xF4, 0xFF]


def string(dice: random.Random) -> str:
    pieces = dice.choices(PIECES, k=dice.choice([0, 1, 2, 3, 4, 5, 6, 30]))
    if dice.random() < 0.03:
        pieces.append(dice.choice(RARE_PIECES))
    return '"' + "".join(pieces) + '"'


def value(dice: random.Random) -> str:
    if dice.random() < 0.9:
        return string(dice)
    if dice.random() < 0.2:
        levels = dice.randrange(12, 20)
        return "[" * levels + "]" * levels
    return dice.choice(VALUES)


def generated(dice: random.Random) -> bytes:
    members = [(name, string(dice) if dice.random() < 0.95 else value(dice)) for name in REQUIRED]
    while dice.random() < 0.3:
        members.append((dice.choice(KEYS), value(dice)))
    if dice.random() < 0.03:
        members.pop(dice.randrange(len(members)))
    dice.shuffle(members)

    def space():
        return dice.choice(["", "", "", " ", "\n", "\t", "\r\n"])

    text = ",".join(f'{space()}"{name}"{space()}:{space()}{shown}{space()}' for name, shown in members)
    return (space() + "{" + text + "}" + space()).encode()


def mutated(dice: random.Random, body: bytes) -> bytes:
    data = bytearray(body)
    for _ in range(dice.choice([0, 0, 1, 2])):
        at = dice.randrange(len(data))
        kind = dice.random()
        if kind < 0.4:
            data[at] = dice.choice(NOISE)
        elif kind < 0.7:
            data.insert(at, dice.choice(NOISE))
        elif len(data) > 6:
            del data[at : at + dice.choice([1, 1, 5])]
    return bytes(data) or b"{"


def test_json_agrees_with_python():
    dice = random.Random(SEED)
    assert_agree("json", [mutated(dice, generated(dice)) for _ in range(CASES)], reference)
