"""The reader of vote protobuf against Google's own: the same verdict, the same code and field, the same content."""

import random

from core import FIELDS, REQUIRED, Refused, assert_agree
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

CASES = 30000
SEED = 4171
TEXTS = [b"A", b"", b" padded ", "Ñandú".encode(), "🎸".encode(), b"x" * 127, b"x" * 128, b"x" * 129, b"x" * 255]
TEXTS += [b"x" * 256, b"tab\there", b"\xff", b"\xed\xa0\x80", b"\xc0\x80", b"\x00"] + [b"Viernes Verde"] * 30
LONG_VARINTS = [
    b"\xff" * 9 + b"\x01",
    b"\xff" * 9 + b"\x02",
    b"\xff" * 10 + b"\x01",
    b"\x80" * 9 + b"\x00",
    b"\x80\x00",
]
GROUPS = (3, 4)


def message_class(name: str, kind: int):
    """A message with the six fields of a vote, all of one type."""
    proto = descriptor_pb2.FileDescriptorProto(name=f"{name}.proto", package="differential", syntax="proto3")
    message = proto.message_type.add(name=name)
    for number, field in enumerate(FIELDS, start=1):
        message.field.add(
            name=field, number=number, type=kind, label=descriptor_pb2.FieldDescriptorProto.LABEL_OPTIONAL
        )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(proto)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"differential.{name}"))


Vote = message_class("Vote", descriptor_pb2.FieldDescriptorProto.TYPE_STRING)
RawVote = message_class("RawVote", descriptor_pb2.FieldDescriptorProto.TYPE_BYTES)


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    number = 0
    for shift in range(0, 70, 7):
        number |= (data[at] & 127) << shift
        at += 1
        if data[at - 1] < 128:
            break
    return number, at


def wire_fields(data: bytes):
    """The fields at the top of a well-formed message: number, wire type, bytes (of wire type 2). A group ends it."""
    at = 0
    while at < len(data):
        tag, at = read_varint(data, at)
        number, wire = tag >> 3, tag & 7
        length = 8 if wire == 1 else 4 if wire == 5 else 0
        if wire == 0:
            _, at = read_varint(data, at)
        elif wire == 2:
            length, at = read_varint(data, at)
        yield number, wire, data[at : at + length]
        if wire in GROUPS:
            return
        at += length


def reference(data: bytes) -> dict[str, bytes]:
    try:
        raw = RawVote.FromString(data)
    except DecodeError:
        raise Refused("malformed_protobuf") from None
    # Python skips groups as unknown, the program refuses them.
    if any(wire in GROUPS for _, wire, _ in wire_fields(data)):
        raise Refused("malformed_protobuf")
    for number, field in enumerate(FIELDS, start=1):
        texts = [text for found, wire, text in wire_fields(data) if found == number and wire == 2]
        if not all(is_utf8(text) for text in texts[:-1]):
            raise Refused("invalid_utf8", field)
    texts = {field: getattr(raw, field) for field in FIELDS if field in REQUIRED or getattr(raw, field)}
    if all(is_utf8(text) for text in texts.values()):
        Vote.FromString(data)
    return texts


def is_utf8(text: bytes) -> bool:
    try:
        return text.decode() is not None
    except UnicodeDecodeError:
        return False


def unknown_field(dice: random.Random) -> bytes:
    number = dice.choice([1, 4, 7, 15, 16, 100, 5000, 2**29 - 1, 2**29, 0])
    wire, data = dice.choice(
        [
            (0, varint(dice.getrandbits(63))),
            (0, dice.choice(LONG_VARINTS)),
            (1, bytes(8)),
            (2, b"\x03a\xffc"),
            (5, bytes(4)),
        ]
    )
    return varint(number << 3 | wire) + data


def group(dice: random.Random) -> bytes:
    number = dice.choice([1, 7, 100])
    return varint(number << 3 | 3) + dice.choice([b"", b"\x08\x01", b"\x0a\x01a"]) + varint(number << 3 | 4)


def generated(dice: random.Random) -> bytes:
    parts = []
    for number in dice.choice([(1, 2, 3, 4), (1, 2, 3, 4, 5), (1, 2, 3, 4, 5, 6), (1,), (4, 3, 2, 1), (1, 2, 1, 2)]):
        text = dice.choice(TEXTS) if dice.random() < 0.2 else b"Viernes"
        length = varint(len(text))
        if dice.random() < 0.01:
            length = (
                length[:-1] + bytes([length[-1] | 128]) + dice.choice([b"\x00", b"\x80\x00", b"\x80" * 4 + b"\x00"])
            )
        parts.append(varint(number << 3 | 2) + length + text)
        if dice.random() < 0.1:
            parts.append(unknown_field(dice))
        if dice.random() < 0.01:
            parts.append(group(dice))
    return b"".join(parts)


def mutated(dice: random.Random, message: bytes) -> bytes:
    data = bytearray(message)
    for _ in range(dice.choice([0, 0, 0, 1, 2])):
        at = dice.randrange(len(data) or 1)
        kind = dice.random()
        if kind < 0.5 and data:
            data[at] = dice.randrange(256)
        elif kind < 0.8:
            data.insert(at, dice.randrange(256))
        else:
            del data[at : at + dice.choice([1, 1, 1000])]
    return bytes(data)


def test_proto_agrees_with_python():
    dice = random.Random(SEED)
    assert_agree("proto", [mutated(dice, generated(dice)) for _ in range(CASES)], reference)
