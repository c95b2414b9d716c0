"""The vote core natively, as WebAssembly that was translated to C, and as WebAssembly in a browser: the same bytes for
the same input, whether it is a vote or not."""

import base64
import hashlib
import json
import os
import random
import re
import struct
from pathlib import Path

import pytest
import test_json
import test_proto
from core import FIELDS, verdicts
from support.votes import load_files

CASES = 8000
SEED = 90210
ERRORS = Path(__file__).parents[2] / "src" / "base" / "err.h"
ROW = re.compile(r'X\(\w+, (\d+), "(\w+)"')

# What guest.h says of the module; one line for each input, as votecore-cli prints, but with the refusal's number.
RUN_ALL = """
async ([module, name, inputs]) => {
  const decode = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const { instance } = await WebAssembly.instantiate(decode(module), {});
  const { memory, vt_in, vt_out, [name]: read } = instance.exports;
  return inputs.map((text) => {
    const input = decode(text);
    new Uint8Array(memory.buffer).set(input, vt_in());
    const result = read(input.length);
    if (result < 0) return `err ${-result}`;
    const bytes = new Uint8Array(memory.buffer, vt_out(), result);
    return "ok " + Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  });
}
"""


def corpus(mode: str) -> list[bytes]:
    dice = random.Random(SEED)
    generate = test_json.generated if mode == "json" else test_proto.generated
    inputs = [generate(dice) for _ in range(CASES)]
    inputs += [test_json.mutated(dice, data) for data in inputs[: CASES // 2] if data]
    if mode == "json":
        for votes in load_files().values():
            inputs += [json.dumps(vote, ensure_ascii=False).encode() for vote in votes[:200]]
    return [b"", *inputs]


def module() -> bytes:
    readers = os.environ.get("VOTECORE_CLI")
    if not readers:
        pytest.skip("VOTECORE_CLI names no program")
    return (Path(readers).parents[3] / "votecore.wasm").read_bytes()


def numbered(line: str, codes: dict[str, int]) -> str:
    """A line of votecore-cli as the module says it: -(error * 8 + field)."""
    if line.startswith("ok "):
        return line
    _, code, field = line.split()
    return f"err {codes[code] * 8 + (0 if field == '-' else FIELDS.index(field) + 1)}"


def in_browser(browser, mode: str, inputs: list[bytes]) -> list[str]:
    page = browser.new_page()
    try:
        name = {"json": "vt_vote1", "proto": "vt_proto1"}[mode]
        texts = [base64.b64encode(data).decode() for data in inputs]
        return page.evaluate(RUN_ALL, [base64.b64encode(module()).decode(), name, texts])
    finally:
        page.close()


def in_one_call(browser, inputs: list[bytes]) -> list[str]:
    """The same through vt_batch, as in_browser gives it."""
    page = browser.new_page()
    try:
        batch = b"".join(struct.pack("<I", len(data)) + data for data in inputs)
        texts = [base64.b64encode(data).decode() for data in (module(), batch)]
        answer = bytes.fromhex(page.evaluate(RUN_ALL, [texts[0], "vt_batch", [texts[1]]])[0].removeprefix("ok "))
    finally:
        page.close()
    lines = []
    while answer:
        (result,) = struct.unpack_from("<i", answer)
        lines.append(f"err {-result}" if result < 0 else f"ok {answer[4 : 4 + result].hex()}")
        answer = answer[4 + max(result, 0) :]
    return lines


def checksum(lines: list[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


@pytest.mark.parametrize("mode", ["json", "proto"])
def test_every_build_says_the_same(browser, mode):
    inputs = corpus(mode)
    native = verdicts(mode, inputs)
    assert sum(line.startswith("ok") for line in native) > len(inputs) // 4
    assert sum(line.startswith("err") for line in native) > len(inputs) // 20
    translated = verdicts(mode, inputs, "wasm2c")
    codes = {code: int(number) for number, code in ROW.findall(ERRORS.read_text())}
    expected = [numbered(line, codes) for line in native]
    found = in_browser(browser, mode, inputs)
    for data, one, other, browsers, wanted in zip(inputs, native, translated, found, expected, strict=True):
        assert one == other, data
        assert browsers == wanted, data
    print(f"{mode}: {len(inputs)} inputs, SHA-256 of all answers {checksum(expected)}")
    assert checksum(found) == checksum(expected)


def test_batch_says_what_single_calls_say(browser):
    inputs = corpus("json")[-1000:]
    assert in_one_call(browser, inputs) == in_browser(browser, "json", inputs)


def test_batch_that_is_torn_is_refused(browser):
    codes = {code: int(number) for number, code in ROW.findall(ERRORS.read_text())}
    page = browser.new_page()
    torn = [b"", b"\x01", b"\x05\0\0\0abcd", b"\xff\xff\xff\xff", b"\0\0\0\0" * 1001]
    texts = [base64.b64encode(data).decode() for data in torn]
    found = page.evaluate(RUN_ALL, [base64.b64encode(module()).decode(), "vt_batch", texts])
    page.close()
    names = ["empty_batch", *["malformed_request"] * 3, "batch_too_large"]
    assert found == [f"err {codes[name] * 8}" for name in names]


def test_module_is_closed_and_small():
    """No imports; the exports that host and browser use; the same bytes whoever builds it are the build's business."""
    found = module()
    kinds = dict(sections(found))
    assert 2 not in kinds, "an import section"
    assert len(found) < 16384
    for name in ("memory", "vt_in", "vt_out", "vt_vote1", "vt_proto1", "vt_request1", "vt_batch"):
        assert struct.pack("B", len(name)) + name.encode() in kinds[7]


def sections(found: bytes):
    """(id, content) of each section of a module, as the WebAssembly specification lays it out."""
    assert found[:8] == b"\0asm\1\0\0\0"
    at = 8
    while at < len(found):
        kind = found[at]
        length, at = test_proto.read_varint(found, at + 1)
        yield kind, found[at : at + length]
        at += length
