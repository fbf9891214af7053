"""Registers the demonstration world's sources through the gateway, as one of the demonstration's people would."""

import asyncio
import uuid
from pathlib import Path

import httpx

from yuqing_cli.up.words import Say

MONITOR = "zhang.min"  # of the demonstration's people, the one who looks after sources
MARK = "demonstration-sources"
ATTEMPTS = 30
RETRY_SECONDS = 1.0


class RegistrationFailed(Exception):
    """The sources could not be registered; the message says why."""


async def register_once(gateway: str, world: str, *, var: Path, accounts: Path, say: Say) -> None:
    """Registers the sources when this var folder has not got them yet, and says what became of it."""
    mark = var / MARK
    if mark.exists():
        return
    try:
        count = await register(gateway, world, password_of(MONITOR, accounts))
    except RegistrationFailed as error:
        say(f"! 演示信源未登记:{error} (the demonstration's sources were not registered)")
        return
    mark.touch()
    say(f"已登记 {count} 个演示信源,正在采集 ({count} sources of the demonstration are registered)")


def password_of(login: str, accounts: Path) -> str:
    """The first password of a person, from the file that the gateway wrote: login, password, name, by tabs."""
    try:
        lines = accounts.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise RegistrationFailed(f"{accounts}: {error.strerror}") from error
    found = [line.split("\t")[1] for line in lines if line.startswith(f"{login}\t")]
    if not found:
        raise RegistrationFailed(f"{accounts}: no {login}")
    return found[0]


async def register(gateway: str, world: str, password: str) -> int:
    """Signs in and creates every source that the world suggests; those that exist stay. Returns how many there are."""
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        sources = (await _answer(client, "GET", f"{world}/sources.json")).json()
        session = await _answer(client, "POST", f"{gateway}/v1/sessions", json={"login": MONITOR, "password": password})
        client.headers["authorization"] = f"Bearer {session.json()['sessionToken']}"
        for source in sources:
            # The same request again gets the same answer: a start that was broken off half-way may begin anew.
            request_id = str(uuid.uuid5(uuid.NAMESPACE_URL, source["address"]))
            await _answer(client, "POST", f"{gateway}/v1/sources", json=source, params={"requestId": request_id})
        return len(sources)


async def _answer(client: httpx.AsyncClient, method: str, url: str, *, json: object = None, params: dict[str, str] | None = None) -> httpx.Response:
    """The answer, after a while if the other side is not quite awake yet."""
    reason = ""
    for _ in range(ATTEMPTS):
        try:
            reply = await client.request(method, url, json=json, params=params)
        except httpx.HTTPError as error:
            reason = f"{url}: {error}"
        else:
            if reply.is_success:
                return reply
            reason = f"{url}: {reply.status_code} {reply.text[:500]}"
            if reply.is_client_error:
                break
        await asyncio.sleep(RETRY_SECONDS)
    raise RegistrationFailed(reason)
