"""Says which fields a query may name, as data: each service can give the parser its own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import Enum

from yuqing_text.normal import normalize
from yuqing_text.query.tree import Switch


class Kind(Enum):
    """What the values of a field are, and so how a query writes them."""

    TEXT = "text"
    """A part of the text: words, phrases and groups of them."""
    KEYWORD = "keyword"
    """A whole value, compared as it stands (or in normal form where `folded`)."""
    ENUM = "enum"
    """One of a fixed set of values, each with other names for it."""
    DATE = "date"
    """An instant: days, moments and ranges of them."""
    NUMBER = "number"
    """A number and ranges of it."""
    SIMILAR = "similar"
    """No field of a mention: what means nearly the same as the text, or as the mention named."""
    SWITCH = "switch"
    """No field of a mention: the words after it are searched for otherwise than as they are written."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the query language. `aliases` are other names for it, such as the Chinese one.

    `values` of an enumeration: each name with other names for it. `folded` keywords are compared in normal form, so the index must hold that.
    `prefix` is put before a keyword that lacks it: `sources/` lets people write `source:daily`. `switches` are those that a switch turns on.
    """

    name: str
    kind: Kind
    aliases: tuple[str, ...] = ()
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    folded: bool = False
    prefix: str = ""
    switches: frozenset[Switch] = frozenset()

    def value_named(self, name: str) -> str | None:
        """The value of an enumeration that is called `name` in either language, however it is spelt."""
        wanted = _plain(name)
        return next((value for value, others in self.values.items() if wanted in map(_plain, (value, *others))), None)

    def keyword(self, written: str) -> str:
        """A keyword in the form that is compared."""
        value = normalize(written) if self.folded else written
        return value if value.startswith(self.prefix) else f"{self.prefix}{value}"


class Schema:
    """The fields that a query may name; those `elsewhere` may be named in other queries, which is said to whoever names them."""

    def __init__(self, fields: Iterable[Field], *, elsewhere: Iterable[str] = ()) -> None:
        self.fields = tuple(fields)
        self.elsewhere = frozenset(elsewhere)
        self._by_name = {normalize(name): each for each in self.fields for name in (each.name, *each.aliases)}

    def __getitem__(self, name: str) -> Field:
        """The field that is called `name`; KeyError where there is none."""
        return self._by_name[normalize(name)]

    def find(self, name: str) -> Field | None:
        """The field that is called `name` in either language, in any case."""
        return self._by_name.get(normalize(name))

    def nearest(self, name: str) -> str | None:
        """The field name that a misspelt one was probably meant to be."""
        close = get_close_matches(normalize(name), self._by_name, n=1, cutoff=0.6)
        return close[0] if close else None


def _plain(name: str) -> str:
    return normalize(name).replace("-", "_").replace(" ", "_")


MEDIUM = {
    "news": ("新闻",),
    "forum": ("论坛",),
    "blog": ("博客",),
    "review": ("评论", "评价"),
    "microblog": ("微博", "weibo"),
    "wechat": ("微信", "微信公众号", "公众号"),
    "video": ("视频",),
    "other": ("其他", "其它"),
}
SENTIMENT = {
    "negative": ("负面", "neg"),
    "neutral": ("中性", "neu"),
    "positive": ("正面", "pos"),
}
INTENT = {
    "opinion": ("意见",),
    "suggestion": ("建议",),
    "complaint": ("投诉",),
    "tip_off": ("举报",),
    "praise": ("表扬",),
    "question": ("咨询",),
    "news_report": ("报道",),
    "advertisement": ("广告",),
}
ASPECT = {
    "product": ("产品",),
    "service": ("服务",),
    "brand": ("品牌",),
    "image": ("形象",),
}
FOCUS_AREA = {
    "major_decision": ("重大决策",),
    "major_activity": ("重大活动",),
    "product_quality": ("产品质量", "质量"),
    "service_level": ("服务水平",),
    "social_responsibility": ("社会责任",),
    "safety": ("安全生产", "安全"),
    "labour": ("劳动用工", "用工", "labor"),
    "environment": ("环境保护", "环保"),
    "law": ("法律合规", "合规"),
}
SENSITIVITY = {
    "safety": ("安全事故", "事故"),
    "minors": ("未成年人",),
    "death": ("伤亡",),
    "law": ("违法",),
    "personal_data": ("个人信息",),
}
TRIAGE = {
    "open": ("待处理",),
    "taken": ("处理中",),
    "done": ("已处理",),
}
CORRECTED = {
    "sentiment": ("情感",),
    "intent": ("意图",),
    "aspect": ("方面", "涉及方面"),
    "focus_area": ("重点领域",),
    "sensitivity": ("敏感主题",),
    "offensive": ("冒犯性",),
    "region": ("地区",),
    "entity": ("实体",),
}
HELD = {"true": ("是", "yes")}
STATE = {
    "present": ("正常",),
    "vanished": ("已消失", "消失"),
    "edited": ("已编辑", "编辑"),
}
SWITCHES = (
    Field("sound", Kind.SWITCH, ("谐音",), switches=frozenset({Switch.SOUND})),
    Field("split", Kind.SWITCH, ("拆字",), switches=frozenset({Switch.SPLIT})),
    Field("variant", Kind.SWITCH, ("异体",), switches=frozenset({Switch.VARIANT})),
    Field("disguised", Kind.SWITCH, ("变形",), switches=frozenset({Switch.SOUND, Switch.SPLIT, Switch.VARIANT})),
    Field("synonym", Kind.SWITCH, ("同义", "近义"), switches=frozenset({Switch.SYNONYM})),
    Field("gist", Kind.SWITCH, ("大意",), switches=frozenset({Switch.GIST})),
)
"""What may stand before words in any query."""
_SYNONYM_SIGNS = tuple(f"{name}:" for field in SWITCHES if Switch.SYNONYM in field.switches for name in (field.name, *field.aliases))


def may_ask_for_synonyms(query: str) -> bool:
    """Whether a query's text has the sign for synonyms somewhere: without it, none need be looked up to read it."""
    normal = normalize(query)
    return any(sign in normal for sign in _SYNONYM_SIGNS)


MENTIONS = Schema(
    (
        Field("title", Kind.TEXT, ("标题",)),
        Field("body", Kind.TEXT, ("text", "正文")),
        Field("site", Kind.KEYWORD, ("站点",), folded=True),
        Field("source", Kind.KEYWORD, ("信源",), prefix="sources/"),
        Field("topic", Kind.KEYWORD, ("专题", "监测专题"), prefix="topics/"),
        Field("story", Kind.KEYWORD, ("事件脉络", "脉络"), prefix="stories/"),
        Field("author", Kind.KEYWORD, ("作者",), folded=True),
        Field("language", Kind.KEYWORD, ("语言",), folded=True),
        Field("region", Kind.KEYWORD, ("地区", "IP属地"), folded=True),
        Field("medium", Kind.ENUM, ("媒体", "媒体类型"), values=MEDIUM),
        Field("sentiment", Kind.ENUM, ("情感",), values=SENTIMENT),
        Field("intent", Kind.ENUM, ("意图",), values=INTENT),
        Field("aspect", Kind.ENUM, ("方面", "涉及方面"), values=ASPECT),
        Field("focus_area", Kind.ENUM, ("focus", "重点", "重点领域"), values=FOCUS_AREA),
        Field("sensitivity", Kind.ENUM, ("敏感", "敏感主题"), values=SENSITIVITY),
        Field("entity", Kind.KEYWORD, ("实体",), folded=True),
        Field("state", Kind.ENUM, ("状态",), values=STATE),
        Field("triage", Kind.ENUM, ("分拣", "分拣状态"), values=TRIAGE),
        Field("assignee", Kind.KEYWORD, ("处理人",), prefix="people/"),
        Field("tag", Kind.KEYWORD, ("标签",), folded=True),
        Field("corrected", Kind.ENUM, ("人工纠正", "纠正"), values=CORRECTED),
        Field("held", Kind.ENUM, ("已保全",), values=HELD),
        Field("hold", Kind.KEYWORD, ("保全", "法律保全"), prefix="legalHolds/"),
        Field("published", Kind.DATE, ("发布时间", "发布")),
        Field("first_seen", Kind.DATE, ("首次发现",)),
        Field("reach", Kind.NUMBER, ("触达",)),
        Field("influence", Kind.NUMBER, ("影响力",)),
        Field("risk", Kind.NUMBER, ("风险",)),
        Field("offensive", Kind.NUMBER, ("冒犯", "冒犯性")),
        Field("likes", Kind.NUMBER, ("点赞",)),
        Field("comments", Kind.NUMBER, ("评论数",)),
        Field("reposts", Kind.NUMBER, ("转发",)),
        Field("rating", Kind.NUMBER, ("评分",)),
        Field("similar", Kind.SIMILAR, ("相似",)),
        *SWITCHES,
    )
)
"""What queries over mentions may name; the terms of the glossary in both languages."""
EXACT_QUERIES = Schema(MENTIONS.fields, elsewhere=("similar",))
"""What queries may name that one mention alone must be able to answer, as in a live stream, or on which something is done to all that they find."""
_NOT_OF_TOPICS = frozenset({"topic", "story", "triage", "assignee", "tag", "corrected", "held", "hold", "influence", "risk"})
TOPIC_QUERIES = Schema((field for field in MENTIONS.fields if field.name not in _NOT_OF_TOPICS), elsewhere=("similar",))
"""What a topic's own query may name: anything but topics, stories, which people merge and split, what people do in the queue, and what is
computed when a mention is written.
"""
