"""Compiles a query's tree to Elasticsearch's query language: text is scored, fields only filter."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeAlias

from yuqing_text.query.tree import And, Bound, Everything, Forms, Gist, Near, Node, Not, OneOf, Or, Phrase, Range, Similar, Weighted

Query: TypeAlias = dict[str, object]
"""A query as Elasticsearch takes it in JSON."""

Tokens: TypeAlias = tuple[str, ...]
ABSENT = "_"
"""No text has this token."""


@dataclass(frozen=True, slots=True)
class TokenField:
    """The index's field with the tokens of a part of the text (analysed by `whitespace`), and how much a hit there weighs."""

    name: str
    boost: float = 1.0


def _mention_parts() -> dict[str, TokenField]:
    return {"title": TokenField("title_tokens", boost=2.0), "body": TokenField("body_tokens")}


def _mention_names() -> dict[str, str]:
    return {"author": "author_normal", "region": "region_normal", "entity": "entity_normal", "published": "when"}


@dataclass(frozen=True, slots=True)
class IndexFields:
    """Where the index keeps what a query names: parts of the text, and fields that are called otherwise than in the query."""

    parts: Mapping[str, TokenField] = field(default_factory=_mention_parts)
    names: Mapping[str, str] = field(default_factory=_mention_names)

    def searched(self, part: str | None) -> Iterable[TokenField]:
        """The token fields of one part, or of all."""
        return self.parts.values() if part is None else (self.parts[part],)

    def name(self, queried: str) -> str:
        """The index's name of a field."""
        return self.names.get(queried, queried)


MENTION_FIELDS = IndexFields()


def compile_query(tree: Node, fields: IndexFields = MENTION_FIELDS) -> Query:
    """The Elasticsearch query that finds exactly what the matcher matches."""
    match tree:
        case And():
            return _conjunction(tree, fields)
        case Or():
            return _disjunction([clause for operand in tree.operands for clause in _alternatives(operand, fields)])
        case Not(operand):
            return {"bool": {"must_not": [_unscored(operand, fields)]}}
        case Phrase() | Forms() | Near():
            return _disjunction(_alternatives(tree, fields))
        case Gist(phrases, least):
            return {"bool": {"should": [compile_query(phrase, fields) for phrase in phrases], "minimum_should_match": least}}
        case OneOf() | Range():
            return {"bool": {"filter": [_unscored(tree, fields)]}}
        case Weighted():
            return _weighted(tree, fields)
        case Similar():
            raise TypeError("what is similar has to be found before an index of words is asked")
        case Everything():
            return {"match_all": {}}


def _conjunction(node: And, fields: IndexFields) -> Query:
    clauses: dict[str, list[Query]] = {}
    for operand in node.operands:
        if isinstance(operand, Not):
            clauses.setdefault("must_not", []).append(_unscored(operand.operand, fields))
        elif _filters_only(operand):
            clauses.setdefault("filter", []).append(_unscored(operand, fields))
        else:
            clauses.setdefault("must", []).append(compile_query(operand, fields))
    return {"bool": clauses}


def _disjunction(alternatives: list[Query]) -> Query:
    return alternatives[0] if len(alternatives) == 1 else {"bool": {"should": alternatives, "minimum_should_match": 1}}


def _alternatives(node: Node, fields: IndexFields) -> list[Query]:
    """The clauses of which one must match; Elasticsearch limits how deep a query is nested, so they are not wrapped."""
    match node:
        case Phrase():
            return [_phrase(node, where) for where in fields.searched(node.part)]
        case Forms(phrases):
            return [clause for phrase in phrases for clause in _alternatives(phrase, fields)]
        case Near():
            return [_near(node, where) for where in fields.searched(node.part)]
        case _:
            return [compile_query(node, fields)]


def _filters_only(node: Node) -> bool:
    match node:
        case OneOf() | Range():
            return True
        case And(operands) | Or(operands):
            return all(map(_filters_only, operands))
        case _:
            return False


def _unscored(node: Node, fields: IndexFields) -> Query:
    """A clause for a place that is not scored anyway."""
    match node:
        case OneOf(name=name, values=values) | Weighted(name=name, values=values):
            return {"terms": {fields.name(name): list(values)}}
        case Range():
            return _range(node, fields.name(node.name))
        case _:
            return compile_query(node, fields)


def _weighted(node: Weighted, fields: IndexFields) -> Query:
    """Values of one weight are one clause: Elasticsearch limits how many there are."""
    values: dict[float, list[str]] = {}
    for value, weight in node.weights:
        values.setdefault(weight, []).append(value)
    name = fields.name(node.name)
    alternatives: list[Query] = [{"constant_score": {"filter": {"terms": {name: each}}, "boost": weight}} for weight, each in values.items()]
    return _disjunction(alternatives) if alternatives else {"match_none": {}}


def _phrase(node: Phrase, where: TokenField) -> Query:
    if len(node.tokens) == 1:
        return {"term": {where.name: {"value": node.tokens[0], "boost": where.boost}}}
    return {"match_phrase": {where.name: {"query": " ".join(node.tokens), "boost": where.boost}}}


def _near(node: Near, where: TokenField) -> Query:
    """One rule for each pair of phrases.

    An `any_of` inside `all_of` would not do: intervals of different lengths hide one another there, as only the smallest are looked at.
    With one phrase on each side, all intervals of a side are equally long, and the smallest one around a pair is the one with the smallest gap.
    """
    rules = [rule for left in node.left for right in node.right for rule in _pair(left.tokens, right.tokens, node.distance)]
    return {"intervals": {where.name: {**_any(rules), "boost": where.boost}}}


def _pair(left: Tokens, right: Tokens, distance: int) -> list[Query]:
    """Rules of which one must match for two phrases to be near.

    Twice the same phrase is a case of its own: Lucene folds equal sources into one repeated source, whose gaps are wrong for phrases of
    several tokens. So one of the two is disguised, and they must follow one another; occurrences that overlap are phrases that are longer.
    """
    if left != right:
        return [{"all_of": {"ordered": False, "max_gaps": distance, "intervals": [_interval(left), _interval(right)]}}]
    disguised = _interval(right, filter={"not_containing": _interval((ABSENT,))})
    apart: Query = {"all_of": {"ordered": True, "max_gaps": distance, "intervals": [_interval(left), disguised]}}
    return [apart, *(_interval(left[:shift] + left) for shift in range(1, len(left)) if left[shift:] == left[:-shift])]


def _interval(tokens: Tokens, **options: object) -> Query:
    return {"match": {"query": " ".join(tokens), "ordered": True, "max_gaps": 0, **options}}


def _any(rules: list[Query]) -> Query:
    return rules[0] if len(rules) == 1 else {"any_of": {"intervals": rules}}


def _range(node: Range, name: str) -> Query:
    if node.lower is None and node.upper is None:
        return {"exists": {"field": name}}
    ends = _end(node.lower, "gt") | _end(node.upper, "lt")
    return {"range": {name: ends}}


def _end(bound: Bound | None, comparison: str) -> dict[str, object]:
    if bound is None:
        return {}
    return {f"{comparison}e" if bound.inclusive else comparison: _json(bound.value)}


def _json(value: float | datetime) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return int(value) if float(value).is_integer() else value
