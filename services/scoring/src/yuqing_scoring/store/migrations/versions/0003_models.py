"""Makes the tables of models and of who put them to work."""

import sqlalchemy as sa
from alembic import op

from yuqing_runtime.columns import Json, UtcDateTime

revision, down_revision = "0003", "0002"


def upgrade() -> None:
    """As `store.tables` describes them."""
    op.create_table(
        "model",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("model_version", sa.Text, nullable=False),
        sa.Column("second_model", sa.Text, nullable=False),
        sa.Column("second_model_version", sa.Text, nullable=False),
        sa.Column("files", Json, nullable=False),
        sa.Column("card", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("create_time", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_model"),
    )
    op.create_table(
        "model_activation",
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("create_time", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_model_activation"),
    )
