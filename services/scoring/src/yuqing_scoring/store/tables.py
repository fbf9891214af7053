"""What scoring keeps in SQL: topics, and which model is at work. (The runtime's tables hold their feed, the audit chain and request ids.)"""

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

# Models that were added; their files lie in the object store. The shipped one is not here.
model = Table(
    "model",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("model", Text, nullable=False),
    Column("model_version", Text, nullable=False),
    Column("second_model", Text, nullable=False),
    Column("second_model_version", Text, nullable=False),
    Column("files", Json, nullable=False),
    Column("card", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("create_time", UtcDateTime, nullable=False),
)

# Which model was put to work by whom; the last one is at work.
model_activation = Table(
    "model_activation",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("model", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("create_time", UtcDateTime, nullable=False),
)
