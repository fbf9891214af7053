"""Patrols: who looks where on which day, and what they found."""

import secrets
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing.crawler.v1 import people_pb2, people_pb2_grpc
from yuqing_crawler import wire_people as wire
from yuqing_crawler.domain.patrols import PatrolState, day_of, state_of
from yuqing_crawler.servicers.calls import Lists, write_once
from yuqing_crawler.servicers.taking import take
from yuqing_crawler.store import patrols
from yuqing_crawler.store.patrols import PatrolList, VisitFilter
from yuqing_runtime import audit, clock
from yuqing_runtime.access import current_caller
from yuqing_runtime.audit import AuditRecord, JsonValue
from yuqing_runtime.database import Database
from yuqing_runtime.errors import Aborted, FailedPrecondition, InvalidArgument, NotFound

CHANGEABLE = frozenset({"display_name", "person", "places", "weekdays", "disabled"})


@dataclass(frozen=True)
class PatrolUseCases:
    """What may be done to patrols, each within a given transaction. `zone` is the organisation's."""

    zone: ZoneInfo

    async def today(self, connection: AsyncConnection) -> date:
        """The organisation's day, by the database's clock."""
        return day_of(await clock.now(connection), self.zone)

    async def create(self, connection: AsyncConnection, request: people_pb2.CreatePatrolListRequest) -> PatrolList:
        """A new list, with today's visits where today is one of its days."""
        now = await clock.now(connection)
        blank = PatrolList(secrets.token_hex(6), "", "", (), (), disabled=False, revision=1, created_at=now)
        patrol = _changed(blank, request.patrol_list, CHANGEABLE)
        await patrols.create(connection, patrol)
        await patrols.plan_day(connection, [patrol], day_of(now, self.zone))
        await _record(connection, "patrolLists.create", patrol, None, request.request_id)
        return patrol

    async def update(self, connection: AsyncConnection, request: people_pb2.UpdatePatrolListRequest) -> PatrolList:
        """The changed list. Errors: NotFound, Aborted, InvalidArgument."""
        message = request.patrol_list
        before = await patrols.get(connection, message.name.removeprefix("patrolLists/"), lock=True)
        if before is None:
            raise NotFound(f"there is no {message.name or 'patrol list without name'}", reason="PATROL_LIST_NOT_FOUND")
        if message.etag and message.etag != f"r{before.revision}":
            raise Aborted(f"{message.name} was changed meanwhile: read it again")
        fields = frozenset(request.update_mask.paths) or frozenset(field.name for field, _ in message.ListFields()) & CHANGEABLE
        if unknown := fields - CHANGEABLE:
            raise InvalidArgument.of("update_mask", f"cannot be changed: {', '.join(sorted(unknown))}")
        after = replace(_changed(before, message, fields), revision=before.revision + 1)
        await patrols.change(connection, after, await self.today(connection))
        await _record(connection, "patrolLists.update", after, before, request.request_id)
        return after

    async def complete(self, connection: AsyncConnection, request: people_pb2.CompletePatrolVisitRequest) -> people_pb2.PatrolVisit:
        """The visit, checked off. Errors: NotFound, FailedPrecondition."""
        visit_id = request.name.removeprefix("patrolVisits/")
        row = await patrols.visit(connection, visit_id)
        if row is None:
            raise NotFound(f"there is no {request.name}", reason="PATROL_VISIT_NOT_FOUND")
        today = await self.today(connection)
        state = state_of(row["day"], today, completed=row["completed_at"] is not None)
        if state is not PatrolState.OPEN:
            raise FailedPrecondition(f"{request.name} is {state.name.lower()}", reason=f"PATROL_VISIT_{state.name}")
        for number, finding in enumerate(request.findings, start=1):
            await take(connection, finding, origin=request.name, number=number, kind="patrol")
        await patrols.complete(connection, visit_id, note=request.note, findings=len(request.findings), at=await clock.now(connection))
        record = AuditRecord(
            current_caller().principal,
            "patrolVisits.complete",
            request.name,
            after={"findings": len(request.findings)},
            request_id=request.request_id,
        )
        await audit.record(connection, record)
        completed = await patrols.visit(connection, visit_id)
        return wire.visit_message(completed or row, today)


class PatrolServicer(people_pb2_grpc.PatrolServiceServicer):
    """yuqing.crawler.v1.PatrolService."""

    def __init__(self, database: Database, use_cases: PatrolUseCases, lists: Lists) -> None:
        self._database = database
        self._use_cases = use_cases
        self._lists = lists

    async def CreatePatrolList(self, request: people_pb2.CreatePatrolListRequest, context: Any) -> people_pb2.CreatePatrolListResponse:
        """A new list."""

        async def effect(connection: AsyncConnection) -> people_pb2.CreatePatrolListResponse:
            patrol = await self._use_cases.create(connection, request)
            return people_pb2.CreatePatrolListResponse(patrol_list=wire.patrol_list_message(patrol))

        return await write_once(self._database, request, people_pb2.CreatePatrolListResponse, effect)

    async def ListPatrolLists(self, request: people_pb2.ListPatrolListsRequest, context: Any) -> people_pb2.ListPatrolListsResponse:
        """Lists by display name."""
        size, position = self._lists.begin(request)
        after = cast("tuple[str, str] | None", tuple(cast("list[str]", position)) if position else None)
        async with self._database.read() as connection:
            found = await patrols.page(connection, after=after, limit=size + 1)
        token = self._lists.next_token(request, [found[size - 1].display_name, found[size - 1].id]) if len(found) > size else ""
        return people_pb2.ListPatrolListsResponse(patrol_lists=[wire.patrol_list_message(each) for each in found[:size]], next_page_token=token)

    async def UpdatePatrolList(self, request: people_pb2.UpdatePatrolListRequest, context: Any) -> people_pb2.UpdatePatrolListResponse:
        """The changed list."""

        async def effect(connection: AsyncConnection) -> people_pb2.UpdatePatrolListResponse:
            patrol = await self._use_cases.update(connection, request)
            return people_pb2.UpdatePatrolListResponse(patrol_list=wire.patrol_list_message(patrol))

        return await write_once(self._database, request, people_pb2.UpdatePatrolListResponse, effect)

    async def ListPatrolVisits(self, request: people_pb2.ListPatrolVisitsRequest, context: Any) -> people_pb2.ListPatrolVisitsResponse:
        """Visits of a span of days."""
        size, position = self._lists.begin(request)
        place = cast("list[str] | None", position)
        async with self._database.read() as connection:
            today = await self._use_cases.today(connection)
            first = date.fromisoformat(request.first_day) if request.first_day else today
            last = date.fromisoformat(request.last_day) if request.last_day else max(first, today)
            wanted = VisitFilter(first, last, request.person, PatrolState(request.state) if request.state else None)
            after = (date.fromisoformat(place[0]), place[1]) if place else None
            found = await patrols.visits(connection, wanted, today, after=after, limit=size + 1)
        token = self._lists.next_token(request, [found[size - 1]["day"].isoformat(), found[size - 1]["id"]]) if len(found) > size else ""
        visits = [wire.visit_message(row, today) for row in found[:size]]
        return people_pb2.ListPatrolVisitsResponse(patrol_visits=visits, next_page_token=token)

    async def CompletePatrolVisit(
        self, request: people_pb2.CompletePatrolVisitRequest, context: Any
    ) -> people_pb2.CompletePatrolVisitResponse:  # fmt: skip
        """The visit, checked off."""

        async def effect(connection: AsyncConnection) -> people_pb2.CompletePatrolVisitResponse:
            return people_pb2.CompletePatrolVisitResponse(patrol_visit=await self._use_cases.complete(connection, request))

        return await write_once(self._database, request, people_pb2.CompletePatrolVisitResponse, effect)


def _changed(patrol: PatrolList, message: people_pb2.PatrolList, fields: frozenset[str]) -> PatrolList:
    values: dict[str, Any] = {name: getattr(message, name) for name in fields & {"display_name", "person", "disabled"}}
    if "places" in fields:
        values["places"] = tuple((place.display_name, place.url) for place in message.places)
    if "weekdays" in fields:
        values["weekdays"] = tuple(sorted(message.weekdays))
    return replace(patrol, **values)


async def _record(connection: AsyncConnection, action: str, after: PatrolList, before: PatrolList | None, request_id: str) -> None:
    def said(patrol: PatrolList | None) -> dict[str, JsonValue] | None:
        if patrol is None:
            return None
        places: list[JsonValue] = [[name, url] for name, url in patrol.places]
        days: list[JsonValue] = list(patrol.weekdays)
        return {
            "display_name": patrol.display_name,
            "person": patrol.person,
            "places": places,
            "weekdays": days,
            "disabled": patrol.disabled,
        }

    entry = AuditRecord(current_caller().principal, action, f"patrolLists/{after.id}", said(before), said(after), request_id)
    await audit.record(connection, entry)
