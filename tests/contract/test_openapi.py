"""Everything that the OpenAPI document promises, held against a running system: as each role, and as nobody."""

from contextlib import suppress
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.config import SchemathesisConfig
from schemathesis.core.transport import Response
from schemathesis.generation.meta import TestPhase
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from yuqing_gateway.app import Parts, build_app
from yuqing_gateway.rest.models import NO_NUL
from yuqing_gateway.settings import Settings

# The only values that look valid and may yet be refused with 400: a text in the query language, a page token of somebody else's making, a
# label's value, as each kind of label has its own, and the files of a model, which are tried.
MAY_BE_REFUSED = {"query": "QUERY_ERROR", "pageToken": "INVALID_PAGE_TOKEN", "label": "LABEL_REFUSED", "files": "MODEL_REFUSED"}
# Endless, or no JSON: tested by hand in test_streams.py and in the clauses.
STREAMS = [
    "MentionService_WatchMentions",
    "MentionService_ExportMentions",
    "LabelService_ExportLabels",
    "StoredPageService_DownloadStoredPage",
    "StoryService_DrawStoryPath",
]
# Of 555, each of which would be tried in each place.
ZONES = ["", "UTC", "Asia/Shanghai", "America/Argentina/Buenos_Aires"]
EXAMPLES = 3
SPARED = 2
"""Of each resource these are not deleted: one for the calls here, one for the examples."""

# What the gateway serves, made without one, so that each operation is a test of its own.
DOCUMENT = build_app(Parts(Settings(), None, None)).openapi()
CONFIG = SchemathesisConfig.from_dict({"generation": {"database": "none", "no-shrink": True, "with-security-parameters": False, "allow-x00": False}})


def _quicker(part: Any) -> Any:
    """The same document, quicker to draw from: a few zones stand for all, and U+0000 is left out without the pattern that forbids it."""
    if isinstance(part, list):
        return [_quicker(each) for each in part]
    if not isinstance(part, dict):
        return part
    if "Asia/Shanghai" in part.get("enum", ()):
        return part | {"enum": [zone for zone in ZONES if zone in part["enum"]]}
    return {name: _quicker(each) for name, each in part.items() if (name, each) != ("pattern", NO_NUL)}


schema = schemathesis.openapi.from_dict(_quicker(DOCUMENT), config=CONFIG)


def test_the_document_is_served(api: Any) -> None:
    with api.client("nobody") as nobody:
        assert nobody.get("/openapi.json").json() == DOCUMENT


@schema.exclude(operation_id=STREAMS).parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
def test_every_answer_is_as_the_document_says(api: Any, case: schemathesis.Case) -> None:
    operation_id = case.operation.definition.raw["operationId"]
    may = api.allowed(operation_id)
    # Every role and nobody, with what is drawn at random; one who may, with what is worked through to cover the schema.
    for role in api.roles if case.meta.phase.name is TestPhase.FUZZING else sorted(may)[:1]:
        _leave_accounts_alone(case, api.ids)
        _use_what_exists(case, api.ids, ends=role in may)
        headers = api.headers(role, fresh=operation_id == "Account_SignOut")
        reply = case.call(base_url=api.system.url, headers=headers)
        _validate(case, reply, headers, first=role == min(may))
        if role not in may and operation_id != "Account_SignIn":
            # 400, 404, 405: what is no call of this operation at all.
            assert reply.status_code in ({400, 401, 404, 405} if role == api.nobody else {400, 403, 404, 405})
            if case.meta.generation.mode.is_positive:
                assert reply.status_code == (401 if role == api.nobody else 403)


def _leave_accounts_alone(case: schemathesis.Case, ids: dict[str, list[str]]) -> None:
    """The person whom the document names as an example is one of those who ask here."""
    if (case.path_parameters or {}).get("person") == "zhang-min":
        case.path_parameters["person"] = ids["person"][0]


def _use_what_exists(case: schemathesis.Case, ids: dict[str, list[str]], *, ends: bool) -> None:
    """Puts a resource that exists into the path of what is drawn to be valid; another for each deletion, as long as there are some."""
    if case.meta.phase.name is not TestPhase.FUZZING or not case.meta.generation.mode.is_positive:
        return
    deletes = ends and (case.method == "DELETE" or case.path.endswith(":erase"))
    for name in case.path_parameters or {}:
        there = ids.get(name, [])
        if there and not deletes:
            case.path_parameters[name] = there[0]
        elif len(there) > SPARED:
            case.path_parameters[name] = there.pop()
    if isinstance(case.body, dict) and "kind" in case.body:
        # Which kinds there are, and what each needs, stands in `GET /v1/sourceKinds`: a word drawn at random is none of them.
        case.body = {name: value for name, value in case.body.items() if name != "parameters"} | {"kind": "feed"}


def _validate(case: schemathesis.Case, reply: Response, headers: dict[str, str], *, first: bool) -> None:
    # Who asks without a token, or with a wrong one, is tried thrice more by this check: once for each case is enough.
    excluded = [] if first else [ignored_auth]
    if reply.status_code == 400 and _may_be_refused(reply):
        excluded.append(positive_data_acceptance)
    case.validate_response(reply, headers=headers, excluded_checks=excluded, transport_kwargs={"headers": headers})


def _may_be_refused(reply: Response) -> bool:
    with suppress(ValueError):
        return reply.json()["reason"] in MAY_BE_REFUSED.values()
    return False
