"""MongoDB dies in the middle of a bulk, or is away: the vote log has each record once, and nobody else notices."""

import dataclasses
import threading
import time

import pytest
from support.program import wait_until
from support.proof import CATCH_UP_SECONDS, assert_exactly_once
from support.proxy import Proxy
from support.roles import wait_for_results
from support.rounds import ROUNDS, new_dice
from support.votelog import documents_of
from support.votes import generated, new_id

VOTES_A_ROUND = 600
BULK_BYTES = 50_000  # of a bulk that is worth a kill


class KillsInBulk:
    """Kills the server a moment after it was given the better part of a bulk."""

    def __init__(self, server, dice):
        self.server = server
        self.dice = dice
        self.is_armed = threading.Event()
        self.has_struck = threading.Event()
        self.bytes = 0

    def sent(self, request: bytes) -> None:
        self.bytes += len(request)
        if self.is_armed.is_set() and self.bytes > BULK_BYTES:
            self.is_armed.clear()
            time.sleep(self.dice.uniform(0, 0.4))
            self.server.kill()
            self.has_struck.set()

    def arm(self) -> None:
        self.bytes = 0
        self.has_struck.clear()
        self.is_armed.set()


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_killed_in_mid_bulk(mongo_stores, own_mongo, new_roles):
    dice = new_dice()
    stores, killer = mongo_stores, KillsInBulk(own_mongo, dice)
    roles = new_roles(stores)
    ingest = roles.start("ingest", "--partitions", "1")
    roles.start("count")
    web = roles.start("web")
    sent = []
    with Proxy(own_mongo.port, sent=killer.sent) as proxy:
        proxied = dataclasses.replace(stores, log=stores.log.replace(f":{own_mongo.port}/", f":{proxy.port}/"))
        archive = new_roles(proxied).start("archive")
        rounds = 0
        while rounds < ROUNDS:
            killer.arm()
            votes = [{**vote, "vote_id": new_id()} for vote in generated(VOTES_A_ROUND, seed=len(sent) + 1)]
            ingest.cast(votes)
            sent += votes
            assert killer.has_struck.wait(60), "no bulk came"
            wait_for_results(web, len(sent))
            own_mongo.start()
            found = documents_of(stores.log)
            print(f"killed in a bulk; {found} of {len(sent)} documents are there")
            rounds += found < len(sent)
            all_sent = len(sent)
            wait_until(lambda n=all_sent: documents_of(stores.log) == n, CATCH_UP_SECONDS, "the log catches up")
        assert_exactly_once(stores, [vote["vote_id"] for vote in sent])
        assert archive.is_running()


def test_web_without_its_log(mongo_stores, own_mongo, new_roles):
    """Results go on; what needs the log says so in words, and comes back."""
    ingest, _, archive, web = new_roles(mongo_stores).start_all()
    ids = [item["id"] for item in ingest.cast(generated(50))["votes"]]
    wait_for_results(web, 50)
    wait_until(lambda: len(web.get("/v1/log?limit=100")["votes"]) == 50, 30, "the log has all")
    own_mongo.kill()
    page = wait_until(lambda: away(web, "/log", "text/html"), 30, "the log's page says that it is away")
    assert b"<html" in page.body and page.headers["retry-after"]
    answer = wait_until(lambda: away(web, "/v1/log", "*/*"), 30, "the log's answer says that it is away")
    assert answer.error()["code"] == "busy"
    assert web.call("GET", "/data").status == 503
    ids += [item["id"] for item in ingest.cast(generated(50, seed=2))["votes"]]
    assert "stale_since" not in wait_for_results(web, 100)
    wait_until(
        lambda: "log" in str(archive.missing()), 30, lambda: f"archive says what is missing: {archive.missing()}"
    )
    assert (archive.admin("/livez").status, web.admin("/livez").status) == (200, 200)
    own_mongo.start()
    wait_until(lambda: web.call("GET", "/v1/log?limit=100").status == 200, 30, "the log is back")
    wait_until(archive.is_ready, 30, "archive is ready again")
    assert_exactly_once(mongo_stores, ids)


def away(web, path, accept):
    answer = web.call("GET", path, headers={"Accept": accept})
    return answer if answer.status == 503 else None
