"""Asks the scoring service for sentence vectors."""

from collections.abc import Sequence
from typing import Final

import grpc
import grpc.aio

from yuqing.scoring.v1 import scoring_pb2, vector_pb2, vector_pb2_grpc
from yuqing_indexing.adapters.scoring import AWAY
from yuqing_indexing.domain.meaning import Embedded, Said, VectorsOff
from yuqing_indexing.domain.ports import OutsideUnavailable

TIMEOUT_SECONDS: Final = 30.0


class GrpcEncoder:
    """The port `Encoder` over gRPC."""

    def __init__(self, stub: vector_pb2_grpc.VectorServiceStub) -> None:
        self._stub = stub

    async def embed(self, sayings: Sequence[Said]) -> Embedded:
        """See `domain.meaning.Encoder`."""
        texts = [scoring_pb2.Text(title=said.title, text=said.text) for said in sayings]
        try:
            reply = await self._stub.EmbedTexts(vector_pb2.EmbedTextsRequest(texts=texts), timeout=TIMEOUT_SECONDS)
        except grpc.aio.AioRpcError as error:
            if error.code() in AWAY:
                raise OutsideUnavailable(f"scoring makes no vectors: {error.code().name} {error.details()}") from error
            if error.code() is grpc.StatusCode.FAILED_PRECONDITION:
                raise VectorsOff(error.details() or "scoring makes no vectors") from error
            raise
        return Embedded([vector.values for vector in reply.vectors], reply.encoder)
