"""Makes the tables of what people say of mentions, and lets people start jobs."""

import sqlalchemy as sa
from alembic import op

from yuqing_runtime.columns import Json, UtcDateTime

revision, down_revision = "0005", "0004"


def upgrade() -> None:
    """As `store.tables` describes them."""
    op.add_column("job", sa.Column("kind", sa.Text, nullable=False, server_default="TOPIC_BACKFILL"))
    op.add_column("job", sa.Column("author", sa.Text, nullable=False, server_default=""))
    op.add_column("job", sa.Column("task", Json, nullable=False, server_default="{}"))
    op.create_table(
        "by_hand",
        sa.Column("mention", sa.Text, nullable=False),
        sa.Column("etag", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("assignee", sa.Text, nullable=False),
        sa.Column("tags", Json, nullable=False),
        sa.Column("notes", sa.Integer, nullable=False),
        sa.Column("time", UtcDateTime, nullable=True),
        sa.PrimaryKeyConstraint("mention", name="pk_by_hand"),
    )
    op.create_table(
        "correction",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("mention", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("given", Json, nullable=False),
        sa.Column("judged", Json, nullable=False),
        sa.Column("judged_by", sa.Text, nullable=False),
        sa.Column("content_hash", sa.Text, nullable=False),
        sa.Column("pinned", sa.Boolean, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("time", UtcDateTime, nullable=False),
        sa.Column("job", sa.Text, nullable=False),
        sa.Column("undone_by", sa.Text, nullable=False),
        sa.Column("undo_time", UtcDateTime, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_correction"),
        sa.UniqueConstraint("mention", "number", name="uq_correction_mention_number"),
    )
    op.create_index("ix_correction_job", "correction", ["job"])
    op.create_table(
        "note",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("mention", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("create_time", UtcDateTime, nullable=False),
        sa.Column("edit_time", UtcDateTime, nullable=True),
        sa.Column("etag", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_note"),
    )
    op.create_index("ix_note_mention", "note", ["mention"])
    op.create_table(
        "by_hand_write",
        sa.Column("mention", sa.Text, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("mention", name="pk_by_hand_write"),
    )
    op.create_index("ix_by_hand_write_at", "by_hand_write", ["at"])
