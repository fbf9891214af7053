"""Where a service's tables are: one rule for all services and for the commands that look at them from outside."""

from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import make_url

DEFAULT_VAR = "var"


def database_url(service: str, environment: Mapping[str, str]) -> str:
    """YUQING_<SERVICE>_DATABASE_URL, else YUQING_DATABASE_URL, else the SQLite file <YUQING_VAR>/<service>.sqlite.

    Errors: ValueError for another engine, or for one SQLite file for all.
    """
    if own := environment.get(f"YUQING_{service.upper()}_DATABASE_URL"):
        return with_driver(own)
    if shared := environment.get("YUQING_DATABASE_URL"):
        if make_url(shared).get_backend_name() == "sqlite":
            raise ValueError("YUQING_DATABASE_URL: one SQLite file cannot hold every service; name a PostgreSQL, or set YUQING_VAR")
        return with_driver(shared)
    return sqlite_url(Path(environment.get("YUQING_VAR") or DEFAULT_VAR) / f"{service}.sqlite")


def sqlite_url(path: Path) -> str:
    """The URL of a SQLite file."""
    return f"sqlite+aiosqlite:///{path}"


def with_driver(url: str) -> str:
    """The same database by the driver that is used here, so that `postgresql://…`, as everybody writes it, is right."""
    parsed = make_url(url)
    drivers = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
    name = drivers.get(parsed.get_backend_name())
    if name is None:
        raise ValueError(f"{parsed.get_backend_name()}: only SQLite and PostgreSQL are supported")
    return parsed.set(drivername=name).render_as_string(hide_password=False)
