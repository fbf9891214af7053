"""Indices that an older version made get the present fields before anything is written to them."""

import pytest

from yuqing_indexing.adapters.elasticsearch.client import connect
from yuqing_indexing.adapters.elasticsearch.indices import Indices, mapping

MONTH = "2024.05"
NEW = ("intent", "entity_normal", "risk", "influence", "labels")


@pytest.fixture
async def client(elasticsearch_url):
    async with connect(elasticsearch_url) as connected:
        yield connected


async def made_by_an_older_version(client, index_prefix):
    properties = {name: field for name, field in mapping("mentions")["properties"].items() if name not in NEW}
    mappings = {"_meta": {"version": 1}, "dynamic": "strict", "properties": properties}
    await client.indices.create(index=f"{index_prefix}mentions-{MONTH}", mappings=mappings)


async def fields_of(client, index_prefix):
    name = f"{index_prefix}mentions-{MONTH}"
    found = (await client.indices.get_mapping(index=name)).body[name]["mappings"]
    return found["properties"].keys(), found["_meta"]["version"]


async def test_fields_are_added_at_the_start_when_an_index_lacks_them(client, index_prefix):
    await made_by_an_older_version(client, index_prefix)
    await Indices(client, index_prefix).upgrade()
    fields, version = await fields_of(client, index_prefix)
    assert set(NEW) <= fields
    assert version == mapping("mentions")["_meta"]["version"]


async def test_fields_are_added_when_an_older_replica_made_the_month_after_the_start(client, index_prefix):
    indices = Indices(client, index_prefix)
    await indices.upgrade()
    await made_by_an_older_version(client, index_prefix)
    await indices.ensure("mentions", MONTH)
    assert set(NEW) <= (await fields_of(client, index_prefix))[0]
