"""Makes the tables of topics and jobs."""

import sqlalchemy as sa
from alembic import op

from yuqing_runtime.columns import Json, UtcDateTime

revision, down_revision = "0002", "0001"


def upgrade() -> None:
    """As `store.tables` describes them."""
    op.create_table(
        "topic",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("query", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("start_time", UtcDateTime, nullable=True),
        sa.Column("end_time", UtcDateTime, nullable=True),
        sa.Column("paused", sa.Boolean, nullable=False),
        sa.Column("removed", sa.Boolean, nullable=False),
        sa.Column("generation", sa.BigInteger, nullable=False),
        sa.Column("change", sa.BigInteger, nullable=False),
        sa.Column("department", sa.Text, nullable=False),
        sa.Column("shared_with", Json, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_topic"),
    )
    op.create_table(
        "job",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("total", sa.BigInteger, nullable=False),
        sa.Column("done", sa.BigInteger, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("create_time", UtcDateTime, nullable=False),
        sa.Column("update_time", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_job"),
    )
    op.create_index("ix_job_create_time", "job", ["create_time"])
