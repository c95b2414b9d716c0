"""The reader of vote JSON against Python's json: the same verdict, the same code and field, the same content."""

import json
import random

from core import FIELDS, REQUIRED, Refused, assert_agree

CASES = 30000
SEED = 20261123
DEPTH_MAX = 16
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


class Object(list):
    """The members of an object, in order, all of them."""


def refuse_constant(_):
    raise ValueError("NaN and Infinity are not JSON")


def parse(body: bytes):
    """Bytes that are no UTF-8 become lone surrogates: a syntax error outside of strings, else found by all_strings."""
    text = body.decode("utf-8", "surrogateescape")
    hooks = {"parse_int": float, "parse_float": float, "parse_constant": refuse_constant}
    try:
        return json.loads(text, object_pairs_hook=Object, **hooks)
    except (ValueError, RecursionError):
        raise Refused("malformed_json") from None


def children(value) -> list:
    if isinstance(value, Object):
        return [child for _, child in value]
    return value if isinstance(value, list) else []


def depth(value) -> int:
    levels = 0
    layer = [value]
    while layer := [item for item in layer if isinstance(item, list)]:
        levels += 1
        layer = [child for item in layer for child in children(item)]
    return levels


def all_strings(value):
    if isinstance(value, str):
        yield value
    if isinstance(value, Object):
        yield from (key for key, _ in value)
    for child in children(value):
        yield from all_strings(child)


def is_unicode(text: str) -> bool:
    return not any(0xD800 <= ord(character) <= 0xDFFF for character in text)


def lowered(key: str) -> str:
    return key.lower() if key.isascii() else key


def text_of(field: str, value: str) -> bytes:
    """Of a text that is no Unicode the length in bytes depends on how it was spelled: both codes will do."""
    if is_unicode(value):
        return value.encode()
    if field == "vote_id":
        raise Refused("bad_id", field)
    raise Refused("invalid_utf8|too_long" if len(value) > 40 else "invalid_utf8", field)


def members_of(vote: Object) -> dict[str, str]:
    fields: dict[str, list] = {}
    for key, value in vote:
        fields.setdefault(lowered(key), []).append(value)
    for field in FIELDS:
        values = fields.get(field, [])
        if len(values) > 1:
            raise Refused("duplicate_field", field)
        if values and not isinstance(values[0], str):
            raise Refused("wrong_type", field)
        if not values and field in REQUIRED:
            raise Refused("missing_field", field)
    return {field: fields[field][0] for field in FIELDS if field in fields}


class Lazy(dict):
    """Texts by field, each encoded when it is asked for, so that of two faults the first field's is told."""

    def __getitem__(self, field):
        return text_of(field, super().__getitem__(field))


def reference(body: bytes) -> dict[str, bytes]:
    vote = parse(body)
    if not isinstance(vote, Object) or depth(vote) > DEPTH_MAX:
        raise Refused("malformed_json")
    others = [[key, value] for key, value in vote if lowered(key) not in FIELDS or not isinstance(value, str)]
    if not all(is_unicode(text) for text in all_strings(others)):
        raise Refused("invalid_utf8")
    return Lazy(members_of(vote))


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
