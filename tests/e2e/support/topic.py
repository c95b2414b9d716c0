"""Topics as a client that nobody here wrote sees them: made, filled, read to the end, deleted."""

import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field

from confluent_kafka import OFFSET_END, Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from support.program import wait_until

TIMEOUT_SECONDS = 20
READ_AT_ONCE = 10_000
POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Record:
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = field(default=())
    timestamp_ms: int = 0


def admin(bootstrap: str) -> AdminClient:
    return AdminClient({"bootstrap.servers": bootstrap})


def topics(bootstrap: str) -> dict[str, int]:
    """All topics with how many partitions they have."""
    found = admin(bootstrap).list_topics(timeout=TIMEOUT_SECONDS).topics
    return {name: len(topic.partitions) for name, topic in found.items()}


def create_topic(bootstrap: str, topic: str, partitions: int = 1, **config: str) -> None:
    """Makes a topic as others would make it; config as retention_ms="1000". Returns when it can be used."""
    named = {name.replace("_", "."): value for name, value in config.items()}
    client = admin(bootstrap)
    client.create_topics([NewTopic(topic, partitions, config=named)])[topic].result(TIMEOUT_SECONDS)
    wait_until(lambda: len(ends(bootstrap, topic)) == partitions, TIMEOUT_SECONDS, f"all partitions of {topic}")


def delete_topic(bootstrap: str, topic: str) -> None:
    client = admin(bootstrap)
    client.delete_topics([topic])[topic].result(TIMEOUT_SECONDS)
    wait_until(lambda: topic not in topics(bootstrap), TIMEOUT_SECONDS, f"{topic} is gone")


def recreate_topic(bootstrap: str, topic: str, partitions: int = 1, **config: str) -> None:
    """Another topic under the same name."""
    delete_topic(bootstrap, topic)
    create_topic(bootstrap, topic, partitions, **config)


def delete_records(bootstrap: str, topic: str, partition: int, before: int) -> None:
    """Deletes the start of a partition, as retention does."""
    where = TopicPartition(topic, partition, before)
    client = admin(bootstrap)
    client.delete_records([where])[where].result(TIMEOUT_SECONDS)


@dataclass(frozen=True)
class Message:
    """What a producer sends; partition -1: by the key."""

    value: bytes | None
    key: bytes | None = None
    headers: tuple[tuple[str, bytes | None], ...] = ()
    partition: int = -1


def produce(bootstrap: str, topic: str, messages: Iterable[Message], **config: object) -> None:
    """Returns when all are acknowledged by the broker."""
    errors: list[KafkaError] = []
    producer = Producer({"bootstrap.servers": bootstrap, "acks": "all", "linger.ms": 1, **config})
    for message in messages:
        producer.produce(
            topic,
            message.value,
            message.key,
            message.partition,
            on_delivery=lambda error, _: errors.append(error) if error else None,
            headers=list(message.headers),
        )
    left = producer.flush(TIMEOUT_SECONDS)
    assert not left and not errors, f"{left} not acknowledged, {errors}"


def produce_in_vain(bootstrap: str, topic: str, messages: Iterable[Message]) -> None:
    """Writes messages inside of a transaction, which is taken back: their offsets hold nothing."""
    producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": f"{topic}-in-vain"})
    producer.init_transactions(TIMEOUT_SECONDS)
    producer.begin_transaction()
    for message in messages:
        producer.produce(topic, message.value, message.key, message.partition)
    assert producer.flush(TIMEOUT_SECONDS) == 0
    producer.abort_transaction(TIMEOUT_SECONDS)


def ends(bootstrap: str, topic: str) -> dict[int, tuple[int, int]]:
    """For each partition the first offset that exists and the one behind the last."""
    consumer = _consumer(bootstrap)
    try:
        return _ends(consumer, topic)
    finally:
        consumer.close()


def _consumer(bootstrap: str) -> Consumer:
    return Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": str(uuid.uuid4()),
            "enable.auto.commit": False,
            "auto.offset.reset": "error",
            "enable.partition.eof": True,
        }
    )


def _ends(consumer: Consumer, topic: str) -> dict[int, tuple[int, int]]:
    """A broker tells of a topic a moment before it serves it, also after its own start: so it is asked again."""
    refusals: list[KafkaException] = []

    def ask() -> dict[int, tuple[int, int]]:
        try:
            partitions = consumer.list_topics(topic, timeout=TIMEOUT_SECONDS).topics[topic].partitions
            return {
                number: consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=TIMEOUT_SECONDS)
                for number in partitions
            }
        except KafkaException as refusal:
            refusals.append(refusal)
            return {}

    return wait_until(ask, TIMEOUT_SECONDS, lambda: f"the ends of {topic}: {refusals[-1:]}")


def read_topic(bootstrap: str, topic: str) -> list[Record]:
    """Every record that exists now, each partition in order."""
    consumer = _consumer(bootstrap)
    try:
        bounds = _ends(consumer, topic)
        open_partitions = {number for number, (low, high) in bounds.items() if low < high}
        consumer.assign(
            [TopicPartition(topic, n, bounds[n][0] if n in open_partitions else OFFSET_END) for n in bounds]
        )
        return _read(consumer, bounds, open_partitions)
    finally:
        consumer.close()


def _read(consumer: Consumer, bounds: dict[int, tuple[int, int]], open_partitions: set[int]) -> list[Record]:
    records = []
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while open_partitions:
        messages = consumer.consume(READ_AT_ONCE, POLL_SECONDS)
        if messages:
            deadline = time.monotonic() + TIMEOUT_SECONDS
        assert time.monotonic() < deadline, f"nothing more came of the partitions {open_partitions}"
        for message in messages:
            end = bounds[message.partition()][1]
            if message.error() is None and message.offset() < end:
                records.append(_record(message))
            elif message.error() and message.error().code() != KafkaError._PARTITION_EOF:
                raise AssertionError(str(message.error()))
            # Where only markers of transactions follow the last record, the end of the partition is told.
            if message.error() or message.offset() >= end - 1:
                open_partitions.discard(message.partition())
    return sorted(records, key=lambda record: (record.partition, record.offset))


def _record(message) -> Record:
    headers = tuple((name, value) for name, value in message.headers() or ())
    place = message.partition(), message.offset()
    return Record(*place, message.key(), message.value(), headers, message.timestamp()[1])
