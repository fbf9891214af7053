"""The administrative divisions of China, from the province to the county, and the countries beside it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import Final

from yuqing_scoring.tables.reading import rows_of_table

_PEOPLES: Final = (
    "蒙古|回|藏|维吾尔|苗|彝|壮|布依|朝鲜|满|侗|瑶|白|土家|哈尼|哈萨克|傣|黎|傈僳|佤|畲|高山|拉祜|水|东乡|纳西|景颇|柯尔克孜|土|达斡尔|仫佬|羌|布朗|撒拉|"
    "毛南|仡佬|锡伯|阿昌|普米|塔吉克|怒|乌孜别克|俄罗斯|鄂温克|德昂|保安|裕固|京|塔塔尔|独龙|鄂伦春|赫哲|门巴|珞巴|基诺|各"
)
_AUTONOMY: Final = re.compile(rf"(?:(?:{_PEOPLES})族|蒙古|哈萨克|柯尔克孜|维吾尔|达斡尔族)+自治[州县旗]$")
_SUFFIX: Final = {
    1: re.compile(r"(?:维吾尔|壮族|回族)?自治区$|特别行政区$|[省市]$"),
    2: re.compile(r"(?:市|地区|盟|自治州)$"),
    3: re.compile(r"(?:[市县区旗]|自治县|自治旗|林区|特区)$"),
}
_SHORTEST_NAME: Final = 2


class Level(IntEnum):
    """How large a division is; a country stands above all."""

    COUNTRY = 0
    PROVINCE = 1
    PREFECTURE = 2
    COUNTY = 3


@dataclass(frozen=True, eq=False)
class Division:
    """A division or a foreign country: `code` of GB/T 2260, empty abroad; `own` is its own name, `within` what it belongs to."""

    code: str
    own: str
    level: Level
    within: "Division | None" = None

    @cached_property
    def name(self) -> str:
        """From the province down: `山东省 青岛市`."""
        return self.own if self.within is None else f"{self.within.name} {self.own}"

    @cached_property
    def short(self) -> str:
        """Its own name without what says of which kind it is (`青岛`); the whole name where that would leave one character."""
        bare = _AUTONOMY.sub("", self.own)
        if bare == self.own and self.level in _SUFFIX:
            bare = _SUFFIX[self.level].sub("", self.own)
        return bare if len(bare) >= _SHORTEST_NAME else self.own

    def above(self) -> "Iterator[Division]":
        """All that it belongs to, the smallest first."""
        if self.within is not None:
            yield self.within
            yield from self.within.above()

    def lies_in(self, other: "Division") -> bool:
        """Whether `other` is one that it belongs to, at any height."""
        return any(division is other for division in self.above())


def divisions() -> Mapping[str, Division]:
    """Each division by its name from the province down; one that was abolished never replaces one that stands."""
    by_code: dict[str, Division] = {}
    by_name: dict[str, Division] = {}
    for code, name in rows_of_table("divisions.tsv"):
        division = Division(code, name.removeprefix("+"), _level(code), _within(code, by_code))
        by_code[code] = division
        if not name.startswith("+") or division.name not in by_name:
            by_name[division.name] = division
    return by_name


def countries() -> Iterator[tuple[Division, tuple[str, ...]]]:
    """Each country with all names that stand for it: its own, other names, its cities."""
    for names in rows_of_table("countries.tsv"):
        yield Division("", names[0], Level.COUNTRY), names


def _level(code: str) -> Level:
    if code.endswith("0000"):
        return Level.PROVINCE
    return Level.PREFECTURE if code.endswith("00") else Level.COUNTY


def _within(code: str, by_code: Mapping[str, Division]) -> Division | None:
    """The prefecture, or the province where there is none between (municipalities, counties under a province)."""
    if code.endswith("0000"):
        return None
    prefecture = by_code.get(f"{code[:4]}00") if not code.endswith("00") else None
    return prefecture or by_code[f"{code[:2]}0000"]
