"""Reads the rules that an analyst wrote: `context.toml`, and all other TOML files of the folder in the order of their names."""

import tomllib
from pathlib import Path
from typing import Final

from yuqing_scoring.domain.labels.rules import RuleBook, RuleProblem, rule_book

RULES: Final = Path(__file__).parent.parent / "rules"
_CONTEXT: Final = "context.toml"


def load_rules(folder: Path = RULES) -> RuleBook:
    """Raises RuleProblem."""
    try:
        context = tomllib.loads((folder / _CONTEXT).read_text(encoding="utf-8"))
        files = sorted(path for path in folder.glob("*.toml") if path.name != _CONTEXT)
        return rule_book([tomllib.loads(path.read_text(encoding="utf-8")) for path in files], context)
    except (OSError, KeyError, tomllib.TOMLDecodeError) as error:
        raise RuleProblem(f"the rules in {folder} cannot be read: {error!r}") from error
