"""The story: the same for the same seed, shaped as it should be, and true to itself."""

import hashlib
import json
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from yuqing_world.story.arc import ANSWER_HOUR, END_HOUR, Place, Sentiment, Strand
from yuqing_world.story.clock import StoryClock
from yuqing_world.story.plan import plan
from yuqing_world.story.script import beats
from yuqing_world.story.world import World

START = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def world() -> World:
    return World(seed=5, posts=2_000, start=START, speed=60)


def _fingerprint(world: World) -> str:
    truths = world.truth(world.clock.wall(END_HOUR))
    return hashlib.sha256("\n".join(json.dumps(truth, ensure_ascii=False) for truth in truths).encode()).hexdigest()


@pytest.mark.parametrize("hash_seed", ["0", "4711"])
def test_the_same_seed_tells_the_same_story_in_another_process(world: World, hash_seed: str):
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from test_story import _fingerprint, START; from yuqing_world.story.world import World\n"
        "print(_fingerprint(World(seed=5, posts=2_000, start=START, speed=60)))"
    )
    folder = __file__.rpartition("/")[0]
    done = subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True, env={"PYTHONHASHSEED": hash_seed})
    assert done.stdout.strip() == _fingerprint(world), done.stderr


def test_another_seed_tells_it_in_other_words(world: World):
    other = World(seed=6, posts=2_000, start=START, speed=60)
    assert _fingerprint(other) != _fingerprint(world)


@pytest.mark.parametrize("posts", [200, 777, 2_000])
def test_the_plan_has_exactly_as_many_texts_as_asked(posts: int):
    assert len(plan(1, posts)) == posts


def test_a_world_too_small_for_its_script_is_refused():
    with pytest.raises(ValueError, match="200"):
        plan(1, 199)


def test_a_large_world_has_unique_ids_without_writing_its_words():
    world = World(seed=1, posts=300_000, start=START)
    hour = world.clock.hour(world.clock.wall(END_HOUR))
    assert len({sketch.number for sketch in world.sketches}) == 300_000
    assert world.statuses.published(hour) > 100_000
    assert world.item.cache_info().currsize == 0


def _per_hour(world: World, strand: Strand, start: float, end: float) -> float:
    return sum(1 for sketch in world.sketches if sketch.strand is strand and start <= sketch.hour < end) / (end - start)


def test_complaints_rise_to_the_answer_and_then_decline(world: World):
    calm, spreading = _per_hour(world, Strand.COMPLAINT, -72, 2.5), _per_hour(world, Strand.COMPLAINT, 3, 4.5)
    peak, after = _per_hour(world, Strand.COMPLAINT, ANSWER_HOUR - 0.7, ANSWER_HOUR + 0.7), _per_hour(world, Strand.COMPLAINT, 8, 10)
    assert calm == 0
    assert 0 < spreading < peak / 2
    assert after < peak / 4
    assert _per_hour(world, Strand.COMPLAINT, 12, END_HOUR) < 1


def test_praise_comes_before_the_complaints(world: World):
    launch = _per_hour(world, Strand.PRAISE, 1, 2.5)
    assert launch > 5 * _per_hour(world, Strand.PRAISE, -72, 0)
    assert launch > 5 * _per_hour(world, Strand.PRAISE, 4, 6)


def test_rumours_follow_the_complaint_and_die_after_the_answer(world: World):
    assert _per_hour(world, Strand.RUMOUR, -72, 4.5) == 0
    assert _per_hour(world, Strand.RUMOUR, 5, 6.2) > 10 * _per_hour(world, Strand.RUMOUR, 8, 12)


def test_nobody_speaks_of_the_answer_before_it_is_given(world: World):
    assert min(sketch.hour for sketch in world.sketches if sketch.strand is Strand.ANSWER) >= ANSWER_HOUR


def test_the_share_of_negative_texts_falls_after_the_answer(world: World):
    def negative(start: float, end: float) -> float:
        said = [each for each in world.sketches if start <= each.hour < end and each.strand not in (Strand.TOWN, Strand.COMPETITOR)]
        return sum(each.sentiment is Sentiment.NEGATIVE for each in said) / len(said)

    assert negative(4.5, 6) > 0.7
    assert negative(8.5, 12) < 0.45


def test_every_beat_of_the_script_is_told(world: World):
    assert [sketch.beat.name for sketch in world.sketches if sketch.beat] == [beat.name for beat in beats()]


def test_everything_hangs_on_something_that_is_there(world: World):
    for sketch in world.sketches:
        if sketch.place in (Place.COMMENT, Place.REPLY, Place.REPOST):
            assert sketch.root is not None
            assert sketch.root.hour <= sketch.hour
        if sketch.place in (Place.COMMENT, Place.REPLY) and sketch.root is not None:
            assert sketch.root.exists_at(sketch.hour)
            assert sketch.deleted_hour <= sketch.root.deleted_hour
        if sketch.source is not None:
            assert sketch.source.hour < sketch.hour
        assert sketch.deleted_hour > sketch.hour
        assert all(sketch.hour < hour < sketch.deleted_hour for hour in sketch.edit_hours)


def test_ids_and_addresses_are_unique_and_texts_are_not_empty(world: World):
    items = list(world.items_at(world.clock.wall(END_HOUR)))
    assert len({item.key for item in items}) == len({item.url for item in items}) == 2_000
    assert all(item.text for item in items)
    titled = {Place.ARTICLE, Place.COPY, Place.ESSAY, Place.THREAD}
    assert all(bool(item.title) == (item.sketch.place in titled) for item in items)


def test_texts_are_varied(world: World):
    texts = Counter(item.text for item in world.items_at(world.clock.wall(END_HOUR)) if not item.copy_of and len(item.text) > 20)
    assert len(texts) > 0.95 * texts.total()


def test_a_copy_keeps_the_words_of_what_it_copies(world: World):
    items = {item.key: item for item in world.items_at(world.clock.wall(END_HOUR))}
    copies = [item for item in items.values() if item.site == "partner.yuqing.test"]
    assert len(copies) == 40
    assert all(copy.text == items[copy.copy_of].text and copy.published_at > items[copy.copy_of].published_at for copy in copies)
    assert any(copy.title != items[copy.copy_of].title for copy in copies)


def test_some_write_in_traditional_characters_and_some_with_latin_words(world: World):
    text = "".join(item.text for item in world.items_at(world.clock.wall(END_HOUR)))
    assert all(word in text for word in ("霽川", "Jichuan", "YYDS", "[怒]", "😡", "//@", "#霁川K5冒烟#"))


def test_an_edit_and_a_deletion_are_told_only_from_their_moment_on(world: World):
    edited = next(item for item in world.items_at(world.clock.wall(END_HOUR)) if item.sketch.beat and item.sketch.beat.name == "first-smoke-thread")
    edit = edited.edits[0]
    assert edited.text_at(edit.at - timedelta(seconds=1)) == edited.text
    assert edited.text_at(edit.at).startswith(edited.text)
    assert "更新" in edited.text_at(edit.at)
    gone = next(truth for truth in world.truth(world.clock.wall(END_HOUR)) if truth["deleted_at"])
    moment = datetime.fromisoformat(str(gone["deleted_at"]))
    before = {truth["key"]: truth for truth in world.truth(moment - timedelta(seconds=1))}
    assert before[gone["key"]]["deleted_at"] is None


def test_items_appear_at_their_published_time(world: World):
    middle = world.clock.wall(5)
    known = list(world.items_at(middle))
    assert 0 < len(known) < 2_000
    assert all(item.published_at <= middle for item in known)
    assert len(list(world.items_at(START - timedelta(hours=80)))) == 0


def test_counts_grow_and_never_fall(world: World):
    item = next(item for item in world.items_at(world.clock.wall(END_HOUR)) if item.sketch.beat and item.sketch.beat.name == "first-smoke-post")
    reposts = [world.counts(item, world.clock.wall(hour)).reposts for hour in (2.7, 3, 4, 6, 12, 30)]
    assert reposts == sorted(reposts)
    assert reposts[0] < reposts[-1]


def test_history_keeps_the_pace_of_real_life_whatever_the_speed():
    clock = StoryClock(START, 60)
    assert clock.wall(-72) == START - timedelta(hours=72)
    assert clock.wall(6) == START + timedelta(minutes=6)
    assert clock.hour(clock.wall(-3.5)) == pytest.approx(-3.5)
    assert clock.hour(clock.wall(7.25)) == pytest.approx(7.25)


@pytest.mark.parametrize(("start", "speed"), [(START, 0), (START, -1), (START.replace(tzinfo=None), 60)])
def test_a_clock_that_cannot_run_is_refused(start: datetime, speed: float):
    with pytest.raises(ValueError, match="world's"):
        StoryClock(start, speed)


def test_an_article_is_titled_as_its_text_is_meant_and_signed_by_its_author(world: World):
    articles = [item for item in world.items_at(world.clock.wall(END_HOUR)) if item.sketch.place is Place.ARTICLE and not item.sketch.beat]
    assert all(f"记者 {item.author.name}" in item.text for item in articles)
    told = [item for item in articles if item.strand is Strand.TOWN and item.sentiment is Sentiment.NEUTRAL]
    assert all(item.title.replace(" ", "，") in item.text for item in told)
