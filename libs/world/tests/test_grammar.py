"""The grammar writes what its rules say."""

from random import Random

import pytest

from yuqing_world.texts.grammar import Grammar, GrammarError, town_grammar


def test_reference_choice_and_number_are_filled_in():
    grammar = Grammar(["% a comment", "== start", "{name}有{2-4}只{猫|狗}", "== name", "她"])
    written = {grammar.write("start", Random(seed)) for seed in range(60)}
    assert written == {f"她有{count}只{animal}" for count in (2, 3, 4) for animal in "猫狗"}


def test_known_words_and_stand_ins_go_before_rules():
    grammar = Grammar(["== start", "{who}{what}", "== who", "a", "== what", "b", "== other", "c"])
    assert grammar.write("start", Random(1), known={"who": "x"}, stand_ins={"what": "other"}) == "xc"


def test_a_text_does_not_repeat_itself_when_alternatives_are_left():
    grammar = Grammar(["== start", "{one}{one}", "== one", *"abcdefgh"])
    written = [grammar.write("start", Random(seed)) for seed in range(200)]
    assert all(first != second for first, second in written)


def test_marks_that_meet_are_made_one_when_an_alternative_is_empty():
    grammar = Grammar(["== start", "好，{end}。", "== end", "∅"])
    assert grammar.write("start", Random(1)) == "好。"


@pytest.mark.parametrize("lines", [["text before a rule"], ["== empty", "== next", "x"], ["== open", "{a|b"]])
def test_a_wrong_rule_is_an_error(lines: list[str]):
    with pytest.raises(GrammarError):
        Grammar(lines)


def test_an_unknown_reference_is_an_error():
    with pytest.raises(GrammarError, match="nobody"):
        Grammar(["== start", "{nobody}"]).write("start", Random(1))


def test_the_towns_rules_refer_only_to_what_exists():
    stood_in = "tag news fact good bad good_one bad_one fact_one status response tag_praise voice"
    known = "journalist witness headline lead said also"
    assert town_grammar().unknown_references(frozenset(f"{stood_in} {known}".split())) == frozenset()
