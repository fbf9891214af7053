"""Tables of the directory and of accounts."""

from sqlalchemy import Boolean, Column, ForeignKey, Integer, MetaData, String, Table, Text

from yuqing_runtime.columns import Json, UtcDateTime, new_metadata

metadata: MetaData = new_metadata()

department = Table(
    "department",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("display_name", Text, nullable=False),
    Column("parent", String(40), ForeignKey("department.id"), nullable=True),
    Column("version", Integer, nullable=False),
)

person = Table(
    "person",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("login", String(40), nullable=False, unique=True),
    Column("display_name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

membership = Table(
    "membership",
    metadata,
    Column("person", String(40), ForeignKey("person.id"), primary_key=True),
    Column("department", String(40), ForeignKey("department.id"), primary_key=True),
    Column("roles", Json, nullable=False),
)

account = Table(
    "account",
    metadata,
    Column("person", String(40), ForeignKey("person.id"), primary_key=True),
    Column("password_hash", Text, nullable=False),
    Column("must_change", Boolean, nullable=False),
)

session = Table(
    "session",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("person", String(40), ForeignKey("person.id"), nullable=False, index=True),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("idle_at", UtcDateTime, nullable=False),
)

api_token = Table(
    "api_token",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("person", String(40), ForeignKey("person.id"), nullable=False, index=True),
    Column("display_name", Text, nullable=False),
    Column("scopes", Json, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)

login_failure = Table(
    "login_failure",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("blocked_until", UtcDateTime, nullable=False),
)
