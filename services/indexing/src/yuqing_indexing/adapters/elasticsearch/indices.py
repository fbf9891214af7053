"""The monthly indices: made with the present mapping, given new fields before anything uses them, dropped when their time is over."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any, Final, Literal

import orjson
import structlog
from elasticsearch import AsyncElasticsearch, BadRequestError

Family = Literal["mentions", "observations"]
FAMILIES: tuple[Family, ...] = ("mentions", "observations")
REFRESH_INTERVAL: Final = "5s"
_MONTHLY = re.compile(r".*-(?P<month>\d{4}\.\d{2})")
_log = structlog.get_logger(__name__)


@cache
def mapping(family: Family) -> Mapping[str, Any]:
    """The mapping of a family of indices, as the file beside this module says it; `_meta.version` grows with each new field."""
    file = resources.files("yuqing_indexing.adapters.elasticsearch").joinpath("mappings", f"{family}.json")
    content: dict[str, Any] = orjson.loads(file.read_bytes())
    return content


@dataclass
class Indices:
    """Makes and drops indices. `prefix` stands before all names, where several installations share a cluster; `shards` is of new indices."""

    client: AsyncElasticsearch
    prefix: str = ""
    shards: int = 1
    _ready: set[str] = field(default_factory=set[str])
    _making: asyncio.Lock = field(default_factory=asyncio.Lock)

    def name(self, family: Family, month: str) -> str:
        """`mentions-2024.05`."""
        return f"{self.prefix}{family}-{month}"

    def everywhere(self, family: Family) -> str:
        """The pattern that names all months of a family."""
        return f"{self.prefix}{family}-*"

    async def upgrade(self) -> None:
        """Gives the fields of the present mappings to indices that an older version of this service made."""
        for family in FAMILIES:
            await self._upgrade(family, self.everywhere(family))

    async def ensure(self, family: Family, month: str) -> str:
        """The name of the family's index for a month, which is there afterwards."""
        name = self.name(family, month)
        if name not in self._ready:
            async with self._making:
                await self._make(family, name)
        return name

    async def months(self) -> list[str]:
        """The months that have an index, oldest first."""
        found = await self.client.indices.get_settings(index=",".join(map(self.everywhere, FAMILIES)), name="index.uuid")
        return sorted({match["month"] for name in found.body if (match := _MONTHLY.fullmatch(name))})

    async def refresh(self, family: Family) -> None:
        """All that was written before to any month of a family can be found afterwards."""
        await self.client.indices.refresh(index=self.everywhere(family))

    async def drop(self, family: Family, month: str) -> None:
        """Removes a month's index for good; does nothing where it is gone already."""
        name = self.name(family, month)
        self._ready.discard(name)
        await self.client.indices.delete(index=name, ignore_unavailable=True)

    async def _upgrade(self, family: Family, names: str) -> None:
        present = mapping(family)
        for name, found in (await self.client.indices.get_mapping(index=names)).body.items():
            version = found["mappings"].get("_meta", {}).get("version", 0)
            if version < present["_meta"]["version"]:
                await self.client.indices.put_mapping(index=name, properties=present["properties"], meta=present["_meta"])
                _log.info("mapping upgraded", index=name, from_version=version, to_version=present["_meta"]["version"])

    async def _make(self, family: Family, name: str) -> None:
        # The default refresh sleeps while nobody searches; replicas go where there is a second node for them. See `refreshing`.
        settings = {"refresh_interval": REFRESH_INTERVAL, "number_of_shards": self.shards, "auto_expand_replicas": "0-1"}
        try:
            await self.client.indices.create(index=name, mappings=mapping(family), settings=settings)
        except BadRequestError as error:
            if error.error != "resource_already_exists_exception":
                raise
            await self._upgrade(family, name)  # a replica of an older version may have made it after this one's start
        self._ready.add(name)
