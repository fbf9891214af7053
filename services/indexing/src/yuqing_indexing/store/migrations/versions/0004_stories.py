"""Makes the tables of stories, and has the mentions that are there placed in theirs."""

import sqlalchemy as sa
from alembic import op

from yuqing_runtime.clock import database_milliseconds, moment
from yuqing_runtime.columns import Json, UtcDateTime

revision, down_revision = "0004", "0003"


def upgrade() -> None:
    """As `store.tables` describes them."""
    op.add_column("mention", sa.Column("story", sa.Text, nullable=True))
    op.add_column("mention", sa.Column("words", sa.BigInteger, nullable=True))
    op.add_column("mention", sa.Column("is_copy", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("mention", sa.Column("by_hand", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_index("ix_mention_story", "mention", ["story"])
    op.create_table(
        "story_text",
        sa.Column("number", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("story", sa.Text, nullable=False),
        sa.Column("mention", sa.Text, nullable=False),
        sa.Column("tokens", sa.Text, nullable=False),
        sa.Column("related", Json, nullable=False),
        sa.Column("is_sought", sa.Boolean, nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_story_text"),
    )
    op.create_index("ix_story_text_story", "story_text", ["story"])
    op.create_index("ix_story_text_mention", "story_text", ["mention"])
    op.create_index("ix_story_text_day", "story_text", ["day"])
    op.create_table(
        "story",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("etag", sa.Text, nullable=False),
        sa.Column("merged_into", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_story"),
    )
    op.create_index("ix_story_merged_into", "story", ["merged_into"])
    moves = op.create_table(
        "story_move",
        sa.Column("mention", sa.Text, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("mention", name="pk_story_move"),
    )
    op.create_index("ix_story_move_at", "story_move", ["at"])
    connection = op.get_bind()
    now = sa.literal(moment(connection.scalar(sa.select(database_milliseconds()))), UtcDateTime)
    mentions = sa.table("mention", sa.column("id"))
    connection.execute(moves.insert().from_select(["mention", "at"], sa.select(mentions.c.id, now)))
    op.create_table(
        "fingerprint",
        sa.Column("hash", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("number", sa.BigInteger, nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("hash", "number", name="pk_fingerprint"),
        sqlite_with_rowid=False,
    )
