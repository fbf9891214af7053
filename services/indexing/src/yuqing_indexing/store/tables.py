"""What indexing keeps in SQL: which mention a key belongs to, what was erased, what the feed told; saved searches, a copy of the topics, jobs."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Table, Text, UniqueConstraint

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

# The topics as scoring's feed tells of them. `change` counts changes here; removed topics stay, so that it never falls back.
topic = Table(
    "topic",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("query", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("start_time", UtcDateTime, nullable=True),
    Column("end_time", UtcDateTime, nullable=True),
    Column("paused", Boolean, nullable=False),
    Column("removed", Boolean, nullable=False),
    Column("generation", BigInteger, nullable=False),  # the change that last altered which mentions match
    Column("change", BigInteger, nullable=False),
    Column("department", Text, nullable=False),
    Column("shared_with", Json, nullable=False),
    Column("synonyms", Json, nullable=False),
)

job = Table(
    "job",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("topic", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("detail", Text, nullable=False),
    Column("create_time", UtcDateTime, nullable=False),
    Column("update_time", UtcDateTime, nullable=False),
    Index("ix_job_create_time", "create_time"),
)
