"""Settings of one machine's run, read from the environment once."""

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from yuqing_embedded.elasticsearch import DEFAULT_HEAP_MIB

DEFAULT_GATEWAY_PORT = 8080


class UpSettings(BaseSettings):
    """`YUQING_…`, as the services read them too."""

    model_config = SettingsConfigDict(env_prefix="YUQING_", frozen=True, extra="ignore")

    var: Path = Field(default=Path("var"), description="Folder of this run's data, keys and logs. Another folder is another run.")
    gateway_port: int = Field(default=DEFAULT_GATEWAY_PORT, ge=0, le=65535, description="Port of the console and the API; 0 takes a free one.")
    world_port: int = Field(default=0, ge=0, le=65535, description="Port of the demonstration world; 0 takes a free one.")
    elasticsearch_url: str | None = Field(default=None, description="A running Elasticsearch; without it an embedded one is started.")
    elasticsearch_heap_mib: int = Field(default=DEFAULT_HEAP_MIB, ge=256, description="Heap of the embedded Elasticsearch, MiB.")
    scoring_vectors: str | None = Field(
        default=None, description="Folder of the encoder for search by meaning, or `off`; without it the packaged one is fetched."
    )


def given_address(service: str, environment: Mapping[str, str] = os.environ) -> str | None:
    """The address that the environment fixes for a service (`YUQING_<SERVICE>_ADDRESS`), if it does."""
    return environment.get(f"YUQING_{service.upper()}_ADDRESS") or None
