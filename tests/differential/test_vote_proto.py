"""The one-pass reader of vote protobuf against Google's own: both take the same bytes, and read the same in them."""

import random

import grpc
import pytest
from google.protobuf.message import DecodeError
from google.protobuf.unknown_fields import UnknownFieldSet
from rules import FIELDS, Refused, checked
from support.grpc_client import Client, messages

CASES = 2000
SEED = 4171
TEXTS = ["A", "", " padded ", "Ñandú", "🎸", "x" * 128, "x" * 129, "tab\there"] + ["Viernes Verde"] * 6


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def unknown_field(dice: random.Random) -> bytes:
    number = dice.choice([7, 100, 5000])
    wire, data = dice.choice([(0, varint(dice.getrandbits(63))), (1, bytes(8)), (2, b"\x03abc"), (5, bytes(4))])
    return varint(number << 3 | wire) + data


def generated(dice: random.Random) -> bytes:
    parts = []
    for number in range(1, 5):
        text = dice.choice(TEXTS).encode()
        parts.append(varint(number << 3 | 2) + varint(len(text)) + text)
        if dice.random() < 0.1:
            parts.append(unknown_field(dice))
        if dice.random() < 0.05:
            parts.append(varint(number << 3 | 2) + b"\x05again")
    if dice.random() < 0.2:
        dice.shuffle(parts)
    if dice.random() < 0.1:
        parts.pop()
    return b"".join(parts)


def mutated(dice: random.Random, message: bytes) -> bytes:
    data = bytearray(message)
    for _ in range(dice.choice([0, 0, 0, 1])):
        at = dice.randrange(len(data))
        if dice.random() < 0.5:
            data[at] = dice.randrange(256)
        else:
            del data[at]
    return bytes(data)


def has_group(message) -> bool:
    """Groups are refused by the program, and taken as unknown fields by the reference."""
    return any(field.wire_type in (3, 4) for field in UnknownFieldSet(message))


def reference(data: bytes):
    """The vote as it must be recorded, None when it must be refused, or "either"."""
    try:
        message = messages()["Vote"].FromString(data)
        if has_group(message) or message.vote_id or message.voter_code:
            return "either"
        return checked({name: getattr(message, name) for name in FIELDS})
    except (DecodeError, Refused):
        return None


def test_same_verdict_and_same_content(server):
    dice = random.Random(SEED)
    taken = 0
    with Client(server.address) as client:
        for _ in range(CASES):
            data = mutated(dice, generated(dice))
            expected = reference(data)
            try:
                receipt, _ = client.cast(data)
            except grpc.RpcError as error:
                assert error.code() == grpc.StatusCode.INVALID_ARGUMENT, (data, error)
                assert expected in (None, "either"), (data, expected, error)
                continue
            if expected == "either":
                continue
            assert expected, (data, receipt)
            taken += 1
            shown = server.get(f"/v1/votes/{receipt.id}")
            assert {name: shown["vote"][name] for name in FIELDS} == expected, data
    assert CASES // 4 < taken < CASES, f"{taken} taken: the cases say too little"


def test_reference_refuses_and_takes():
    assert reference(b"\x0a\x01A") == {"name": "A", "album": "", "year": "", "rank": ""}
    for data in (b"", b"\x0a\x05A", b"\x0a\x01\xff"):
        assert reference(data) is None
    with pytest.raises(Refused):
        checked(dict.fromkeys(FIELDS, "\n"))
