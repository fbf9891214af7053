import uuid

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from sqlalchemy import select

from yuqing.access.v1 import access_pb2
from yuqing.indexing.v1 import mention_pb2, saved_search_pb2
from yuqing_runtime.status import refusal
from yuqing_runtime.tables import audit
from yuqing_testkit.services import person

ZHANG = person(access_pb2.ROLE_MONITOR)
WANG = person(access_pb2.ROLE_MONITOR, name="people/wang-wu")
LI = person(access_pb2.ROLE_MONITOR, name="people/li-si", department="departments/legal")


def saved(display_name="火锅投诉", **fields):
    filters = [mention_pb2.FacetFilter(facet=mention_pb2.FACET_MEDIUM, values=["forum", "news"])]
    return saved_search_pb2.SavedSearch(display_name=display_name, query="火锅 投诉", filters=filters, order=mention_pb2.SEARCH_ORDER_REACH, **fields)


async def create(indexing, search, who=ZHANG, request_id=""):
    with indexing.town.acting(who):
        request = saved_search_pb2.CreateSavedSearchRequest(saved_search=search, request_id=request_id)
        return (await indexing.saved_searches.CreateSavedSearch(request)).saved_search


async def listed(indexing, who=ZHANG):
    names, token = [], ""
    with indexing.town.acting(who):
        while True:
            request = saved_search_pb2.ListSavedSearchesRequest(page_size=2, page_token=token)
            reply = await indexing.saved_searches.ListSavedSearches(request)
            names.extend(search.display_name for search in reply.saved_searches)
            token = reply.next_page_token
            if not token:
                return names


async def refused(call):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return refusal(caught.value)


async def test_a_search_comes_back_as_it_was_kept_when_it_is_read(indexing_on_both):
    indexing = indexing_on_both
    kept = await create(indexing, saved())
    with indexing.town.acting(ZHANG):
        read = (await indexing.saved_searches.GetSavedSearch(saved_search_pb2.GetSavedSearchRequest(name=kept.name))).saved_search
    assert read == kept
    assert (kept.owner, kept.filters, kept.order) == ("people/zhang-san", saved().filters, mention_pb2.SEARCH_ORDER_REACH)
    assert kept.etag


async def test_others_see_a_search_when_it_is_shared_with_their_department(indexing_on_both):
    indexing = indexing_on_both
    private = await create(indexing, saved("甲"))
    for name in ("乙", "丙", "丁"):
        await create(indexing, saved(name, shared_with="departments/publicity"))
    assert sorted(await listed(indexing)) == sorted(["甲", "乙", "丙", "丁"])
    assert sorted(await listed(indexing, WANG)) == sorted(["乙", "丙", "丁"])
    assert await listed(indexing, LI) == []
    with indexing.town.acting(WANG):
        hidden = await refused(indexing.saved_searches.GetSavedSearch(saved_search_pb2.GetSavedSearchRequest(name=private.name)))
    assert hidden.code is grpc.StatusCode.NOT_FOUND
    foreign = await refused(create(indexing, saved("戊", shared_with="departments/legal")))
    assert foreign.reason == "NOT_A_MEMBER"


async def test_a_search_is_kept_once_when_the_call_is_repeated(indexing):
    request_id = str(uuid.uuid4())
    first = await create(indexing, saved(), request_id=request_id)
    assert await create(indexing, saved(), request_id=request_id) == first
    assert (await refused(create(indexing, saved("另一个"), request_id=request_id))).reason == "REQUEST_ID_REUSED"
    assert (await refused(create(indexing, saved()))).reason == "DISPLAY_NAME_TAKEN"
    assert await listed(indexing) == ["火锅投诉"]


async def test_only_the_owner_changes_a_search_when_it_is_as_last_read(indexing_on_both):
    indexing = indexing_on_both
    kept = await create(indexing, saved(shared_with="departments/publicity"))

    async def update(who, etag="", paths=("query",), **fields):
        search = saved_search_pb2.SavedSearch(**({"name": kept.name, "display_name": "x", "query": "投诉", "etag": etag} | fields))
        with indexing.town.acting(who):
            request = saved_search_pb2.UpdateSavedSearchRequest(saved_search=search, update_mask=FieldMask(paths=paths))
            return (await indexing.saved_searches.UpdateSavedSearch(request)).saved_search

    changed = await update(ZHANG, kept.etag)
    assert (changed.query, changed.display_name) == ("投诉", "火锅投诉")
    assert changed.etag != kept.etag
    assert (await refused(update(ZHANG, kept.etag))).code is grpc.StatusCode.ABORTED
    assert (await refused(update(WANG))).reason == "NOT_THE_OWNER"
    assert (await refused(update(LI))).code is grpc.StatusCode.NOT_FOUND
    assert (await refused(update(ZHANG, paths=("owner",)))).code is grpc.StatusCode.INVALID_ARGUMENT
    assert (await refused(update(ZHANG, query="(("))).reason == "QUERY_ERROR"
    async with indexing.database.read() as connection:
        records = (await connection.execute(select(audit.c.action, audit.c.actor).order_by(audit.c.sequence))).all()
    assert records == [("savedSearches.create", "people/zhang-san"), ("savedSearches.update", "people/zhang-san")]


async def test_a_search_is_gone_when_its_owner_deletes_it(indexing):
    kept = await create(indexing, saved(shared_with="departments/publicity"))
    request = saved_search_pb2.DeleteSavedSearchRequest(name=kept.name)
    with indexing.town.acting(WANG):
        assert (await refused(indexing.saved_searches.DeleteSavedSearch(request))).reason == "NOT_THE_OWNER"
    with indexing.town.acting(ZHANG):
        await indexing.saved_searches.DeleteSavedSearch(request)
        assert (await refused(indexing.saved_searches.DeleteSavedSearch(request))).code is grpc.StatusCode.NOT_FOUND
