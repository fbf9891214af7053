"""Turns a sketch into words: picks the rule for its place, strand and tone, and lets what hangs together speak of the same thing."""

from dataclasses import dataclass
from functools import cache
from random import Random

from opencc import OpenCC

from yuqing_world.story.arc import ANSWER_HOUR, LAUNCH_HOUR, Place, Sentiment, Strand
from yuqing_world.story.people import author_of
from yuqing_world.story.sketch import Sketch
from yuqing_world.texts.grammar import town_grammar

_IN_TRADITIONAL = 0.04
_TRADITIONAL_PLACES = frozenset({Place.COMMENT, Place.THREAD, Place.REPLY, Place.MICROBLOG})
_EDIT_RULES = {Place.ARTICLE: "edit_article", Place.REVIEW: "edit_review", Place.MICROBLOG: "edit_microblog"}
_TITLED = {Place.ARTICLE: "article_title", Place.THREAD: "thread_title", Place.ESSAY: "essay_title"}
_KEPT_TITLE = 0.35
"""How many of the partner's copies keep the title."""


@dataclass(frozen=True, slots=True)
class Written:
    """The words of a text as first published."""

    title: str
    text: str


def write(seed: int, sketch: Sketch) -> Written:
    """The words of a sketch; the same for the same seed and sketch."""
    if sketch.words is not None:
        return Written(sketch.words.title, sketch.words.text)
    if sketch.beat is not None:
        return Written(sketch.beat.title, sketch.beat.text)
    random = Random(f"text/{seed}/{sketch.number}")
    if sketch.source is not None:
        return _copied(seed, sketch, random)
    written = _drawn(seed, sketch, random)
    if sketch.place in _TRADITIONAL_PLACES and random.random() < _IN_TRADITIONAL:
        written = Written(traditional(written.title), traditional(written.text))
    return Written(written.title, written.text + _passed_on(seed, sketch))


def edit_of(seed: int, sketch: Sketch, index: int) -> str:
    """What the author adds with his edit number `index`."""
    if sketch.words is not None:
        return sketch.words.edits[index]
    if sketch.beat is not None:
        return sketch.beat.edit
    random = Random(f"edit/{seed}/{sketch.number}/{index}")
    return town_grammar().write(_EDIT_RULES.get(sketch.place, "edit_post"), random)


def _style(sketch: Sketch) -> str:
    if sketch.place is Place.REVIEW and sketch.subject != "k5":
        return "review_other"
    return f"{sketch.place}_{sketch.strand}"


def _drawn(seed: int, sketch: Sketch, random: Random) -> Written:
    stand_ins = _stand_ins(sketch)
    known = _known(seed, sketch, random, stand_ins) if sketch.place is Place.ARTICLE else {}
    title = town_grammar().write(_title_rule(sketch), random, known=known, stand_ins=stand_ins) if sketch.place in _TITLED else ""
    text = ""
    while not text:  # one in some thousand short answers comes out as nothing
        text = town_grammar().write(f"{_style(sketch)}_{sketch.sentiment}", random, known=known, stand_ins=stand_ins)
    return Written(title, text)


def _title_rule(sketch: Sketch) -> str:
    """Articles have titles for each tone, so that a title says what its text does."""
    titled = f"{_TITLED[sketch.place]}_{sketch.strand}"
    return f"{titled}_{sketch.sentiment}" if sketch.place is Place.ARTICLE else titled


def _known(seed: int, sketch: Sketch, random: Random, stand_ins: dict[str, str]) -> dict[str, str]:
    """What title and text of an article share: who wrote it and who tells, and in the town's news the headline or what somebody said."""
    known = {"journalist": author_of(seed, sketch).name, "witness": town_grammar().write("person", random)}
    if sketch.strand is Strand.TOWN:
        headline = town_grammar().write("news", random, stand_ins=stand_ins)
        voice = stand_ins["bad" if sketch.sentiment is Sentiment.NEGATIVE else "good"]
        said, also = town_grammar().write("two_voices", random, stand_ins={"voice": voice}).split("\n")
        known |= {"headline": headline, "lead": headline.replace(" ", "，"), "said": said, "also": also}
    return known


def _stand_ins(sketch: Sketch) -> dict[str, str]:
    """What a text speaks of: its topic or product, and what was known of the company's answer when it was written."""
    if sketch.place is Place.REVIEW:
        return {f"{tone}_one": f"{tone}_{sketch.subject}" for tone in ("good", "bad", "fact")}
    if sketch.strand is Strand.TOWN:
        return {each: f"{sketch.subject}_{each}" for each in ("tag", "news", "fact", "good", "bad")}
    return {
        "tag_praise": f"tag_praise_{_side(sketch, LAUNCH_HOUR)}",
        "status": f"status_{_side(sketch, ANSWER_HOUR)}",
        "response": f"response_{_side(sketch, ANSWER_HOUR)}",
    }


def _side(sketch: Sketch, hour: float) -> str:
    return "before" if sketch.hour < hour else "after"


def _passed_on(seed: int, sketch: Sketch) -> str:
    """What a repost drags along of the reposts that it passes on: //@name:words, newest first."""
    passed = sketch.answers
    if sketch.place is not Place.REPOST or passed is None or passed is sketch.root:
        return ""
    return f"//@{author_of(seed, passed).name}:{write(seed, passed).text}"


def _copied(seed: int, copy: Sketch, random: Random) -> Written:
    if copy.source is None:
        raise ValueError("a copy without source")
    original = write(seed, copy.source)
    if copy.place is Place.COPY:
        return Written(_retitled(original.title, random), original.text)
    return Written("", original.text + random.choice(("", "", "（转）", " 转自网络", "🙏")))


def _retitled(title: str, random: Random) -> str:
    if random.random() < _KEPT_TITLE:
        return title
    head, _, tail = title.partition(" ")
    if tail and random.random() < 0.5:
        return f"{tail}，{head}"
    return random.choice(("{}，怎么回事？", "关注｜{}", "{} 网友热议", "澜州要闻：{}")).format(title)


def traditional(text: str) -> str:
    """The text in traditional characters, with the words that Taiwan uses left as they are."""
    return str(_converter().convert(text))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType] (the library has no types)


@cache
def _converter() -> OpenCC:
    return OpenCC("s2t")
