"""What scoring keeps in SQL: the topics. (The runtime's tables hold their feed, the audit chain and request ids.)"""

from sqlalchemy import Boolean, Column, Integer, Table, Text, UniqueConstraint

from yuqing_runtime.columns import Json, UtcDateTime, new_metadata

METADATA = new_metadata()

topic = Table(
    "topic",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("display_name", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("department", Text, nullable=False),
    Column("query", Text, nullable=False),
    Column("shown_terms", Json, nullable=False),
    Column("language", Text, nullable=False),
    Column("start_time", UtcDateTime, nullable=True),
    Column("end_time", UtcDateTime, nullable=True),
    Column("shared_with", Json, nullable=False),
    Column("paused", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("create_time", UtcDateTime, nullable=False),
    Column("update_time", UtcDateTime, nullable=False),
    Column("synonyms", Json, nullable=False),
    UniqueConstraint("display_name"),
)
