"""Every kind is found by its name, says what it needs, and survives whatever a page holds."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yuqing_crawler.domain.kinds.kind import START, Fetched, Follow, Known, Parameters, Parsed, Revisited, SourceView
from yuqing_crawler.domain.kinds.registry import (
    KINDS,
    InvalidParametersError,
    UnknownKindError,
    kind_named,
    parameters_from_mapping,
    parameters_schema,
)
from yuqing_crawler.domain.onboarding import Proposal, propose

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
URL = "https://x.test/board/1"
NEEDED: dict[str, dict[str, object]] = {"api": {"fields": {"text": "$.text", "native_id": "$.id", "url": "$.url", "images": "$.pics[*]"}}}


def parameters(kind: str) -> Parameters:
    return parameters_from_mapping(kind, NEEDED.get(kind, {}))


def test_all_kinds_are_found_when_package_is_searched() -> None:
    assert set(KINDS) == {"api", "feed", "forum", "list", "review"}


def test_name_is_refused_with_the_known_ones_when_it_is_unknown() -> None:
    with pytest.raises(UnknownKindError, match="api, feed, forum, list, review"):
        kind_named("telepathy")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_kind_describes_itself_when_console_asks(kind: str) -> None:
    assert KINDS[kind].display_name
    assert KINDS[kind].description
    assert parameters_schema(kind)["type"] == "object"


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_parameters_survive_the_way_through_json_numbers_when_whole(kind: str) -> None:
    given = {**NEEDED.get(kind, {}), **({"page_limit": 3.0} if "page_limit" in KINDS[kind].parameters.model_fields else {})}
    assert parameters_from_mapping(kind, given) == parameters_from_mapping(kind, {**given, **({"page_limit": 3} if "page_limit" in given else {})})


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_unknown_parameter_is_named_when_given(kind: str) -> None:
    with pytest.raises(InvalidParametersError) as caught:
        parameters_from_mapping(kind, {**NEEDED.get(kind, {}), "colour": "red"})
    assert [problem.field for problem in caught.value.problems] == ["colour"]


FRAGMENTS = st.sampled_from(
    [
        "<rss><channel><item>",
        "<title>标题</title>",
        "<link>http://[</link>",
        "<pubDate>昨天</pubDate>",
        "</item></channel></rss>",
        "<urlset><url><loc>",
        "http://x.test/a/1</loc></url></urlset>",
        "<feed xmlns='http://www.w3.org/2005/Atom'><entry>",
        "<a href='http://['>一条很长的链接标题文字</a>",
        "<a href='/thread/1'>一条很长的链接标题文字</a>",
        "<a href='/thread/2?page=２'>下一页</a>",
        "<div class='post' id='post_11'>",
        "</div>",
        "<span class='floor'>²楼</span>",
        "<i class='star star-99'>",
        "<i class='rating' style='width:999%'>",
        "<b class='user-name'>甲</b>",
        "<time datetime='x'>2026-11-20</time>",
        "<p>正文一句话，说点什么。</p>",
        '{"items":[',
        '{"id":1,"text":"正文正文正文","url":"http://["},',
        '{"text":{"a":[]},"pics":[1,null]}',
        "]}",
        "[[[[",
        "null",
        "\x00",
        "\ud800",
    ]
)
BODIES = st.lists(FRAGMENTS | st.text(max_size=8), max_size=25).map(lambda parts: "".join(parts).encode("utf-8", "surrogatepass")) | st.binary(
    max_size=200
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(BODIES, st.sampled_from(sorted(KINDS)), st.sampled_from([START, "article", "thread", "comments", "page"]), st.sampled_from([200, 404, 503]))
def test_kind_never_fails_when_body_is_anything(body: bytes, name: str, role: str, status: int) -> None:
    kind = KINDS[name]
    source: SourceView[Parameters] = SourceView(URL, parameters(name), "news")
    fetched = Fetched(URL, status, {"content-type": "text/html"}, body, NOW)
    assert isinstance(kind.parse(fetched, Follow(URL, role), source), Parsed)
    assert isinstance(kind.revisit(fetched, Known(URL, "11"), source), Revisited)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(BODIES)
def test_proposal_never_fails_when_body_is_anything(body: bytes) -> None:
    assert isinstance(propose(URL, Fetched(URL, 200, {}, body, NOW)), Proposal)
