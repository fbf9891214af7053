"""Makes sentence vectors: those that somebody waits for at once, the large batches of indexing in a thread that steps back for all others."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import grpc.aio
import numpy as np
from numpy.typing import NDArray

from yuqing.scoring.v1 import vector_pb2, vector_pb2_grpc
from yuqing_runtime.errors import FailedPrecondition
from yuqing_runtime.telemetry import Outcomes
from yuqing_scoring.servicers.bounded_pool import BoundedPool
from yuqing_scoring.wire import passage_of

_FEW_TEXTS: Final = 4
"""So many take a few hundredths of a second: the question of somebody who searches, not a batch of indexing."""
_VECTORS = Outcomes("scoring.vectors", "Texts turned into vectors")


class Vectors(Protocol):
    """What makes vectors; `encoder` tells those that can be compared."""

    @property
    def encoder(self) -> str: ...

    def of(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row of length 1 for each text."""
        ...


@dataclass(frozen=True)
class VectorServicer(vector_pb2_grpc.VectorServiceServicer):
    """VectorService; `vectors` is None where they are switched off."""

    vectors: Vectors | None
    at_once: BoundedPool
    in_background: BoundedPool

    async def EmbedTexts(
        self,
        request: vector_pb2.EmbedTextsRequest,
        context: "grpc.aio.ServicerContext[Any, Any]",  # the generated signature
    ) -> vector_pb2.EmbedTextsResponse:
        """Errors: FailedPrecondition VECTORS_OFF, ResourceExhausted SCORING_BUSY."""
        if self.vectors is None:
            raise FailedPrecondition("search by meaning is switched off: YUQING_SCORING_VECTORS names no encoder", reason="VECTORS_OFF")
        pool = self.at_once if len(request.texts) <= _FEW_TEXTS else self.in_background
        made = await pool.run(self.vectors.of, [passage_of(text).text for text in request.texts])
        _VECTORS.count("made", len(made))
        return vector_pb2.EmbedTextsResponse(vectors=[vector_pb2.Vector(values=row) for row in made], encoder=self.vectors.encoder)
