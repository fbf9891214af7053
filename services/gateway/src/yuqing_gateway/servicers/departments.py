"""DepartmentService: the tree of departments."""

from dataclasses import asdict, replace
from typing import Any, cast

import grpc.aio
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing.directory.v1 import directory_pb2 as pb
from yuqing.directory.v1 import directory_pb2_grpc
from yuqing_gateway.domain.directory import Department, DirectoryRuleBroken, check_tree, new_id, parents_first
from yuqing_gateway.servicers.changes import attempt_of, check_etag, masked
from yuqing_gateway.store import directory as store
from yuqing_gateway.wire import department_message, department_of
from yuqing_runtime import audit, idempotency
from yuqing_runtime.access import current_caller
from yuqing_runtime.audit import AuditRecord
from yuqing_runtime.database import Database
from yuqing_runtime.errors import FailedPrecondition, NotFound
from yuqing_runtime.pages import PageTokens, page_size

Context = grpc.aio.ServicerContext[Any, Any]


class DepartmentServicer(directory_pb2_grpc.DepartmentServiceServicer):
    """The tree is small: it is read whole, checked whole, and listed parents first."""

    def __init__(self, database: Database, page_tokens: PageTokens) -> None:
        self._database = database
        self._page_tokens = page_tokens

    async def CreateDepartment(self, request: pb.CreateDepartmentRequest, context: Context) -> pb.CreateDepartmentResponse:
        attempt = attempt_of("CreateDepartment", request, request.request_id)
        async with self._database.write() as connection:
            kept = await idempotency.once(connection, attempt)
            if kept is not None:
                return pb.CreateDepartmentResponse.FromString(kept)
            present = await store.departments(connection)
            wanted = department_of(request.department)
            created = replace(wanted, id=new_id(wanted.id or wanted.display_name, frozenset(each.id for each in present)), version=1)
            _check([*present, created])
            await store.save_department(connection, created, new=True)
            reply = pb.CreateDepartmentResponse(department=department_message(created))
            await idempotency.keep(connection, attempt, reply.SerializeToString())
            await _record(connection, "departments.create", None, created, request.request_id)
        return reply

    async def GetDepartment(self, request: pb.GetDepartmentRequest, context: Context) -> pb.GetDepartmentResponse:
        async with self._database.read() as connection:
            present = await store.departments(connection)
        return pb.GetDepartmentResponse(department=department_message(_existing(present, request.name)))

    async def ListDepartments(self, request: pb.ListDepartmentsRequest, context: Context) -> pb.ListDepartmentsResponse:
        size, principal = page_size(request.page_size), current_caller().principal
        start = 0
        if request.page_token:
            (start,) = cast("list[int]", self._page_tokens.read(request.page_token, query=b"departments", person=principal))
        async with self._database.read() as connection:
            ordered = parents_first(await store.departments(connection))
        end = start + size
        token = self._page_tokens.issue([end], query=b"departments", person=principal) if end < len(ordered) else ""
        return pb.ListDepartmentsResponse(departments=[department_message(each) for each in ordered[start:end]], next_page_token=token)

    async def UpdateDepartment(self, request: pb.UpdateDepartmentRequest, context: Context) -> pb.UpdateDepartmentResponse:
        attempt = attempt_of("UpdateDepartment", request, request.request_id)
        async with self._database.write() as connection:
            kept = await idempotency.once(connection, attempt)
            if kept is not None:
                return pb.UpdateDepartmentResponse.FromString(kept)
            present = await store.departments(connection)
            before = _existing(present, request.department.name)
            check_etag(request.department.etag, before.version)
            after = _changed(before, department_of(request.department), masked(request.update_mask.paths, request.department))
            _check([after if each.id == after.id else each for each in present])
            await store.save_department(connection, after, new=False)
            reply = pb.UpdateDepartmentResponse(department=department_message(after))
            await idempotency.keep(connection, attempt, reply.SerializeToString())
            await _record(connection, "departments.update", before, after, request.request_id)
        return reply


def _existing(present: list[Department], name: str) -> Department:
    found = next((each for each in present if f"departments/{each.id}" == name), None)
    if found is None:
        raise NotFound(f"{name} does not exist")
    return found


def _changed(before: Department, after: Department, fields: frozenset[str]) -> Department:
    changes = {name: getattr(after, name) for name in ("display_name", "parent") if name in fields}
    return replace(before, version=before.version + 1, **changes)


def _check(departments: list[Department]) -> None:
    try:
        check_tree(departments)
    except DirectoryRuleBroken as error:
        raise FailedPrecondition(str(error), reason="DEPARTMENT_TREE") from error


async def _record(connection: AsyncConnection, action: str, before: Department | None, after: Department, request_id: str) -> None:
    shown = asdict(before) if before else None
    record = AuditRecord(current_caller().principal, action, f"departments/{after.id}", shown, asdict(after), request_id)
    await audit.record(connection, record)
