"""The migrations make exactly the tables that the queries know."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from yuqing_crawler.store.tables import metadata
from yuqing_runtime.database import Database


async def test_the_migrated_database_has_the_tables_when_compared(database: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    async with database.read() as connection:
        assert await connection.run_sync(differences) == []
