from datetime import UTC, datetime, timedelta

import pytest

from yuqing_gateway.domain.credentials import PasswordRefused, block_after, check_password
from yuqing_runtime import audit


async def test_a_session_answers_for_its_person_when_the_password_is_right(gateway):
    client = await gateway.signed_in("zhang.min")
    me = (await client.get("/v1/me")).json()
    assert me["name"] == "people/zhang-min"
    assert me["memberships"] == [{"department": "departments/publicity", "roles": ["ROLE_MONITOR", "ROLE_PUBLICITY"]}]
    assert me["scopes"] is None


@pytest.mark.parametrize("login", ["admin", "nobody"])
async def test_the_same_is_said_when_login_or_password_is_wrong(gateway, login):
    reply = await gateway.client().post("/v1/sessions", json={"login": login, "password": "wrong password"})
    assert reply.status_code == 401
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json()["detail"] == "login or password is wrong"


async def test_further_attempts_are_refused_when_too_many_failed(gateway):
    client = gateway.client()
    codes = [(await client.post("/v1/sessions", json={"login": "admin", "password": "wrong"})).status_code for _ in range(6)]
    assert codes == [401] * 5 + [429]
    refused = await client.post("/v1/sessions", json={"login": "admin", "password": gateway.passwords["admin"]})
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) >= 1


async def test_a_session_is_over_when_signed_out(gateway):
    client = await gateway.signed_in("liu.yang")
    assert (await client.delete("/v1/sessions/current")).status_code == 204
    assert (await client.get("/v1/me")).status_code == 401


async def test_a_cookie_alone_may_read_but_not_change_when_another_site_asks(gateway):
    client = gateway.client()
    await client.post("/v1/sessions", json={"login": "admin", "password": gateway.passwords["admin"]})
    assert (await client.get("/v1/me")).status_code == 200
    department = {"displayName": "新部门"}
    refused = await client.post("/v1/departments", json=department, headers={"origin": "http://evil.test"})
    assert (refused.status_code, refused.json()["reason"]) == (403, "CROSS_SITE")
    assert (await client.post("/v1/departments", json=department)).status_code == 403
    assert (await client.post("/v1/departments", json=department, headers={"sec-fetch-site": "cross-site"})).status_code == 403
    assert (await client.post("/v1/departments", json=department, headers={"origin": "http://gateway.test"})).status_code == 200


async def test_all_sessions_end_when_the_password_is_changed(gateway):
    first, second = await gateway.signed_in("chen.jing"), await gateway.signed_in("chen.jing")
    old = gateway.passwords["chen.jing"]
    wrong = await first.post("/v1/me:changePassword", json={"oldPassword": "no", "newPassword": "a new pass phrase"})
    assert wrong.status_code == 403
    weak = await first.post("/v1/me:changePassword", json={"oldPassword": old, "newPassword": "short"})
    assert (weak.status_code, weak.json()["reason"]) == (409, "PASSWORD_REFUSED")
    assert (await first.post("/v1/me:changePassword", json={"oldPassword": old, "newPassword": "a new pass phrase"})).status_code == 204
    assert (await second.get("/v1/me")).status_code == 401
    gateway.passwords["chen.jing"] = "a new pass phrase"
    assert (await (await gateway.signed_in("chen.jing")).get("/v1/me")).status_code == 200


async def test_only_an_administrator_sets_the_password_of_another(gateway):
    admin, monitor = await gateway.signed_in("admin"), await gateway.signed_in("zhang.min")
    path, body = "/v1/people/liu-yang:setPassword", {"password": "the first password"}
    assert (await monitor.post(path, json=body)).status_code == 403
    assert (await admin.post(path, json=body)).status_code == 204
    reply = await gateway.client().post("/v1/sessions", json={"login": "liu.yang", "password": "the first password"})
    assert reply.json()["mustChangePassword"] is True


async def test_a_disabled_person_is_out_at_once(gateway):
    admin, employee = await gateway.signed_in("admin"), await gateway.signed_in("liu.yang")
    assert (await admin.patch("/v1/people/liu-yang?updateMask=disabled", json={"disabled": True})).status_code == 200
    assert (await employee.get("/v1/me")).status_code == 401
    again = await gateway.client().post("/v1/sessions", json={"login": "liu.yang", "password": gateway.passwords["liu.yang"]})
    assert again.status_code == 401


def in_days(days):
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


async def test_an_api_token_does_what_its_scopes_say_and_no_more(gateway):
    client = await gateway.signed_in("zhang.min")
    body = {"displayName": "大屏", "scopes": ["indexing.read"], "expireTime": in_days(30)}
    made = (await client.post("/v1/apiTokens", json=body)).json()
    program = gateway.client()
    program.headers["authorization"] = f"Bearer {made['token']}"
    assert (await program.post("/v1/mentions:search", json={"query": "电器"})).status_code == 200
    refused = await program.get("/v1/people")
    assert (refused.status_code, refused.json()["reason"]) == (403, "SCOPE_MISSING")
    listed = (await client.get("/v1/apiTokens")).json()["apiTokens"]
    assert [token["displayName"] for token in listed] == ["大屏"]
    assert "token" not in listed[0]
    assert (await client.delete(f"/v1/{made['name']}")).status_code == 204
    assert (await program.post("/v1/mentions:search", json={})).status_code == 401


async def test_an_api_token_makes_no_token_and_sets_no_password(gateway):
    admin = await gateway.signed_in("admin")
    scopes = ["directory.read", "directory.write"]
    made = (await admin.post("/v1/apiTokens", json={"displayName": "同步", "scopes": scopes, "expireTime": in_days(1)})).json()
    program = gateway.client()
    program.headers["authorization"] = f"Bearer {made['token']}"
    assert (await program.get("/v1/me")).json()["scopes"] == scopes
    wider = {"displayName": "x", "scopes": ["crawler.write"], "expireTime": in_days(1)}
    for path, body in (("/v1/apiTokens", wider), ("/v1/people/li-gang:setPassword", {"password": "a new pass phrase"})):
        refused = await program.post(path, json=body)
        assert (refused.status_code, refused.json()["reason"]) == (403, "SESSION_NEEDED")


@pytest.mark.parametrize(
    ("scopes", "days", "status", "reason"),
    [
        (["all"], 1, 400, "FIELD_RULE"),
        (["indexing.read"], 400, 409, "EXPIRY_REFUSED"),
        (["indexing.read"], -1, 409, "EXPIRY_REFUSED"),
    ],
)
async def test_an_api_token_is_refused_when_scope_or_expiry_is_not_allowed(gateway, scopes, days, status, reason):
    client = await gateway.signed_in("zhang.min")
    reply = await client.post("/v1/apiTokens", json={"displayName": "x", "scopes": scopes, "expireTime": in_days(days)})
    assert (reply.status_code, reply.json()["reason"]) == (status, reason)


async def test_an_api_token_lives_ninety_days_when_nothing_is_said(gateway):
    made = (await (await gateway.signed_in("zhang.min")).post("/v1/apiTokens", json={"displayName": "x", "scopes": ["scoring.read"]})).json()
    assert datetime.fromisoformat(made["expireTime"]) - datetime.fromisoformat(made["createTime"]) == timedelta(days=90)


async def test_every_change_leaves_an_audit_record_without_personal_values(gateway):
    admin = await gateway.signed_in("admin")
    await admin.post("/v1/people", json={"login": "qian.duo", "displayName": "钱多多", "email": "qian@example.com"})
    verification = await audit.verify(gateway.database)
    assert verification.first_broken is None
    async with gateway.database.read() as connection:
        rows = (await connection.exec_driver_sql("SELECT action, actor, before, after FROM audit ORDER BY sequence")).all()
    assert (rows[-1][0], rows[-1][1]) == ("people.create", "people/admin")
    assert "qian@example.com" not in str(rows)
    assert "钱多多" not in str(rows)


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaaaa", "zhang.min-is-me", "x" * 201])
def test_a_password_is_refused_when_it_is_easy_to_guess(password):
    with pytest.raises(PasswordRefused):
        check_password(password, "zhang.min")


def test_the_block_doubles_up_to_a_quarter_of_an_hour():
    assert [block_after("login", failures).total_seconds() for failures in (4, 5, 6, 7, 40)] == [0, 1, 2, 4, 900]
