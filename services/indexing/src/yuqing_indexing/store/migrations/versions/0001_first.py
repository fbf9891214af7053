"""Makes the tables of the first version."""

import sqlalchemy as sa
from alembic import op

from yuqing_runtime.columns import Json, UtcDateTime
from yuqing_runtime.tables import create_runtime_tables

revision, down_revision = "0001", None


def upgrade() -> None:
    """Makes the tables that `store.tables` describes, and the runtime's."""
    create_runtime_tables(op)  # pyright: ignore[reportArgumentType] # Alembic's module stands for the Operations of the run
    op.create_table(
        "mention",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("month", sa.Text, nullable=False),
        sa.Column("told", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_mention"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "alias",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("mention", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_alias"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_alias_mention", "alias", ["mention"])
    op.create_table(
        "tombstone",
        sa.Column("key_hash", sa.Text, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("key_hash", name="pk_tombstone"),
    )
    op.create_table(
        "erasure",
        sa.Column("mention", sa.Text, nullable=False),
        sa.Column("month", sa.Text, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("mention", name="pk_erasure"),
    )
    op.create_table(
        "saved_search",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("display_name", sa.Text, nullable=False),
        sa.Column("query", sa.Text, nullable=False),
        sa.Column("filters", Json, nullable=False),
        sa.Column("search_order", sa.Text, nullable=False),
        sa.Column("shared_with", sa.Text, nullable=False),
        sa.Column("etag", sa.Text, nullable=False),
        sa.Column("create_time", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_saved_search"),
        sa.UniqueConstraint("owner", "display_name", name="uq_saved_search_owner_display_name"),
    )
    op.create_index("ix_saved_search_shared_with", "saved_search", ["shared_with"])
