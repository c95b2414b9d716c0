"""A vote's way over separate roles: taken by ingest, counted, archived and shown, whatever starts first."""

import itertools
import json
import re

import pytest
from support.grpc_client import Client
from support.ingress import Ingress
from support.program import votaton, wait_until
from support.proof import assert_exactly_once
from support.roles import read_acks, wait_for_results
from support.tally import view_of
from support.votes import generated, load_files, lower_keys, new_id, standings, vote

KINDS = ("ingest", "count", "archive", "web")
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def send(path, to, *args):
    sent = votaton("send", path, "--to", to, *args, timeout=60)
    assert sent.returncode == 0, sent.stdout + sent.stderr


def save(path, votes):
    path.write_text(json.dumps(votes, ensure_ascii=False))
    return path


def test_load_files_over_http_and_grpc(roles, stores, tmp_path):
    """Results and views are what the files say."""
    ingest, _, _, web = roles.start_all()
    sent, acks = [], []
    for number, votes in enumerate(load_files().values()):
        path, out = save(tmp_path / f"{number}.json", votes), tmp_path / f"{number}.acks"
        scheme = ("http", "grpc")[number % 2]
        send(path, f"{scheme}://{ingest.address}", "--acks", out, "--batch", (0, 0, 50, 50)[number % 4])
        sent += votes
        acks += read_acks(out)
    assert len(acks) == len(set(acks)) == len(sent)
    counted = assert_exactly_once(stores, acks)
    assert counted.verdicts == {"counted": len(sent)}
    results = wait_for_results(web, len(sent))
    assert results["bands"] == standings(sent) == counted.standings()
    assert results["verdicts"] == {"counted": len(sent), "conflict": 0, "quota": 0, "bad": 0}
    assert view_of(stores.tally, "votos_banda") == {band["name"]: band["votes"] for band in results["bands"]}
    albums = {lower_keys(a_vote)["album"].strip(" ") for a_vote in sent}
    assert set(view_of(stores.tally, "votos_album")) == albums


def test_send_checks_over_both_roles(roles, stores, tmp_path):
    """`send --check` sees one address, behind which paths lead to ingest or to web."""
    ingest, _, _, web = roles.start_all()
    path = save(tmp_path / "votes.json", generated(300))
    with Ingress(ingest, web) as ingress:
        for batch in (0, 50):
            send(path, f"http://{ingress.address}", "--check", "--batch", batch)
    assert_exactly_once(stores, [])


@pytest.mark.parametrize("scheme", ["http", "grpc"])
def test_send_checks_at_the_address_of_results(roles, tmp_path, scheme):
    ingest, _, _, web = roles.start_all()
    path = save(tmp_path / "votes.json", generated(300))
    send(path, f"{scheme}://{ingest.address}", "--check", "--results", f"http://{web.address}", "--repeat", "2")
    wait_for_results(web, 600)
    refused = votaton("send", path, "--to", f"{scheme}://{ingest.address}", "--check", timeout=60)
    assert refused.returncode == 2
    assert "--results" in refused.stderr
    assert "`votaton web`" in refused.stderr
    assert (refused.stdout, refused.stderr.count("votaton send:")) == ("", 1)
    astray = votaton("send", path, "--to", f"{scheme}://{web.address}", "--check", timeout=60)
    assert astray.returncode == 1
    assert f"nobody takes votes at {scheme}://{web.address}" in astray.stdout
    assert "nothing was acknowledged" in astray.stdout
    assert "grew" not in astray.stdout
    wait_for_results(web, 600)


def test_a_vote_is_found_by_its_receipt(roles):
    """At once by its position, pending until it is folded; by its id alone as soon as the log has it."""
    ingest = roles.start("ingest")
    key = new_id()
    receipt = ingest.cast(vote(vote_id=key))
    assert receipt["status"] == "recorded"
    assert receipt["id"] == key
    roles.start("count")
    web = roles.start("web")
    wait_for_results(web, 1)
    assert web.call("GET", f"/v1/votes/{new_id()}").status == 404
    wait_until(
        lambda: web.get(f"/v1/votes/{key}?position={receipt['position']}")["status"] == "counted", 30, "it is counted"
    )
    later = {"partition": receipt["position"].split(":")[0], "offset": 10**6}
    unseen = web.get("/v1/votes/{}?position={partition}:{offset}".format(new_id(), **later))
    assert unseen["status"] == "pending"
    assert web.call("GET", f"/v1/votes/{key}").status == 404, "without a log only the position leads to it"
    roles.start("archive")
    wait_until(lambda: web.call("GET", f"/v1/votes/{key}").status == 200, 30, "the log has it")
    found = web.get(f"/v1/votes/{key}")
    assert (found["status"], found["position"], found["vote"]) == ("counted", receipt["position"], vote())


def test_each_record_is_told_its_verdict(roles, stores):
    """The ledger takes all; the fold judges. An honest retry is a success, the first content of an id stands."""
    ingest, _, _, web = roles.start_all()
    key = new_id()
    first = ingest.cast(vote(vote_id=key))
    again = ingest.cast(vote(vote_id=key))
    other = ingest.cast(vote(name="La Tona", vote_id=key))
    assert {first["status"], again["status"], other["status"]} == {"recorded"}
    results = wait_for_results(web, 1)
    wait_until(lambda: web.get("/v1/results")["verdicts"]["conflict"] == 1, 30, "the conflict is judged")
    assert [band["name"] for band in results["bands"]] == ["Viernes Verde"]
    counted = assert_exactly_once(stores, [key])
    assert counted.verdicts == {"counted": 1, "duplicate": 1, "conflict": 1}
    statuses = [
        web.get(f"/v1/votes/{key}?position={receipt['position']}")["status"] for receipt in (first, again, other)
    ]
    assert statuses[0] == "counted", statuses


def test_grpc_statuses_and_stream(roles, stores):
    ingest, _, _, web = roles.start_all()
    key = new_id()
    with Client(ingest.address) as client:
        receipt, _ = client.cast(vote(vote_id=key))
        reply, _ = client.cast_batch([vote(vote_id=new_id()) for _ in range(10)])
        info, _ = client.return_info(vote())
    assert (receipt.id, receipt.status) == (key, "recorded")
    assert {item.status for item in reply.receipts} == {"recorded"}
    assert info.info
    assert wait_for_results(web, 12)["bands"][0]["votes"] == 12
    assert_exactly_once(stores, [key, *(item.id for item in reply.receipts)])


def test_the_newest_20_for_earlier_clients(roles):
    ingest, _, _, web = roles.start_all()
    sent = [vote(album=f"{number}", vote_id=new_id()) for number in range(45)]
    for a_vote in sent:
        ingest.cast(a_vote)
    wait_until(lambda: web.call("GET", f"/v1/votes/{sent[-1]['vote_id']}").status == 200, 30, "the log has the newest")
    wait_until(lambda: len(web.get("/v1/log?limit=100")["votes"]) == 45, 30, "the log has all")
    for path in ("/data", "/logs", "/api/logs", "/votos", "/datos"):
        answer = web.call("GET", path)
        assert answer.headers["access-control-allow-origin"] == "*"
        rows = answer.json()
        assert [row["data"]["album"] for row in rows] == [str(number) for number in range(44, 24, -1)]
        assert [row["id"] for row in rows] == [a_vote["vote_id"] for a_vote in sent[:24:-1]]
        assert all(set(row) == {"message", "data", "timestamp", "id"} for row in rows)
        assert all(TIMESTAMP.fullmatch(row["timestamp"]) for row in rows)


ORDERS = list(itertools.permutations(KINDS))


@pytest.mark.parametrize("order", [ORDERS[n] for n in (0, 9, 23)], ids=" ".join)
def test_roles_start_in_any_order(roles, stores, order):
    """Each waits for what it needs and says so; none gives up."""
    by_kind = {}
    for kind in order:
        by_kind[kind] = roles.new(kind).launch()
        wait_until(by_kind[kind].is_alive, 20, f"{kind} is alive")
    for role in by_kind.values():
        role.wait_ready()
    ids = [item["id"] for item in by_kind["ingest"].cast(generated(20))["votes"]]
    wait_for_results(by_kind["web"], 20)
    assert_exactly_once(stores, ids)
