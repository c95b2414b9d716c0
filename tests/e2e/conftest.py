"""Fixtures: a server for one test, or a calm one shared by the tests of a file that only look at single answers."""

import subprocess

import pytest
from support.program import VOTATON, Server
from support.roles import Roles


def pytest_sessionstart():
    if not VOTATON.exists():
        raise pytest.UsageError(f"{VOTATON} is not built")


@pytest.fixture
def new_server(tmp_path):
    """Makes servers, not started, and stops at the end what still runs: new_server(contest="text", args=[…], …)."""
    made = []

    def make(contest=None, data=None, **options):
        data = data or tmp_path / f"data{len(made)}"
        if contest is not None:
            file = tmp_path / f"contest{len(made)}.yaml"
            file.write_text(contest)
            contest = file
        server = Server(data, contest=contest, **options)
        server.log = tmp_path / f"server{len(made)}.log"
        made.append(server)
        return server

    yield make
    failures = []
    for server in made:
        try:
            server.stop()
        except AssertionError as error:
            failures.append(str(error))
        finally:
            server.kill()
    assert not failures, "\n".join(failures)


@pytest.fixture
def server(new_server, request):
    """A server that is ready. Marker: @pytest.mark.server(contest="…", args=[…], env={…})."""
    marker = request.node.get_closest_marker("server")
    return new_server(**(marker.kwargs if marker else {})).start()


@pytest.fixture(scope="module")
def new_calm_server(tmp_path_factory):
    """new_calm_server("--flag", …): one for all tests of a file."""
    made = []

    def make(*args) -> Server:
        made.append(Server(tmp_path_factory.mktemp("calm") / "data", args=args).start())
        return made[-1]

    yield make
    for server in made:
        try:
            server.stop()
        finally:
            server.kill()


@pytest.fixture(scope="module")
def calm_server(new_calm_server):
    return new_calm_server()


@pytest.fixture
def new_roles(tmp_path):
    """Roles over a contest's stores: new_roles(stores).start("count", "--flag", …)."""
    made = []

    def make(stores) -> Roles:
        made.append(Roles(stores, tmp_path / f"roles{len(made)}"))
        return made[-1]

    yield make
    try:
        for roles in made:
            roles.stop()
    finally:
        for roles in made:
            roles.kill()


@pytest.fixture
def roles(new_roles, stores):
    """Roles over fresh stores on the shared servers."""
    return new_roles(stores)


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 8 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)
