"""Saved searches: a person's own, and those that a department shares."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import grpc.aio
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing.indexing.v1 import mention_pb2, saved_search_pb2, saved_search_pb2_grpc
from yuqing_indexing.domain.saved_search import CHANGEABLE, SavedSearch, Viewer
from yuqing_indexing.domain.sight import Sight
from yuqing_indexing.moments import timestamp_of
from yuqing_indexing.names import FACET
from yuqing_indexing.servicers.asking import Asking
from yuqing_indexing.store import saved_searches
from yuqing_runtime import audit, clock, idempotency
from yuqing_runtime.access import current_caller
from yuqing_runtime.audit import AuditRecord
from yuqing_runtime.database import Database
from yuqing_runtime.errors import Aborted, InvalidArgument, NotFound, PermissionDenied
from yuqing_runtime.idempotency import Attempt
from yuqing_runtime.pages import PageTokens, page_size

Context = grpc.aio.ServicerContext[Any, Any]
_LIST = b"savedSearches"
_Request: TypeAlias = saved_search_pb2.CreateSavedSearchRequest | saved_search_pb2.UpdateSavedSearchRequest


@dataclass(frozen=True)
class SavedSearchServicer(saved_search_pb2_grpc.SavedSearchServiceServicer):
    """SavedSearchService."""

    database: Database
    tokens: PageTokens
    asking: Asking

    async def CreateSavedSearch(
        self, request: saved_search_pb2.CreateSavedSearchRequest, context: Context
    ) -> saved_search_pb2.CreateSavedSearchResponse:
        """Errors: QueryRefused, PermissionDenied, AlreadyExists, RequestIdReused."""
        viewer, asked = _viewer(), request.saved_search
        self._check(asked, viewer, await self.asking.sight(asked.query))
        async with self.database.write() as connection:
            attempt = _attempt(request, "CreateSavedSearch")
            if reply := await idempotency.once(connection, attempt):
                return saved_search_pb2.CreateSavedSearchResponse.FromString(reply)
            search = SavedSearch(
                id=secrets.token_hex(8),
                owner=viewer.person,
                display_name=asked.display_name,
                query=asked.query,
                filters=_filters(asked.filters),
                order=mention_pb2.SearchOrder.Name(asked.order),
                shared_with=asked.shared_with,
                etag=secrets.token_hex(8),
                create_time=await clock.now(connection),
            )
            await saved_searches.add(connection, search)
            response = saved_search_pb2.CreateSavedSearchResponse(saved_search=_message(search))
            await idempotency.keep(connection, attempt, response.SerializeToString())
            await _record(connection, "savedSearches.create", None, search, request_id=request.request_id)
        return response

    async def GetSavedSearch(self, request: saved_search_pb2.GetSavedSearchRequest, context: Context) -> saved_search_pb2.GetSavedSearchResponse:
        """Errors: NotFound."""
        async with self.database.read() as connection:
            return saved_search_pb2.GetSavedSearchResponse(saved_search=_message(await _found(connection, request.name)))

    async def ListSavedSearches(
        self, request: saved_search_pb2.ListSavedSearchesRequest, context: Context
    ) -> saved_search_pb2.ListSavedSearchesResponse:
        """Errors: InvalidPageToken, PageTokenExpired."""
        viewer, size = _viewer(), page_size(request.page_size)
        match self.tokens.read(request.page_token, query=_LIST, person=viewer.person):
            case [str() as display_name, str() as last]:
                after = (display_name, last)
            case _:
                after = None
        async with self.database.read() as connection:
            found = await saved_searches.visible(connection, viewer, after=after, size=size + 1)
        shown = found[:size]
        token = ""
        if len(found) > size:
            token = self.tokens.issue([shown[-1].display_name, shown[-1].id], query=_LIST, person=viewer.person)
        messages = [_message(search) for search in shown]
        return saved_search_pb2.ListSavedSearchesResponse(saved_searches=messages, next_page_token=token)

    async def UpdateSavedSearch(
        self, request: saved_search_pb2.UpdateSavedSearchRequest, context: Context
    ) -> saved_search_pb2.UpdateSavedSearchResponse:
        """Errors: NotFound, PermissionDenied, Aborted, QueryRefused, AlreadyExists, RequestIdReused."""
        sight = await self.asking.sight(request.saved_search.query)
        async with self.database.write() as connection:
            attempt = _attempt(request, "UpdateSavedSearch")
            if reply := await idempotency.once(connection, attempt):
                return saved_search_pb2.UpdateSavedSearchResponse.FromString(reply)
            before = await _own(connection, request.saved_search.name, request.saved_search.etag)
            self._check(request.saved_search, _viewer(), sight)
            after = _changed(before, request)
            await saved_searches.change(connection, after)
            response = saved_search_pb2.UpdateSavedSearchResponse(saved_search=_message(after))
            await idempotency.keep(connection, attempt, response.SerializeToString())
            await _record(connection, "savedSearches.update", before, after, request_id=request.request_id)
        return response

    async def DeleteSavedSearch(
        self, request: saved_search_pb2.DeleteSavedSearchRequest, context: Context
    ) -> saved_search_pb2.DeleteSavedSearchResponse:
        """Errors: NotFound, PermissionDenied, Aborted."""
        async with self.database.write() as connection:
            before = await _own(connection, request.name, request.etag)
            await saved_searches.remove(connection, before)
            await _record(connection, "savedSearches.delete", before, None)
        return saved_search_pb2.DeleteSavedSearchResponse()

    def _check(self, asked: saved_search_pb2.SavedSearch, viewer: Viewer, sight: Sight) -> None:
        self.asking.check(asked.query, sight)
        if asked.shared_with and asked.shared_with not in viewer.departments:
            raise PermissionDenied(f"you do not belong to {asked.shared_with}", reason="NOT_A_MEMBER")


def _viewer() -> Viewer:
    person = current_caller().require_person()
    return Viewer(person.name, person.departments)


def _attempt(request: _Request, method: str) -> Attempt:
    body = request.SerializeToString(deterministic=True)
    return Attempt.of(current_caller().principal, method, request_id=request.request_id, body=body)


async def _found(connection: AsyncConnection, name: str, *, for_update: bool = False) -> SavedSearch:
    search = await saved_searches.find(connection, name.removeprefix("savedSearches/"), _viewer(), for_update=for_update)
    if search is None:
        raise NotFound(f"{name} is not there")
    return search


async def _own(connection: AsyncConnection, name: str, etag: str) -> SavedSearch:
    search = await _found(connection, name, for_update=True)
    if search.owner != _viewer().person:
        raise PermissionDenied(f"{name} belongs to somebody else", reason="NOT_THE_OWNER")
    if etag and etag != search.etag:
        raise Aborted(f"{name} was changed meanwhile: read it again")
    return search


def _changed(before: SavedSearch, request: saved_search_pb2.UpdateSavedSearchRequest) -> SavedSearch:
    asked = request.saved_search
    paths = set(request.update_mask.paths) or {field.name for field, _ in asked.ListFields()} & CHANGEABLE
    if unknown := paths - CHANGEABLE:
        raise InvalidArgument.of("update_mask", f"cannot be changed: {', '.join(sorted(unknown))}")
    values = {
        "display_name": asked.display_name,
        "query": asked.query,
        "filters": _filters(asked.filters),
        "order": mention_pb2.SearchOrder.Name(asked.order),
        "shared_with": asked.shared_with,
    }
    return replace(before, etag=secrets.token_hex(8), **{path: values[path] for path in paths})


async def _record(connection: AsyncConnection, action: str, before: SavedSearch | None, after: SavedSearch | None, *, request_id: str = "") -> None:
    search = after or before
    if search is None:
        raise ValueError("an act has a search that it is on")
    record = AuditRecord(
        actor=current_caller().principal,
        action=action,
        resource=search.name,
        before=before.for_audit() if before else None,
        after=after.for_audit() if after else None,
        request_id=request_id,
    )
    await audit.record(connection, record)


def _filters(filters: Iterable[mention_pb2.FacetFilter]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((FACET.name(each.facet), tuple(each.values)) for each in filters)


def _message(search: SavedSearch) -> saved_search_pb2.SavedSearch:
    return saved_search_pb2.SavedSearch(
        name=search.name,
        display_name=search.display_name,
        query=search.query,
        filters=[mention_pb2.FacetFilter(facet=FACET.number(facet), values=values) for facet, values in search.filters],
        order=mention_pb2.SearchOrder.Value(search.order),
        shared_with=search.shared_with,
        owner=search.owner,
        etag=search.etag,
        create_time=timestamp_of(search.create_time),
    )
