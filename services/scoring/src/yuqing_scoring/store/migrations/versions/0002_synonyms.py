"""Gives topics their lists of synonyms."""

import sqlalchemy as sa
from alembic import op

from yuqing_runtime.columns import Json

revision, down_revision = "0002", "0001"


def upgrade() -> None:
    """Topics made before have none."""
    op.add_column("topic", sa.Column("synonyms", Json, nullable=False, server_default="[]"))
