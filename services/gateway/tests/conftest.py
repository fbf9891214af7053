"""A gateway with a real directory behind it, on both databases, and a small indexing service of the tests' own."""

from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher
from google.api.httpbody_pb2 import HttpBody

import yuqing_gateway.main as gateway_main
from yuqing.directory.v1 import directory_pb2_grpc
from yuqing.indexing.v1 import mention_pb2, mention_pb2_grpc
from yuqing_gateway.accounts.accounts import Accounts
from yuqing_gateway.accounts.first import create_first_accounts
from yuqing_gateway.accounts.passwords import Passwords
from yuqing_gateway.app import Parts, build_app
from yuqing_gateway.servicers.departments import DepartmentServicer
from yuqing_gateway.servicers.people import PersonServicer
from yuqing_gateway.settings import Settings
from yuqing_runtime.access import current_caller
from yuqing_runtime.channels import Channels
from yuqing_runtime.database import Database
from yuqing_runtime.errors import NotFound
from yuqing_runtime.pages import PageTokens
from yuqing_runtime.serving import Registration
from yuqing_testkit.services import Town


class Mentions(mention_pb2_grpc.MentionServiceServicer):
    """Answers so that a test can see what came through."""

    async def SearchMentions(self, request, context):
        if request.query == "broken":
            raise RuntimeError("secret words")
        mention = mention_pb2.Mention(name="mentions/1", content_hash=current_caller().principal)
        mention.document.counts.likes = 2**40
        return mention_pb2.SearchMentionsResponse(hits=[mention_pb2.Hit(mention=mention)], total_size=1)

    async def WatchMentions(self, request, context):
        for sequence in range(request.after_sequence + 1, request.after_sequence + 4):
            yield mention_pb2.WatchMentionsResponse(sequence=sequence, mention=mention_pb2.Mention(name=f"mentions/{sequence}"))
        raise NotFound("the feed ended")

    async def ExportMentions(self, request, context):
        if request.query == "none":
            raise NotFound("nothing to export")
        first = HttpBody(content_type="text/csv; charset=utf-8", data="标题\n".encode())
        yield mention_pb2.ExportMentionsResponse(body=first, rows=1, total_size=2, file_name="舆情.csv")
        yield mention_pb2.ExportMentionsResponse(body=HttpBody(data=b"x\n"))


@dataclass
class Gateway:
    """The application, and the accounts that it was started with."""

    app: object
    passwords: dict[str, str]
    database: Database

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app, raise_app_exceptions=False), base_url="http://gateway.test")

    async def signed_in(self, login: str) -> httpx.AsyncClient:
        client = self.client()
        reply = await client.post("/v1/sessions", json={"login": login, "password": self.passwords[login]})
        assert reply.status_code == 200, reply.text
        client.cookies.clear()
        client.headers["authorization"] = f"Bearer {reply.json()['sessionToken']}"
        return client


@pytest.fixture
async def gateway(database_url, tmp_path):
    town = Town(tmp_path / "keys")
    database = await Database.open(database_url, schema="gateway")
    await database.migrate(Path(gateway_main.__file__).parent / "store" / "migrations")
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))  # the product's parameters take most of a second
    await create_first_accounts(database, passwords, file=tmp_path / "first", demonstration=True)
    first = {line.split("\t")[0]: line.split("\t")[1] for line in (tmp_path / "first").read_text(encoding="utf-8").splitlines()}
    page_tokens = PageTokens(b"p" * 32)
    directory = [
        Registration(directory_pb2_grpc.add_PersonServiceServicer_to_server, PersonServicer(database, page_tokens, b"v" * 32)),
        Registration(directory_pb2_grpc.add_DepartmentServiceServicer_to_server, DepartmentServicer(database, page_tokens)),
    ]
    mentions = [Registration(mention_pb2_grpc.add_MentionServiceServicer_to_server, Mentions())]
    async with AsyncExitStack() as stack:
        addresses = {
            "directory": await stack.enter_async_context(town.running("gateway", directory, hosts=frozenset({"directory"}))),
            "indexing": await stack.enter_async_context(town.running("indexing", mentions)),
            "crawler": "127.0.0.1:1",
            "scoring": "127.0.0.1:1",
        }
        channels = await stack.enter_async_context(Channels(town.identity("gateway"), addresses.__getitem__))
        settings = Settings(requests_burst=10_000)
        accounts = Accounts(database, town.identity("gateway"), passwords)
        yield Gateway(build_app(Parts(settings, accounts, channels.to)), first, database)
    await database.close()
