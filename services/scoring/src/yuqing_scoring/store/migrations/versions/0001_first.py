"""Makes the tables of the first version."""

import sqlalchemy as sa
from alembic import op

from yuqing_runtime.columns import Json, UtcDateTime
from yuqing_runtime.tables import create_runtime_tables

revision, down_revision = "0001", None


def upgrade() -> None:
    """Makes the table of topics, and the runtime's tables."""
    create_runtime_tables(op)  # pyright: ignore[reportArgumentType] # Alembic's module stands for the Operations of the run
    op.create_table(
        "topic",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("display_name", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("department", sa.Text, nullable=False),
        sa.Column("query", sa.Text, nullable=False),
        sa.Column("shown_terms", Json, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("start_time", UtcDateTime, nullable=True),
        sa.Column("end_time", UtcDateTime, nullable=True),
        sa.Column("shared_with", Json, nullable=False),
        sa.Column("paused", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("create_time", UtcDateTime, nullable=False),
        sa.Column("update_time", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_topic"),
        sa.UniqueConstraint("display_name", name="uq_topic_display_name"),
    )
