"""Makes the tables of what people double-check."""

import sqlalchemy as sa
from alembic import op

from yuqing_runtime.columns import Json, UtcDateTime

revision, down_revision = "0006", "0005"


def upgrade() -> None:
    """As `store.tables` describes them."""
    op.create_table(
        "sample",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("query", sa.Text, nullable=False),
        sa.Column("create_time", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sample"),
    )
    op.create_table(
        "sample_item",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("sample", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("mention", sa.Text, nullable=False),
        sa.Column("content_hash", sa.Text, nullable=False),
        sa.Column("medium", sa.Text, nullable=False),
        sa.Column("topics", Json, nullable=False),
        sa.Column("weight", sa.Float, nullable=False),
        sa.Column("judged", Json, nullable=False),
        sa.Column("probability", sa.Float, nullable=False),
        sa.Column("judged_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sample_item"),
        sa.UniqueConstraint("mention", name="uq_sample_item_mention"),
    )
    op.create_index("ix_sample_item_sample", "sample_item", ["sample", "number"])
    op.create_table(
        "sample_label",
        sa.Column("item", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("taken", UtcDateTime, nullable=False),
        sa.Column("given", UtcDateTime, nullable=True),
        sa.Column("labels", Json, nullable=False),
        sa.Column("unsure", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("item", "person", name="pk_sample_label"),
    )
    op.create_index("ix_sample_label_given", "sample_label", ["given"])
