"""Shows which labels a text was given and why: to people as a table, to scripts as one JSON object."""

from collections.abc import Mapping, Sequence
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from yuqing_scoring.commands.explained import for_terminal
from yuqing_scoring.domain.judgement import Passage
from yuqing_scoring.domain.labels.labeller import OFFENSIVE, LabelReason
from yuqing_scoring.domain.labels.text_labels import Aspect, FocusArea, Intent, Sensitivity

_KINDS: Final = {"intents": Intent, "aspects": Aspect, "focus_areas": FocusArea, "sensitivities": Sensitivity}
_WORDS: Final[Mapping[tuple[type, str], str]] = {
    **{(Intent, key): word for key, word in zip(Intent, ("意见", "建议", "投诉", "举报", "表扬", "咨询", "报道", "广告"), strict=True)},
    **{(Aspect, key): word for key, word in zip(Aspect, ("产品", "服务", "品牌", "形象"), strict=True)},
    **{
        (FocusArea, key): word
        for key, word in zip(
            FocusArea,
            ("重大决策", "重大活动", "产品质量", "服务水平", "社会责任", "安全生产", "劳动用工", "环境保护", "法律合规"),
            strict=True,
        )
    },
    **{(Sensitivity, key): word for key, word in zip(Sensitivity, ("安全事故", "未成年人", "伤亡", "违法", "个人信息"), strict=True)},
    (str, OFFENSIVE): "冒犯",
}
_TITLES: Final = {Intent: "意图", Aspect: "方面", FocusArea: "重点领域", Sensitivity: "敏感主题", str: "用语"}
_SHOWN_SPANS: Final = 5


def labels_record(passage: Passage, reasons: Sequence[LabelReason]) -> dict[str, object]:
    """The labels by kind, each with its spans, as JSON; `offensive` is there where there is any to speak of."""
    record: dict[str, object] = {name: [_record(passage, each) for each in reasons if isinstance(each.label, kind)] for name, kind in _KINDS.items()}
    for offence in (each for each in reasons if each.label == OFFENSIVE):
        record[OFFENSIVE] = _record(passage, offence)
    return record


def label_table(passage: Passage, reasons: Sequence[LabelReason]) -> RenderableType:
    """A row for each label: its kind, its name, how probable it is, and the words that it rests on, strongest first."""
    table = Table("", "标签", box=None, padding=(0, 2, 0, 0))
    table.add_column("概率", justify="right")
    table.add_column("依据")
    for reason in reasons:
        kind = type(reason.label)
        table.add_row(Text(_TITLES[kind], "dim"), _WORDS[kind, reason.label], f"{reason.probability:.0%}", Text(_words(passage, reason)))
    return Group(table, "")


def _words(passage: Passage, reason: LabelReason) -> str:
    told = [f"{for_terminal(passage.text[span.start : span.end])} {span.weight:+.2f}" for span in reason.spans[:_SHOWN_SPANS]]
    return " · ".join([*told, f"其余 {reason.logit - sum(span.weight for span in reason.spans[:_SHOWN_SPANS]):+.2f}"])


def _record(passage: Passage, reason: LabelReason) -> dict[str, object]:
    return {
        "label": str(reason.label),
        "probability": round(reason.probability, 6),
        "spans": [
            {
                "start": span.start,
                "end": span.end,
                "text": passage.text[span.start : span.end],
                "weight": round(span.weight, 6),
                "rule": span.rule,
            }
            for span in reason.spans
        ],
        "rest": round(reason.rest, 6),
        "logit": round(reason.logit, 6),
    }
