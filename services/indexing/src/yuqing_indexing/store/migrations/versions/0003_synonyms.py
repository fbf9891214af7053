"""Gives topics their lists of synonyms."""

import sqlalchemy as sa
from alembic import op

from yuqing_runtime.columns import Json

revision, down_revision = "0003", "0002"


def upgrade() -> None:
    """Topics told of before have none."""
    op.add_column("topic", sa.Column("synonyms", Json, nullable=False, server_default="[]"))
