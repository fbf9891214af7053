"""Runs a service's migrations without an env.py of its own: `script_location`/versions holds plain Alembic revisions, in one line."""

from pathlib import Path

from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Connection


class DatabaseNewerError(RuntimeError):
    """The database has a revision that this program does not know: a newer version of the service has already migrated it."""


def upgrade(connection: Connection, script_location: Path) -> None:
    """Applies the revisions that are missing, in the transaction of `connection`: either all of them or none."""
    scripts = ScriptDirectory(str(script_location))
    context = MigrationContext.configure(connection)
    present = context.get_current_revision()
    known = [script.revision for script in scripts.walk_revisions()]
    if present is not None and present not in known:
        raise DatabaseNewerError(f"revision {present} of the database is not among {sorted(known)}")
    missing = list(scripts.iterate_revisions("head", present or "base"))
    with Operations.context(context):
        for script in reversed(missing):
            script.module.upgrade()
            context.stamp(scripts, script.revision)
