"""Makes a source ready to be read: its kind, its checked parameters, its secrets."""

from collections.abc import Callable, Mapping

from yuqing_crawler import wire
from yuqing_crawler.domain.kinds.kind import SourceView
from yuqing_crawler.domain.kinds.registry import kind_named, parameters_from_mapping
from yuqing_crawler.domain.source import Source
from yuqing_crawler.engine.reading import Job
from yuqing_crawler.engine.secrets import Secrets

OpenSecrets = Callable[[Source], Secrets]


def job_of(source: Source, open_secrets: OpenSecrets, *, zone: str, cursor: Mapping[str, str] | None = None) -> Job:
    """The source, ready to be read; `zone` is the organisation's. Errors: UnknownKindError, InvalidParametersError, UnsealError."""
    kind = kind_named(source.kind)
    parameters = parameters_from_mapping(source.kind, source.parameters)
    view = SourceView(source.address, parameters, wire.medium_name(source.medium), source.zone(zone), cursor or {})
    return Job(source, kind, view, open_secrets(source))
