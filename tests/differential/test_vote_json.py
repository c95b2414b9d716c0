"""The one-pass reader of vote JSON against Python's json: both take the same texts, and read the same in them."""

import http.client
import json
import random

from rules import FIELDS, Refused, checked
from support.http import exchange

CASES = 3000
SEED = 20240817
TEXTS = ["A", "", " padded ", "Ñandú", "🎸", 'say "hi"', "back\\slash", "a/b", "é" * 64, "x" * 128, "\u2028"]
TEXTS += ["x" * 129, "tab\there", "\x7f"]
OTHER_VALUES = ["1", "-0", "1.5e+300", "true", "false", "null", "[]", "{}", '[1,[2,{"a":"b"}]]', '{"name":"inner"}']
OTHER_VALUES += ["01", "1.", ".5", "+1", "NaN", "nul", "'x'", "[1,]"]
NOISE = list(b'{}[]",:\\/u0123deE+-. \t\n\r') + [0x00, 0x1F, 0x7F, 0x80, 0xC3, 0xED, 0xF4, 0xFF]


def refuse_constant(_):
    raise Refused("NaN and Infinity are not JSON")


def fields_of(pairs: list) -> dict:
    """The four fields of an object; a known key twice, in whatever case, is refused."""
    fields = {}
    for key, value in pairs:
        lowered = key.lower() if key.isascii() else key
        if lowered in FIELDS:
            if lowered in fields:
                raise Refused("duplicate field")
            fields[lowered] = value
    return fields


def reference(body: bytes) -> dict | None:
    """The vote as it must be recorded, or None when it must be refused."""
    try:
        # Objects stay lists of pairs, told from arrays by their type, so that duplicates are seen at the top only.
        pairs = json.loads(body.decode(), object_pairs_hook=tuple, parse_constant=refuse_constant)
        if not isinstance(pairs, tuple):
            return None
        fields = fields_of(list(pairs))
        if set(fields) != set(FIELDS) or not all(isinstance(value, str) for value in fields.values()):
            return None
        return checked(fields)
    except (Refused, ValueError):
        return None


def spelled(dice: random.Random, text: str, broken: float = 0.02) -> str:
    """A JSON string of the text, some of its characters escaped in one of the ways that there are."""
    parts = []
    for character in text:
        if dice.random() < 0.1:
            units = character.encode("utf-16-be")
            parts += [f"\\u{units[i] << 8 | units[i + 1]:04{dice.choice('xX')}}" for i in range(0, len(units), 2)]
        elif ord(character) < 0x20 and dice.random() < 0.2:
            parts.append(character)
        else:
            parts.append(json.dumps(character, ensure_ascii=False)[1:-1])
    if dice.random() < broken:
        parts.append(dice.choice(["\\ud800", "\\udc00x", "\\q", "\\u12", "\\u00ZZ"]))
    return '"' + "".join(parts) + '"'


def generated(dice: random.Random) -> bytes:
    """An object like a vote, right or slightly wrong."""
    members = [(name, spelled(dice, dice.choice(TEXTS) if dice.random() < 0.2 else "Viernes Verde")) for name in FIELDS]
    if dice.random() < 0.3:
        members.append(("comment", dice.choice(OTHER_VALUES)))
    if dice.random() < 0.05:
        members.append((dice.choice(FIELDS), '"again"'))
    if dice.random() < 0.05:
        members.pop(0)
    if dice.random() < 0.05:
        members[0] = (members[0][0], dice.choice(OTHER_VALUES))
    dice.shuffle(members)

    def space():
        return dice.choice(["", "", "", " ", "\n", "\t", "\r\n"])

    def key(name):
        return spelled(dice, "".join(dice.choice([c.lower(), c.upper()]) for c in name), broken=0)

    text = ",".join(f"{space()}{key(name)}{space()}:{space()}{value}{space()}" for name, value in members)
    return (space() + "{" + text + "}" + space()).encode("utf-8", "surrogatepass")


def mutated(dice: random.Random, body: bytes) -> bytes:
    data = bytearray(body)
    for _ in range(dice.choice([0, 0, 0, 1, 2])):
        at = dice.randrange(len(data))
        kind = dice.random()
        if kind < 0.4:
            data[at] = dice.choice(NOISE)
        elif kind < 0.7:
            data.insert(at, dice.choice(NOISE))
        elif len(data) > 1:
            del data[at : at + dice.choice([1, 1, 5])]
    return bytes(data) or b"{"


def test_same_verdict_and_same_content(server):
    dice = random.Random(SEED)
    connection = http.client.HTTPConnection(server.address, timeout=30)
    taken = 0
    for _ in range(CASES):
        body = mutated(dice, generated(dice))
        if body.strip(b" \t\r\n").startswith(b"["):
            continue
        expected = reference(body)
        answer = exchange(connection, "POST", "/v1/votes", body, {"Content-Type": "application/json"})
        assert answer.status == (200 if expected else 400), (body, expected, answer)
        if expected:
            taken += 1
            shown = exchange(connection, "GET", f"/v1/votes/{answer.json()['id']}").json()
            assert {name: shown["vote"][name] for name in FIELDS} == expected, body
    connection.close()
    assert CASES // 4 < taken < CASES, f"{taken} taken: the cases say too little"
