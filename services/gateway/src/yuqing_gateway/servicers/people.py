"""PersonService: people and their places in the departments."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, cast

import grpc.aio
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing.directory.v1 import directory_pb2 as pb
from yuqing.directory.v1 import directory_pb2_grpc
from yuqing_gateway.domain.directory import Person, changed_person, new_id
from yuqing_gateway.servicers.changes import attempt_of, check_etag, masked
from yuqing_gateway.store import directory as store
from yuqing_gateway.wire import person_message, person_of
from yuqing_runtime import audit, feed, idempotency
from yuqing_runtime.access import current_caller
from yuqing_runtime.audit import AuditRecord
from yuqing_runtime.database import Database
from yuqing_runtime.errors import AlreadyExists, FailedPrecondition, NotFound
from yuqing_runtime.pages import PageTokens, page_size

FEED = "directory.people"
Context = grpc.aio.ServicerContext[Any, Any]


class PersonServicer(directory_pb2_grpc.PersonServiceServicer):
    """Reads are open to all who are signed in; changes are the administrators'."""

    def __init__(self, database: Database, page_tokens: PageTokens, veil_key: bytes) -> None:
        self._database = database
        self._page_tokens = page_tokens
        self._veil_key = veil_key

    async def CreatePerson(self, request: pb.CreatePersonRequest, context: Context) -> pb.CreatePersonResponse:
        attempt = attempt_of("CreatePerson", request, request.request_id)
        async with self._database.write() as connection:
            kept = await idempotency.once(connection, attempt)
            if kept is not None:
                return pb.CreatePersonResponse.FromString(kept)
            wanted = person_of(request.person)
            await self._check_places(connection, wanted)
            await self._check_login(connection, wanted)
            name = new_id(wanted.login, await store.person_ids(connection))
            created = replace(wanted, id=name, version=1, created_at=await self._database.now(connection))
            await store.save_person(connection, created, new=True)
            reply = pb.CreatePersonResponse(person=person_message(created))
            await idempotency.keep(connection, attempt, reply.SerializeToString())
            await self._tell(connection, "people.create", None, created, request.request_id)
        return reply

    async def GetPerson(self, request: pb.GetPersonRequest, context: Context) -> pb.GetPersonResponse:
        async with self._database.read() as connection:
            found = await self._existing(connection, request.name)
        return pb.GetPersonResponse(person=person_message(found))

    async def ListPeople(self, request: pb.ListPeopleRequest, context: Context) -> pb.ListPeopleResponse:
        size, principal = page_size(request.page_size), current_caller().principal
        after = ("", "")
        if request.page_token:
            display_name, person_id = cast("list[str]", self._page_tokens.read(request.page_token, query=b"people", person=principal))
            after = (display_name, person_id)
        async with self._database.read() as connection:
            found = await store.people(connection, after=after, limit=size + 1)
        page, more = found[:size], len(found) > size
        token = self._page_tokens.issue([page[-1].display_name, page[-1].id], query=b"people", person=principal) if more else ""
        return pb.ListPeopleResponse(people=[person_message(each) for each in page], next_page_token=token)

    async def UpdatePerson(self, request: pb.UpdatePersonRequest, context: Context) -> pb.UpdatePersonResponse:
        attempt = attempt_of("UpdatePerson", request, request.request_id)
        async with self._database.write() as connection:
            kept = await idempotency.once(connection, attempt)
            if kept is not None:
                return pb.UpdatePersonResponse.FromString(kept)
            before = await self._existing(connection, request.person.name)
            check_etag(request.person.etag, before.version)
            after = changed_person(before, person_of(request.person), masked(request.update_mask.paths, request.person))
            await self._check_places(connection, after)
            if after.login != before.login:
                await self._check_login(connection, after)
            await store.save_person(connection, after, new=False)
            reply = pb.UpdatePersonResponse(person=person_message(after))
            await idempotency.keep(connection, attempt, reply.SerializeToString())
            await self._tell(connection, "people.update", before, after, request.request_id)
        return reply

    async def WatchPeople(self, request: pb.WatchPeopleRequest, context: Context) -> AsyncIterator[pb.WatchPeopleResponse]:
        async for changes in feed.watch(self._database, FEED, request.after_sequence):
            for change in changes:
                yield pb.WatchPeopleResponse(sequence=change.sequence, person=pb.Person.FromString(change.payload))

    async def _existing(self, connection: AsyncConnection, name: str) -> Person:
        found = await store.find_person(connection, name.removeprefix("people/"))
        if found is None:
            raise NotFound(f"{name} does not exist")
        return found

    async def _check_login(self, connection: AsyncConnection, person: Person) -> None:
        if await store.find_login(connection, person.login) is not None:
            raise AlreadyExists(f"the login {person.login} is taken", reason="LOGIN_TAKEN")

    async def _check_places(self, connection: AsyncConnection, person: Person) -> None:
        missing = set(person.memberships) - {department.id for department in await store.departments(connection)}
        if missing:
            raise FailedPrecondition(f"departments/{min(missing)} does not exist", reason="DEPARTMENT_MISSING")

    async def _tell(self, connection: AsyncConnection, action: str, before: Person | None, after: Person, request_id: str) -> None:
        name = f"people/{after.id}"
        await feed.append(connection, FEED, kind=action, key=name, payload=person_message(after).SerializeToString())
        record = AuditRecord(current_caller().principal, action, name, self._shown(before), self._shown(after), request_id)
        await audit.record(connection, record)

    def _shown(self, person: Person | None) -> dict[str, Any] | None:
        if person is None:
            return None
        name = f"people/{person.id}"
        personal = {"display_name": person.display_name, "email": person.email}
        return {
            "login": person.login,
            "disabled": person.disabled,
            "memberships": {department: sorted(roles) for department, roles in person.memberships.items()},
            **{field: audit.veil(value, self._veil_key, reference=name) for field, value in personal.items()},
        }
