"""The matcher in memory and a real Elasticsearch find the same documents, whatever is asked of whatever text."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from yuqing_text.query.elasticsearch import Query, compile_query
from yuqing_text.query.errors import QueryError
from yuqing_text.query.matcher import Candidate, FieldValue, Matcher
from yuqing_text.query.matcher_set import MatcherSet
from yuqing_text.query.parser import parse
from yuqing_text.query.tree import Node
from yuqing_text.query.widening import Synonyms
from yuqing_text.tokens import token_text

INDEX = "query-agreement"
DOCUMENTS = 300
QUERIES = 400
SIGNS = ("手", "手", "机", "機", "爆", "a", "A", "ab", "b ", "1", "１", "é", "。", " ", "😀", "\n", "_")
WORDS = ("手", "机", "爆", "a", "ab", "b", "1", "é", "手机", "手手", "手机手", "a手", "a b", "手手手", "ab1", "手a手")
FORM_SIGNS = (*SIGNS, "火", "暴", "寿", "収", "收", "shouji", "首", "鸡", "木", "几", "骗", "马", "扁", "偏", "検", "检")
FORM_WORDS = ("手机", "爆手", "骗手", "爆", "机", "检手", "机手", "a手", "收机")
FORM_SWITCHES = ("谐音", "拆字", "异体", "变形", "split:sound", "同义", "同义:谐音")
SYNONYMS = Synonyms([["手机", "寿", "鸡 a"], FORM_WORDS])
SITES = ("x.test", "y.test", "z.test")
MEDIA = ("news", "forum", "blog")
SENTIMENTS = ("负面", "negative", "neutral", "正面")
PLACES = ("山东", "370000", "广东")
ENTITIES = ("霁川", "abc", "王某")
START = datetime(2026, 1, 1, tzinfo=UTC)
KEYWORD = {"type": "keyword"}
MAPPING = {
    "title_tokens": {"type": "text", "analyzer": "whitespace"},
    "body_tokens": {"type": "text", "analyzer": "whitespace"},
    "site": KEYWORD,
    "medium": KEYWORD,
    "sentiment": KEYWORD,
    "author_normal": KEYWORD,
    "region_normal": KEYWORD,
    "entity_normal": KEYWORD,
    "intent": KEYWORD,
    "focus_area": KEYWORD,
    "risk": {"type": "double"},
    "offensive": {"type": "double"},
    "reach": {"type": "long"},
    "rating": {"type": "double"},
    "when": {"type": "date"},
}


class World:
    """Random documents and random queries about them, the same for the same seed."""

    def __init__(self, seed: int, *, widened: bool = False) -> None:
        self._random = random.Random(seed)
        self._signs = FORM_SIGNS if widened else SIGNS
        self._switches = FORM_SWITCHES if widened else ()
        self._gists = (self.gist,) if widened else ()

    def text(self, longest: int) -> str:
        return "".join(self._random.choice(self._signs) for _ in range(self._random.randint(0, longest)))

    def document(self) -> Candidate:
        pick = self._random.choice
        fields: dict[str, FieldValue] = {
            "site": pick(SITES),
            "medium": pick(MEDIA),
            "sentiment": pick(("negative", "neutral", "positive")),
            "author": pick((None, "张三", "david")),
            "region": self._random.sample(PLACES, self._random.randint(0, 2)),
            "entity": self._random.sample(ENTITIES, self._random.randint(0, 2)),
            "intent": self._random.sample(("complaint", "question", "praise"), self._random.randint(0, 2)),
            "focus_area": self._random.sample(("safety", "law"), self._random.randint(0, 1)),
            "risk": pick((None, 0.0, 33.33, 63.26, 100.0)),
            "offensive": pick((None, 0.0, 0.25, 1.0)),
            "reach": pick((None, 0, 10, 100, 1000)),
            "rating": pick((None, 1.0, 4.5, 5.0)),
            "published": pick((None, START + timedelta(hours=self._random.randint(0, 24 * 10)))),
        }
        return Candidate({"title": self.text(6), "body": self.text(30)}, fields)

    def query(self, depth: int = 3) -> str:
        pick = self._random.choice
        if depth == 0 or self._random.random() < 0.25:
            return pick((self.phrase, self.phrase, self.near, self.near, self.part, self.field, *self._gists))()
        left, right = self.query(depth - 1), self.query(depth - 1)
        return pick((f"({left} {right})", f"({left} AND {right})", f"({left} OR {right})", f"({left} NOT {right})", f"NOT {left}", f"({right})"))

    def word(self) -> str:
        """A word; with a switch before it where this world has them and the word is long enough for all."""
        pick = self._random.choice
        if not self._switches or self._random.random() < 0.3:
            return f'"{pick(WORDS)}"'
        word = pick(FORM_WORDS)
        return f"{pick(self._switches if len(word) > 1 else ('拆字', '变形'))}:{word}"

    def phrase(self) -> str:
        return " ".join(self.word() for _ in range(self._random.choice((1, 1, 1, 2))))

    def gist(self) -> str:
        return f'{self._random.choice(("", "标题:", "body:"))}大意:"{self.text(12) or "手"}手"'

    def side(self) -> str:
        words = [self.word() for _ in range(self._random.choice((1, 1, 2, 3)) if not self._switches else 1)]
        return words[0] if len(words) == 1 else f"({' OR '.join(words)})"

    def near(self) -> str:
        left = self.side()
        return f"{left} NEAR/{self._random.randint(0, 6)} {self._random.choice((left, self.side(), self.side()))}"

    def part(self) -> str:
        return f"{self._random.choice(('title', '标题', 'body'))}:({self._random.choice((self.phrase, self.near))()})"

    def field(self) -> str:
        pick = self._random.choice
        first, last = sorted(self._random.sample(range(1, 12), 2))
        return pick(
            (
                f"site:{pick(SITES)}",
                f"site:({pick(SITES)} OR {pick(SITES).upper()})",
                f"媒体:{pick(MEDIA)}",
                f"sentiment:{pick(SENTIMENTS)}",
                f"author:{pick(('張三', 'David', 'nobody'))}",
                f"region:{pick(('山東', '370000', '广东'))}",
                f"entity:({pick(('霁川', 'ABC'))} OR 没有)",
                f"意图:({pick(('投诉', 'praise'))} OR {pick(('咨询', 'complaint'))})",
                f"focus:{pick(('安全', 'law'))}",
                f"risk:{pick(('>', '>=', '<', '<=', ''))}{pick((0, 33.33, 63.26))}",
                f"冒犯:[{pick(('*', '0.25'))} TO {pick(('*', '0.5'))}]",
                f"published:[2026-01-{first:02} TO 2026-01-{last:02}]",
                f"published:{pick(('>', '>=', '<', '<=', ''))}2026-01-{first:02}",
                f"published:>=2026-01-{first:02}T08:30",
                f"reach:{pick(('>', '>=', '<', '<=', ''))}{pick((0, 10, 100))}",
                f"reach:[{pick(('*', '10'))} TO {pick(('*', '100'))}]",
                f"rating:[{pick(('*', '4.5'))} TO *]",
            )
        )


def readable(world: World, number: int) -> tuple[list[str], list[Node]]:
    """Random queries with their trees; two words in many forms near each other are more than a query may hold, and tried again."""
    queries: list[str] = []
    trees: list[Node] = []
    while len(queries) < number:
        query = world.query()
        try:
            trees.append(parse(query, synonyms=SYNONYMS))
        except QueryError as error:
            if error.code != "too_many":
                raise
        else:
            queries.append(query)
    return queries, trees


@pytest.fixture(scope="module")
def elasticsearch(elasticsearch_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=elasticsearch_url, timeout=120, trust_env=False) as client:
        yield client
        client.delete(f"/{INDEX}")


def index(elasticsearch: httpx.Client, documents: list[Candidate]) -> None:
    elasticsearch.delete(f"/{INDEX}")
    settings = {"number_of_shards": 1, "number_of_replicas": 0}
    elasticsearch.put(f"/{INDEX}", json={"settings": settings, "mappings": {"dynamic": "strict", "properties": MAPPING}}).raise_for_status()
    names = {"author": "author_normal", "region": "region_normal", "entity": "entity_normal", "published": "when"}
    lines: list[object] = []
    for number, document in enumerate(documents):
        fields = {names.get(name, name): value for name, value in document.fields.items() if value is not None}
        tokens = {f"{part}_tokens": token_text(text) for part, text in document.text.items()}
        lines += [{"index": {"_id": str(number)}}, fields | tokens]
    assert not post_lines(elasticsearch, f"/{INDEX}/_bulk?refresh=true", lines)["errors"]


def found(elasticsearch: httpx.Client, queries: list[Query]) -> list[set[int]]:
    lines = [line for query in queries for line in ({}, {"query": query, "size": DOCUMENTS, "_source": False})]
    responses = post_lines(elasticsearch, f"/{INDEX}/_msearch", lines)["responses"]
    return [{int(hit["_id"]) for hit in response["hits"]["hits"]} for response in responses]


def post_lines(elasticsearch: httpx.Client, path: str, lines: list[object]) -> dict:
    content = "".join(json.dumps(line, default=datetime.isoformat) + "\n" for line in lines)
    response = elasticsearch.post(path, content=content, headers={"content-type": "application/x-ndjson"})
    response.raise_for_status()
    return response.json()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_matcher_and_elasticsearch_agree_when_queries_and_texts_are_random(elasticsearch: httpx.Client, seed: int) -> None:
    assert_agreement(elasticsearch, World(seed), queries=QUERIES)


@pytest.mark.parametrize("seed", [4, 5])
def test_matcher_and_elasticsearch_agree_when_words_are_searched_in_other_forms(elasticsearch: httpx.Client, seed: int) -> None:
    assert_agreement(elasticsearch, World(seed, widened=True), queries=QUERIES // 2)


def assert_agreement(elasticsearch: httpx.Client, world: World, *, queries: int) -> None:
    documents = [world.document() for _ in range(DOCUMENTS)]
    asked, trees = readable(world, queries)
    index(elasticsearch, documents)

    in_memory = [{number for number, document in enumerate(documents) if Matcher(tree).match(document)} for tree in trees]
    in_index = found(elasticsearch, [compile_query(tree) for tree in trees])
    all_at_once = MatcherSet({str(number): tree for number, tree in enumerate(trees)})
    matched = [{int(query) for query in all_at_once.match(document)} for document in documents]

    disagreements = [
        (query, sorted(memory ^ engine)[:3]) for query, memory, engine in zip(asked, in_memory, in_index, strict=True) if memory != engine
    ]
    assert disagreements == []
    assert matched == [{query for query, hits in enumerate(in_index) if number in hits} for number in range(DOCUMENTS)]
    assert sum(0 < len(matches) < DOCUMENTS for matches in in_memory) > queries / 2  # most queries tell documents apart


def test_elasticsearch_takes_a_query_when_it_is_as_large_as_the_limits_allow(elasticsearch: httpx.Client) -> None:
    index(elasticsearch, [Candidate({"title": "手机", "body": "a b"})])
    nested = "手机"
    for level in range(24):
        nested = f"({nested} {'AND' if level % 2 else 'OR'} {'a' if level % 2 else 'zz'})"
    wide = " OR ".join([f"w{number}" for number in range(499)] + ["手机"])
    pairs = "({}) NEAR/3 ({})".format(" OR ".join(f"l{number}" for number in range(22)), " OR ".join(["机", *(f"r{n}" for n in range(21))]))

    answers = found(elasticsearch, [compile_query(parse(query)) for query in (nested, wide, pairs)])

    assert answers == [{0}, {0}, set()]
