"""Settings that every service has, read from the environment once, at the start, and never changed."""

import os
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from yuqing_runtime.database_url import database_url


def service_settings(service: str) -> SettingsConfigDict:
    """The configuration of a service's Settings: frozen, from `YUQING_<SERVICE>_…`."""
    return SettingsConfigDict(env_prefix=f"YUQING_{service.upper()}_", frozen=True, extra="ignore", populate_by_name=True)


class SharedSettings(BaseSettings):
    """What all parts of one installation have in common: `YUQING_…`."""

    model_config = SettingsConfigDict(env_prefix="YUQING_", frozen=True, extra="ignore")

    var: Path = Field(default=Path("var"), description="Folder of this installation's data: databases, keys, stored pages, logs.")
    keys: Path | None = Field(default=None, description="Folder of keys: <service>.pem and public/<service>*.pem. Default: keys in the var folder.")
    secret_key_file: Path | None = Field(
        default=None, description="File with the keys that seal secrets (0600). Default: keys/secret.key in the var folder."
    )
    database_url: str | None = Field(default=None, description="PostgreSQL for all, a schema each. Default: a SQLite file each, in var.")
    elasticsearch_url: str = Field(default="http://127.0.0.1:9200", description="Address of Elasticsearch.")
    time_zone: str = Field(default="Asia/Shanghai", description="The organisation's time zone: days of counts, patrols and queries.")
    log_format: str = Field(default="auto", description="json, text, or auto: text on a terminal.", pattern="^(auto|json|text)$")
    log_level: str = Field(default="info", description="debug, info, warning or error.", pattern="^(debug|info|warning|error)$")
    metrics_host: str = Field(default="127.0.0.1", description="Address that the Prometheus metrics listen on; 0.0.0.0 in a cluster.")
    drain_seconds: float = Field(default=5.0, ge=0, description="How long a stopping service lets running calls end.")

    @property
    def keys_folder(self) -> Path:
        return self.keys or self.var / "keys"

    @property
    def secret_file(self) -> Path:
        return self.secret_key_file or self.keys_folder / "secret.key"


class ServiceSettings(BaseSettings):
    """What every service has. A service's Settings derives from it and sets `model_config = service_settings("<service>")`."""

    shared: SharedSettings = Field(default_factory=SharedSettings, description="Settings of the whole installation.")
    address: str = Field(default="127.0.0.1:0", description="host:port where the service listens, and where others find it.")
    metrics_port: int | None = Field(default=None, ge=0, le=65535, description="Port of the Prometheus metrics; none where absent.")
    database_url: str | None = Field(default=None, description="Database of this service alone; before YUQING_DATABASE_URL.")

    def database(self, service: str) -> str:
        """The URL of the service's database: its own, the installation's, or a SQLite file in the var folder."""
        environment = {
            f"YUQING_{service.upper()}_DATABASE_URL": self.database_url or "",
            "YUQING_DATABASE_URL": self.shared.database_url or "",
            "YUQING_VAR": str(self.shared.var.absolute()),
        }
        return database_url(service, environment)


class UnknownPeer(LookupError):
    """A service whose address is not set."""


def peer(service: str) -> str:
    """Where the service `service` listens: `YUQING_<SERVICE>_ADDRESS`."""
    name = f"YUQING_{service.upper()}_ADDRESS"
    address = os.environ.get(name)
    if not address:
        raise UnknownPeer(f"{name} is not set: where does {service} listen?")
    return address
