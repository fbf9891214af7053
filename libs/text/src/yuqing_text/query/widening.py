"""Writes a word out into the forms or pieces that the switches before it ask for, so that an engine has only phrases to look for."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from yuqing_text.query.errors import mistake
from yuqing_text.query.gist import gist
from yuqing_text.query.tree import And, Forms, Near, Node, Not, Or, Phrase, Switch
from yuqing_text.tokens import token_strings
from yuqing_text.written_forms import SPELLINGS, as_written, written_forms

MOST_FORMS = 50
"""So many forms of one word are searched for, the word itself among them: ten such words fill a query."""

_Words = tuple[tuple[str, ...], ...]


class Synonyms:
    """Lists of words that stand for one another. Never changes."""

    def __init__(self, lists: Iterable[Iterable[str]] = ()) -> None:
        others: dict[tuple[str, ...], dict[tuple[str, ...], None]] = {}
        for each in lists:
            words = [word for term in each if (word := tuple(token_strings(term)))]
            for word in words:
                others.setdefault(word, {}).update(dict.fromkeys(words))
        self._others: Mapping[tuple[str, ...], _Words] = {word: tuple(all_) for word, all_ in others.items()}

    def of(self, word: tuple[str, ...]) -> _Words:
        """The words of all lists that have this one, given as tokens; without itself."""
        return tuple(other for other in self._others.get(word, ()) if other != word)

    def __contains__(self, word: tuple[str, ...]) -> bool:
        return word in self._others


NO_SYNONYMS = Synonyms()


def widened(tree: Node, synonyms: Synonyms) -> Node:
    """The tree with `Forms` or a `Gist` for each word that has switches before it. Raises QueryError."""
    match tree:
        case Phrase() if Switch.GIST in tree.switches:
            return gist(tree)
        case Phrase() if tree.switches:
            return _forms(tree, synonyms)
        case Near():
            return _widened_near(tree, synonyms)
        case Not(operand):
            return Not(widened(operand, synonyms))
        case And(operands) | Or(operands):
            return replace(tree, operands=tuple(widened(operand, synonyms) for operand in operands))
        case _:
            return tree


def _widened_near(near: Near, synonyms: Synonyms) -> Near:
    sides: list[tuple[Phrase, ...]] = []
    forms: list[Forms] = []
    for side in (near.left, near.right):
        phrases: dict[Phrase, None] = {}
        for node in (widened(phrase, synonyms) for phrase in side):
            match node:
                case Forms():
                    forms.append(node)
                    phrases.update(dict.fromkeys(node.phrases))
                case Phrase():
                    phrases[node] = None
                case _:
                    raise mistake("gist_alone", near.place)
        sides.append(tuple(phrases))
    return replace(near, left=sides[0], right=sides[1], forms=tuple(forms))


def _forms(word: Phrase, synonyms: Synonyms) -> Forms:
    spellings = _spellings(word)
    words = [word.tokens, *_synonyms(word, synonyms)][:MOST_FORMS]
    found = dict.fromkeys(words)
    ordinary: list[str] = []
    left_out = 0
    for number, each in enumerate(words if spellings else ()):
        written = written_forms(each, spellings, (MOST_FORMS - len(found)) // (len(words) - number))  # what is left of the room in equal shares
        found.update(dict.fromkeys(tuple(token_strings(form)) for form in written.forms))
        ordinary += written.ordinary
        left_out += written.left_out
    phrases = tuple(Phrase(tokens, word.part, place=word.place) for tokens in found)
    return Forms(phrases, ordinary=tuple(dict.fromkeys(ordinary)), left_out=left_out, place=word.place)


def _spellings(word: Phrase) -> frozenset[Switch]:
    """Which of the word's switches change its spelling; a single character's sound is left aside where there are others."""
    spellings = word.switches & SPELLINGS
    if len(word.tokens) > 1 or Switch.SOUND not in spellings:
        return spellings
    if len(spellings) == 1:
        raise mistake("one_character", word.place, hint="longer_word")
    return spellings - {Switch.SOUND}


def _synonyms(word: Phrase, synonyms: Synonyms) -> _Words:
    if Switch.SYNONYM not in word.switches:
        return ()
    if word.tokens not in synonyms:
        raise mistake("no_synonyms", word.place, hint="list_them", word=as_written(word.tokens))
    return synonyms.of(word.tokens)
