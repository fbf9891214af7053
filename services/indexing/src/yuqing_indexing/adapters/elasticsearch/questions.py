"""Selections, orders and counts in Elasticsearch's words; pure functions."""

from datetime import datetime
from typing import Any

from yuqing_indexing.domain.searching import Bars, Order, Selection
from yuqing_text.query.elasticsearch import compile_query

Json = dict[str, Any]
"""A part of a request body."""

FACET_VALUES = 50
SPLIT_VALUES = 20
_TIME_FIELDS = {"published": "when", "first_seen": "first_seen"}
_ORDERS: dict[Order, list[Json]] = {
    Order.RELEVANCE: [{"_score": "desc"}, {"when": "desc"}],
    Order.NEWEST: [{"when": "desc"}],
    Order.OLDEST: [{"when": "asc"}],
    Order.REACH: [{"reach": "desc"}, {"when": "desc"}],
}


def query_of(selection: Selection) -> Json:
    """The query that finds a selection; only its words are scored."""
    filters: list[Json] = [{"terms": {facet: list(values)}} for facet, values in selection.filters.items()]
    limits = {"gte": _moment(selection.start), "lt": _moment(selection.end)}
    limits = {name: value for name, value in limits.items() if value}
    if limits:
        filters.append({"range": {"when": limits}})
    words = compile_query(selection.tree)
    return {"bool": {"must": [words], "filter": filters}} if filters else words


def sort_of(order: Order) -> list[Json]:
    """The sort of an order, down to the last tie."""
    return [*_ORDERS[order], {"tiebreak": "asc"}]


def facet_question(facet: str) -> Json:
    """Counts the values of a facet."""
    return {"terms": {"field": facet, "size": FACET_VALUES}}


def bars_question(bars: Bars) -> Json:
    """Counts over time, split where that is asked for."""
    histogram: Json = {
        "field": _TIME_FIELDS[bars.by],
        "calendar_interval": bars.interval,
        "time_zone": bars.time_zone,
        "min_doc_count": 1,  # one wrong year in a page would otherwise make millions of empty bars
    }
    question: Json = {"date_histogram": histogram}
    if bars.split:
        question["aggs"] = {"split": {"terms": {"field": bars.split, "size": SPLIT_VALUES}}}
    return question


def _moment(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""
