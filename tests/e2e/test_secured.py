"""Kafka, Redis and MongoDB that want passwords, certificates and rights: roles that have them, and some that do not."""

import json
import os
import random
import socket
import subprocess
import time
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

import confluent_kafka
import pytest
from support.certificates import Authority, Certificate
from support.program import VOTATON, Program, votaton, wait_until
from support.roles import Role, Roles, wait_for_results
from support.secured import PASSWORD, SecuredBroker, SecuredMongo, lock_redis
from support.stores import Stores, fresh_stores
from support.tally import records_of
from support.votes import generated
from testbed.ports import free_ports
from testbed.redis import Redis

VOTES = 200
STOP_SECONDS = 9  # two look-ups of 2 s, and a machine with other work; glibc's own limits would make it 20
ENCODED = quote(PASSWORD, safe="")
# The system's librdkafka may be too old for SCRAM with Kafka 4; that of the tests' own client is not.
NEW_LIBRDKAFKA = next(Path(confluent_kafka.__file__).parents[1].glob("confluent_kafka.libs/librdkafka*.so*"))
IS_SANITIZED = "ASAN_OPTIONS" in os.environ or "TSAN_OPTIONS" in os.environ


@dataclass
class Secured:
    """The three servers, and what roles need to get in."""

    kafka: SecuredBroker
    redis: Redis
    mongo: SecuredMongo
    client: Certificate
    stranger: Authority

    def stores(self, bootstrap: str) -> Stores:
        """Fresh names, with the user `votaton` at Redis and MongoDB."""
        fresh = fresh_stores(bootstrap, self.redis.url, self.mongo.server_url)
        tally = fresh.tally.replace("//", f"//votaton:{ENCODED}@")
        log = fresh.log.replace("//", f"//votaton:{ENCODED}@") + "?" + self.mongo.options
        return Stores(bootstrap, fresh.topic, tally, log)

    @property
    def authority(self) -> str:
        return f"--kafka.ssl.ca.location={self.kafka.authority.own.certificate}"


@pytest.fixture(scope="module")
def secured(tmp_path_factory):
    folder = tmp_path_factory.mktemp("secured")
    authority = Authority(folder / "certificates")
    kafka = SecuredBroker(folder / "kafka", authority)
    redis = Redis(folder / "redis", dies_with_parent=True)
    mongo = SecuredMongo(folder / "mongo", authority)
    servers = (kafka, mongo, redis)
    for server in servers:
        server.launch()
    for server in servers:
        server.wait_ready()
    lock_redis(redis, "votaton")
    mongo.lock("votaton")
    kafka.set_password("scram")
    stranger = Authority(folder / "stranger", "stranger")
    yield Secured(kafka, redis, mongo, authority.issue("client"), stranger)
    for server in servers:
        server.kill()


def by_password(mechanism: str, user: str) -> list[str]:
    return [
        "--kafka.security.protocol=SASL_SSL",
        f"--kafka.sasl.mechanism={mechanism}",
        f"--kafka.sasl.username={user}",
    ]


def secret(folder: Path, password: str) -> dict[str, str]:
    """The password in a file, as secrets are mounted."""
    path = folder / f"secret-{len(password)}"
    path.write_text(f"sasl.password={password}\n")
    return {"VOTATON_KAFKA_SECRET_PROPERTIES_FILE": str(path)}


def by_certificate(secured: Secured) -> list[str]:
    own = [f"--kafka.ssl.certificate.location={secured.client.certificate}"]
    return ["--kafka.security.protocol=SSL", secured.authority, *own, f"--kafka.ssl.key.location={secured.client.key}"]


def assert_secret_is_kept(*roles: Role) -> None:
    """Nobody who may not know the password sees it."""
    for role in roles:
        command = Path(f"/proc/{role.process.pid}/cmdline").read_bytes().decode()
        is_url_given = "--tally" in command or "--log" in command
        seen = [role.output(), role.admin("/status").body.decode(), role.admin("/readyz").body.decode()]
        seen += [] if is_url_given else [command]
        for text in seen:
            assert PASSWORD not in text and ENCODED not in text, role.kind


def take_and_prove(secured: Secured, stores: Stores, roles: Roles, flags_of, env: dict[str, str], folder: Path) -> None:
    """Votes go all the way, and a recount agrees; every role gets the flags that `flags_of` names for it."""
    kinds = ("ingest", "count", "archive")
    started = [roles.new(kind, *flags_of(kind), env=env).launch() for kind in kinds]
    web = roles.new("web").launch()
    for role in (*started, web):
        role.wait_ready()
    path = folder / "votes.json"
    path.write_text(json.dumps(generated(VOTES)))
    sent = votaton("send", path, "--to", f"http://{started[0].address}", "--batch", 50)
    assert sent.returncode == 0, sent.stdout + sent.stderr
    wait_for_results(web, VOTES)
    wait_until(lambda: web.get("/v1/log?limit=1")["votes"], 20, "the log has votes")
    assert_secret_is_kept(*started, web)
    where = ["--ledger", stores.ledger, "--tally", stores.tally, "--log", stores.log]
    verified = votaton("verify", *where, *flags_of("verify"), env={**os.environ, **env}, timeout=60)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert "everything agrees" in verified.stdout


def test_kafka_plain_with_the_least_rights(secured, new_roles, tmp_path):
    """Each role has a user of its own, with no more rights than the documentation says."""
    stores = secured.stores(secured.kafka.password_address)
    for kind in ("ingest", "count", "archive", "verify"):
        secured.kafka.allow(f"User:{kind}", stores.topic, kind)

    def flags_of(kind: str) -> list[str]:
        return [*by_password("PLAIN", kind), secured.authority]

    take_and_prove(secured, stores, new_roles(stores), flags_of, secret(tmp_path, PASSWORD), tmp_path)


@pytest.mark.skipif(IS_SANITIZED, reason="another librdkafka cannot be put before a sanitizer's run-time library")
def test_kafka_scram(secured, new_roles, tmp_path):
    stores = secured.stores(secured.kafka.password_address)
    for kind in ("ingest", "count", "archive", "verify"):
        secured.kafka.allow("User:scram", stores.topic, kind)
    flags = [*by_password("SCRAM-SHA-512", "scram"), secured.authority]
    env = {**secret(tmp_path, PASSWORD), "LD_PRELOAD": str(NEW_LIBRDKAFKA)}
    take_and_prove(secured, stores, new_roles(stores), lambda _: flags, env, tmp_path)


def test_kafka_certificates_of_both_sides(secured, new_roles, tmp_path):
    stores = secured.stores(secured.kafka.mutual_address)
    for kind in ("ingest", "count", "archive", "verify"):
        secured.kafka.allow("User:CN=client", stores.topic, kind)
    take_and_prove(secured, stores, new_roles(stores), lambda _: by_certificate(secured), {}, tmp_path)


def wait_for_reason(role: Role, condition: str, *words: str, is_logged: bool = True) -> None:
    """Waits until /readyz says under `condition` why, and the log too."""

    def says() -> bool:
        assert role.is_running(), role.output()
        try:
            reason = role.missing().get(condition, "")
        except OSError:
            return False
        return all(word in reason for word in words)

    wait_until(says, 30, lambda: f"{words} under {condition}: {role.output()}")
    assert not is_logged or all(word in role.output() for word in words), role.output()


def test_kafka_says_what_is_wrong(secured, new_roles, tmp_path):
    """A role waits, and says in the log and in /readyz for what; it still stops when it is told to."""
    kafka = secured.kafka
    plain = [*by_password("PLAIN", "ingest"), secured.authority]
    strangers = f"--kafka.ssl.ca.location={secured.stranger.own.certificate}"
    wrong = [
        (kafka.password_address, plain, "falsch", "Authentication failed: Invalid username or password"),
        (
            kafka.password_address,
            [*by_password("SCRAM-SHA-512", "scram"), secured.authority],
            "falsch",
            "invalid credentials with SASL mechanism SCRAM-SHA-512",
        ),
        (
            kafka.password_address,
            [*by_password("PLAIN", "ingest"), strangers],
            PASSWORD,
            "the broker's certificate is refused: unable to get local issuer certificate",
        ),
        (
            f"localhost:{kafka.password_port}",
            plain,
            PASSWORD,
            "the broker's certificate is refused: hostname mismatch",
        ),
        (
            kafka.mutual_address,
            ["--kafka.security.protocol=SSL", secured.authority],
            PASSWORD,
            "alert certificate required",
        ),
        (kafka.password_address, [], PASSWORD, "might be caused by incorrect security.protocol configuration"),
    ]
    waiting = []
    for bootstrap, flags, password, words in wrong:
        roles = new_roles(secured.stores(bootstrap))
        waiting.append((roles.new("ingest", *flags, env=secret(tmp_path, password)).launch(), words))
    for role, words in waiting:
        wait_for_reason(role, "start", "no broker answers: ", words)
        assert "falsch" not in role.output() + role.admin("/status").body.decode()
        assert_secret_is_kept(role)


def test_kafka_user_without_rights(secured, new_roles, tmp_path):
    """Who may not write is told so: at the start, where something has to be written, else at each vote."""
    stores = secured.stores(secured.kafka.password_address)
    roles = new_roles(stores)
    env = secret(tmp_path, PASSWORD)
    nobody = [*by_password("PLAIN", "nobody"), secured.authority]

    def refusal(kind: str) -> str:
        role = roles.new(kind, *nobody, env=env).launch()
        assert role.wait_for_exit() == 2
        return role.output()

    assert "the topic " + stores.topic + " cannot be looked up: the brokers refuse" in refusal("ingest")
    secured.kafka.allow("User:nobody", stores.topic, "verify")  # it may read now
    assert "cannot be made: " in refusal("ingest")
    secured.kafka.allow("User:ingest", stores.topic, "ingest")
    roles.start("ingest", *by_password("PLAIN", "ingest"), secured.authority, env=env).stop()
    reader = roles.new("ingest", *nobody, env=env).launch()
    wait_for_reason(reader, "kafka", "uthorization failed")
    answer = reader.post(json.dumps(generated(1)[0]))
    assert (answer.status, answer.json()["error"]["code"]) == (503, "retry"), answer
    assert "authorization failed" in refusal("count")  # it may read, but is in no group


def test_kafka_certificate_goes_bad_while_roles_run(secured, new_roles):
    """Nobody ends for it: each waits, says why, and goes on."""
    kafka = secured.kafka
    stores = secured.stores(kafka.mutual_address)
    for kind in ("ingest", "count"):
        kafka.allow("User:CN=client", stores.topic, kind)
    roles = new_roles(stores)
    ingest, count = (roles.start(kind, *by_certificate(secured)) for kind in ("ingest", "count"))
    good, kafka.certificate = kafka.certificate, secured.stranger.issue("server")
    kafka.restart()
    for role in (ingest, count):
        wait_for_reason(role, "kafka", "the broker's certificate is refused: unable to get local", is_logged=False)
        assert "unable to get local issuer certificate" in role.output()
    kafka.certificate = good
    kafka.restart()
    wait_until(ingest.is_ready, 30, lambda: f"ingest is ready again: {ingest.missing()}")
    ingest.cast(json.dumps(generated(1)[0]))
    wait_until(lambda: records_of(stores.tally) == 1, 30, lambda: f"the vote is counted: {count.missing()}")


def assert_refused(roles: Roles, kind: str, *words: str) -> None:
    """It ends at once and says why; the password is not in it."""
    role = roles.new(kind).launch()
    assert role.wait_for_exit() == 2
    output = role.output()
    assert all(word in output for word in words), output
    assert "falsch" not in output and ENCODED not in output and PASSWORD not in output


@pytest.fixture
def open_stores(secured) -> Stores:
    """Redis and MongoDB with a password, Kafka without."""
    return secured.stores(secured.kafka.address)


def test_redis_and_mongodb_refuse_at_the_start(secured, open_stores, new_roles):
    """A password that never was right is a mistake of the settings: nobody waits for that to change."""
    new_roles(open_stores).start("ingest").stop()
    wrong = replace(
        open_stores, tally=open_stores.tally.replace(ENCODED, "falsch"), log=open_stores.log.replace(ENCODED, "falsch")
    )
    roles = new_roles(wrong)
    assert_refused(roles, "count", "worker_failed", "the user or the password was refused (WRONGPASS)")
    assert_refused(roles, "web", "cannot_start", "the user or the password was refused (WRONGPASS)")
    assert_refused(roles, "archive", "worker_failed", "MongoDB: ", "uthentication failed")
    lock_redis(secured.redis, "reader", keys=())
    unable = replace(open_stores, tally=open_stores.tally.replace("votaton:", "reader:"))
    assert_refused(new_roles(unable), "count", "worker_failed", "NOPERM")
    certificate = str(secured.kafka.authority.own.certificate)
    strange = replace(open_stores, log=open_stores.log.replace(certificate, str(secured.stranger.own.certificate)))
    archive = new_roles(strange).new("archive").launch()
    wait_for_reason(archive, "log", "certificate verify failed")


def test_redis_and_mongodb_change_their_passwords(secured, open_stores, new_roles):
    """Who was let in before waits, says why, and goes on when the password fits again."""
    stores = open_stores
    roles = new_roles(stores)
    ingest, count, archive, web = roles.start_all()
    lock_redis(secured.redis, "votaton", "another one")
    secured.mongo.set_password("votaton", "another one")
    secured.mongo.stop()
    secured.mongo.start()
    wait_for_reason(count, "tally", "the user or the password was refused (WRONGPASS)", is_logged=False)
    wait_for_reason(archive, "log", "MongoDB: ", "uthentication failed", is_logged=False)
    ingest.cast(json.dumps(generated(1)[0]))
    assert web.is_running()
    lock_redis(secured.redis, "votaton")
    secured.mongo.set_password("votaton", PASSWORD)
    wait_for_results(web, 1)
    wait_until(lambda: archive.is_ready() and count.is_ready(), 30, "both are ready again")
    wait_until(lambda: web.get("/v1/log?limit=1")["votes"], 30, "the log has the vote")
    assert_secret_is_kept(ingest, count, archive, web)


def test_secrets_by_file(secured, open_stores, tmp_path):
    """URLs from files: the list of processes does not have the passwords."""
    files = {"VOTATON_TALLY_FILE": open_stores.tally, "VOTATON_LOG_FILE": open_stores.log}
    for name, url in files.items():
        (tmp_path / name).write_text(url + "\n")
    env = {name: str(tmp_path / name) for name in files}
    port, admin_port = free_ports(2)
    flags = ["--listen", f"127.0.0.1:{port}", "--admin-listen", f"127.0.0.1:{admin_port}"]
    web = Program([VOTATON, "web", *flags], tmp_path / "web.log", f"127.0.0.1:{admin_port}", env).launch()
    try:
        wait_until(lambda: "the tally has none yet" in web.output(), 20, web.output)
        seen = Path(f"/proc/{web.process.pid}/cmdline").read_bytes().decode() + web.output()
        assert ENCODED not in seen and PASSWORD not in seen
    finally:
        web.stop()


@pytest.fixture
def silent_names(tmp_path):
    """What to put before a command, so that it asks a name server that never answers."""
    address = f"127.{random.randrange(1, 255)}.{random.randrange(1, 255)}.{random.randrange(2, 255)}"
    settings = tmp_path / "resolv.conf"
    settings.write_text(f"nameserver {address}\n")
    wrapper = ["unshare", "--mount", "sh", "-c", f'mount --bind {settings} /etc/resolv.conf && exec "$@"', "sh"]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        try:
            server.bind((address, 53))
            subprocess.run([*wrapper, "true"], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            pytest.skip(f"no other name server can be set here: {error}")
        yield wrapper


def test_name_server_that_does_not_answer(silent_names, new_roles):
    """A role tells of it, answers its listener meanwhile, and stops soon; mongodb+srv:// is waited for, too."""
    stores = fresh_stores("127.0.0.1:1", "redis://127.0.0.1:1", "mongodb://127.0.0.1:1")  # nobody is asked
    tally = replace(stores, tally="redis://redis.votaton.invalid:6379")
    log = replace(stores, log="mongodb+srv://mongo.votaton.invalid/")
    waiting = [
        (new_roles(tally).new("web"), "Temporary failure in name resolution"),
        (new_roles(log).new("web"), "Failed to look up SRV record"),
        (new_roles(log).new("archive"), "Failed to look up SRV record"),
    ]
    for role, _ in waiting:
        role.command = [*silent_names, *role.command]
        role.launch()
    for role, words in waiting:
        wait_for_reason(role, "start", words)
        told = time.monotonic()
        role.stop()
        assert time.monotonic() - told < STOP_SECONDS, role.kind
