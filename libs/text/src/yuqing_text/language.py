"""Tells the language of a text: from its script where that is enough, else by a trained model."""

import re
from functools import cache
from typing import Any, Protocol, cast

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from yuqing_text.normal import simplified_of
from yuqing_text.tokens import HAN_CHARACTERS

UNDECIDED = "und"
_READ_CHARACTERS = 1_000
_MODEL_READ_CHARACTERS = 300
_LEAST_CONFIDENCE = 0.5
_LEAST_CONFIDENCE_ENGLISH = 0.2
"""Of a few words in Latin letters, English is far the likeliest in what is watched here."""
_LEAST_KANA = 2
"""One may be the mouth or the eye of an emoticon."""
_KANA_SHARE = 0.1
"""Japanese headlines have few kana, other texts about half."""
_HAN = re.compile(f"[{HAN_CHARACTERS}]")
_HAN_RUN = re.compile(f"[{HAN_CHARACTERS}]+")
_KANA = re.compile("[\u3041-\u306d\u306f-\u3096\u30a1-\u30fa\uff66-\uff9d]")  # without の, which Chinese brands use
_HANGUL = re.compile("[\uac00-\ud7a3\u1100-\u11ff\u3131-\u318e]")
_TIBETAN = re.compile("[\u0f40-\u0fbc]")  # the model does not know it
_WORD = re.compile(rf"[^\W\d_{HAN_CHARACTERS}\u3041-\u30fa\uff66-\uff9d\uac00-\ud7a3\u1100-\u11ff\u3131-\u318e]+")
_NO_PROSE = re.compile(r"https?://\S+|[A-Za-z0-9._+-]{0,64}@[A-Za-z0-9._-]+|\[[A-Za-z]{1,8}\]")
"""Addresses, names of accounts and codes of emoticons such as [good] are in no language."""
_MODEL_LANGUAGES = (
    *("ar", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr", "he", "hi", "hr", "hu", "id", "it", "ka", "kk"),
    *("km", "ky", "lo", "lt", "lv", "mn", "ms", "my", "ne", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sr", "sv", "sw", "ta", "te", "th"),
    *("tl", "tr", "ug", "uk", "ur", "uz", "vi"),
)


def language(text: str) -> str:
    """The ISO 639 code of the language that most of a text is in, `und` where nothing tells (emoji, numbers, a stray letter).

    Reads the beginning only. A Han character weighs as much as a word of another script.
    """
    sample = text[:_READ_CHARACTERS]
    if 2 * len(_HAN_RUN.sub("", sample)) < len(sample) and not _KANA.search(sample) and not _HANGUL.search(sample):
        return "zh"  # what is left has fewer words than there are Han characters
    sample = _NO_PROSE.sub(" ", sample)
    han, kana, hangul = (len(script.findall(sample)) for script in (_HAN, _KANA, _HANGUL))
    words = _WORD.findall(sample)
    if max(han + kana, hangul, len(words)) == 0:
        return UNDECIDED
    if hangul >= max(han + kana, len(words)):
        return "ko"
    han_language = "ja" if kana >= _LEAST_KANA and kana > _KANA_SHARE * (han + kana) else "zh"
    if han + kana >= len(words):
        return han_language
    other = _by_model(" ".join(words))
    return han_language if other == UNDECIDED and han + kana else other


def script(text: str) -> str:
    """`Hans` or `Hant` for Han text that is written one way rather than the other, `Hani` where it is both or neither, empty without Han."""
    sample = text[:_READ_CHARACTERS]
    if not _HAN.search(sample):
        return ""
    traditional = sum(character in _TRADITIONAL for character in sample)
    simplified = sum(character in _SIMPLIFIED for character in sample)
    if traditional == simplified:
        return "Hani"
    return "Hant" if traditional > simplified else "Hans"


def _by_model(text: str) -> str:
    if _TIBETAN.match(text):
        return "bo"
    if len(text) < 2:
        return UNDECIDED
    code, confidence = _model().classify(text[:_MODEL_READ_CHARACTERS])
    least = _LEAST_CONFIDENCE_ENGLISH if code == "en" else _LEAST_CONFIDENCE
    return code if confidence >= least else UNDECIDED


class _Model(Protocol):
    """What py3langid, which has no types, promises."""

    def classify(self, text: str) -> tuple[str, float]: ...

    def set_languages(self, langs: list[str]) -> None: ...


@cache
def _model() -> _Model:
    model = cast("_Model", cast("Any", LanguageIdentifier).from_model_file(MODEL_FILE, norm_probs=True))
    model.set_languages(list(_MODEL_LANGUAGES))
    return model


_TRADITIONAL = frozenset(simplified_of())
_SIMPLIFIED = frozenset(simplified_of().values()) - _TRADITIONAL
