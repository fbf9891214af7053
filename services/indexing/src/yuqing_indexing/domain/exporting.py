"""What an export says of a mention, column by column, safe to be opened in a spreadsheet."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from yuqing_indexing.domain.candidates import states
from yuqing_indexing.domain.document import Mention
from yuqing_indexing.domain.labels import Label
from yuqing_indexing.domain.reach import reach
from yuqing_indexing.domain.stories import story_name
from yuqing_text.query.schema import ASPECT, FOCUS_AREA, INTENT, SENSITIVITY

MOST_ROWS = 1_000_000
CELL_CHARACTERS = 32_000
"""Excel takes 32,767 in a cell."""
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
Value = str | int | float | datetime | list[str] | None
Cell = str | int | float | None
_STATES = {"vanished": "已消失", "edited": "已编辑", "present": ""}
_SENTIMENTS = {"negative": "负面", "neutral": "中性", "positive": "正面"}
_TRIAGE = {"open": "待处理", "taken": "处理中", "done": "已处理"}
_CORRECTED = {
    "sentiment": "情感",
    "intent": "意图",
    "aspect": "涉及方面",
    "focus_area": "重点领域",
    "sensitivity": "敏感主题",
    "offensive": "冒犯性",
    "region": "地区",
    "entity": "实体",
}
_MEDIA = {
    "news": "新闻",
    "forum": "论坛",
    "blog": "博客",
    "review": "评论",
    "microblog": "微博",
    "wechat": "微信公众号",
    "video": "视频",
    "other": "其他",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its key for programs, its heading for people, its value, and the Chinese words for values that are names."""

    key: str
    heading: str
    value: Callable[[Mention], Value]
    words: Mapping[str, str] = field(default_factory=dict[str, str])


def _words(values: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """The Chinese words of the query language's values."""
    return {value: names[0] for value, names in values.items()}


def _names(labels: Iterable[Label]) -> list[str] | None:
    return [label.name for label in labels] or None


COLUMNS = (
    Column("name", "编号", lambda mention: f"mentions/{mention.id}"),
    Column("title", "标题", lambda mention: mention.document.title),
    Column("text", "正文", lambda mention: mention.document.text),
    Column("url", "网址", lambda mention: mention.document.url),
    Column("medium", "媒体类型", lambda mention: mention.document.medium, _MEDIA),
    Column("site", "站点", lambda mention: mention.document.site),
    Column("source", "信源", lambda mention: mention.document.source),
    Column("author", "作者", lambda mention: mention.document.author.display_name if mention.document.author else None),
    Column("outlet", "媒体名称", lambda mention: mention.document.outlet),
    Column("region", "地区", lambda mention: mention.document.region),
    Column("language", "语言", lambda mention: mention.language),
    Column("published", "发布时间", lambda mention: mention.document.published),
    Column("first_seen", "首次发现", lambda mention: mention.first_seen),
    Column("sentiment", "情感", lambda mention: mention.sentiment or None, _SENTIMENTS),
    Column("negative", "负面概率", lambda mention: round(mention.judgement.negative, 4) if mention.judgement else None),
    Column("intents", "意图", lambda mention: _names(mention.labels.intents), _words(INTENT)),
    Column("aspects", "涉及方面", lambda mention: _names(mention.labels.aspects), _words(ASPECT)),
    Column("focus_areas", "重点领域", lambda mention: _names(mention.labels.focus_areas), _words(FOCUS_AREA)),
    Column("sensitivities", "敏感主题", lambda mention: _names(mention.labels.sensitivities), _words(SENSITIVITY)),
    Column("offensive", "冒犯性概率", lambda mention: round(mention.labels.offensive, 4) if mention.judgement else None),
    Column("entities", "实体", lambda mention: [entity.name for entity in mention.labels.entities] or None),
    Column("places", "涉及地区", lambda mention: [region.name for region in mention.labels.regions] or None),
    Column("likes", "点赞", lambda mention: mention.document.counts.likes),
    Column("comments", "评论数", lambda mention: mention.document.counts.comments),
    Column("reposts", "转发", lambda mention: mention.document.counts.reposts),
    Column("views", "阅读", lambda mention: mention.document.counts.views),
    Column("reach", "触达", lambda mention: reach(mention.document)),
    Column("influence", "影响力", lambda mention: mention.assessment.influence if mention.assessment else None),
    Column("risk", "风险", lambda mention: mention.assessment.risk if mention.assessment else None),
    Column("rating", "评分", lambda mention: mention.document.rating),
    Column("state", "状态", states, _STATES),
    Column("story", "事件脉络", lambda mention: story_name(mention.membership.story) if mention.membership else None),
    Column("copy", "是否同文副本", lambda mention: mention.membership.copy if mention.membership else None),
    Column("repost_of", "转发自", lambda mention: mention.document.repost_of),
    Column("related_stories", "关联脉络", lambda mention: _related(mention) or None),
    Column("corrected", "人工纠正", lambda mention: [each.kind.value for each in mention.counting] or None, _CORRECTED),
    Column("triage", "分拣状态", lambda mention: mention.by_hand.triage.state.value if mention.by_hand else None, _TRIAGE),
    Column("assignee", "处理人", lambda mention: mention.by_hand.triage.assignee if mention.by_hand else None),
    Column("tags", "标签", lambda mention: list(mention.by_hand.triage.tags) if mention.by_hand else None),
    Column("stored_page", "存证摘要", lambda mention: mention.document.stored_page),
)
"""What every form of export says, in this order."""
_PUBLISHED = [column.key for column in COLUMNS].index("published")
_DATE_CHARACTERS = len("2024-05-01")


def _related(mention: Mention) -> list[str]:
    return [story_name(each.story) for each in mention.membership.related] if mention.membership else []


def cells(mention: Mention, zone: tzinfo) -> list[Cell]:
    """The mention's cells for a spreadsheet: in Chinese, times in `zone`; text that a program would take for a formula is quoted."""
    row = [_cell(column.value(mention), column.words, zone) for column in COLUMNS]
    if mention.document.published_precision == "day" and isinstance(published := row[_PUBLISHED], str):
        row[_PUBLISHED] = published[:_DATE_CHARACTERS]  # midnight would look like a known hour
    return row


def record(mention: Mention) -> dict[str, Value]:
    """The mention for programs: values as they are, what is not known left out."""
    values = {column.key: column.value(mention) for column in COLUMNS}
    return {key: value for key, value in values.items() if value not in (None, "", [])}


def _cell(value: Value, words: Mapping[str, str], zone: tzinfo) -> Cell:
    match value:
        case datetime():
            return value.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
        case bool():
            return "是" if value else "否"
        case list():
            return _safe("、".join(word for each in value if (word := words.get(each, each))))
        case str():
            return _safe(words.get(value, value))
        case _:
            return value


def _safe(text: str) -> str:
    cut = text if len(text) <= CELL_CHARACTERS else f"{text[:CELL_CHARACTERS]}…"
    return f"'{cut}" if cut.startswith(_FORMULA_SIGNS) else cut
