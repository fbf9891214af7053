"""The hot path's use case: documents become mentions, each exactly once, however often they are sent."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum

from yuqing_indexing.domain.analysis import Reading, read, read_all
from yuqing_indexing.domain.announcing import announcement
from yuqing_indexing.domain.assigning import Assigning
from yuqing_indexing.domain.document import Document, Mention
from yuqing_indexing.domain.ids import identity_keys
from yuqing_indexing.domain.merging import first_sight, judged, merged, needs_judgement
from yuqing_indexing.domain.months import month_of
from yuqing_indexing.domain.ports import Claim, Index, People, Place, Registry, Scorer, Sighting, Stored, Stories, Told, TopicSource, Write
from yuqing_indexing.domain.telling import Telling, telling
from yuqing_indexing.domain.topics import Topics
from yuqing_indexing.domain.turns import in_thread

MOST_CONFLICTS = 20
"""How often a batch is merged anew with what others wrote meanwhile, before the fault is said to be elsewhere."""


class Outcome(Enum):
    """What became of an item; the values are the names in the contract."""

    STORED = "STORED"
    UPDATED = "UPDATED"
    DUPLICATE = "DUPLICATE"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one item; `reason` and `detail` are of a refusal."""

    outcome: Outcome
    mention: str = ""
    reason: str = ""
    detail: str = ""


@dataclass(slots=True)
class _Item:
    document: Document
    keys: tuple[str, ...]
    reading: Reading
    place: Place | None = None
    result: Result | None = None


class TooManyConflicts(RuntimeError):
    """A mention could not be written because others wrote it again and again."""


class Ingest:
    """Takes batches of documents. Batches may run at the same time, also in other replicas. Without `stories`, no mention is given one."""

    def __init__(
        self,
        registry: Registry,
        index: Index,
        scorer: Scorer,
        topics: TopicSource,
        stories: Stories | None,
        people: People,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._registry = registry
        self._index = index
        self._scorer = scorer
        self._topics = topics
        self._stories = stories
        self._people = people
        self._assigning = Assigning(registry, index, topics)
        self._clock = clock

    async def take(self, documents: Sequence[Document]) -> list[Result]:
        """Makes the documents durable, searchable within the refresh interval, and told; the results come in their order.

        Errors: OutsideUnavailable; the whole batch may then be taken again without harm.
        """
        items = await in_thread(_items, documents)
        await self._claim(items)
        topics = await self._topics.current()
        mentions = await self._store(items, topics)
        if (present := await self._topics.current()) is not topics:
            # A topic changed meanwhile, and its backfill may have looked before these mentions could be found.
            await self._assigning.again([mention.id for mention in mentions])
            mentions = list((await in_thread(present.all_assigned, {mention.id: mention for mention in mentions}, {})).values())
        erased = await self._registry.tell(list(map(_told, mentions)))
        if erased:
            await self._take_back(items, erased)
        return [_result(item) for item in items]

    async def _claim(self, items: Sequence[_Item]) -> None:
        month = month_of(self._clock())
        open_items: list[_Item] = []
        claims: list[Claim] = []
        for item in items:
            item.result = _refusal(item)
            if item.result is None:
                open_items.append(item)
                claims.append(Claim(item.keys, month))
        for item, place in zip(open_items, await self._registry.claim(claims), strict=True):
            item.place = place
            if place is None:
                item.result = Result(Outcome.REFUSED, reason="TOMBSTONED", detail="this mention was erased and must not come back")

    async def _store(self, items: Sequence[_Item], topics: Topics) -> list[Mention]:
        """Writes what is new until nobody else was faster; gives every mention of the batch as it is now."""
        groups: dict[str, list[_Item]] = {}
        for item in items:
            if item.place is not None:
                groups.setdefault(item.place.id, []).append(item)
        known = [group[0].place for group in groups.values() if group[0].place is not None and not group[0].place.fresh]
        now: dict[str, Mention] = {}
        for _ in range(MOST_CONFLICTS):
            conflicts, refused = await self._store_once(groups, await self._index.read(known), now, topics)
            for mention, why in refused.items():
                now.pop(mention, None)
                for item in groups[mention]:
                    item.result = Result(Outcome.REFUSED, reason="INDEX_REFUSED", detail=why)
            if not conflicts:
                return list(now.values())
            groups = {mention: groups[mention] for mention in conflicts}
            known = [group[0].place for group in groups.values() if group[0].place is not None]
        raise TooManyConflicts(f"{len(groups)} mentions, such as {next(iter(groups))}")

    async def _store_once(
        self, groups: dict[str, list[_Item]], stored: dict[str, Stored], now: dict[str, Mention], topics: Topics
    ) -> tuple[frozenset[str], dict[str, str]]:
        folded = {mention: _fold(mention, group, stored.get(mention)) for mention, group in groups.items()}
        # What people said stands in the mention that was read; only where the index has lost it, it is asked for.
        lost = [mention for mention, group in groups.items() if mention not in stored and group[0].place is not None and not group[0].place.fresh]
        for mention, by_hand in (await self._people.by_hand(lost)).items():
            folded[mention] = replace(folded[mention], by_hand=by_hand)
        unjudged = [mention for mention in folded.values() if needs_judgement(mention)]
        if unjudged:
            for mention, judgement in zip(unjudged, await self._scorer.judge(unjudged, self._clock()), strict=True):
                folded[mention.id] = judged(mention, judgement)
        readings = {mention: _reading(folded[mention], group) for mention, group in groups.items()}
        if self._stories is not None:
            tellings = await in_thread(_tellings, folded, groups, stored, readings)
            for mention, membership in (await self._stories.place(tellings)).items():
                folded[mention] = replace(folded[mention], membership=membership)
        folded = await in_thread(topics.all_assigned, folded, readings)
        writes = [
            Write(group[0].place, folded[mention], stored[mention].version if mention in stored else None, readings[mention])
            for mention, group in groups.items()
            if group[0].place is not None and (mention not in stored or folded[mention] != stored[mention].mention)
        ]
        sightings = [sighting for mention, group in groups.items() for sighting in _sightings(folded[mention], group, stored.get(mention))]
        written = await self._index.write(writes, sightings)
        now.update({mention: folded[mention] for mention in folded if mention not in written.conflicts})
        return written.conflicts, written.refused

    async def _take_back(self, items: Sequence[_Item], erased: frozenset[str]) -> None:
        places: dict[str, Place] = {}
        for item in items:
            if item.place is not None and item.place.id in erased:
                places[item.place.id] = item.place
                item.result = Result(Outcome.REFUSED, reason="TOMBSTONED", detail="this mention was erased meanwhile")
        await self._index.remove(list(places.values()))


def _items(documents: Sequence[Document]) -> list[_Item]:
    return [_Item(document, _keys(document), reading) for document, reading in zip(documents, read_all(documents), strict=True)]


def _keys(document: Document) -> tuple[str, ...]:
    return identity_keys(site=document.site, native_id=document.native_id, url=document.url, canonical_url=document.canonical_url)


def _told(mention: Mention) -> Told:
    return Told(mention.id, announcement(mention), mention.document, tuple(match.topic for match in mention.topics))


def _refusal(item: _Item) -> Result | None:
    if not item.keys:
        return Result(Outcome.REFUSED, reason="NO_IDENTITY", detail="neither a native id nor an address")
    if not item.document.has_text and not item.document.vanished:
        return Result(Outcome.REFUSED, reason="NO_TEXT", detail="neither title nor text, and the page is not gone")
    return None


def _fold(mention_id: str, group: Sequence[_Item], stored: Stored | None) -> Mention:
    """Merges a group's fetches into its mention, one after the other, and notes what became of each."""
    mention = stored.mention if stored else None
    for item in group:
        if mention is None:
            mention = first_sight(mention_id, item.document, item.reading.content_hash)
            outcome = Outcome.STORED
        else:
            before = announcement(mention)
            mention = merged(mention, item.document, item.reading.content_hash)
            outcome = Outcome.DUPLICATE if announcement(mention) == before else Outcome.UPDATED
        item.result = Result(outcome, mention=mention_id)
    if mention is None:
        raise ValueError("a group holds at least one item")
    return mention


def _tellings(
    folded: dict[str, Mention], groups: dict[str, list[_Item]], stored: dict[str, Stored], readings: dict[str, Reading | None]
) -> list[Telling]:
    """Those whose story is not known, or may be another one since their text was edited."""
    tellings: list[Telling] = []
    for name, mention in folded.items():
        before = stored[name].mention if name in stored else None
        if before is None or before.membership is None or before.content_hash != mention.content_hash:
            keys = dict.fromkeys(key for item in groups[name] for key in item.keys)
            tellings.append(telling(mention, readings[name] or read(mention.document), tuple(keys)))
    return tellings


def _sightings(mention: Mention, group: Sequence[_Item], stored: Stored | None) -> list[Sighting]:
    """The fetches to append to the observations: all but the one that the mention itself shows, which follows when another takes its place."""
    fetches = [(item.document, item.reading.content_hash) for item in group]
    if stored and stored.mention.document is not mention.document:
        fetches.append((stored.mention.document, stored.mention.content_hash))
    shown = mention.document
    return [
        Sighting(mention.id, document, content_hash)
        for document, content_hash in fetches
        if document.fetched != shown.fetched or document.vanished != shown.vanished
    ]


def _reading(mention: Mention, group: Sequence[_Item]) -> Reading | None:
    """How the mention's document reads, if its text came with this batch."""
    title, text = mention.document.title, mention.document.text
    return next((item.reading for item in group if item.document.title == title and item.document.text == text), None)


def _result(item: _Item) -> Result:
    if item.result is None:
        raise RuntimeError("an item has no outcome")
    return item.result
