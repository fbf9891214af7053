import uuid

import pytest


async def test_people_are_listed_page_by_page_when_there_are_many(gateway):
    client = await gateway.signed_in("liu.yang")
    names, token = [], ""
    while True:
        page = (await client.get("/v1/people", params={"pageSize": 3, "pageToken": token})).json()
        names += [person["name"] for person in page["people"]]
        token = page["nextPageToken"]
        if not token:
            break
    assert len(names) == len(set(names)) == 8


async def test_a_page_token_is_refused_when_another_person_brings_it(gateway):
    one, other = await gateway.signed_in("liu.yang"), await gateway.signed_in("zhang.min")
    token = (await one.get("/v1/people", params={"pageSize": 3})).json()["nextPageToken"]
    reply = await other.get("/v1/people", params={"pageSize": 3, "pageToken": token})
    assert (reply.status_code, reply.json()["reason"]) == (400, "INVALID_PAGE_TOKEN")


async def test_a_change_has_its_effect_once_when_repeated_with_the_request_id(gateway):
    admin = await gateway.signed_in("admin")
    path, body = f"/v1/people?requestId={uuid.uuid4()}", {"login": "wu.bing", "displayName": "吴冰"}
    first, second = await admin.post(path, json=body), await admin.post(path, json=body)
    assert first.json() == second.json()
    reused = await admin.post(path, json=body | {"login": "wu.ding"})
    assert (reused.status_code, reused.json()["reason"]) == (409, "REQUEST_ID_REUSED")
    taken = await admin.post("/v1/people", json=body)
    assert (taken.status_code, taken.json()["reason"]) == (409, "LOGIN_TAKEN")


async def test_an_update_is_refused_when_somebody_else_was_faster(gateway):
    admin = await gateway.signed_in("admin")
    read = (await admin.get("/v1/people/sun-hao")).json()
    assert (await admin.patch("/v1/people/sun-hao", json={"email": "a@example.com", "etag": read["etag"]})).status_code == 200
    late = await admin.patch("/v1/people/sun-hao", json={"email": "b@example.com", "etag": read["etag"]})
    assert (late.status_code, late.json()["reason"]) == (409, "ETAG_MISMATCH")
    assert (await admin.get("/v1/people/sun-hao")).json()["email"] == "a@example.com"


async def test_only_the_masked_fields_change(gateway):
    admin = await gateway.signed_in("admin")
    reply = await admin.patch("/v1/people/sun-hao?updateMask=email", json={"email": "a@example.com", "displayName": "别人"})
    assert (reply.json()["email"], reply.json()["displayName"]) == ("a@example.com", "孙浩(审计)")


async def test_changes_are_the_administrators_alone(gateway):
    for login in ("zhang.min", "chen.jing", "sun.hao", "liu.yang"):
        client = await gateway.signed_in(login)
        assert (await client.post("/v1/people", json={"login": "new.one", "displayName": "新"})).status_code == 403
        assert (await client.patch("/v1/people/admin", json={"disabled": True})).status_code == 403
        assert (await client.post("/v1/departments", json={"displayName": "新"})).status_code == 403


async def test_a_department_cannot_lie_below_itself(gateway):
    admin = await gateway.signed_in("admin")
    child = (await admin.post("/v1/departments", json={"displayName": "一组", "parent": "departments/it"})).json()
    reply = await admin.patch("/v1/departments/it?updateMask=parent", json={"displayName": "信息技术部", "parent": child["name"]})
    assert (reply.status_code, reply.json()["reason"]) == (409, "DEPARTMENT_TREE")


async def test_departments_come_parents_first(gateway):
    client = await gateway.signed_in("liu.yang")
    listed = (await client.get("/v1/departments", params={"pageSize": 2})).json()
    rest = (await client.get("/v1/departments", params={"pageSize": 1000, "pageToken": listed["nextPageToken"]})).json()
    names = [each["name"] for each in listed["departments"] + rest["departments"]]
    assert names[0] == "departments/company"
    assert len(names) == len(set(names)) == 5


async def test_a_membership_is_refused_when_the_department_is_missing(gateway):
    admin = await gateway.signed_in("admin")
    body = {"login": "new.one", "displayName": "新", "memberships": [{"department": "departments/none", "roles": ["ROLE_IT"]}]}
    reply = await admin.post("/v1/people", json=body)
    assert (reply.status_code, reply.json()["reason"]) == (409, "DEPARTMENT_MISSING")


async def test_a_field_is_changed_when_the_body_gives_it_as_false_or_empty(gateway):
    admin = await gateway.signed_in("admin")
    assert (await admin.patch("/v1/people/sun-hao", json={"disabled": True, "email": "a@example.com"})).json()["disabled"] is True
    reply = (await admin.patch("/v1/people/sun-hao", json={"disabled": False, "email": ""})).json()
    assert (reply["disabled"], reply["email"]) == (False, "")


async def test_a_field_is_cleared_when_the_mask_names_it_and_the_body_does_not(gateway):
    admin = await gateway.signed_in("admin")
    await admin.patch("/v1/people/sun-hao", json={"email": "a@example.com"})
    reply = (await admin.patch("/v1/people/sun-hao?updateMask=email,displayName", json={})).json()
    assert (reply["email"], reply["displayName"]) == ("", "孙浩(审计)")


@pytest.mark.parametrize("mask", ["nothing", "createTime", "name", "etag"])
async def test_a_mask_is_refused_when_it_names_what_nobody_may_change(gateway, mask):
    admin = await gateway.signed_in("admin")
    reply = await admin.patch(f"/v1/people/sun-hao?updateMask={mask}", json={})
    assert (reply.status_code, reply.json()["errors"][0]["field"]) == (400, "updateMask")


async def test_a_resource_may_be_given_back_as_it_was_read(gateway):
    admin = await gateway.signed_in("admin")
    read = (await admin.get("/v1/people/sun-hao")).json()
    reply = await admin.patch("/v1/people/sun-hao", json=read | {"displayName": "孙浩"})
    assert reply.json() == read | {"displayName": "孙浩", "etag": "2"}
