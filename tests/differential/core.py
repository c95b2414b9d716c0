"""The readers of votes in the program behind a pipe, and what a checked vote must say, code for code."""

import os
import struct
import subprocess

import pytest

FIELDS = ("name", "album", "year", "rank", "vote_id", "voter_code")
REQUIRED = FIELDS[:4]
FIELD_BYTES_MAX = 128
KEY_BYTES_MAX = 255
WHITE_SPACE = b" \t\r\n"


class Refused(Exception):
    """The vote must be refused with one of these codes, for this field."""

    def __init__(self, codes: str, field: str = "-"):
        super().__init__(codes, field)
        self.lines = {f"err {code} {field}" for code in codes.split("|")}


def verdicts(mode: str, inputs: list[bytes], build: str = "native") -> list[str]:
    """What votecore-cli says of each input, read by that build of the core: "ok HEX" or "err CODE FIELD"."""
    program = os.environ.get("VOTECORE_CLI")
    if not program:
        pytest.skip("VOTECORE_CLI names no program")
    stream = b"".join(struct.pack("<I", len(data)) + data for data in inputs)
    done = subprocess.run([program, mode, build], input=stream, capture_output=True, timeout=60, check=True)
    lines = done.stdout.decode().splitlines()
    assert len(lines) == len(inputs)
    return lines


def code_of(field: str, text: bytes) -> str | None:
    """What is wrong with one text, or None."""
    try:
        is_clean = not any(ord(character) < 0x20 or ord(character) == 0x7F for character in text.decode())
        fault = None if is_clean else "control_character"
    except UnicodeDecodeError:
        fault = "invalid_utf8"
    if field == "vote_id":
        return "bad_id" if fault or not 1 <= len(text) <= KEY_BYTES_MAX else None
    if field == "name" and not text:
        return "empty_name"
    return "too_long" if len(text) > FIELD_BYTES_MAX else fault


def checked(texts: dict[str, bytes]) -> dict[str, bytes]:
    """The texts of a vote as they are recorded; `texts` has the four required ones."""
    vote = {}
    for field in FIELDS:
        if field in texts:
            text = texts[field].strip(WHITE_SPACE) if field in REQUIRED else texts[field]
            if code := code_of(field, text):
                raise Refused(code, field)
            vote[field] = text
    return vote


def as_line(vote: dict[str, bytes]) -> str:
    """What votecore-cli prints of a vote that is taken: protobuf by hand."""
    out = b""
    for number, field in enumerate(FIELDS, start=1):
        text = vote.get(field, b"")
        if text:
            length = bytes([len(text)]) if len(text) < 128 else bytes([len(text) & 127 | 128, len(text) >> 7])
            out += bytes([number << 3 | 2]) + length + text
    return f"ok {out.hex()}"


def assert_agree(mode: str, inputs: list[bytes], reference) -> None:
    """`reference` gives the texts of a vote, or raises Refused; the program must say the same of every input."""
    taken = 0
    for data, line in zip(inputs, verdicts(mode, inputs), strict=True):
        try:
            expected = {as_line(checked(reference(data)))}
        except Refused as refused:
            expected = refused.lines
        assert line in expected, (data, line, expected)
        taken += line.startswith("ok")
    assert len(inputs) // 10 < taken < len(inputs) * 9 // 10, f"{taken} taken: the cases say too little"
