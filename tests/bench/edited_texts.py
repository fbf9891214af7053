"""Generates texts, and edits of them of which it is known what they were made of: the ground truth for stories.

The characters follow one another as in the texts of the demonstration world (each is drawn by the two before it) for some six at a time, so
phrases recur somewhat more often than in real texts, while no two texts are the same by accident. Among them are forms that differ in their
figures alone, and footers that many share.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from opencc import OpenCC

from yuqing_text.tokens import tokens
from yuqing_world.story.world import World

LENGTH = 300
"""Characters of a text on average."""
_LEARNT_POSTS = 4_000
_SHORTEST, _LONGEST = 120, 480
_REWORDED = 0.1
_LEAST_KEPT, _MOST_KEPT = 0.65, 0.95
_FOOTERS = (
    "本文仅代表作者个人观点，与本平台立场无关，如涉及版权问题请在三十日内与我们联系，我们将及时处理。",
    "责任编辑:小李 更多精彩内容请关注我们的官方账号，未经授权不得转载，违者将依法追究法律责任。",
    "免责声明:以上内容来自网络，其真实性由发布者负责，请读者自行核实相关内容，投资有风险。",
)
_WITH_FOOTER = 0.15
_FORMS = 0.02
_TURNS = 0.15
"""How often the next character follows from nothing: the world's language alone is so small that any two texts would share phrases."""
_PLACES = ("东城", "西桥", "南港", "北山", "河口", "新区", "老街", "云溪")
_ENDS = ("。", "！", "；", "……", "~", " ")
Edit = Callable[["Generator", str], str]


@dataclass(frozen=True, slots=True)
class Sample:
    """A text; those of one `group` are one story. `kind` is the edit that made it (empty: none), `parents` are the groups that it was joined from."""

    text: str
    group: int
    kind: str = ""
    parents: tuple[int, ...] = ()


class Generator:
    """Draws texts; the same for the same seed."""

    def __init__(self, seed: int = 4) -> None:
        self.random = Random(f"edited texts/{seed}")
        self._follows = _follows()
        self._starts = list(self._follows)

    def words(self, length: int) -> str:
        """So many characters, as they follow one another in the world."""
        state = self.random.choice(self._starts)
        drawn: list[str] = []
        for _ in range(length):
            following = self._follows.get(state)
            if not following or self.random.random() < _TURNS:
                state = self.random.choice(self._starts)
                following = self._follows[state]
            character = self.random.choice(following)
            drawn.append(character)
            state = state[1] + character
        return "".join(drawn)

    def text(self) -> str:
        """One text."""
        if self.random.random() < _FORMS:
            return self._form()
        footer = self.random.choice(_FOOTERS) if self.random.random() < _WITH_FOOTER else ""
        return self.words(self.random.randint(_SHORTEST, _LONGEST)) + footer

    def _form(self) -> str:
        """A notice that differs from the next in place and figures, and in what follows."""
        place, number, hour = self.random.choice(_PLACES), self.random.randint(10, 999), self.random.randint(1, 23)
        notice = f"停水通知:因{place}供水管道检修，{place}路{number}号及周边小区将于今日{hour}时起停水，预计{hour % 12 + 1}小时后恢复，"
        return f"{notice}请居民提前储水，带来不便敬请谅解。{self.words(self.random.randint(60, 200))}"


def cut(generator: Generator, text: str) -> str:
    """Between 65 and 95 % of it: beginning, end or middle."""
    kept = round(len(text) * generator.random.uniform(_LEAST_KEPT, _MOST_KEPT))
    start = generator.random.choice((0, len(text) - kept, generator.random.randint(0, len(text) - kept)))
    return text[start : start + kept]


def reworded(generator: Generator, text: str) -> str:
    """A tenth of its tokens, one to three at a time, replaced by others, left out, or with others put in."""
    pieces: list[str] = []
    spans = [(token.start, token.end) for token in tokens(text)]
    left, done = round(len(spans) * _REWORDED), 0
    changes: dict[int, int] = {}
    while left > 0:
        length = min(left, generator.random.randint(1, 3))
        place = generator.random.randrange(max(1, len(spans) - length))
        if not any(place - 3 <= other <= place + length for other in changes):
            changes[place] = length
            left -= length
    for place, length in sorted(changes.items()):
        start, end = spans[place][0], spans[min(place + length, len(spans)) - 1][1]
        instead = generator.random.choice((generator.words(length), generator.words(length), "", text[start:end] + generator.words(length)))
        pieces += [text[done:start], instead]
        done = end
    return "".join([*pieces, text[done:]])


def in_traditional(generator: Generator, text: str) -> str:
    """In traditional characters, phrase by phrase."""
    del generator
    return _TRADITIONAL.convert(text)


def punctuated(generator: Generator, text: str) -> str:
    """With other punctuation, breaks and spaces, in full width."""
    kept = "".join(character for character in text if character.isalnum())
    out: list[str] = []
    for character in kept:
        out.append(chr(ord(character) + 0xFEE0) if "!" <= character <= "~" else character)
        if generator.random.random() < 0.1 and not character.isascii():
            out.append(generator.random.choice(_ENDS))
    return "".join(out)


def commented(generator: Generator, text: str) -> str:
    """Passed on with a few words before or behind it."""
    own = generator.words(generator.random.randint(4, 24))
    return generator.random.choice((f"{own}//@{generator.words(3)}:{text}", f"{text}({own})"))


EDITS: Mapping[str, Edit] = {
    "cut": cut,
    "reworded": reworded,
    "traditional": in_traditional,
    "punctuation": punctuated,
    "passed on": commented,
    "traditional and reworded": lambda generator, text: in_traditional(generator, reworded(generator, text)),
}


def samples(generator: Generator, *, others: int, groups: int, joined: int) -> list[Sample]:
    """`others` texts that nothing was made of, `groups` with every edit of each, and `joined` ones of two texts each; in any order."""
    found = [Sample(generator.text(), number) for number in range(others + groups)]
    for original in found[:groups]:
        found += [Sample(edit(generator, original.text), original.group, kind) for kind, edit in EDITS.items()]
    found += list(_joined(generator, found[groups : groups + 2 * joined], first=others + groups))
    generator.random.shuffle(found)
    return found


def _joined(generator: Generator, parents: Sequence[Sample], *, first: int) -> Iterator[Sample]:
    """Two texts in one, of which neither makes more than 55 %."""
    for number, (one, other) in enumerate(zip(parents[::2], parents[1::2], strict=True)):
        most = min(len(one.text), len(other.text)) * 11 // 9
        yield Sample(one.text[:most] + other.text[:most], first + number, "joined", (one.group, other.group))


def _follows() -> dict[str, str]:
    """The characters that follow each pair of characters in the texts of the world."""
    start = datetime(2024, 1, 1, tzinfo=UTC)
    world = World(posts=_LEARNT_POSTS, start=start, speed=1.0)
    at = start + timedelta(days=30)
    follows: dict[str, list[str]] = {}
    for item in world.items_at(at):
        text = item.text_at(at).partition("//@")[0]
        for place in range(len(text) - 2):
            follows.setdefault(text[place : place + 2], []).append(text[place + 2])
    return {pair: "".join(sorted(set(following))) for pair, following in follows.items()}


_TRADITIONAL = OpenCC("s2t")
