"""Edited texts among 100,000 others: how many pairs of one story are found, and how many mentions a second find theirs, SQL and all, on one core."""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert

from tests.bench.edited_texts import LENGTH, Generator, Sample, samples
from tests.bench.figures import Row, say
from yuqing_indexing.domain.analysis import read_all
from yuqing_indexing.domain.document import Document, Membership, Mention
from yuqing_indexing.domain.telling import Telling, telling
from yuqing_indexing.main import MIGRATIONS
from yuqing_indexing.store import tables
from yuqing_indexing.store.stories import SqlStories
from yuqing_runtime.database import Database

F1_WANTED = 0.97
SPEED_WANTED = 2_000.0
BATCH = 1_000
_NOW = datetime(2024, 5, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Placed:
    """Where each sample came, and the processor's seconds that it took."""

    memberships: list[Membership]
    seconds: float


def measure(var: Path, *, quick: bool) -> list[Row]:
    """Two rows; what becomes of each kind of edit goes beside them."""
    others = 5_000 if quick else 100_000
    told = samples(Generator(), others=others, groups=others // 50, joined=others // 100)
    length = sum(len(each.text) for each in told) / len(told)
    say(f"{len(told)} texts of {length:.0f} characters on average ({LENGTH} are meant)")
    var.mkdir(parents=True)
    placed = asyncio.run(_place(told, var / "indexing.sqlite"))
    precision, recall, f1 = pair_figures([each.group for each in told], [each.story for each in placed.memberships])
    _say_kinds(told, placed.memberships)
    note = f"precision {precision:.4f}, recall {recall:.4f}, {len(told)} texts"
    return [
        Row("pairs of one story: F1", "", f1, F1_WANTED, at_least=True, note=note),
        Row(
            "mentions that find their story",
            "mentions/s/core",
            len(told) / placed.seconds,
            SPEED_WANTED,
            at_least=True,
            note=f"{length:.0f} characters",
        ),
    ]


def pair_figures(truth: Sequence[Hashable], found: Sequence[Hashable]) -> tuple[float, float, float]:
    """Precision, recall and F1 over the pairs that are put together."""
    right = _pairs(zip(truth, found, strict=True))
    precision, recall = right / max(1, _pairs(found)), right / max(1, _pairs(truth))
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)


def _pairs(labels: Iterable[Hashable]) -> int:
    return sum(size * (size - 1) // 2 for size in Counter(labels).values())


async def _place(told: Sequence[Sample], file: Path) -> _Placed:
    """Places the samples in batches as ingest does; their registry rows are made before, and their tokens, which ingest has anyway."""
    database = await Database.open(f"sqlite+aiosqlite:///{file}", schema="indexing")
    try:
        await database.migrate(MIGRATIONS)
        async with database.write() as connection:
            await connection.execute(insert(tables.mention), [{"id": _id(number), "month": "2024.05"} for number in range(len(told))])
        stories, seconds, memberships = SqlStories(database), 0.0, list[Membership]()
        for start in range(0, len(told), BATCH):
            mentions = [_mention(_id(start + at), each.text) for at, each in enumerate(told[start : start + BATCH])]
            readings = read_all([mention.document for mention in mentions])
            begun = time.process_time()
            tellings: list[Telling] = [telling(mention, reading) for mention, reading in zip(mentions, readings, strict=True)]
            found = await stories.place(tellings)
            seconds += time.process_time() - begun
            memberships.extend(found[mention.id] for mention in mentions)
    finally:
        await database.close()
    return _Placed(memberships, seconds)


def _id(number: int) -> str:
    return f"{number * 2_654_435_761 % 2**64:032x}"


def _mention(mention_id: str, text: str) -> Mention:
    return Mention(mention_id, Document("sources/bench", "bench.test", _NOW, text=text), "", _NOW, _NOW)


def _say_kinds(told: Sequence[Sample], memberships: Sequence[Membership]) -> None:
    """How many of each kind came to the story of what they were made of; of the joined ones, how many are linked with both and merged with none."""
    originals = {each.group: place for each, place in zip(told, memberships, strict=True) if not each.kind}
    kinds: Mapping[str, list[bool]] = defaultdict(list[bool])
    for each, place in zip(told, memberships, strict=True):
        if each.parents:
            kinds["joined: alone"].append(all(place.story != originals[parent].story for parent in each.parents))
            kinds["joined: linked"].append(all(_linked(place, originals[parent]) for parent in each.parents))
        elif each.kind:
            kinds[each.kind].append(place.story == originals[each.group].story)
    for kind, right in sorted(kinds.items()):
        say(f"  {kind}: {sum(right) / len(right):.4f} of {len(right)}")


def _linked(one: Membership, other: Membership) -> bool:
    """Whichever came later knows of the other."""
    return any(each.story == other.story for each in one.related) or any(each.story == one.story for each in other.related)
