"""Stories of one event: how many of those that are given as related tell of the same event, and how many that do are given."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean

from tests.bench.figures import Row, say
from tests.bench.judged import Judged, events, texts
from tests.bench.relevance import filled
from yuqing_indexing.adapters.elasticsearch.client import connect
from yuqing_indexing.adapters.elasticsearch.indices import Indices
from yuqing_indexing.adapters.elasticsearch.story_search import ElasticsearchStorySearch
from yuqing_indexing.domain.searching import Selection
from yuqing_indexing.domain.stories import story_name
from yuqing_indexing.domain.story_kin import kin, pieces_of
from yuqing_testkit.plugin import elasticsearch_node
from yuqing_text.query.tree import OneOf

F1_WANTED = 0.6
_NEIGHBOURS = 50


def measure(var: Path, *, quick: bool) -> list[Row]:
    """One row: the events among the world's texts. Nothing is kept in `var`; `quick` changes nothing."""
    del var, quick
    told = [each for _, each in events()]
    with elasticsearch_node() as url:
        given = asyncio.run(_related(url, told, texts()))
    event_of = {each.key: event for event, each in events()}
    right = sum(event_of.get(other) == event_of[key] for key, others in given.items() for other in others)
    wanted = sum(event == other for number, event in enumerate(event_of.values()) for at, other in enumerate(event_of.values()) if at != number)
    precision, recall = right / max(1, sum(map(len, given.values()))), right / wanted
    first = mean(event_of.get(others[0]) == event_of[key] for key, others in given.items() if others)
    note = f"precision {precision:.3f}, recall {recall:.3f}, the first one right {first:.3f}, {len(told)} reports among {len(texts())} texts"
    return [Row("stories of one event: F1", "", 2 * precision * recall / (precision + recall), F1_WANTED, at_least=True, note=note)]


async def _related(url: str, told: Sequence[Judged], others: Sequence[Judged]) -> Mapping[str, list[str]]:
    """For each of the told texts the keys of those that are given as related."""
    async with connect(url) as client:
        indices = Indices(client)
        stories = await filled(client, indices, [*told, *others])
        search = ElasticsearchStorySearch(client, indices)
        given: dict[str, list[str]] = {}
        for each in told:
            story = stories[each.key]
            figures = (await search.figures(Selection(OneOf("story", (story_name(story),))), [story]))[story]
            neighbours = await search.neighbours(figures, pieces_of(figures.first.document), most=_NEIGHBOURS)
            given[each.key] = [found.mention.id for found in kin(figures, neighbours)]
            say(
                f"  {each.title or each.text[:20]}: {' '.join(f'{found.similarity:.2f} {found.words[:3]}' for found in kin(figures, neighbours)[:3])}"
            )
    return given
