"""Makes the tables of the heads of stories; which stories have none yet is found when they are first followed."""

import sqlalchemy as sa
from alembic import op

from yuqing_runtime.columns import UtcDateTime

revision, down_revision = "0007", "0006"


def upgrade() -> None:
    """As `store.tables` describes them."""
    op.create_table(
        "story_head",
        sa.Column("story", sa.Text, nullable=False),
        sa.Column("mention", sa.Text, nullable=False),
        sa.Column("content_hash", sa.Text, nullable=False),
        sa.Column("encoder", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("story", name="pk_story_head"),
    )
    op.create_index("ix_story_head_mention", "story_head", ["mention"])
    op.create_table(
        "story_head_write",
        sa.Column("story", sa.Text, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("story", name="pk_story_head_write"),
    )
    op.create_index("ix_story_head_write_at", "story_head_write", ["at"])
