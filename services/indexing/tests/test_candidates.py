"""The matcher in memory sees the same values of a mention as the index."""

from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuqing_indexing.adapters.elasticsearch.client import dumps
from yuqing_indexing.adapters.elasticsearch.indices import mapping
from yuqing_indexing.adapters.elasticsearch.records import mention_of, mention_record
from yuqing_indexing.domain.analysis import analyse
from yuqing_indexing.domain.candidates import candidate_of
from yuqing_indexing.domain.document import Author, Counts, Document, Judgement, Membership, Mention
from yuqing_indexing.domain.labels import Entity, Label, Labels, Region
from yuqing_text.query.elasticsearch import MENTION_FIELDS
from yuqing_text.query.schema import EXACT_QUERIES, Kind

NOW = datetime(2024, 5, 20, 4, 0, tzinfo=UTC)
FIELDS = [field.name for field in EXACT_QUERIES.fields if field.kind not in (Kind.TEXT, Kind.SWITCH) and field.name not in EXACT_QUERIES.elsewhere]
NAMED = st.lists(st.builds(Label, st.sampled_from(["complaint", "safety", "product"]), st.floats(0, 1)), max_size=2).map(tuple)
LABELS = st.builds(
    Labels,
    NAMED,
    NAMED,
    NAMED,
    NAMED,
    st.floats(0, 1),
    st.lists(st.sampled_from([Entity("person", "甲", "店长", 2), Entity("organisation", "ABC公司"), Entity("product", "鍋王")]), max_size=2).map(
        tuple
    ),
    st.lists(st.sampled_from([Region("370200", "山东省 青岛市"), Region("", "美国"), Region("440000", "广东省")]), max_size=2).map(tuple),
)
DOCUMENTS = st.builds(
    Document,
    st.just("sources/a"),
    st.sampled_from(["e.test", "E.Test"]),
    st.just(NOW),
    medium=st.sampled_from(["news", "forum", ""]),
    text=st.just("锅"),
    author=st.none() | st.builds(Author, st.sampled_from(["", "張三"]), followers=st.none() | st.integers(0, 10**9)),
    region=st.sampled_from(["", "广东", "臺灣"]),
    counts=st.builds(Counts, *(st.none() | st.integers(0, 10**6) for _ in range(4))),
    rating=st.none() | st.sampled_from([1.0, 4.5]),
)


@given(DOCUMENTS, st.none() | LABELS, st.booleans(), st.booleans())
def test_the_matcher_sees_what_the_index_holds_when_a_mention_is_any(document, labels, vanished, placed):
    judgement = None if labels is None else Judgement("h", "negative", 0.8, 0.1, 0.1, "zh", "fake", "1", NOW, labels)
    membership = Membership("s") if placed else None
    mention = Mention("a" * 32, document, "h", NOW, NOW, vanished=vanished, judgement=judgement, membership=membership)
    held = orjson.loads(dumps(mention_record(mention, analyse(mention))))
    assert held.keys() <= mapping("mentions")["properties"].keys()
    read = mention_of("a" * 32, held)
    assert read == mention
    seen = candidate_of(read).fields
    for field in FIELDS:
        assert values(seen.get(field)) == values(held.get(MENTION_FIELDS.name(field))), field


def test_a_mention_is_read_when_a_version_wrote_it_that_knew_no_labels_and_no_risk():
    judgement = Judgement("h", "negative", 0.8, 0.1, 0.1, "zh", "fake", "1", NOW)
    mention = Mention("a" * 32, Document("sources/a", "e.test", NOW, text="锅"), "h", NOW, NOW, judgement=judgement, membership=Membership("s"))
    held = orjson.loads(dumps(mention_record(mention, analyse(mention))))
    read = mention_of("a" * 32, {name: value for name, value in held.items() if name not in ("labels", "offensive", "influence", "risk", "weights")})
    assert (read, read.assessment, read.labels) == (mention, None, Labels())


def values(value):
    """As the engine looks at them: one or several, times as they are written."""
    listed = value if isinstance(value, list) else [] if value is None else [value]
    return {orjson.loads(dumps(each)) for each in listed}


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_of_the_query_language_is_in_the_index(field):
    assert MENTION_FIELDS.name(field) in mapping("mentions")["properties"]
