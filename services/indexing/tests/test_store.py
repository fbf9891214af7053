from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from yuqing_indexing.store.tables import METADATA
from yuqing_runtime.columns import new_metadata
from yuqing_runtime.tables import add_runtime_tables


async def test_migrations_make_what_the_tables_describe_when_they_have_run(database):
    described = new_metadata()
    for table in METADATA.sorted_tables:
        table.to_metadata(described)
    add_runtime_tables(described)
    async with database.read() as connection:
        differences = await connection.run_sync(lambda sync: compare_metadata(MigrationContext.configure(sync), described))
    assert [difference for difference in differences if "alembic_version" not in str(difference)] == []
