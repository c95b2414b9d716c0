"""What the JSON of a vote says, read by Python's json: the reference for the program's own reader."""

import json

from core import FIELDS, REQUIRED, Refused

DEPTH_MAX = 16


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
