"""Selections, orders and counts in Elasticsearch's words; pure functions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from yuqing_indexing.domain.searching import LABEL_FACETS, Bars, Order, Selection
from yuqing_text.query.elasticsearch import compile_query

Json = dict[str, Any]
"""A part of a request body."""

FACET_VALUES = 50
SPLIT_VALUES = 20
_TIME_FIELDS = {"published": "when", "first_seen": "first_seen"}
_BELOW_ALL = -1
"""Where a mention stands that was last written before there was such a number; a page's token cannot hold the engine's own −∞."""
_ORDERS: dict[Order, list[Json]] = {
    Order.RELEVANCE: [{"_score": "desc"}, {"when": "desc"}],
    Order.NEWEST: [{"when": "desc"}],
    Order.OLDEST: [{"when": "asc"}],
    Order.REACH: [{"reach": "desc"}, {"when": "desc"}],
    Order.RISK: [{"risk": {"order": "desc", "missing": _BELOW_ALL}}, {"when": "desc"}],
    Order.INFLUENCE: [{"influence": {"order": "desc", "missing": _BELOW_ALL}}, {"when": "desc"}],
}


NOWHERE = "topics/"
"""No topic has this name."""


def query_of(selection: Selection) -> Json:
    """The query that finds a selection; only its words are scored."""
    filters: list[Json] = [{"terms": {facet: list(values)}} for facet, values in selection.filters.items()]
    limits = {"gte": _moment(selection.start), "lt": _moment(selection.end)}
    limits = {name: value for name, value in limits.items() if value}
    if selection.only is not None:
        filters.append({"ids": {"values": list(selection.only)}})
    if limits:
        filters.append({"range": {"when": limits}})
    words = compile_query(selection.tree)
    return {"bool": {"must": [words], "filter": filters}} if filters else words


def sort_of(order: Order) -> list[Json]:
    """The sort of an order, down to the last tie."""
    return [*_ORDERS[order], {"tiebreak": "asc"}]


def facet_question(facet: str, topics: frozenset[str] | None = None, *, size: int = FACET_VALUES) -> Json:
    """Counts the values of a facet; of topics only these (None: all)."""
    question: Json = {"field": facet, "size": size}
    if facet == "topic" and topics is not None:
        question["include"] = sorted(topics) or [NOWHERE]
    return {"terms": question}


def bars_question(bars: Bars, topics: frozenset[str] | None = None) -> Json:
    """Counts over time, split where that is asked for."""
    histogram: Json = {
        "field": _TIME_FIELDS[bars.by],
        "calendar_interval": bars.interval,
        "time_zone": bars.time_zone,
        "min_doc_count": 1,  # one wrong year in a page would otherwise make millions of empty bars
    }
    question: Json = {"date_histogram": histogram}
    if bars.split:
        question["aggs"] = {"split": facet_question(bars.split, topics, size=SPLIT_VALUES)}
    return question


def figures_question(topics: Sequence[str], time_zone: str) -> Json:
    """Looks at the mentions of each topic, in their order."""
    parts: Json = {
        "sentiments": facet_question("sentiment"),
        "media": facet_question("medium"),
        "reach": {"sum": {"field": "reach"}},
        "mean_influence": {"avg": {"field": "influence"}},
        "mean_risk": {"avg": {"field": "risk"}},
        **{name: facet_question(name) for name in LABEL_FACETS},
        "days": bars_question(Bars("day", "published", time_zone)),
    }
    return {"filters": {"filters": [{"term": {"topic": topic}} for topic in topics]}, "aggs": parts}


def _moment(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""
