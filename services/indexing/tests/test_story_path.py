"""How a story spread, by the rules alone."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from yuqing_indexing.domain.document import Author, Document, Mention
from yuqing_indexing.domain.ids import native_key
from yuqing_indexing.domain.story_path import path_of

NOW = datetime(2024, 5, 20, tzinfo=UTC)


def carried(name, minutes, passes_on="", *, followers=None):
    at = NOW + timedelta(minutes=minutes)
    author = Author(name, followers=followers)
    document = Document("sources/a", "e.test", at, native_id=name, text=name, published=at, repost_of=passes_on, author=author)
    return Mention(native_key("e.test", name), document, "", at, at)


def names(steps):
    return [step.mention.document.native_id for step in steps]


def test_steps_come_in_order_of_publication_with_their_depth_when_reposts_say_what_they_pass_on():
    path = path_of([carried("c", 3, "b"), carried("a", 1), carried("d", 9), carried("b", 2, "a"), carried("e", 10, "gone")])
    assert names(path.steps) == ["a", "b", "c", "d", "e"]
    assert [step.depth for step in path.steps] == [0, 1, 2, 0, 0]
    assert [step.passed_on for step in path.steps] == [2, 1, 0, 0, 0]
    assert path.steps[2].passes_on == native_key("e.test", "b")


def test_what_is_passed_on_is_known_by_its_address_as_well():
    original = carried("a", 1)
    original = Mention(original.id, original.document, "", NOW, NOW, addresses=("https://e.test/a",))
    path = path_of([original, carried("b", 2, "https://e.test/a")])
    assert path.steps[1].passes_on == original.id


def test_the_jump_is_at_the_one_that_most_followed_on_when_nothing_says_who_passed_on_whom():
    quiet = [carried(f"q{number}", 90 * number) for number in range(4)]
    burst = [carried(f"b{number}", 400 + number) for number in range(30)]
    jump = path_of([*quiet, carried("star", 399), *burst]).jump
    assert jump is not None
    assert (jump.step.mention.document.native_id, jump.before, jump.after) == ("star", 0, 30)


def test_the_jump_is_at_the_one_that_others_pass_on_when_several_came_at_once():
    crowd = [carried(f"c{number}", 61 + number, "star") for number in range(10)]
    others = [carried(f"o{number}", 62 + number, "o") for number in range(20)]
    path = path_of([carried("o", 0), carried("nobody", 60), carried("star", 60, "o"), *crowd, *others])
    assert path.jump is not None
    assert path.jump.step.mention.document.native_id == "star"
    assert (path.jump.before, path.jump.after, path.jump.score) == (1, 0, 9)


def test_the_larger_audience_counts_when_two_jumps_are_as_large():
    path = path_of([carried("o", 0), carried("a", 600), carried("b", 600, followers=10**6), carried("c", 610)])
    assert path.jump is not None
    assert path.jump.step.mention.document.native_id == "b"


def test_there_is_no_jump_when_nothing_followed():
    assert path_of([carried("a", 1)]).jump is None
    assert path_of([carried("a", 1), carried("b", 600)]).jump is None
    assert path_of([]).steps == ()


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 9)), max_size=12))
def test_every_mention_is_one_step_and_no_branch_bites_its_tail_when_references_are_anything(drawn):
    path = path_of([carried(str(number), minutes, str(passes_on)) for number, (minutes, passes_on) in enumerate(drawn)])
    assert sorted(names(path.steps)) == sorted(map(str, range(len(drawn))))
    depth = {step.mention.id: step.depth for step in path.steps}
    assert all(step.depth == (depth[step.passes_on] + 1 if step.passes_on else 0) for step in path.steps)
    assert sum(step.passed_on for step in path.steps) == sum(depth.values())
