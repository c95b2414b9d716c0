"""The server whose readers are compared with those of Python."""

import pytest
from support.program import Server


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("differential") / "data").start()
    yield server
    try:
        server.stop()
    finally:
        server.kill()
