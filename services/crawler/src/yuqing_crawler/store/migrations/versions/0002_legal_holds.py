"""Makes the tables of the documents' mentions, which documents that are still spooled tell, and of those under a legal hold."""

import sqlalchemy as sa
from alembic import op

from yuqing_runtime.columns import UtcDateTime

revision, down_revision = "0002", "0001"


def upgrade() -> None:
    """As `store.tables` describes them."""
    op.create_table(
        "document_mention",
        sa.Column("document_key", sa.LargeBinary(), nullable=False),
        sa.Column("mention", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("document_key", name="pk_document_mention"),
    )
    op.create_index("ix_document_mention_mention", "document_mention", ["mention"])
    op.create_index("ix_document_mention_at", "document_mention", ["at"])
    op.create_table(
        "held_mention",
        sa.Column("mention", sa.Text(), nullable=False),
        sa.Column("document_key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("mention", name="pk_held_mention"),
    )
    op.execute(
        "INSERT INTO document_mention (document_key, mention, at) SELECT document_key, max(mention), max(acknowledged_at) FROM spool"
        " WHERE mention <> '' AND acknowledged_at IS NOT NULL GROUP BY document_key"
    )
