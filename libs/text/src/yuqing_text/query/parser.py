"""Reads the query language into a tree, or says what is wrong and where."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, cast
from zoneinfo import ZoneInfo

from lark import Lark, Token
from lark.exceptions import UnexpectedInput, UnexpectedToken
from lark.lark import PostLex

from yuqing_text.normal import half_width
from yuqing_text.query.builder import TreeBuilder, span
from yuqing_text.query.errors import QueryError, mistake
from yuqing_text.query.schema import MENTIONS, Kind, Schema
from yuqing_text.query.tree import Everything, Node, clauses, depth
from yuqing_text.query.widening import NO_SYNONYMS, Synonyms, widened

MOST_CHARACTERS = 4096
MOST_BRACKETS = 50
"""Brackets in brackets."""
MOST_OPERATORS = 24
"""Operators in operators: Elasticsearch takes queries of at most 30 levels, and a phrase in two parts of the text needs some of them."""
MOST_CLAUSES = 500
_FIELD_TOKENS = {
    Kind.TEXT: "TEXT_FIELD",
    Kind.KEYWORD: "VALUE_FIELD",
    Kind.ENUM: "VALUE_FIELD",
    Kind.DATE: "RANGE_FIELD",
    Kind.NUMBER: "RANGE_FIELD",
    Kind.SIMILAR: "VALUE_FIELD",
    Kind.SWITCH: "SWITCH",
}
_STRUCTURE = re.compile(r'["“”][^"“”]*["“”]|「[^」]*」|『[^』]*』|["“”「『()\[\]]')
_CLOSING = {")": "(", "]": "["}
_LOWER_CASE_OPERATOR = re.compile(r"(?<!\w)(and|or|not)(?!\w)")


class QueryParser:
    """Reads queries over the fields of a schema; dates are those of a time zone (IANA name). May be shared by threads."""

    def __init__(self, schema: Schema = MENTIONS, *, zone: str = "Asia/Shanghai") -> None:
        self._lark = cast("Any", Lark).open(  # Lark has types for trees of its own only
            "grammar.lark",
            rel_to=__file__,
            parser="lalr",
            lexer="contextual",
            postlex=_FieldKinds(schema),
            transformer=TreeBuilder(schema, ZoneInfo(zone)),
        )

    def parse(self, query: str, *, synonyms: Synonyms = NO_SYNONYMS) -> Node:
        """The tree of a query; `Everything` for an empty one. `synonyms` are what `synonym:` looks words up in.

        Raises QueryError, and nothing else, whatever the text is.
        """
        if len(query) > MOST_CHARACTERS:
            raise mistake("too_long", (MOST_CHARACTERS, len(query)), most=MOST_CHARACTERS)
        if not query.strip():
            return Everything()
        text = half_width(query)
        _check_structure(text)
        try:
            tree: Node = self._lark.parse(text)
        except UnexpectedInput as error:
            raise _explained(error, text) from None
        return _within_limits(widened(tree, synonyms), len(query))


@cache
def _parser(schema: Schema, zone: str) -> QueryParser:
    return QueryParser(schema, zone=zone)


def parse(query: str, *, schema: Schema = MENTIONS, zone: str = "Asia/Shanghai", synonyms: Synonyms = NO_SYNONYMS) -> Node:
    """The tree of a query over mentions. Raises QueryError."""
    return _parser(schema, zone).parse(query, synonyms=synonyms)


class _FieldKinds(PostLex):
    """Tells the parser what kind of field a name is, so that it knows what may follow."""

    always_accept = ("FIELD",)

    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        for token in stream:
            yield self._typed(token) if token.type == "FIELD" else token

    def _typed(self, token: Token) -> Token:
        name = token[:-1]
        field = self._schema.find(name)
        if field is None:
            nearest = self._schema.nearest(name)
            hint = "nearest_field" if nearest else "quote_it"
            raise mistake("unknown_field", span(token), hint=hint, name=name, nearest=nearest)
        if field.name in self._schema.elsewhere:
            raise mistake("not_here", span(token), field=name)
        return token.update(type=_FIELD_TOKENS[field.kind])


def _check_structure(text: str) -> None:
    """Quotation marks and brackets are closed, and not too deep."""
    opened: list[re.Match[str]] = []
    for found in _STRUCTURE.finditer(text):
        sign = found[0]
        if sign in "([":
            opened.append(found)
        elif sign in _CLOSING:
            if not opened or opened.pop()[0] != _CLOSING[sign]:
                raise mistake("unopened_bracket", found.span(), hint="quote_it")
        elif len(sign) == 1:
            raise mistake("unclosed_quote", found.span())
        if len(opened) > MOST_BRACKETS:
            raise mistake("too_deep", found.span(), most=MOST_BRACKETS)
    if opened:
        raise mistake("unclosed_bracket", opened[-1].span())


def _within_limits(tree: Node, length: int) -> Node:
    if isinstance(tree, Everything):
        raise mistake("no_token", (0, length))
    if depth(tree) > MOST_OPERATORS:
        raise mistake("too_deep", (0, length), most=MOST_OPERATORS)
    if clauses(tree) > MOST_CLAUSES:
        raise mistake("too_many", (0, length), most=MOST_CLAUSES)
    return tree


def _explained(error: UnexpectedInput, text: str) -> QueryError:
    """What the parser could not read, in words; judged by what stands there and what stands before it."""
    start, end = _place(error, text)
    here = text[start:end]
    before = _SIGN_BEFORE.search(text, 0, start)
    sign = before[1] if before else ""
    hint = "upper_case" if _LOWER_CASE_OPERATOR.search(text) else ""
    if before and _WANTS_MORE.search(sign):
        return mistake("missing_after", before.span(1), hint=hint, text=sign)
    if sign == "(" and here == ")":
        return mistake("empty_brackets", (start - 1, end), hint=hint)
    if _OPERATOR.fullmatch(here) and sign in ("", "("):
        return mistake("missing_before", (start, end), hint=hint, text=here)
    if text.count("[", 0, start) > text.count("]", 0, start):
        return mistake("no_range", (start, end), hint="range_form")
    if here[:1].isalnum():
        return mistake("value_list", (start, end), hint=hint)
    return mistake("unexpected", (start, end), hint="quote_it", text=here)


def _place(error: UnexpectedInput, text: str) -> tuple[int, int]:
    if isinstance(error, UnexpectedToken):
        token = cast("Token", error.token)  # pyright: ignore[reportUnknownMemberType]
        return span(token) if token.type != "$END" else (len(text), len(text))
    start = min(error.pos_in_stream or 0, len(text) - 1)
    return start, start + 1


_SIGN_BEFORE = re.compile(r"([^\s()\[\]]+|[()\[\]])\s*$")
_OPERATOR = re.compile(r"AND|OR|NOT|NEAR\S*")
_WANTS_MORE = re.compile(r"^(AND|OR|NOT|NEAR\S*|TO)$|[:<>=]$")
