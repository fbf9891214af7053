"""The examples of the OpenAPI page: whoever presses "Try it out" gets what was promised."""

import re
from typing import Any

import pytest

from yuqing_gateway.app import Parts, build_app
from yuqing_gateway.settings import Settings

DOCUMENT = build_app(Parts(Settings(), None, None)).openapi()
EXAMPLES = {
    operation["operationId"]: (method, path, operation["requestBody"]["content"]["application/json"]["examples"]["example"]["value"])
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
    if "examples" in operation.get("requestBody", {}).get("content", {}).get("application/json", {})
}


def test_there_are_examples() -> None:
    assert {"MentionService_SearchMentions", "SourceService_CreateSource", "PersonService_UpdatePerson"} <= EXAMPLES.keys()


@pytest.mark.parametrize("operation_id", EXAMPLES)
def test_an_example_succeeds_when_it_is_tried_out(api: Any, operation_id: str) -> None:
    method, template, body = EXAMPLES[operation_id]
    path = re.sub(r"\{(\w+)\}", lambda found: _spared(api, operation_id, found[1]), template)
    may = api.allowed(operation_id)
    with api.client("monitor" if "monitor" in may else min(may)) as client:
        reply = client.request(method, path, json=body)
    assert reply.status_code == 200, reply.text


def _spared(api: Any, operation_id: str, name: str) -> str:
    there = api.ids["runnableSource" if operation_id == "SourceService_RunSource" else name]
    # What is erased cannot be tried out again by the examples that follow.
    return there[-1] if operation_id == "MentionService_EraseMention" else there[min(1, len(there) - 1)]
