"""What a name found in a text is, before those that mean the same are put together."""

from dataclasses import dataclass
from typing import Final

from yuqing_scoring.domain.labels.text_labels import EntityKind

STOP_TAGS: Final = frozenset(
    ["p", "c", "u", "uj", "ul", "uz", "ug", "ud", "uv", "r", "rr", "rz", "q", "y", "t", "f", "m", "mq", "x", "o", "e", "k", "s", "d", "l", "i"]
)
"""Parts of speech (of rjieba) that stand in no name."""

NEVER_IN_NAMES: Final = frozenset(
    "的了在是和与及被把从向对于以为将让给由到去来说称又也都就还才再很太不没有这那我你他她它们个位名某该本各每上下里内外前后用找叫买卖进住坐看问告查当使因并而但或如若则且吗呢吧啊呀哦"
    "年月日时次谈方做骂求请跟比替要考靠报转拟遭想能会可应需得着过挺更最真差坏只仅已未别吃喝玩停站等打接退换订租拿挂付贷吵讲听写读教办借偷抢骗坑罚判抓封拆修亏散险自按据经受赔欠乘搭砸走回往连愿投控多"
)
"""Single characters that stand in no name; all others may be a part of one that no dictionary has."""


@dataclass(frozen=True, slots=True)
class NameMention:
    """A name at [start, end). `core`: what is left of an organisation's name without its place and what it does; the name itself of others."""

    kind: EntityKind
    start: int
    end: int
    core: str
    role: str = ""
