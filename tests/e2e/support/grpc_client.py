"""Messages and calls of the published services, made from the .proto files that ship with the program."""

import subprocess
import tempfile
from functools import cache
from pathlib import Path

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PROTO = Path(__file__).parents[3] / "proto"
FILES = ["votaton/v1/votaton.proto", "confproto.proto"]


@cache
def messages() -> dict[str, type]:
    """All message classes by full name."""
    with tempfile.NamedTemporaryFile(suffix=".pb") as out:
        command = ["protoc", f"-I{PROTO}", "--include_imports", f"--descriptor_set_out={out.name}", *FILES]
        subprocess.run(command, check=True)
        found = descriptor_pb2.FileDescriptorSet.FromString(Path(out.name).read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in found.file:
        pool.Add(file)
    return {
        name: message_factory.GetMessageClass(descriptor)
        for file in found.file
        for name, descriptor in pool.FindFileByName(file.name).message_types_by_name.items()
    }


class Client:
    """One channel. Each call gives (reply, trailers) or raises grpc.RpcError."""

    def __init__(self, address: str, **options):
        arguments = [(f"grpc.{name}", value) for name, value in options.items()]
        self.channel = grpc.insecure_channel(address, options=[("grpc.enable_retries", 0), *arguments])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.channel.close()

    def unary(self, path: str, request, reply_type: type, **options):
        call = self.channel.unary_unary(
            path,
            request_serializer=lambda message: message if isinstance(message, bytes) else message.SerializeToString(),
            response_deserializer=reply_type.FromString,
        )
        options.setdefault("timeout", 20)
        reply, finished = call.with_call(request, **options)
        return reply, dict(finished.trailing_metadata())

    def cast(self, vote, **options):
        types = messages()
        request = vote if isinstance(vote, bytes) else types["Vote"](**vote)
        return self.unary("/votaton.v1.VoteService/Cast", request, types["Receipt"], **options)

    def cast_batch(self, votes, **options):
        types = messages()
        request = types["CastBatchRequest"](votes=[types["Vote"](**vote) for vote in votes])
        return self.unary("/votaton.v1.VoteService/CastBatch", request, types["CastBatchReply"], **options)

    def return_info(self, vote, **options):
        types = messages()
        request = types["requestId"](**vote)
        return self.unary("/confproto.getInfo/returnInfo", request, types["replyInfo"], **options)
