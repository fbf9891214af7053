"""Keeps a mention's aliases beside it instead of in an index of all aliases, and mentions without a story out of the index of stories."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0009", "0008"

_JOINED = {"sqlite": "group_concat(alias.key, ' ')", "postgresql": "string_agg(alias.key, ' ')"}


def upgrade() -> None:
    """As `store.tables` describes them."""
    op.add_column("mention", sa.Column("aliases", sa.Text, nullable=False, server_default=""))
    joined = _JOINED[op.get_bind().dialect.name]
    op.execute(f"UPDATE mention SET aliases = coalesce((SELECT {joined} FROM alias WHERE alias.mention = mention.id), '')")  # noqa: S608  # ours
    op.drop_index("ix_alias_mention", "alias")
    op.drop_index("ix_mention_story", "mention")
    has_story = sa.text("story IS NOT NULL")
    op.create_index("ix_mention_story", "mention", ["story"], sqlite_where=has_story, postgresql_where=has_story)
