"""Which methods a path allows: all of its routes', for the `Allow` of a 405 (RFC 9110, 15.5.6). The framework names those of one route alone."""

import re
from collections.abc import Iterable, Mapping


class AllowedMethods:
    """Knows the paths of an OpenAPI document."""

    def __init__(self, paths: Mapping[str, Iterable[str]]) -> None:
        self._paths = [(re.compile(_pattern(path)), ", ".join(sorted(method.upper() for method in methods))) for path, methods in paths.items()]

    def of(self, path: str) -> str:
        """The methods, by commas; empty for a path that the document does not have."""
        return next((methods for pattern, methods in self._paths if pattern.fullmatch(path)), "")


def _pattern(path: str) -> str:
    literal = [re.escape(part) for part in re.split(r"\{[^}]+\}", path)]
    return "[^/:]+".join(literal)
