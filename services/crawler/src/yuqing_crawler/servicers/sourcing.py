"""What may be done to sources, each within a given transaction, with its audit record."""

import secrets as random_source
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing.crawler.v1 import source_pb2
from yuqing_crawler import wire_sources as wire
from yuqing_crawler.domain import onboarding
from yuqing_crawler.domain.health import HealthState
from yuqing_crawler.domain.imports import RefusedRow, SourceRow
from yuqing_crawler.domain.source import Source
from yuqing_crawler.domain.sourcing import Problem, problems_of, problems_of_secrets, record_of
from yuqing_crawler.engine.jobs import job_of
from yuqing_crawler.engine.looking import Looking, reason_of
from yuqing_crawler.engine.middlewares import host_of
from yuqing_crawler.engine.sealed import SourceSecrets
from yuqing_crawler.settings import Settings
from yuqing_crawler.store import schedules, sources
from yuqing_crawler.wire import document_message, medium_number
from yuqing_runtime import audit, clock
from yuqing_runtime.access import current_caller
from yuqing_runtime.audit import AuditRecord, JsonValue
from yuqing_runtime.errors import Aborted, FailedPrecondition, FieldViolation, InvalidArgument, NotFound

ID_BYTES = 6
PREVIEWED_PAGES = 5


class SourceRefused(FailedPrecondition):
    """A source that keeps the contract's rules and yet cannot be kept: its kind, its kind's parameters or the guard do not allow it."""

    default_reason = "SOURCE_REFUSED"


@dataclass(frozen=True)
class SourceUseCases:
    """What may be done to sources, each within a given transaction."""

    settings: Settings
    secrets: SourceSecrets
    looking: Looking

    async def create(self, connection: AsyncConnection, message: source_pb2.Source, request_id: str) -> Source:
        """A new source, due at once if it may run. Errors: SourceRefused."""
        now = await clock.now(connection)
        source = self.drafted(message, random_source.token_hex(ID_BYTES))
        source = replace(self.secrets.with_changes(source, message.secrets), created_at=now, updated_at=now)
        refuse(problems_of(source, self.looking.openings) + problems_of_secrets(message.secrets))
        await sources.create(connection, source, host=host_of(source.address))
        await _record(connection, "sources.create", source, before=None, after=source, request_id=request_id)
        return source

    def drafted(self, message: source_pb2.Source, source_id: str) -> Source:
        """The source that a message describes, with the crawler's own bounds where it names none."""
        minimum, maximum = self.settings.minimum_interval_seconds, self.settings.maximum_interval_seconds
        if message.HasField("minimum_interval"):
            maximum = max(maximum, wire.seconds(message.minimum_interval))
        if message.HasField("maximum_interval"):
            minimum = min(minimum, wire.seconds(message.maximum_interval))
        blank = Source(
            id=source_id,
            display_name="",
            kind="",
            medium=0,
            address="",
            parameters={},
            secrets=None,
            secret_names=(),
            legal_basis="",
            owner="",
            minimum_interval_seconds=minimum,
            maximum_interval_seconds=maximum,
            requests_per_second=0.0,
            time_zone="",
            paused=False,
            revision=1,
            created_at=clock.EPOCH,
            updated_at=clock.EPOCH,
        )
        return wire.changed(blank, message, wire.CHANGEABLE)

    async def preview(self, source: Source, *, pages: int) -> source_pb2.PreviewSourceResponse:
        """What a run of the source would find; nothing is kept."""
        job = job_of(source, self.secrets.open, zone=self.settings.shared.time_zone)
        return wire.preview_message(source, await self.looking.preview(job, pages=pages))

    async def update(self, connection: AsyncConnection, request: source_pb2.UpdateSourceRequest) -> Source:
        """The changed source. Errors: NotFound, Aborted, InvalidArgument, SourceRefused."""
        message = request.source
        before = await find(connection, message.name, etag=message.etag, lock=True)
        fields = frozenset(request.update_mask.paths) or wire.given_fields(message)
        if unknown := fields - wire.CHANGEABLE:
            raise InvalidArgument.of("update_mask", f"cannot be changed: {', '.join(sorted(unknown))}")
        after = wire.changed(before, message, fields)
        if "secrets" in fields:
            refuse(problems_of_secrets(message.secrets))
            after = self.secrets.with_changes(after, message.secrets)
        refuse(problems_of(after, self.looking.openings))
        return await self._keep(connection, before, after, action="sources.update", request_id=request.request_id)

    async def pause(self, connection: AsyncConnection, name: str, *, paused: bool, request_id: str) -> Source:
        """The source, paused or to be fetched again. Errors: NotFound."""
        before = await find(connection, name, lock=True)
        action = "sources.pause" if paused else "sources.resume"
        return await self._keep(connection, before, replace(before, paused=paused), action=action, request_id=request_id)

    async def _keep(self, connection: AsyncConnection, before: Source, after: Source, *, action: str, request_id: str) -> Source:
        if after == before:
            return before
        after = replace(after, revision=before.revision + 1, updated_at=await clock.now(connection))
        starts_anew = any(getattr(before, name) != getattr(after, name) for name in wire.READ_ANEW)
        await sources.update_source(connection, after, host=host_of(after.address), starts_anew=starts_anew)
        await schedules.stand(connection, after)
        await _record(connection, action, after, before=before, after=after, request_id=request_id)
        return after

    async def run_now(self, connection: AsyncConnection, request: source_pb2.RunSourceRequest) -> Source:
        """The source, due now. Errors: NotFound, FailedPrecondition."""
        source = await find(connection, request.name, lock=True)
        if source.standing is HealthState.BLOCKED:
            raise FailedPrecondition("legal basis or owner is missing", reason="SOURCE_BLOCKED")
        if source.standing is HealthState.PAUSED:
            raise FailedPrecondition("the source is paused", reason="SOURCE_PAUSED")
        await sources.run_now(connection, source.id, await clock.now(connection))
        record = AuditRecord(current_caller().principal, "sources.run", source.name, request_id=request.request_id)
        await audit.record(connection, record)
        return source

    async def delete(self, connection: AsyncConnection, request: source_pb2.DeleteSourceRequest) -> None:
        """Removes it. Errors: NotFound, Aborted."""
        source = await find(connection, request.name, etag=request.etag, lock=True)
        await sources.remove(connection, source.id)
        await _record(connection, "sources.delete", source, before=source, after=None, request_id="")

    async def propose(self, address: str) -> source_pb2.ProposeSourceResponse:
        """What the page at an address could be as a source. Errors: SourceRefused for one that may not be fetched."""
        refuse(problems_of(self.drafted(source_pb2.Source(kind="feed", address=address), "proposed"), self.looking.openings))
        answer = await self.looking.fetch(address)
        if answer.outcome is not None or answer.fetched is None:
            source = source_pb2.Source(address=address)
            return source_pb2.ProposeSourceResponse(source=source, reasons=[reason_of(answer.outcome, answer.detail)])
        proposal = onboarding.propose(address, answer.fetched)
        medium = medium_number(proposal.medium)
        source = source_pb2.Source(
            display_name=proposal.display_name,
            kind=proposal.kind,
            medium=medium,
            address=proposal.address,
            parameters=wire.struct(proposal.parameters),
        )
        fetched_at = answer.fetched.fetched_at
        sample = [document_message(each, source="", source_kind=proposal.kind, medium=medium, fetched_at=fetched_at) for each in proposal.sample]
        return source_pb2.ProposeSourceResponse(source=source, sample=sample, reasons=proposal.reasons)

    async def import_rows(
        self, connection: AsyncConnection, rows: Sequence[SourceRow | RefusedRow], request: source_pb2.ImportSourcesRequest
    ) -> tuple[list[Source], list[RefusedRow]]:
        """The sources of a file, and its rows that were not taken."""
        taken: list[Source] = []
        refused = [row for row in rows if isinstance(row, RefusedRow)]
        for row in rows:
            if isinstance(row, RefusedRow):
                continue
            message = source_pb2.Source(
                display_name=row.display_name[:200],
                kind=row.kind,
                medium=medium_number(row.medium),
                address=row.address,
                legal_basis=row.legal_basis or request.legal_basis,
                owner=row.owner or request.owner,
            )
            try:
                taken.append(await self.create(connection, message, request.request_id))
            except SourceRefused as error:
                refused.append(RefusedRow(row.line, error.reason, error.message))
        return taken, sorted(refused, key=lambda row: row.line)


async def find(connection: AsyncConnection, name: str, *, etag: str = "", lock: bool = False) -> Source:
    """The source of this name. Errors: NotFound; Aborted where it is no longer the version that `etag` names."""
    source = await sources.get(connection, name.removeprefix("sources/"), lock=lock)
    if source is None:
        raise NotFound(f"there is no {name}", reason="SOURCE_NOT_FOUND")
    if etag and etag != wire.etag(source):
        raise Aborted(f"{name} was changed meanwhile: read it again")
    return source


def refuse(problems: Sequence[Problem]) -> None:
    """Errors: SourceRefused that names every problem, where there is one."""
    if problems:
        violations = [FieldViolation(f"source.{problem.field}", problem.message) for problem in problems]
        text = "; ".join(f"{violation.field}: {violation.description}" for violation in violations)
        raise SourceRefused(text, violations=violations)


async def _record(connection: AsyncConnection, action: str, source: Source, *, before: Source | None, after: Source | None, request_id: str) -> None:
    def said(of: Source | None) -> dict[str, JsonValue] | None:
        return cast("dict[str, JsonValue]", record_of(of)) if of is not None else None

    await audit.record(connection, AuditRecord(current_caller().principal, action, source.name, said(before), said(after), request_id))
