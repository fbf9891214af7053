"""Mentions matched with a thousand topics as ingest does it, all at once in memory, on one core."""

import itertools
import random
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from tests.bench.figures import Row, say
from tests.bench.spooling import documents
from yuqing_indexing.domain.analysis import read_all
from yuqing_indexing.domain.document import Document, Mention
from yuqing_indexing.domain.topics import Topics, Watched, topic_parser
from yuqing_text.words import words

TOPICS = 1_000
WANTED = {60: 20_000, 700: 4_000}
"""Characters of a text, and how many of them a second are wanted."""
MATCHING = 100
"""Each of so many mentions matches."""
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_ROUNDS = 5


def measure(var: Path, *, quick: bool) -> list[Row]:
    """A row for each length; nothing is started, so nothing is kept in `var`."""
    chance = random.Random(7)
    corpus = [document.text for document in documents(500 if quick else 4_000)]
    queries = _queries(chance, corpus)
    topics = Topics([Watched(f"topics/t{number}", query) for number, query in enumerate(queries)], topic_parser("Asia/Shanghai"))
    return [_row(chance, corpus, queries, topics, characters, wanted) for characters, wanted in WANTED.items()]


def _row(chance: random.Random, corpus: Sequence[str], queries: Sequence[str], topics: Topics, characters: int, wanted: int) -> Row:
    mentions = _mentions(chance, corpus, queries, topics, characters)
    readings = read_all([mention.document for mention in mentions])
    speeds: list[float] = []
    for _ in range(_ROUNDS):
        begun = time.process_time()
        matched = sum(bool(topics.assigned(mention, reading).topics) for mention, reading in zip(mentions, readings, strict=True))
        speeds.append(len(mentions) / (time.process_time() - begun))
        say(f"  {characters} characters: {speeds[-1]:,.0f} mentions a second, {matched} of {len(mentions)} match")
    note = f"{len(queries)} topics of 3 terms, {matched / len(mentions):.1%} of the mentions match; tokens cut before, as at ingest"
    return Row(f"topics, {characters} characters", "mentions/s of one core", median(speeds), wanted, at_least=True, note=note)


def _queries(chance: random.Random, corpus: Sequence[str]) -> list[str]:
    """Half of them a name of one's own with one of two words, as products are watched; half three words of the language together."""
    frequent = [word for word, _ in Counter(itertools.chain.from_iterable(map(words, corpus))).most_common(2_000)]
    characters = sorted({character for text in corpus for character in text if "\u4e00" <= character <= "\u9fff"})
    queries: list[str] = []
    for _ in range(TOPICS // 2):
        name = "".join(chance.choices(characters, k=3))
        queries.append('"{}" ("{}" OR "{}")'.format(name, *chance.sample(frequent, 2)))
        queries.append('"{}" "{}" "{}"'.format(*chance.sample(frequent, 3)))
    return queries


def _mentions(chance: random.Random, corpus: Sequence[str], queries: Sequence[str], topics: Topics, characters: int) -> list[Mention]:
    """Texts of the world of that many characters that match no topic, but for a hundredth that are made to match one."""
    texts = iter(itertools.cycle(corpus))
    found: list[Mention] = []
    while len(found) < 1_000_000 // characters:
        text = next(texts)
        while len(text) < characters:
            text += next(texts)
        wanted = len(found) % MATCHING == 0
        if wanted:
            first, second = chance.choice(queries[::2]).split('"')[1:4:2]
            text = f"{first}{second}{text}"
        mention = Mention(str(len(found)), Document("sources/a", "e.test", _NOW, text=text[:characters]), "", _NOW, _NOW)
        if bool(topics.assigned(mention).topics) == wanted:
            found.append(mention)
    return found
