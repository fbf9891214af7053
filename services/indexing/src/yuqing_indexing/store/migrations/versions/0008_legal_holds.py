"""Makes the tables of legal holds, and of the months whose time is over."""

import sqlalchemy as sa
from alembic import op

from yuqing_runtime.columns import UtcDateTime

revision, down_revision = "0008", "0007"


def upgrade() -> None:
    """As `store.tables` describes them."""
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("create_time", UtcDateTime, nullable=False),
        sa.Column("query", sa.Text, nullable=False),
        sa.Column("job", sa.Text, nullable=False),
        sa.Column("released_by", sa.Text, nullable=False),
        sa.Column("release_time", UtcDateTime, nullable=True),
        sa.Column("release_reason", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_legal_hold"),
    )
    op.create_index("ix_legal_hold_create_time", "legal_hold", ["create_time"])
    op.create_table(
        "held_mention",
        sa.Column("hold", sa.Text, nullable=False),
        sa.Column("mention", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("hold", "mention", name="pk_held_mention"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_held_mention_mention", "held_mention", ["mention"])
    op.create_table(
        "ended_month",
        sa.Column("month", sa.Text, nullable=False),
        sa.Column("releases", sa.BigInteger, nullable=False),
        sa.Column("thinned", sa.BigInteger, nullable=True),
        sa.PrimaryKeyConstraint("month", name="pk_ended_month"),
    )
