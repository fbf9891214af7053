"""`yuqing audit` finds every service's chain and says where one is broken."""

import asyncio
import json
import sqlite3

import psycopg
import pytest
from click.testing import CliRunner

from yuqing_runtime import audit, chains
from yuqing_runtime.audit import AuditRecord, Head
from yuqing_runtime.commands import audit as command
from yuqing_runtime.database import Database
from yuqing_runtime.database_url import database_url

SERVICES = ("crawler", "indexing")


async def _fill(url: str, service: str, migrations) -> None:
    database = await Database.open(url, schema=service)
    await database.migrate(migrations.path)
    for number in range(3):
        async with database.write() as connection:
            await audit.record(connection, AuditRecord("people/7", "sources.pause", f"sources/{number}"))
    await database.close()


@pytest.fixture
async def var(tmp_path, migrations):
    folder = tmp_path / "var"
    for service in SERVICES:
        await _fill(database_url(service, {"YUQING_VAR": str(folder)}), service, migrations)
    sqlite3.connect(folder / "other.sqlite").close()
    return folder


async def _run(environment: dict[str, str], *arguments: str):
    clean = {"YUQING_DATABASE_URL": None, "YUQING_VAR": None, "YUQING_CRAWLER_DATABASE_URL": None}
    return await asyncio.to_thread(CliRunner().invoke, command, list(arguments), env=clean | environment)


async def test_command_succeeds_when_all_chains_are_whole(var):
    result = await _run({"YUQING_VAR": str(var)}, "verify")
    assert result.exit_code == 0, result.output
    assert [line.split(":")[0] for line in result.output.splitlines()] == list(SERVICES)
    assert "3 records" in result.output


async def test_command_fails_and_names_the_record_when_a_chain_is_broken(var):
    with sqlite3.connect(var / "indexing.sqlite") as connection:
        connection.execute("UPDATE audit SET actor = 'people/8' WHERE sequence = 2")
    connection.close()
    result = await _run({"YUQING_VAR": str(var)}, "verify")
    assert result.exit_code == 1
    assert "indexing: 第 2 条" in result.output


async def test_command_says_so_when_there_is_nothing_to_verify(tmp_path):
    assert (await _run({"YUQING_VAR": str(tmp_path / "nothing")}, "verify")).exit_code == 2


async def test_removed_database_is_found_when_its_head_was_kept(var, tmp_path):
    kept = tmp_path / "heads.json"
    kept.write_text((await _run({"YUQING_VAR": str(var)}, "heads")).output)
    assert json.loads(kept.read_text())["crawler"]["sequence"] == 3
    assert (await _run({"YUQING_VAR": str(var)}, "verify", "--anchor", str(kept))).exit_code == 0
    for file in var.glob("crawler.sqlite*"):
        file.unlink()
    result = await _run({"YUQING_VAR": str(var)}, "verify", "--anchor", str(kept))
    assert result.exit_code == 1
    assert "crawler: 第 1 条" in result.output


async def test_anchor_that_is_no_list_of_heads_is_refused(var, tmp_path):
    (tmp_path / "wrong.json").write_text("[1]")
    assert (await _run({"YUQING_VAR": str(var)}, "verify", "--anchor", str(tmp_path / "wrong.json"))).exit_code == 2


async def test_chains_are_found_in_every_schema_when_a_postgresql_is_shared(fresh_postgresql_database, migrations):
    for service in SERVICES:
        await _fill(fresh_postgresql_database, service, migrations)
    environment = {"YUQING_DATABASE_URL": fresh_postgresql_database.replace("+psycopg", "")}
    heads = await chains.heads(environment)
    assert {service: head.sequence for service, head in heads.items()} == dict.fromkeys(SERVICES, 3)
    with psycopg.connect(environment["YUQING_DATABASE_URL"]) as connection:
        connection.execute("DELETE FROM crawler.audit WHERE sequence = 3")
    results = await chains.verify_all(environment, heads)
    assert results["crawler"].first_broken.sequence == 3
    assert results["indexing"].first_broken is None


async def test_services_own_database_is_looked_at_when_it_has_one(var, tmp_path, migrations):
    url = f"sqlite:///{tmp_path / 'elsewhere.db'}"
    await _fill(database_url("alerting", {"YUQING_ALERTING_DATABASE_URL": url}), "alerting", migrations)
    results = await chains.verify_all({"YUQING_VAR": str(var), "YUQING_ALERTING_DATABASE_URL": url}, {})
    assert set(results) == {"alerting", *SERVICES}
    assert isinstance(results["alerting"].head, Head)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "sqlite+aiosqlite:///var/crawler.sqlite"),
        ({"YUQING_VAR": "/x"}, "sqlite+aiosqlite:////x/crawler.sqlite"),
        ({"YUQING_VAR": "/x", "YUQING_DATABASE_URL": "postgresql://u:p@h/d"}, "postgresql+psycopg://u:p@h/d"),
        ({"YUQING_DATABASE_URL": "postgresql://h/d", "YUQING_CRAWLER_DATABASE_URL": "sqlite:////y/z"}, "sqlite+aiosqlite:////y/z"),
        ({"YUQING_DATABASE_URL": "postgresql://h/d", "YUQING_INDEXING_DATABASE_URL": "sqlite:////y"}, "postgresql+psycopg://h/d"),
    ],
)
def test_own_url_goes_before_the_shared_one_and_that_before_the_file(environment, expected):
    assert database_url("crawler", environment) == expected


@pytest.mark.parametrize("url", ["sqlite:////one/file", "mysql://h/d"])
def test_shared_url_is_refused_when_it_cannot_hold_all_services(url):
    with pytest.raises(ValueError, match="SQLite"):
        database_url("crawler", {"YUQING_DATABASE_URL": url})
