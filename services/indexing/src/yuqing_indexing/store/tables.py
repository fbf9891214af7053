"""What indexing keeps in SQL: which mention a key belongs to, what was erased, what the feed told, the searches that people keep."""

from sqlalchemy import Column, Index, Table, Text, UniqueConstraint

from yuqing_runtime.columns import Json, UtcDateTime, new_metadata

METADATA = new_metadata()

mention = Table(
    "mention",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("month", Text, nullable=False),
    Column("told", Text, nullable=True),  # the announcement of its last change row; NULL before the first
    sqlite_with_rowid=False,
)

alias = Table(
    "alias",
    METADATA,
    Column("key", Text, primary_key=True),
    Column("mention", Text, nullable=False),
    Index("ix_alias_mention", "mention"),
    sqlite_with_rowid=False,
)

tombstone = Table(
    "tombstone",
    METADATA,
    Column("key_hash", Text, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)

# Erasures whose deletion from the index is not yet confirmed: what a crash left is taken up again.
erasure = Table(
    "erasure",
    METADATA,
    Column("mention", Text, primary_key=True),
    Column("month", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

saved_search = Table(
    "saved_search",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("query", Text, nullable=False),
    Column("filters", Json, nullable=False),
    Column("search_order", Text, nullable=False),
    Column("shared_with", Text, nullable=False),
    Column("etag", Text, nullable=False),
    Column("create_time", UtcDateTime, nullable=False),
    UniqueConstraint("owner", "display_name"),
    Index("ix_saved_search_shared_with", "shared_with"),
)
