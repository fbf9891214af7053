"""Secrets of sources at rest: sealed under the key file, opened only for a run."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from yuqing_crawler.domain.source import Source
from yuqing_crawler.engine.secrets import Secrets
from yuqing_runtime.sealing import Sealer


@dataclass(frozen=True)
class SourceSecrets:
    """Seals and opens; a value sealed for one source does not open for another."""

    sealer: Sealer

    def open(self, source: Source) -> Secrets:
        """The plain values. Errors: UnsealError."""
        if source.secrets is None:
            return Secrets()
        return Secrets(json.loads(self.sealer.open(source.secrets, _place(source))))

    def with_changes(self, source: Source, changes: Mapping[str, str]) -> Source:
        """The source with secrets set, and those removed whose new value is empty; the others stay."""
        values = {name: value for name, value in {**self.open(source).values, **changes}.items() if value}
        sealed = self.sealer.seal(json.dumps(values).encode(), _place(source)) if values else None
        return replace(source, secrets=sealed, secret_names=tuple(sorted(values)))


def _place(source: Source) -> str:
    return f"sources/{source.id}/secrets"
