"""HTTP/2 conformance by h2spec."""

import re
import subprocess
import xml.etree.ElementTree as ElementTree

from support.program import ROOT

# One port for HTTP/1.1 and HTTP/2 answers an invalid preface as HTTP/1.1, and nghttp2 itself fails one more case.
PASSED_MIN = 143


def test_h2spec(calm_server, tmp_path):
    report = tmp_path / "h2spec.xml"
    command = [ROOT / ".cache/bin/h2spec", "-h", "127.0.0.1", "-p", str(calm_server.port), "-o", "5", "-j", str(report)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300)
    total, passed = map(int, re.search(r"(\d+) tests, (\d+) passed", result.stdout).groups())
    failed = [case.get("classname") for case in ElementTree.parse(report).iter("testcase") if len(case)]
    assert total >= 145
    assert passed >= PASSED_MIN, failed
    assert calm_server.call("GET", "/livez").status == 200
