import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time

import grpc
import grpc.aio
import jwt
import pytest
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc

from yuqing.access.v1 import access_pb2
from yuqing.directory.v1 import directory_pb2, directory_pb2_grpc
from yuqing.scoring.v1 import scoring_pb2, scoring_pb2_grpc
from yuqing_runtime import channels as channels_module
from yuqing_runtime.access import current_caller
from yuqing_runtime.channels import Channels, NotInCallGraph
from yuqing_runtime.errors import FieldViolation, InvalidArgument, NotFound
from yuqing_runtime.interceptors.deadline import remaining_seconds, set_deadline
from yuqing_runtime.keys import Identity, KeyProblem, create_keys
from yuqing_runtime.serving import AddressTaken, Registration, Server, start
from yuqing_runtime.status import STATUS_KEY, refusal
from yuqing_runtime.tokens import PersonClaims, ServiceTokens, TokenVerifier, issue_person_token
from yuqing_testkit.services import Town, person


class Scoring(scoring_pb2_grpc.ScoringServiceServicer):
    """Answers by the first text: its id says what should happen."""

    def __init__(self):
        self.calls = 0
        self.remaining = None

    async def ScoreMentions(self, request, context):
        self.calls += 1
        self.remaining = remaining_seconds()
        match request.texts[0].id:
            case "missing":
                raise NotFound("no such text", reason="TEXT_GONE", metadata={"id": "missing"})
            case "bad":
                raise InvalidArgument("two fields", violations=[FieldViolation("texts[0].text", "is empty"), FieldViolation("texts[0].id", "is bad")])
            case "broken":
                raise RuntimeError("the password is 12345")
            case "slow":
                await asyncio.sleep(30)
            case "caller":
                return scoring_pb2.ScoreMentionsResponse(scores=[scoring_pb2.Score(id=current_caller().principal)])
        return scoring_pb2.ScoreMentionsResponse()


class People(directory_pb2_grpc.PersonServiceServicer):
    async def ListPeople(self, request, context):
        return directory_pb2.ListPeopleResponse(next_page_token=current_caller().principal)

    async def WatchPeople(self, request, context):
        for sequence in range(3):
            yield directory_pb2.WatchPeopleResponse(sequence=sequence)
        raise NotFound("the feed is trimmed")


@pytest.fixture
def town(tmp_path):
    return Town(tmp_path / "keys")


@pytest.fixture
async def scoring(town):
    servicer = Scoring()
    async with town.running("scoring", [Registration(scoring_pb2_grpc.add_ScoringServiceServicer_to_server, servicer)]) as address:
        servicer.address = address
        yield servicer


@pytest.fixture
async def stub(town, scoring):
    async with town.channel("indexing", "scoring", scoring.address) as channel:
        yield scoring_pb2_grpc.ScoringServiceStub(channel)


@pytest.fixture
async def people(town):
    registration = Registration(directory_pb2_grpc.add_PersonServiceServicer_to_server, People())
    async with (
        town.running("gateway", [registration], hosts=frozenset({"directory"})) as address,
        town.channel("gateway", "directory", address) as channel,
    ):
        yield directory_pb2_grpc.PersonServiceStub(channel)


def texts(name):
    return scoring_pb2.ScoreMentionsRequest(texts=[scoring_pb2.Text(id=name, text="好")])


async def failure(call):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value


async def test_the_caller_is_known_when_a_service_calls(stub):
    reply = await stub.ScoreMentions(texts("caller"))
    assert reply.scores[0].id == "services/indexing"


async def test_a_domain_error_arrives_whole_when_raised(stub):
    error = await failure(stub.ScoreMentions(texts("missing")))
    read_back = refusal(error)
    assert isinstance(read_back, NotFound)
    assert (read_back.message, read_back.reason, read_back.metadata) == ("no such text", "TEXT_GONE", {"id": "missing"})


async def test_every_field_is_named_when_several_are_wrong(stub):
    error = await failure(stub.ScoreMentions(texts("bad")))
    status = status_pb2.Status.FromString(dict(error.trailing_metadata())[STATUS_KEY])
    bad = next(
        error_details_pb2.BadRequest.FromString(detail.value) for detail in status.details if detail.Is(error_details_pb2.BadRequest.DESCRIPTOR)
    )
    assert [violation.field for violation in bad.field_violations] == ["texts[0].text", "texts[0].id"]


async def test_no_text_of_an_unforeseen_error_leaves_when_one_is_raised(stub):
    error = await failure(stub.ScoreMentions(texts("broken")))
    assert error.code() is grpc.StatusCode.INTERNAL
    assert error.details().startswith("internal error, trace ")
    assert "12345" not in str(error)


async def test_a_broken_field_rule_is_refused_before_the_servicer_runs(stub, scoring):
    error = await failure(stub.ScoreMentions(scoring_pb2.ScoreMentionsRequest()))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert refusal(error).violations == (FieldViolation("texts", "is required"),)
    assert scoring.calls == 0


async def test_a_call_ends_when_its_deadline_passes(stub):
    error = await failure(stub.ScoreMentions(texts("slow"), timeout=0.2))
    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_an_outgoing_call_is_cut_when_the_caller_has_less_time(stub, scoring):
    set_deadline(1.0)
    try:
        await stub.ScoreMentions(texts("ok"), timeout=20)
    finally:
        set_deadline(None)
    assert 0 < scoring.remaining < 2.0  # of 20; gRPC rounds what is left up


async def test_a_call_without_token_is_refused(scoring):
    async with grpc.aio.insecure_channel(scoring.address) as channel:
        error = await failure(scoring_pb2_grpc.ScoringServiceStub(channel).ScoreMentions(texts("ok")))
    assert error.code() is grpc.StatusCode.UNAUTHENTICATED
    assert scoring.calls == 0


async def test_a_service_is_refused_when_the_rule_does_not_name_it(town, scoring):
    identity = town.identity("crawler")
    token = ServiceTokens(identity).issue("scoring", "/yuqing.scoring.v1.ScoringService/ScoreMentions")
    async with grpc.aio.insecure_channel(scoring.address) as channel:
        call = scoring_pb2_grpc.ScoringServiceStub(channel).ScoreMentions(texts("ok"), metadata=(("authorization", f"Bearer {token}"),))
        error = await failure(call)
    assert error.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_a_token_is_refused_when_it_is_for_another_method(town, scoring):
    token = ServiceTokens(town.identity("indexing")).issue("scoring", "/yuqing.scoring.v1.ScoringService/Other")
    async with grpc.aio.insecure_channel(scoring.address) as channel:
        call = scoring_pb2_grpc.ScoringServiceStub(channel).ScoreMentions(texts("ok"), metadata=(("authorization", f"Bearer {token}"),))
        error = await failure(call)
    assert refusal(error).reason == "TOKEN_METHOD"


async def test_a_channel_is_refused_when_the_call_graph_lacks_it(town):
    async with Channels(town.identity("scoring"), {"indexing": "127.0.0.1:1"}.__getitem__) as channels:
        with pytest.raises(NotInCallGraph):
            channels.to("indexing")


async def test_a_route_needs_a_person(people):
    error = await failure(people.ListPeople(directory_pb2.ListPeopleRequest()))
    assert refusal(error).reason == "PERSON_MISSING"


async def test_the_person_is_the_principal_when_one_acts(people, town):
    with town.acting(person(access_pb2.ROLE_EMPLOYEE)):
        reply = await people.ListPeople(directory_pb2.ListPeopleRequest())
    assert reply.next_page_token == "people/zhang-san"


async def test_a_person_is_refused_when_the_role_is_missing(people, town):
    request = directory_pb2.CreatePersonRequest(person=directory_pb2.Person(login="li-si", display_name="李四"))
    with town.acting(person(access_pb2.ROLE_MONITOR, access_pb2.ROLE_LEADER)):
        error = await failure(people.CreatePerson(request))
    assert refusal(error).reason == "ROLE_MISSING"


async def test_an_api_token_is_refused_when_the_scope_is_missing(people, town):
    with town.acting(person(access_pb2.ROLE_ADMIN, scopes=frozenset({"crawler.read"}))):
        error = await failure(people.ListPeople(directory_pb2.ListPeopleRequest()))
    assert refusal(error).reason == "SCOPE_MISSING"


async def test_a_stream_ends_with_its_error_when_the_servicer_raises_late(town):
    registration = Registration(directory_pb2_grpc.add_PersonServiceServicer_to_server, People())
    async with (
        town.running("gateway", [registration], hosts=frozenset({"directory"})) as address,
        town.channel("indexing", "directory", address) as channel,
    ):
        seen = []
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            async for reply in directory_pb2_grpc.PersonServiceStub(channel).WatchPeople(directory_pb2.WatchPeopleRequest()):
                seen.append(reply.sequence)
    assert seen == [0, 1, 2]
    assert isinstance(refusal(caught.value), NotFound)


async def test_health_answers_without_token(scoring):
    async with grpc.aio.insecure_channel(scoring.address) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        for name in ("", "yuqing.scoring.v1.ScoringService"):
            reply = await stub.Check(health_pb2.HealthCheckRequest(service=name))
            assert reply.status == health_pb2.HealthCheckResponse.SERVING


async def test_the_address_is_named_when_it_is_taken(town, scoring):
    with pytest.raises(AddressTaken, match=scoring.address):
        await start(Server("scoring", scoring.address, town.identity("scoring"), []))


async def test_a_read_is_repeated_when_the_peer_was_away_for_a_moment(town, free_port):
    servicer = Scoring()
    address = f"127.0.0.1:{free_port}"
    async with town.channel("indexing", "scoring", address) as channel:
        call = asyncio.ensure_future(scoring_pb2_grpc.ScoringServiceStub(channel).ScoreMentions(texts("ok"), timeout=20))
        server = Server("scoring", address, town.identity("scoring"), [Registration(scoring_pb2_grpc.add_ScoringServiceServicer_to_server, servicer)])
        running = await start(server)
        await call
        await running.stop()
    assert servicer.calls == 1


def test_only_reads_are_repeated_by_the_service_config():
    config = channels_module.service_config("indexing")
    assert "SearchMentions" in config
    assert "EraseMention" not in config
    assert "IngestMentions" not in config


def test_a_token_is_refused_when_it_expired_beyond_the_skew(town):
    now = [1_000_000.0]
    identity = town.identity("indexing")
    token = ServiceTokens(identity, clock=lambda: now[0]).issue("scoring", "/m")
    verifier = TokenVerifier(identity.public_keys, clock=lambda: now[0])
    now[0] += 89
    assert verifier.service(token, audience="scoring", method="/m") == "indexing"
    now[0] += 2
    with pytest.raises(Exception, match="expired"):
        verifier.service(token, audience="scoring", method="/m")


def test_a_person_token_is_refused_when_another_service_signed_it(town):
    token = issue_person_token(
        town.identity("crawler"), PersonClaims("people/eve", memberships={"departments/a": frozenset({access_pb2.ROLE_ADMIN})})
    )
    with pytest.raises(Exception, match="gateway alone"):
        TokenVerifier(town.identity("indexing").public_keys).person(token)


def test_a_token_is_refused_when_it_is_signed_with_a_shared_secret(town):
    identity = town.identity("indexing")
    claims = {"iss": "gateway", "aud": "yuqing.person", "sub": "people/eve", "iat": int(time.time()), "exp": int(time.time()) + 60}
    forged = jwt.encode(claims, "x" * 32, algorithm="HS256", headers={"kid": town.identity("gateway").key_id})
    with pytest.raises(Exception, match="not valid"):
        TokenVerifier(identity.public_keys).person(forged)


def test_a_new_key_is_taken_when_it_is_laid_beside_the_old(town, tmp_path):
    verifier = TokenVerifier(town.identity("scoring").public_keys)
    old = town.identity("indexing")
    assert verifier.service(ServiceTokens(old).issue("scoring", "/m"), audience="scoring", method="/m") == "indexing"
    create_keys(tmp_path / "new", "indexing")
    new_public = (tmp_path / "new" / "public" / "indexing.pem").read_bytes()
    (town.folder / "public" / "indexing.next.pem").write_bytes(new_public)
    new = Identity.load("indexing", tmp_path / "new")
    for identity in (old, new):
        assert verifier.service(ServiceTokens(identity).issue("scoring", "/m"), audience="scoring", method="/m") == "indexing"


def test_a_private_key_is_readable_by_its_owner_alone(town):
    assert (town.folder / "indexing.pem").stat().st_mode & 0o777 == 0o600
    with pytest.raises(KeyProblem, match=r"nobody\.pem"):
        Identity.load("nobody", town.folder)


SERVICE = textwrap.dedent("""
    import asyncio, sys
    from pathlib import Path
    from yuqing.scoring.v1 import scoring_pb2, scoring_pb2_grpc
    from yuqing_runtime.keys import Identity
    from yuqing_runtime.serving import Registration, Server, run, serve
    from yuqing_runtime.settings import ServiceSettings, service_settings

    class Settings(ServiceSettings):
        model_config = service_settings("scoring")

    class Scoring(scoring_pb2_grpc.ScoringServiceServicer):
        async def ScoreMentions(self, request, context):
            print("started", flush=True)
            await asyncio.sleep(1)
            return scoring_pb2.ScoreMentionsResponse(scores=[scoring_pb2.Score(id="finished")])

    async def main(settings):
        identity = Identity.load("scoring", settings.shared.keys_folder)
        await serve(Server("scoring", settings.address, identity, [Registration(scoring_pb2_grpc.add_ScoringServiceServicer_to_server, Scoring())]))

    run("scoring", main, Settings)
""")


async def test_a_running_call_is_answered_when_the_service_is_told_to_stop(town, free_port):
    address = f"127.0.0.1:{free_port}"
    environment = os.environ | {"YUQING_KEYS": str(town.folder), "YUQING_SCORING_ADDRESS": address}
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", SERVICE, env=environment, stdout=subprocess.PIPE)
    async with town.channel("indexing", "scoring", address) as channel:
        call = asyncio.ensure_future(scoring_pb2_grpc.ScoringServiceStub(channel).ScoreMentions(texts("ok"), timeout=20, wait_for_ready=True))
        assert await process.stdout.readline() == b"started\n"
        process.send_signal(signal.SIGTERM)
        reply = await call
    assert reply.scores[0].id == "finished"
    assert await process.wait() == 0


async def test_no_local_variable_stands_in_the_log_when_a_call_fails(town, free_port):
    address = f"127.0.0.1:{free_port}"
    environment = os.environ | {"YUQING_KEYS": str(town.folder), "YUQING_SCORING_ADDRESS": address, "YUQING_LOG_FORMAT": "json"}
    service = SERVICE.replace("await asyncio.sleep(1)", "password = 'hunter2-' + 'secret'; raise RuntimeError('it broke')")
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", service, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    async with town.channel("indexing", "scoring", address) as channel:
        await failure(scoring_pb2_grpc.ScoringServiceStub(channel).ScoreMentions(texts("ok"), timeout=20, wait_for_ready=True))
    process.send_signal(signal.SIGTERM)
    _, log = await process.communicate()
    assert "it broke" in log.decode()
    assert "hunter2-secret" not in log.decode()
