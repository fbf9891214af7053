"""Influence and speed: of a mention, of a story, of those who publish."""

from dataclasses import dataclass
from typing import Any

import grpc.aio

from yuqing.indexing.v1 import influence_pb2, influence_pb2_grpc, mention_pb2
from yuqing_indexing.assessment_wire import influence_message, risk_message, speed_message
from yuqing_indexing.domain.assessing import explain
from yuqing_indexing.domain.indexes import BCI_FORMULA, WCI_FORMULA
from yuqing_indexing.domain.ranking import Carrier, InfluenceSearch, Total, ranked
from yuqing_indexing.domain.reading import Mentions
from yuqing_indexing.domain.searching import Order, Search, Selection
from yuqing_indexing.domain.sight import Sight
from yuqing_indexing.domain.speed import speed_of, speed_of_all, speed_of_mentions
from yuqing_indexing.domain.stories import story_id_of
from yuqing_indexing.domain.weights import Weights
from yuqing_indexing.servicers.asking import Asking, engine_errors
from yuqing_indexing.servicers.replies import bucket_messages
from yuqing_indexing.store import story_changes
from yuqing_indexing.wire import mention_id_of, mention_message
from yuqing_runtime.database import Database
from yuqing_runtime.errors import NotFound
from yuqing_text.query.tree import OneOf

Context = grpc.aio.ServicerContext[Any, Any]
DEFAULT_SIZE = 20
_SUBJECTS = {
    influence_pb2.INFLUENCE_SUBJECT_OUTLET: "outlet",
    influence_pb2.INFLUENCE_SUBJECT_SITE: "site",
    influence_pb2.INFLUENCE_SUBJECT_SOURCE: "source",
}


@dataclass(frozen=True)
class InfluenceServicer(influence_pb2_grpc.InfluenceServiceServicer):
    """InfluenceService."""

    database: Database
    search: Search
    influences: InfluenceSearch
    mentions: Mentions
    asking: Asking
    weights: Weights

    async def GetMentionInfluence(
        self, request: influence_pb2.GetMentionInfluenceRequest, context: Context
    ) -> influence_pb2.GetMentionInfluenceResponse:
        """Errors: NotFound, Unavailable."""
        mention_id = mention_id_of(request.name)
        with engine_errors():
            mention = (await self.mentions.read([mention_id])).get(mention_id)
            if mention is None:
                raise NotFound(f"{request.name} is not there")
            fetches = (await self.influences.fetches([mention_id]))[mention_id]
        explained = explain(mention, self.weights)
        return influence_pb2.GetMentionInfluenceResponse(
            influence=influence_message(explained), risk=risk_message(explained), speed=speed_message(speed_of(mention.document, fetches))
        )

    async def GetStoryInfluence(self, request: influence_pb2.GetStoryInfluenceRequest, context: Context) -> influence_pb2.GetStoryInfluenceResponse:
        """Errors: NotFound, Unavailable."""
        async with self.database.read() as connection:
            await story_changes.etag_of(connection, story_id_of(request.name))
        with engine_errors():
            mentions, total = await self.influences.newest(story_id_of(request.name))
            if not mentions:
                raise NotFound(f"{request.name} cannot be found yet")
            fetches = await self.influences.fetches([mention.id for mention in mentions])
            sight = await self.asking.sight()
            influential, risky = [await self._highest(request.name, order, sight) for order in (Order.INFLUENCE, Order.RISK)]
        speeds = [speed_of(mention.document, fetches[mention.id]) for mention in mentions]
        return influence_pb2.GetStoryInfluenceResponse(
            mentions=speed_message(speed_of_mentions([mention.when for mention in mentions])),
            interactions=speed_message(speed_of_all(speeds)),
            observed_size=sum(speed.now is not None for speed in speeds),
            total_size=total,
            most_influential=influential,
            most_risky=risky,
        )

    async def RankInfluence(self, request: influence_pb2.RankInfluenceRequest, context: Context) -> influence_pb2.RankInfluenceResponse:
        """Errors: QueryRefused, Unavailable."""
        selection = self.asking.selection(request, await self.asking.sight(request.query))
        with engine_errors():
            carriers = await self.influences.carriers(selection, _SUBJECTS.get(request.by, "author"))
        shown = ranked(carriers)[: request.size or DEFAULT_SIZE]
        return influence_pb2.RankInfluenceResponse(carriers=map(_carrier, shown), wci_formula=WCI_FORMULA, bci_formula=BCI_FORMULA)

    async def _highest(self, story: str, order: Order, sight: Sight) -> mention_pb2.Mention | None:
        page = await self.search.page(Selection(OneOf("story", (story,))), order, size=1, cursor=None, facets=())
        return mention_message(sight.of_mention(page.found[0].mention)) if page.found else None


def _carrier(carrier: Carrier) -> influence_pb2.Carrier:
    return influence_pb2.Carrier(
        value=carrier.value,
        influence=carrier.influence,
        wci=carrier.wci,
        bci=carrier.bci,
        size=carrier.size,
        days=carrier.days,
        reads=_counts(carrier.reads),
        likes=_counts(carrier.likes),
        comments=_counts(carrier.comments),
        reposts=_counts(carrier.reposts),
        reach=carrier.reach,
        sentiments=bucket_messages(carrier.sentiments),
    )


def _counts(total: Total) -> influence_pb2.CarrierCounts:
    return influence_pb2.CarrierCounts(known_size=total.known, total=total.total, largest=total.largest)
