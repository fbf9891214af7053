"""Makes the tree out of what the grammar recognised, checking what a grammar cannot say."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import TypeAlias, TypeVar

from lark import (
    Token,
    Transformer,
    v_args,  # pyright: ignore[reportUnknownVariableType]
)

from yuqing_text.query.errors import mistake
from yuqing_text.query.schema import Field, Kind, Schema
from yuqing_text.query.tree import (
    Bound,
    Everything,
    Near,
    Node,
    Not,
    OneOf,
    Or,
    Phrase,
    QueryPlace,
    Range,
    Similar,
    all_of,
    any_of,
    children,
    none_of,
    walk,
)
from yuqing_text.query.values import read_date, read_number
from yuqing_text.tokens import token_strings

MOST_DISTANCE = 100
_DISTANCE = re.compile(r"NEAR/([0-9]{1,3})")
_MENTION = re.compile(r"mentions/([a-z0-9]{1,64})")
_LISTED = re.compile(r"[,;、]")
Interval: TypeAlias = tuple[float | datetime, float | datetime, bool]
"""What a written value covers: from, to, and whether the end belongs to it."""

_Builder = TypeVar("_Builder", bound=type)


def _called_with_children(builder: _Builder) -> _Builder:
    """Lark calls each method with the children of the rule as its arguments."""
    return v_args(inline=True)(builder)  # pyright: ignore[reportUnknownVariableType, reportReturnType] # the class itself


@_called_with_children
class TreeBuilder(Transformer[Token, Node]):
    """One method for each rule of the grammar; called from the leaves up while the text is read."""

    def __init__(self, schema: Schema, zone: tzinfo) -> None:
        super().__init__()
        self._schema = schema
        self._zone = zone

    def start(self, tree: Node | None = None) -> Node:
        return tree or Everything()

    def expression(self, *operands: Node) -> Node:
        return any_of(list(operands))

    def conjunction(self, *operands: Node) -> Node:
        return all_of(list(operands))

    def negation(self, operand: Node) -> Node:
        for similar in (node for node in walk(operand) if isinstance(node, Similar)):
            raise mistake("not_similar", similar.place)
        return none_of(operand)

    def phrase(self, written: Token) -> Phrase:
        if written.type == "WORD":
            _refuse_signs(written)
        found = tuple(token_strings(_unquoted(written)))
        if not found:
            raise mistake("no_token", span(written))
        return Phrase(found, place=span(written))

    def nearness(self, left: Node, near: Token | None = None, right: Node | None = None, *more: Node | Token) -> Node:
        if near is None or right is None:
            return left
        if more:
            raise mistake("near_chain", span(near), hint="two_nears")
        return _near(left, right, near)

    def in_part(self, field: Token, node: Node) -> Node:
        part = self._field(field).name

        def limited(phrase: Phrase) -> Phrase:
            if phrase.part is not None:
                raise mistake("only_text", span(field), field=part)
            return replace(phrase, part=part)

        return _with_words(node, limited, field, part)

    def switched(self, written: Token, node: Node) -> Node:
        field = self._field(written)
        return _with_words(node, lambda phrase: replace(phrase, switches=phrase.switches | field.switches), written, field.name)

    def has_value(self, written_field: Token, *values: Token) -> Node:
        field = self._field(written_field)
        if field.kind in (Kind.KEYWORD, Kind.ENUM):
            words = tuple(dict.fromkeys(_word_value(field, value, written_field) for value in values))
            return OneOf(field.name, words, place=_place(written_field, values[-1]))
        firsts = (written_field, *values[1:])
        if field.kind is Kind.SIMILAR:
            return any_of([_similar(value, _place(first, value)) for first, value in zip(firsts, values, strict=True)])
        return any_of([self._during(field, value, _place(first, value)) for first, value in zip(firsts, values, strict=True)])

    def compared(self, written_field: Token, comparison: Token, value: Token) -> Range:
        field = self._field(written_field)
        start, end, closed = self._interval(field, value)
        lower = upper = None
        match str(comparison):
            case ">=":
                lower = Bound(start)
            case ">":
                lower = Bound(end, inclusive=not closed)
            case "<=":
                upper = Bound(end, inclusive=closed)
            case _:
                upper = Bound(start, inclusive=False)
        return Range(field.name, lower, upper, place=_place(written_field, value))

    def between(self, written_field: Token, first: Token, last: Token) -> Range:
        field = self._field(written_field)
        lower = upper = None
        if first.type != "OPEN_END":
            lower = Bound(self._interval(field, first)[0])
        if last.type != "OPEN_END":
            _, end, closed = self._interval(field, last)
            upper = Bound(end, inclusive=closed)
        if lower and upper and _empty(lower, upper):
            raise mistake("reversed_range", (span(first)[0], span(last)[1]))
        return Range(field.name, lower, upper, place=_place(written_field, last))

    def _during(self, field: Field, value: Token, place: QueryPlace) -> Range:
        start, end, closed = self._interval(field, value)
        return Range(field.name, Bound(start), Bound(end, inclusive=closed), place=place)

    def _field(self, written: Token) -> Field:
        return self._schema[written[:-1]]

    def _interval(self, field: Field, written: Token) -> Interval:
        value = _unquoted(written)
        if field.kind is Kind.NUMBER:
            number = read_number(value)
            if number is None:
                raise mistake("bad_number", span(written), hint="number_forms", value=value)
            return number, number, True
        date = read_date(value, self._zone)
        if date is None:
            raise mistake("bad_date", span(written), hint="date_forms", value=value)
        return date.start, date.end, False


def span(token: Token) -> tuple[int, int]:
    """Where a token stands in the query."""
    return token.start_pos or 0, token.end_pos or 0


def _place(first: Token, last: Token) -> QueryPlace:
    return span(first)[0], span(last)[1]


def _unquoted(written: Token) -> str:
    return written[1:-1] if written.type == "QUOTED" else str(written)


def _refuse_signs(word: Token) -> None:
    """Signs that are operators elsewhere would silently mean something else here."""
    if "*" in word:
        raise mistake("wildcard", span(word), hint="whole_words")
    if "|" in word:
        raise mistake("reserved", span(word), hint="use_or", sign="|")
    if word.startswith("-") and len(word) > 1:
        raise mistake("reserved", span(word), hint="use_not", sign="-", text=word[1:])


def _empty(lower: Bound, upper: Bound) -> bool:
    first, last = (end.value.timestamp() if isinstance(end.value, datetime) else end.value for end in (lower, upper))
    return first > last or (first == last and not upper.inclusive)


def _word_value(field: Field, written: Token, written_field: Token) -> str:
    value = _unquoted(written).strip()
    if not value:
        raise mistake("empty_value", span(written))
    if written.type == "VALUE" and _LISTED.search(value):
        raise mistake("value_list", span(written), hint="list_form", field=str(written_field))
    if field.kind is Kind.KEYWORD:
        return field.keyword(value)
    named = field.value_named(value)
    if named is None:
        allowed = ", ".join("/".join((name, *others[:1])) for name, others in field.values.items())
        raise mistake("unknown_value", span(written), hint="allowed", value=value, field=field.name, allowed=allowed)
    return named


def _similar(written: Token, place: QueryPlace) -> Similar:
    value = _unquoted(written).strip()
    if written.type == "VALUE" and (mention := _MENTION.fullmatch(value)):
        return Similar("", mention[1], place=place)
    if not token_strings(value):
        raise mistake("no_token", span(written))
    return Similar(value, place=place)


def _near(left: Node, right: Node, near: Token) -> Near:
    found = _DISTANCE.fullmatch(near)
    if not found or int(found[1]) > MOST_DISTANCE:
        raise mistake("bad_near", span(near), most=MOST_DISTANCE)
    sides = (_phrases(left, near), _phrases(right, near))
    if len({phrase.part for side in sides for phrase in side}) > 1:
        raise mistake("near_parts", span(near))
    places = [phrase.place for side in sides for phrase in side]
    return Near(*sides, int(found[1]), place=(min(places)[0], max(end for _, end in places)))


def _phrases(node: Node, near: Token) -> tuple[Phrase, ...]:
    operands = node.operands if isinstance(node, Or) else (node,)
    phrases = tuple(dict.fromkeys(each for each in operands if isinstance(each, Phrase)))
    if not all(isinstance(each, Phrase) for each in operands):
        raise mistake("near_operand", span(near))
    return phrases


def _with_words(node: Node, change: Callable[[Phrase], Phrase], written: Token, field: str) -> Node:
    """The same node with every word changed; behind the field there can be nothing but words."""
    match node:
        case Phrase():
            return change(node)
        case Near():
            left, right = (tuple(map(change, side)) for side in (node.left, node.right))
            return replace(node, left=left, right=right)
        case Not(operand):
            return Not(_with_words(operand, change, written, field))
        case _ if below := children(node):
            return replace(node, operands=tuple(_with_words(child, change, written, field) for child in below))
        case _:
            raise mistake("only_text", span(written), field=field)
