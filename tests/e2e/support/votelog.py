"""The vote log in MongoDB as it lies there, read by a client that nobody here wrote."""

import struct
from urllib.parse import urlsplit

import pymongo
from pymongo.collection import Collection

from support.recount import Place, Vote

TIMEOUT_MS = 10_000
KEY = struct.Struct(">16sIQ")


def collection(url: str) -> Collection:
    """The collection that a log's URL names; its client is closed by whoever asks: .database.client.close()."""
    parts = urlsplit(url)
    database, _, name = parts.path.lstrip("/").partition(".")
    client = pymongo.MongoClient(f"{parts.scheme}://{parts.netloc}/", serverSelectionTimeoutMS=TIMEOUT_MS)
    return client[database][name]


def documents_of(url: str) -> int:
    """How many documents there are."""
    documents = collection(url)
    try:
        return documents.estimated_document_count()
    finally:
        documents.database.client.close()


def log_of(url: str) -> dict[Place, Vote]:
    """Every document, by the place of its record."""
    documents = collection(url)
    try:
        return {_place(d["_id"]): _vote(d) for d in documents.find()}
    finally:
        documents.database.client.close()


def _place(key: bytes) -> Place:
    """Of a document's _id: the ledger's id, the partition and the offset."""
    assert len(key) == KEY.size, key
    _, partition, offset = KEY.unpack(key)
    return partition, offset


def _vote(document: dict) -> Vote:
    texts = {name: document["data"][name] for name in ("name", "album", "year", "rank")}
    return Vote(bytes(document["vote_id"]), bytes(document["fp"]), texts, document["points"])
