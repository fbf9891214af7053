"""Asks the index how mentions stand: before something is deleted here, and where changes were missed."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from yuqing.indexing.v1 import ingest_pb2, ingest_pb2_grpc

AT_ONCE: Final = 1_000
"""The contract takes no more in one request."""
SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Standing:
    """Those of the mentions that were erased in the index, and those under a legal hold."""

    erased: frozenset[str]
    held: frozenset[str]


@dataclass(frozen=True)
class Checking:
    """Asks `CheckMentions`."""

    changes: ingest_pb2_grpc.ChangeServiceStub

    async def check(self, mentions: Collection[str]) -> Standing:
        """How mentions stand now. Errors: AioRpcError."""
        erased, held = set[str](), set[str]()
        asked = sorted(mentions)
        for start in range(0, len(asked), AT_ONCE):
            request = ingest_pb2.CheckMentionsRequest(mentions=asked[start : start + AT_ONCE])
            reply = await self.changes.CheckMentions(request, timeout=SECONDS)
            erased.update(reply.erased)
            held.update(reply.held)
        return Standing(frozenset(erased), frozenset(held))
