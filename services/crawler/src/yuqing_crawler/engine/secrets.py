"""Puts a source's secrets where its addresses and headers name them, and takes them out again before anything is kept or shown."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

_NAMED = re.compile(r"\{secret:([A-Za-z0-9_.-]{1,64})\}")


class SecretMissing(Exception):
    """An address or header names a secret that the source does not have."""


@dataclass(frozen=True)
class Secrets:
    """The plain values by name; they live only as long as a run."""

    values: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    def fill_url(self, url: str) -> str:
        """The address to ask for. Errors: SecretMissing."""
        return _NAMED.sub(lambda found: quote(self._value(found[1]), safe=""), url)

    def fill(self, text: str) -> str:
        """A header's value to send. Errors: SecretMissing."""
        return _NAMED.sub(lambda found: self._value(found[1]), text)

    def hide(self, url: str) -> str:
        """The address as it may be kept."""
        for name, value in self.values.items():
            if value:
                for form in (quote(value, safe=""), quote(value), value):
                    url = url.replace(form, f"{{secret:{name}}}")
        return url

    def _value(self, name: str) -> str:
        try:
            return self.values[name]
        except KeyError:
            raise SecretMissing(f"the secret {name} is not set") from None
