"""The first departments and accounts of an empty installation; their passwords are written once, to a file that its owner alone can read."""

import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from yuqing_gateway.accounts.passwords import Passwords
from yuqing_gateway.domain.directory import Department, Person
from yuqing_gateway.store import accounts as account_store
from yuqing_gateway.store import directory as store
from yuqing_gateway.store.accounts import Account
from yuqing_runtime import audit
from yuqing_runtime.audit import AuditRecord
from yuqing_runtime.database import Database

_DEPARTMENTS = (
    Department("company", "公司"),
    Department("publicity", "宣传部", "company"),
    Department("it", "信息技术部", "company"),
    Department("legal", "法务部", "company"),
    Department("service", "客户服务部", "company"),
)


@dataclass(frozen=True)
class _First:
    login: str
    display_name: str
    memberships: Mapping[str, frozenset[str]]


def _roles(*names: str) -> frozenset[str]:
    return frozenset(f"ROLE_{name}" for name in names)


_ADMIN = _First("admin", "系统管理员", {"it": _roles("ADMIN", "IT")})
_DEMONSTRATION = (
    _First("zhang.min", "张敏(监测)", {"publicity": _roles("MONITOR", "PUBLICITY")}),
    _First("li.gang", "李刚(技术)", {"it": _roles("IT")}),
    _First("wang.fang", "王芳(法务)", {"legal": _roles("LEGAL")}),
    _First("zhao.lei", "赵磊(客服负责人)", {"service": _roles("HEAD", "HANDLER")}),
    _First("chen.jing", "陈静(领导小组)", {"company": _roles("LEADER")}),
    _First("sun.hao", "孙浩(审计)", {"company": _roles("AUDITOR")}),
    _First("liu.yang", "刘洋(员工)", {"service": _roles("EMPLOYEE")}),
)


async def create_first_accounts(database: Database, passwords: Passwords, *, file: Path, demonstration: bool) -> bool:
    """Makes them where there is nobody yet; whether it did. The file is written before the accounts exist, so that no password is lost."""
    async with database.read() as connection:
        if await store.person_ids(connection):
            return False
    wanted = (_ADMIN, *_DEMONSTRATION) if demonstration else (_ADMIN,)
    secret = {each.login: secrets.token_urlsafe(12) for each in wanted}
    hashes = {login: await passwords.hash(password) for login, password in secret.items()}
    _write(file, [f"{each.login}\t{secret[each.login]}\t{each.display_name}" for each in wanted])
    async with database.write() as connection:
        if await store.person_ids(connection):
            return False
        now = await database.now(connection)
        for department in _DEPARTMENTS:
            await store.save_department(connection, department, new=True)
        for each in wanted:
            person = Person(each.login.replace(".", "-"), each.login, each.display_name, "", each.memberships, created_at=now)
            await store.save_person(connection, person, new=True)
            await account_store.save_account(connection, person.id, Account(hashes[each.login], must_change=False))
        after: dict[str, JsonValue] = {"logins": [each.login for each in wanted]}
        await audit.record(connection, AuditRecord("services/gateway", "people.createFirst", "people/-", None, after))
    return True


def _write(file: Path, lines: Sequence[str]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write("\n".join(lines) + "\n")
        out.flush()
        os.fsync(out.fileno())
