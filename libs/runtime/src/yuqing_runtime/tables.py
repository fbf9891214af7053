"""The tables that the runtime keeps in every service's database: its feed, audit chain, leases, request ids and cursors."""

from alembic.operations import Operations
from sqlalchemy import BigInteger, Column, Index, LargeBinary, MetaData, Table, Text

from yuqing_runtime.columns import UtcDateTime, new_metadata

RUNTIME = new_metadata()

change_head = Table(
    "change_head",
    RUNTIME,
    Column("feed", Text, primary_key=True),
    Column("last_sequence", BigInteger, nullable=False),
    Column("trimmed_sequence", BigInteger, nullable=False),
)

change = Table(
    "change",
    RUNTIME,
    Column("feed", Text, primary_key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

consumer_cursor = Table(
    "consumer_cursor",
    RUNTIME,
    Column("feed", Text, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
)

lease = Table(
    "lease",
    RUNTIME,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("token", BigInteger, nullable=False),
    Column("expires_at_milliseconds", BigInteger, nullable=False),
)

audit = Table(
    "audit",
    RUNTIME,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Index("ix_audit_resource", "resource", "sequence"),
)

idempotency = Table(
    "idempotency",
    RUNTIME,
    Column("principal", Text, primary_key=True),
    Column("method", Text, primary_key=True),
    Column("request_id", Text, primary_key=True),
    Column("body_hash", LargeBinary, nullable=False),
    Column("reply", LargeBinary, nullable=True),
    Column("at_milliseconds", BigInteger, nullable=False, index=True),
)


def add_runtime_tables(metadata: MetaData) -> None:
    """Adds copies of these tables to a service's own MetaData (for comparing it with the migrated database)."""
    for table in RUNTIME.sorted_tables:
        table.to_metadata(metadata)


def create_runtime_tables(op: Operations) -> None:
    """Makes these tables: called once, in the first migration of each service."""
    RUNTIME.create_all(op.get_bind(), checkfirst=False)
