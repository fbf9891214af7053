"""Rules that every contract keeps to."""

import re
from pathlib import Path

import pytest

from yuqing.access.v1 import access_pb2
from yuqing_gateway.rest.http_rules import route_of
from yuqing_protos.calls import CALLS, may_call
from yuqing_protos.contract import comments, files, methods

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("method", methods(), ids=lambda method: method.path)
def test_every_rpc_has_a_rule_and_a_route_unless_it_is_internal(method):
    assert method.rule.WhichOneof("audience")
    assert method.rule.effect != access_pb2.EFFECT_UNSPECIFIED
    if method.internal:
        assert method.http is None
        assert all(may_call(caller, method.service) or caller not in CALLS for caller in method.rule.internal.callers)
    else:
        assert method.rule.people.any_of
        assert route_of(method).path.startswith("/v1/")


def test_no_two_rpcs_have_one_route():
    routes = [(route.verb, re.sub(r"\{[^}]*\}", "{}", route.path)) for route in (route_of(method) for method in methods() if not method.internal)]
    assert len(routes) == len(set(routes))


def test_every_service_and_rpc_says_in_both_languages_what_it_is_for():
    for method in methods():
        for name in (method.descriptor.full_name, method.descriptor.containing_service.full_name):
            comment = comments().get(name, "")
            assert re.search(r"[A-Za-z]{3}", comment), name
            assert re.search(r"[\u4e00-\u9fff]", comment), name


def test_every_change_can_be_repeated_with_a_request_id():
    for method in methods():
        deletes = method.http is not None and method.http.WhichOneof("pattern") == "delete"
        if not method.reads and not method.internal and not deletes:
            assert "request_id" in method.input.fields_by_name, method.path


def test_the_call_graph_has_no_cycle():
    def below(service, seen):
        assert service not in seen, f"{service} calls itself through {seen}"
        for callee in CALLS.get(service, ()):
            below(callee, (*seen, service))

    for service in CALLS:
        below(service, ())


def test_a_service_uses_the_stubs_of_those_it_may_call_and_of_no_other():
    packages = {file.package.split(".")[1] for file in files()} - {"access", "type"}
    for folder in (ROOT / "services").iterdir():
        own = {"gateway": {"directory", "gateway"}}.get(folder.name, {folder.name})
        for source in folder.glob("src/**/*.py"):
            text = source.read_text(encoding="utf-8")
            for package in packages:
                if re.search(rf"\b{package}\w*_pb2_grpc import \w+Stub|from yuqing\.{package}\.v1\.\w+_pb2_grpc import .*Stub", text):
                    assert package in own or may_call(folder.name, package), f"{source} calls {package}"
