"""Servers that want to know who asks: Kafka with SASL, TLS and ACLs, Redis with users, MongoDB with users and TLS."""

from pathlib import Path

import pymongo
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from testbed.kafka import Broker
from testbed.mongo import Mongo
from testbed.ports import free_ports
from testbed.redis import Redis

from support.certificates import Authority
from support.tally import connect
from support.topic import TIMEOUT_SECONDS, admin

# Of every user; with what has to be escaped somewhere. No log, answer or list of processes may show it.
PASSWORD = "kein=Geheimnis %und@"
# What each role needs at least: (kind, ending of the name, operations). docs/many-machines.md has the same.
READS = (AclOperation.DESCRIBE, AclOperation.DESCRIBE_CONFIGS, AclOperation.READ)
MAKES = (*READS, AclOperation.CREATE, AclOperation.WRITE)
RIGHTS = {
    "ingest": [(ResourceType.TOPIC, "", MAKES), (ResourceType.TOPIC, ".contest", MAKES)],
    "count": [
        (ResourceType.TOPIC, "", READS),
        (ResourceType.TOPIC, ".contest", READS),
        (ResourceType.TOPIC, ".dead", MAKES),
        (ResourceType.GROUP, "-count", (AclOperation.READ,)),
    ],
    "archive": [
        (ResourceType.TOPIC, "", READS),
        (ResourceType.TOPIC, ".contest", READS),
        (ResourceType.GROUP, "-archive", (AclOperation.READ,)),
    ],
    "verify": [
        (ResourceType.TOPIC, "", READS),
        (ResourceType.TOPIC, ".contest", READS),
        (ResourceType.TOPIC, ".dead", (AclOperation.DESCRIBE, AclOperation.READ)),
    ],
}
REDIS_KEYS = ("{votaton}*", "votos_*")
USERS = "".join(f' user_{name}="{PASSWORD}"' for name in (*RIGHTS, "nobody"))
# Whoever comes through the door without a lock is ANONYMOUS, who may do everything.
PROPERTIES = """\
listeners=PLAINTEXT://127.0.0.1:{port},PASSWORD://127.0.0.1:{password_port},MUTUAL://127.0.0.1:{mutual_port},\
CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},PASSWORD://127.0.0.1:{password_port},MUTUAL://127.0.0.1:{mutual_port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,PASSWORD:SASL_SSL,MUTUAL:SSL
ssl.keystore.type=PEM
ssl.keystore.location={server}
ssl.truststore.type=PEM
ssl.truststore.location={authority}
listener.name.mutual.ssl.client.auth=required
listener.name.password.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512
listener.name.password.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required{users};
listener.name.password.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
"""
OURS = ("listeners=", "advertised.listeners=", "listener.security.protocol.map=")


class SecuredBroker(Broker):
    """One broker with three doors: `address` (no lock), `password_address` (SASL_SSL), `mutual_address` (SSL with a
    certificate of both sides)."""

    ports_count = 4

    def __init__(self, folder: Path, authority: Authority):
        ports = free_ports(self.ports_count)
        super().__init__(1, {1: ports[1]}, folder, ports, dies_with_parent=True)
        self.authority = authority
        self.certificate = authority.issue("server")

    @property
    def password_port(self) -> int:
        return self.ports[2]

    @property
    def password_address(self) -> str:
        return f"127.0.0.1:{self.ports[2]}"

    @property
    def mutual_address(self) -> str:
        return f"127.0.0.1:{self.ports[3]}"

    def prepare(self) -> None:
        super().prepare()
        path = self.folder / "server.properties"
        kept = [line for line in path.read_text().splitlines(keepends=True) if not line.startswith(OURS)]
        ours = PROPERTIES.format(
            port=self.port,
            controller_port=self.ports[1],
            password_port=self.ports[2],
            mutual_port=self.ports[3],
            server=self.certificate.both,
            authority=self.authority.own.certificate,
            users=USERS,
        )
        path.write_text("".join(kept) + ours)

    def set_password(self, user: str, password: str = PASSWORD) -> None:
        """Makes a SCRAM-SHA-512 user, or gives it another password."""
        how = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
        change = UserScramCredentialUpsertion(user, how, password.encode())
        client = admin(self.address)
        client.alter_user_scram_credentials([change])[user].result(TIMEOUT_SECONDS)

    def allow(self, user: str, topic: str, role: str) -> None:
        """Gives a user ("User:…") the rights of a role, and no others."""
        bindings = [
            AclBinding(kind, topic + end, ResourcePatternType.LITERAL, user, "*", operation, AclPermissionType.ALLOW)
            for kind, end, operations in RIGHTS[role]
            for operation in operations
        ]
        client = admin(self.address)
        for future in client.create_acls(bindings).values():
            future.result(TIMEOUT_SECONDS)


def lock_redis(redis: Redis, user: str, password: str = PASSWORD, keys: tuple[str, ...] = REDIS_KEYS) -> None:
    """Makes a user with the rights that docs/many-machines.md gives, or gives it another password; those who came in by
    this name before are thrown out."""
    with connect(redis.url) as connection:
        connection.acl_setuser(
            user,
            enabled=True,
            reset=True,
            passwords=[f"+{password}"],
            keys=keys,
            categories=["+@all", "-@dangerous"],
            commands=["+info"],
        )
        connection.execute_command("CLIENT", "KILL", "USER", user)


class SecuredMongo(Mongo):
    """Speaks TLS; once it is locked, only with users that have a password."""

    def __init__(self, folder: Path, authority: Authority):
        super().__init__(folder, dies_with_parent=True)
        self.authority = authority
        self.certificate = authority.issue("mongo")
        self.is_locked = False

    @property
    def server_url(self) -> str:
        return f"mongodb://{self.address}"

    @property
    def options(self) -> str:
        """What a URL needs behind the question mark."""
        return f"tls=true&tlsCAFile={self.authority.own.certificate}"

    def command(self) -> list[str]:
        tls = ["--tls-cert-file", self.certificate.certificate, "--tls-key-file", self.certificate.key]
        return [*super().command(), *tls, *(["--auth"] if self.is_locked else [])]

    def answers(self) -> bool:
        try:
            with pymongo.MongoClient(f"{self.server_url}/?{self.options}", serverSelectionTimeoutMS=1000) as client:
                return bool(client.admin.command("hello"))
        except pymongo.errors.PyMongoError:
            return False

    def lock(self, user: str) -> None:
        """Makes a user that may read and write everything, and comes back asking for one."""
        with pymongo.MongoClient(f"{self.server_url}/?{self.options}") as client:
            client.admin.command("createUser", "admin", pwd=PASSWORD, roles=["root"])
            client.admin.command("createUser", user, pwd=PASSWORD, roles=["readWriteAnyDatabase"])
        self.is_locked = True
        self.stop()
        self.start()

    def set_password(self, user: str, password: str) -> None:
        """Connections that are open stay open."""
        url = f"{self.server_url}/?{self.options}"
        with pymongo.MongoClient(url, username="admin", password=PASSWORD) as client:
            client.admin.command("updateUser", user, pwd=password)
