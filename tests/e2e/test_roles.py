"""What each role tells of itself, what it does while others are away, and what it refuses at its start."""

import dataclasses
import os
import re
import subprocess

import pytest
from support.program import VOTATON, votaton, wait_until
from support.proof import assert_exactly_once
from support.roles import wait_for_results
from support.stores import Stores
from support.tally import connect
from support.topic import Message, create_topic, produce
from support.votes import generated, new_id, vote
from testbed.ports import free_ports

KINDS = ("ingest", "count", "archive", "web")

# A counter of what has not happened yet is 0, not absent.
METRICS = {
    "ingest": ["votaton_votes_total", "votaton_kafka_deliveries_total", "votaton_kafka_in_flight"],
    "count": [
        'votaton_consumer_lag_records{store="tally",partition="0"}',
        'votaton_fence_refusals_total{store="tally"}',
        'votaton_records_total{store="tally",verdict="counted"}',
        'votaton_records_total{store="tally",verdict="duplicate"}',
        'votaton_records_total{store="tally",verdict="conflict"}',
        'votaton_records_total{store="tally",verdict="quota"}',
        'votaton_records_total{store="tally",verdict="bad"}',
        "votaton_dead_letters_total",
        "votaton_batch_records_bucket",
        "votaton_store_seconds_bucket",
        "votaton_tally_rebuilds_total",
    ],
    "archive": [
        'votaton_consumer_lag_records{store="log",partition="0"}',
        'votaton_fence_refusals_total{store="log"}',
        'votaton_records_total{store="log",verdict="recorded"}',
        "votaton_batch_records_bucket",
        "votaton_store_seconds_bucket",
    ],
    "web": ["votaton_band_votes", "votaton_web_stale", "votaton_web_viewers"],
}


def test_ingest_has_a_page_for_who_looks_there(roles):
    ingest = roles.start("ingest")
    for path in ("/", "/log", "/insert"):
        page = ingest.call("GET", path, headers={"Accept": "text/html,*/*;q=0.8", "Accept-Language": "en"})
        assert (page.status, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
        assert "Votes are taken here" in page.body.decode()
    style = re.search(r'href="(/assets/style.css[^"]*)"', page.body.decode())[1]
    assert ingest.call("GET", style).status == 200
    assert ingest.call("GET", "/").error()["code"] == "method_not_allowed"
    assert ingest.call("GET", "/log").error()["code"] == "not_found"


def test_web_has_a_page_for_who_comes_too_early(new_roles, nowhere):
    web = new_roles(nowhere).new("web").launch()
    wait_until(web.is_alive, 20, "it is alive")
    for path in ("/", "/log?lang=en"):
        page = web.call("GET", path, headers={"Accept": "text/html,*/*;q=0.8", "Accept-Language": "en"})
        assert (page.status, page.headers["content-type"]) == (503, "text/html; charset=utf-8")
        assert page.headers["retry-after"]
        assert "This page will be back shortly" in page.body.decode()
        assert '<meta http-equiv="refresh"' in page.body.decode()
    style = re.search(r'href="(/assets/style.css[^"]*)"', page.body.decode())[1]
    assert web.call("GET", style).status == 200
    for headers in ({}, {"Accept": "application/json"}):
        assert web.call("GET", "/", headers=headers).error()["code"] == "busy"
    assert web.call("POST", "/", vote()).error()["code"] == "busy"


def test_metrics_of_each_role(roles, stores):
    by_kind = dict(zip(KINDS, roles.start_all(), strict=True))
    ingest, count, web = by_kind["ingest"], by_kind["count"], by_kind["web"]
    key = new_id()
    for a_vote in (vote(vote_id=key), vote(vote_id=key), vote(name="La Tona", vote_id=key)):
        ingest.cast(a_vote)
    produce(stores.bootstrap, stores.topic, [Message(b"soup", partition=0)])
    wait_until(lambda: web.get("/v1/results")["verdicts"].get("bad") == 1, 30, "the bad one is counted")
    wait_until(lambda: count.metric("votaton_records_total") == 4, 30, "all are counted")
    verdicts = dict.fromkeys(("counted", "duplicate", "conflict", "bad"), 1.0) | {"quota": 0.0}
    assert {name: count.metric("votaton_records_total", f'"{name}"') for name in verdicts} == verdicts
    assert count.metric("votaton_dead_letters_total") == 1
    archive = by_kind["archive"]
    wait_until(lambda: archive.metric("votaton_records_total", '"recorded"') == 3, 30, "the log has what can be read")
    wait_until(lambda: count.metric("votaton_consumer_lag_records") == 0, 30, "no lag")
    wait_until(lambda: web.metric("votaton_band_votes") == 1, 30, "the result in web's metrics")
    for kind, names in METRICS.items():
        text = by_kind[kind].admin("/metrics").body.decode()
        missing = [name for name in names if f"\n{name}" not in text]
        assert not missing, f"{kind}: {missing}"


@pytest.fixture
def nowhere() -> Stores:
    kafka, redis, mongo = free_ports(3)
    return Stores(f"127.0.0.1:{kafka}", "votes", f"redis://127.0.0.1:{redis}", f"mongodb://127.0.0.1:{mongo}/v.logs")


@pytest.mark.parametrize(
    ("kind", "what"), [("ingest", "kafka"), ("count", "kafka"), ("archive", "kafka"), ("web", "redis")]
)
def test_with_everything_away(new_roles, nowhere, kind, what):
    """It lives, says what is missing, serves its health on both listeners, and ends at once when told to."""
    role = new_roles(nowhere).new(kind).launch()
    wait_until(role.is_alive, 20, "it is alive")
    missing = wait_until(role.missing, 20, "it says what is missing")
    assert what in str(missing), missing
    assert role.admin("/readyz").status == 503
    if role.is_public:
        assert role.call("GET", "/livez").status == 200
        assert role.call("GET", "/readyz").status == 503
    assert role.is_running()
    role.stop()


@pytest.mark.timeout(300)
def test_servers_come_after_the_roles_and_go(own_servers, new_roles):
    """Roles wait for their servers. When all go, roles live, say what is missing, and go on when all come back."""
    stores = own_servers.stores()
    own_servers.kill()
    roles = new_roles(stores)
    by_kind = {kind: roles.new(kind).launch() for kind in KINDS}
    for role in by_kind.values():
        wait_until(role.is_alive, 20, "it is alive")
        wait_until(role.missing, 20, "it says what is missing")
    own_servers.start()
    for role in by_kind.values():
        role.wait_ready(60)
    ingest, web = by_kind["ingest"], by_kind["web"]
    ids = [item["id"] for item in ingest.cast(generated(100))["votes"]]
    before = wait_for_results(web, 100)
    own_servers.kill()
    for kind in ("ingest", "count", "archive"):
        wait_until(by_kind[kind].missing, 60, f"{kind} says what is missing")
    stale = wait_until(lambda: results_if_stale(web), 30, "web says since when its result is old")
    assert (stale["total"], stale["bands"]) == (before["total"], before["bands"])
    assert all(role.admin("/livez").status == 200 for role in by_kind.values())
    own_servers.start()
    for role in by_kind.values():
        wait_until(role.is_ready, 60, lambda role=role: f"{role.kind} is ready again: {role.missing()}")
    ids += [item["id"] for item in wait_until(lambda: taken(ingest), 60, "votes are taken")]
    wait_for_results(web, len(ids))
    wait_until(lambda: results_if_stale(web) is None, 30, "the result is current")
    assert_exactly_once(stores, ids)


def results_if_stale(web):
    results = web.get("/v1/results")
    return results if "stale_since" in results else None


BATCH = [vote(vote_id=new_id()) for _ in range(20)]


def taken(ingest):
    answer = ingest.post(BATCH)
    items = answer.json().get("votes", [])
    return items if answer.status == 200 and all("position" in item for item in items) else None


def test_web_shows_its_last_result_without_redis(redis_stores, own_redis, new_roles):
    ingest, count, _, web = new_roles(redis_stores).start_all()
    ids = [item["id"] for item in ingest.cast(generated(100))["votes"]]
    before = wait_for_results(web, 100)
    assert "stale_since" not in before
    own_redis.kill()
    stale = wait_until(lambda: results_if_stale(web), 30, "the result is stale")
    assert (stale["bands"], stale["position"]) == (before["bands"], before["position"])
    page = web.call("GET", "/", headers={"Accept": "text/html"})
    assert page.status == 200
    assert b'id="stale"' in page.body
    wait_until(lambda: web.metric("votaton_web_stale") == 1, 30, "the metric says so")
    assert web.admin("/livez").status == 200
    ids += [item["id"] for item in ingest.cast(generated(50, seed=2))["votes"]]
    wait_until(lambda: "tally" in str(count.missing()), 30, lambda: f"count says what is missing: {count.missing()}")
    own_redis.start()
    wait_for_results(web, 150)
    wait_until(lambda: results_if_stale(web) is None, 30, "the result is current")
    wait_until(lambda: web.metric("votaton_web_stale") == 0, 30, "the metric says so")
    assert_exactly_once(redis_stores, ids)


def test_codes_for_a_contest_in_kafka(roles, stores, tmp_path):
    file = tmp_path / "contest.yaml"
    file.write_text("contest: by-code\nvotes_per_voter: {by: code, limit: 1}\n")
    ours = {"CONTEST_SECRET": "correct-horse-battery"}
    ingest = roles.start("ingest", "--contest", file, env=ours)
    command = ["codes", "--ledger", stores.ledger, "--count", "2"]
    codes = votaton(*command, env={**os.environ, **ours}).stdout.split()
    assert len(set(codes)) == 2
    for code in codes:
        assert ingest.cast(vote(voter_code=code))["status"] == "recorded"
    for env, word in (({}, "set CONTEST_SECRET"), ({"CONTEST_SECRET": "another-one-of-16"}, "another secret")):
        refused_codes = votaton(*command, env={**os.environ, **env})
        assert refused_codes.returncode == 2
        assert word in refused_codes.stderr
        assert not refused_codes.stdout


def test_running_roles_follow_the_contest(new_roles, stores, tmp_path):
    """A change holds in every role within seconds: times, titles, and, before the opening, how votes are limited."""
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text("contest: grows\ntitle: {en: Before}\nopens: 2999-01-01T00:00:00Z\n")
    second.write_text("contest: grows\ntitle: {en: After}\nvotes_per_voter: {by: address, limit: 1}\n")
    secret = {"CONTEST_SECRET": "correct-horse-battery"}
    roles = new_roles(stores)
    ingest = roles.start("ingest", "--contest", first, env=secret)
    ignorant = roles.start("ingest")
    others = [roles.start(kind) for kind in ("count", "archive", "web")]
    assert ingest.post(vote()).json()["error"]["code"] == "not_open_yet"
    roles.start("ingest", "--contest", second, env=secret).stop()
    for role in (ingest, *others):
        wait_until(lambda role=role: role.admin("/status").json()["contest"]["version"] == 2, 20, f"2 in {role.kind}")
    ids = [ingest.cast(vote(vote_id=new_id()))["id"] for _ in range(3)]
    counted = assert_exactly_once(stores, ids, votes_per_voter=1)
    assert (counted.verdicts["counted"], counted.verdicts["quota"]) == (1, 2)
    assert others[-1].get("/v1/contest")["titles"]["en"] == "After"
    assert ignorant.wait_for_exit(20) == 2
    assert "needs its secret" in ignorant.output()


def refused(role, *words) -> None:
    role.launch()
    assert role.wait_for_exit(30) == 2, role.output()
    for word in words:
        assert word in role.output(), role.output()


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"tally": "rediss://127.0.0.1:1"}, "rediss"),
        ({"tally": "http://127.0.0.1:1"}, "--tally"),
        ({"tally": "redis://"}, "--tally"),
    ],
)
def test_a_tally_that_cannot_be(new_roles, nowhere, change, word):
    refused(new_roles(dataclasses.replace(nowhere, **change)).new("count"), word)


def test_views_are_checked_before_anything_is_waited_for(new_roles, nowhere):
    refused(new_roles(nowhere).new("count", "--views", "hash foo {nme}"), "--views", "{nme}")


def test_verify_says_what_it_waits_for(stores):
    command = [VOTATON, "verify", "--ledger", stores.ledger, "--tally", stores.tally]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as verify:
        first = verify.stderr.readline()
        verify.terminate()
        assert verify.wait(20) == 2
        assert verify.stderr.read() == "votaton verify: stopped\n"
    assert first.startswith("votaton verify: waiting, at most 30 s: kafka: "), first
    assert f"the topic {stores.topic} does not exist yet" in first


def test_another_number_of_partitions_is_told(new_roles, stores):
    create_topic(stores.bootstrap, stores.topic, partitions=2)
    roles = new_roles(stores)
    for arguments, warnings in (([], 0), (["--partitions", "2"], 0), (["--partitions", "12"], 1)):
        told = roles.start("ingest", *arguments).output()
        assert told.count("partitions_ignored") == warnings, told
    assert '"wanted":12' in told
    assert '"partitions":2' in told


def test_redis_that_forgets_by_itself_is_refused(redis_stores, new_roles):
    with connect(redis_stores.tally) as connection:
        connection.config_set("maxmemory-policy", "allkeys-lru")
    roles = new_roles(redis_stores)
    roles.start("ingest").cast(vote())
    refused(roles.new("count"), "noeviction")


def test_a_tally_of_another_ledger_is_refused(stores, new_roles):
    roles = new_roles(stores)
    roles.start("ingest").cast(vote())
    roles.start("count")
    wait_for_results(roles.start("web"), 1)
    other = dataclasses.replace(stores, topic=f"{stores.topic}-other")
    new_roles(other).start("ingest").cast(vote())
    refused(new_roles(other).new("count"), "another ledger")
