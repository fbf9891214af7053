"""The tables of the crawler; the migrations beside them make the same ones."""

from sqlalchemy import BigInteger, Boolean, Column, Date, Float, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

from yuqing_runtime.columns import Json, UtcDateTime, new_metadata
from yuqing_runtime.tables import add_runtime_tables

metadata = new_metadata()

# SQLite counts up by itself only in a column that is exactly INTEGER PRIMARY KEY.
_Number = BigInteger().with_variant(Integer, "sqlite")

source = Table(
    "source",
    metadata,
    Column("id", Text, primary_key=True),
    Column("display_name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("medium", Integer, nullable=False),
    Column("address", Text, nullable=False),
    Column("parameters", Json, nullable=False),
    Column("secrets", LargeBinary, nullable=True),
    Column("secret_names", Json, nullable=False),
    Column("legal_basis", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("minimum_interval_seconds", Float, nullable=False),
    Column("maximum_interval_seconds", Float, nullable=False),
    Column("requests_per_second", Float, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("paused", Boolean, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index("ix_source_display_name", "display_name", "id"),
)

schedule = Table(
    "schedule",
    metadata,
    Column("source_id", Text, primary_key=True),
    Column("host", Text, nullable=False, index=True),
    Column("runnable", Boolean, nullable=False),
    Column("next_run_at", UtcDateTime, nullable=False, index=True),
    Column("interval_seconds", Float, nullable=False),
    Column("leased_until_milliseconds", BigInteger, nullable=False),
    Column("holder", Text, nullable=False),
    Column("cursor", Json, nullable=False),
    Column("state", Integer, nullable=False),
    Column("last_attempt_at", UtcDateTime, nullable=True),
    Column("last_success_at", UtcDateTime, nullable=True),
    Column("failures", Integer, nullable=False),
    Column("errors", Json, nullable=False),
    Column("detail", Text, nullable=False),
    Column("lag_seconds", Float, nullable=True),
)
"""How a source stands: machine flow writes here, people write `source`, so that neither waits for the other."""

host = Table(
    "host",
    metadata,
    Column("host", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("leased_until_milliseconds", BigInteger, nullable=False),
    Column("resume_at_milliseconds", BigInteger, nullable=False),
)
"""One replica at a time speaks to a host, so that its rate is one rate; `resume_at` is what Retry-After asked for."""

source_hour = Table(
    "source_hour",
    metadata,
    Column("source_id", Text, primary_key=True),
    Column("hour", UtcDateTime, primary_key=True),
    Column("items", Integer, nullable=False),
)

source_event = Table(
    "source_event",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("source_id", Text, nullable=False, index=True),
    Column("before", Integer, nullable=False),
    Column("after", Integer, nullable=False),
    Column("detail", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

frontier = Table(
    "frontier",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("source_id", Text, nullable=False, index=True),
    Column("follow", Json, nullable=False),
    Column("cursor", Json, nullable=False),
    Column("attempts", Integer, nullable=False),
)
"""Pages that a page led to and that are not read yet, with the cursor of the run that found them: a killed run is taken up from here."""

seen = Table(
    "seen",
    metadata,
    Column("source_id", Text, primary_key=True),
    Column("key", LargeBinary, primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
)
"""Hashes of the pages that were led to and of the documents that were spooled, so that only what is new or changed goes on."""

page_state = Table(
    "page_state",
    metadata,
    Column("source_id", Text, primary_key=True),
    Column("key", LargeBinary, primary_key=True),
    Column("etag", Text, nullable=False),
    Column("last_modified", Text, nullable=False),
    Column("payload_sha256", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
)
"""What a page said of its own version, for conditional requests."""

spool = Table(
    "spool",
    metadata,
    Column("sequence", _Number, primary_key=True, autoincrement=True),
    Column("state", Integer, nullable=False),
    Column("source_id", Text, nullable=False),
    Column("document_key", LargeBinary, nullable=False, index=True),
    Column("document", LargeBinary, nullable=False),
    Column("origin", Text, nullable=False),
    Column("traceparent", Text, nullable=False),
    Column("spooled_at", UtcDateTime, nullable=False),
    Column("claimed_until_milliseconds", BigInteger, nullable=False),
    Column("acknowledged_at", UtcDateTime, nullable=True, index=True),
    Column("outcome", Integer, nullable=False),
    Column("mention", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index("ix_spool_state_sequence", "state", "sequence"),
    sqlite_autoincrement=True,  # a number is never given twice, also after rows are gone
)

tally = Table(
    "tally",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)
"""Counts that outlive the rows they counted."""

stored_page = Table(
    "stored_page",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("source_id", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("payload_sha256", Text, nullable=False),
    Column("fetched_at", UtcDateTime, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("expires_at", UtcDateTime, nullable=True, index=True),
)

page_document = Table(
    "page_document",
    metadata,
    Column("document_key", LargeBinary, primary_key=True),
    Column("sha256", Text, primary_key=True, index=True),
)
"""Which stored pages a document was read from: erasing a mention finds its pages here."""

document_mention = Table(
    "document_mention",
    metadata,
    Column("document_key", LargeBinary, primary_key=True),
    Column("mention", Text, nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False, index=True),
)
"""Which mention the index said a document belongs to, and when it did so last."""

held_mention = Table(
    "held_mention",
    metadata,
    Column("mention", Text, primary_key=True),
    Column("document_key", LargeBinary, nullable=False),
)
"""Mentions under a legal hold, with the key of the document that the index named (empty where it named none)."""

revisit = Table(
    "revisit",
    metadata,
    Column("document_key", LargeBinary, primary_key=True),
    Column("source_id", Text, nullable=False, index=True),
    Column("host", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("text", LargeBinary, nullable=False),
    Column("heat", Float, nullable=False),
    Column("step", Integer, nullable=False),
    Column("first_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False, index=True),
    Column("leased_until_milliseconds", BigInteger, nullable=False),
)

tombstone = Table(
    "tombstone",
    metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)
"""Hashes of what was erased for good: it is neither spooled nor fetched again."""

patrol_list = Table(
    "patrol_list",
    metadata,
    Column("id", Text, primary_key=True),
    Column("display_name", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("places", Json, nullable=False),
    Column("weekdays", Json, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

patrol_visit = Table(
    "patrol_visit",
    metadata,
    Column("id", Text, primary_key=True),
    Column("patrol_list_id", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("place_number", Integer, nullable=False),
    Column("place", Json, nullable=False),
    Column("completed_at", UtcDateTime, nullable=True),
    Column("note", Text, nullable=False),
    Column("findings", Integer, nullable=False),
    UniqueConstraint("patrol_list_id", "day", "place_number"),
    Index("ix_patrol_visit_day", "day", "id"),
)

employee_report = Table(
    "employee_report",
    metadata,
    Column("id", Text, primary_key=True),
    Column("receipt", Text, nullable=False, unique=True),
    Column("reporter", Text, nullable=False, index=True),
    Column("finding", LargeBinary, nullable=False),
    Column("note", Text, nullable=False),
    Column("state", Integer, nullable=False),
    Column("mention", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("credited", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False, index=True),
    Column("resolved_at", UtcDateTime, nullable=True),
)

finding = Table(
    "finding",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("origin", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("finding", LargeBinary, nullable=False),
    Column("traceparent", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("leased_until_milliseconds", BigInteger, nullable=False),
)
"""Links that people gave and that are still to be fetched; the row goes when its document is in the spool."""

add_runtime_tables(metadata)
