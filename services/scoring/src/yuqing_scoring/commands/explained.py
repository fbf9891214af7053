"""Shows why a text was judged as it was: to people with its spans marked, to scripts as one JSON object."""

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from yuqing_scoring.domain.explanation import Explanation, Span, Weights, leading
from yuqing_scoring.domain.judgement import Judgement, Passage, Sentiment
from yuqing_scoring.domain.towards.judging import Towards
from yuqing_scoring.domain.weights import NEUTRAL

_WORDS = {Sentiment.NEGATIVE: "负面", Sentiment.NEUTRAL: "中性", Sentiment.POSITIVE: "正面"}
_STYLES = {Sentiment.NEGATIVE: "bold red", Sentiment.NEUTRAL: "bold blue", Sentiment.POSITIVE: "bold green"}
_NOT_NEUTRAL = "bold yellow"
_SHOWN = {code: " " for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n"} | dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
"""Control characters, which would act on the terminal, and lone surrogates, which cannot be written; one for one, so that spans keep their places."""


def judgement_record(judgement: Judgement) -> dict[str, object]:
    """Sentiment and probabilities, as JSON."""
    probabilities = {name: round(getattr(judgement, name), 6) for name in ("negative", "neutral", "positive")}
    return {"sentiment": judgement.sentiment.value, "probabilities": probabilities}


def explanation_record(passage: Passage, explanation: Explanation) -> dict[str, object]:
    """The judgement and all parts that add up to its logits, as JSON."""
    return {
        **judgement_record(explanation.judgement),
        "spans": [
            {"start": span.start, "end": span.end, "text": passage.text[span.start : span.end], **_numbers(span.weights)}
            for span in explanation.spans
        ],
        "rest": _numbers(explanation.rest),
        "bias": _numbers(explanation.bias),
        "logits": _numbers(explanation.logits),
        "leans": {"neutral": explanation.neutral_lean, "positive": explanation.positive_lean},
    }


def towards_record(passage: Passage, towards: Towards) -> dict[str, object]:
    """What a text says of a subject and the passages that speak of it, as JSON."""
    return {
        **judgement_record(towards.judgement),
        "named": bool(towards.parts),
        "passages": [
            {
                "start": part.start,
                "end": part.end,
                "text": passage.text[part.start : part.end],
                "relation": part.relation.value,
                **judgement_record(part.judgement),
                "weight": round(part.weight, 6),
                "decisive": part.decisive,
            }
            for part in towards.parts
        ],
    }


def show(console: Console, title: str, passage: Passage, explanation: Explanation) -> None:
    """The text with its spans in colour, and the sum that made the judgement."""
    console.print(_verdict(title, explanation.judgement), _marked(passage, explanation), _sum(passage, explanation), sep="\n", end="\n")


def for_terminal(text: str) -> str:
    """The text with nothing in it that acts on the terminal or cannot be written, code point for code point."""
    return text.translate(_SHOWN)


def _shown(passage: Passage, span: Span) -> str:
    return for_terminal(passage.text[span.start : span.end])


def _numbers(weights: Weights) -> dict[str, float]:
    return {"polarity": round(weights.polarity, 6), "neutral": round(weights.neutral, 6)}


def _verdict(title: str, judgement: Judgement) -> Text:
    verdict = Text.assemble(title.translate(_SHOWN), "  ", (_WORDS[judgement.sentiment], _STYLES[judgement.sentiment]))
    verdict.append(f"  负面 {judgement.negative:.1%} · 中性 {judgement.neutral:.1%} · 正面 {judgement.positive:.1%}")
    return verdict


def _marked(passage: Passage, explanation: Explanation) -> Text:
    text = Text(passage.text.translate(_SHOWN))
    for span in explanation.spans:
        text.stylize(_style(explanation, span.weights), span.start, span.end)
    return text


def _style(explanation: Explanation, weights: Weights) -> str:
    """The colour of what it pushes towards, in the logit that decided."""
    if leading(explanation.judgement.sentiment) == NEUTRAL:
        return _STYLES[Sentiment.NEUTRAL] if weights.neutral > 0 else _NOT_NEUTRAL
    return _STYLES[Sentiment.POSITIVE if weights.polarity > 0 else Sentiment.NEGATIVE]


def _sum(passage: Passage, explanation: Explanation) -> RenderableType:
    table = Table("片段", box=None, padding=(0, 2, 0, 0))
    table.add_column("负面 − / 正面 +", justify="right")
    table.add_column("非中性 − / 中性 +", justify="right")
    for span in explanation.spans:
        table.add_row(Text(_shown(passage, span), _style(explanation, span.weights)), *_cells(span.weights))
    for name, weights in (("其余文字", explanation.rest), ("媒体偏置", explanation.bias), ("合计", explanation.logits)):
        table.add_row(Text(name, "dim"), *_cells(weights))
    return Group(table, "")


def _cells(weights: Weights) -> tuple[str, str]:
    return f"{weights.polarity:+.2f}", f"{weights.neutral:+.2f}"
