"""What a contract promises, a servicer answers."""

import ast
from pathlib import Path

import pytest

from yuqing_protos.contract import methods

ROOT = Path(__file__).parents[2]
HOME = {"directory": "gateway"}


def implemented(service):
    """`PersonServiceServicer` → the names of its methods, over all classes of the service that derive from it."""
    found = {}
    for file in (ROOT / "services" / HOME.get(service, service)).glob("src/**/*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                names = {each.name for each in node.body if isinstance(each, ast.AsyncFunctionDef)}
                for base in node.bases:
                    found.setdefault(ast.unparse(base).rpartition(".")[2], set()).update(names)
    return found


@pytest.mark.parametrize("service", sorted({method.service for method in methods()}))
def test_every_rpc_of_the_contract_is_answered(service):
    answered = implemented(service)
    missing = [
        method.path
        for method in methods()
        if method.service == service and method.name not in answered.get(f"{method.descriptor.containing_service.name}Servicer", set())
    ]
    assert missing == []
