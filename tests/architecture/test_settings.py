"""Every setting says what it means, and stands in its service's README, where people and the chart look."""

import importlib
import re
from pathlib import Path

import pytest

from yuqing_cli.up.plan import installed_services
from yuqing_cli.up.settings import UpSettings
from yuqing_runtime.settings import ServiceSettings, SharedSettings

ROOT = Path(__file__).parents[2]
SETTINGS = {service: importlib.import_module(f"yuqing_{service}.settings").Settings for service in installed_services()}


def own_names(service):
    return {name.upper() for name in SETTINGS[service].model_fields.keys() - ServiceSettings.model_fields.keys()}


def documented_names(service):
    """The names in the first column of the README's table of settings, without `YUQING_<SERVICE>_`."""
    text = (ROOT / "services" / service / "README.md").read_text(encoding="utf-8")
    section = re.search(r"^## Settings\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert section, f"services/{service}/README.md has no section Settings"
    cells = [line.split("|")[1] for line in section[1].splitlines() if line.startswith("| `")]
    names = {name for cell in cells for name in re.findall(r"`([A-Z_]+)`", cell)}
    return {name.removeprefix(f"YUQING_{service.upper()}_") for name in names}


@pytest.mark.parametrize("settings", [*SETTINGS.values(), ServiceSettings, SharedSettings, UpSettings], ids=lambda settings: settings.__module__)
def test_every_setting_says_what_it_means(settings):
    assert [name for name, field in settings.model_fields.items() if not field.description] == []


@pytest.mark.parametrize("service", SETTINGS)
def test_a_service_documents_the_settings_that_it_has_and_no_other(service):
    common = {name.upper() for name in ServiceSettings.model_fields}
    assert documented_names(service) - common == own_names(service)


def test_the_settings_of_the_installation_are_documented_once_for_all():
    text = (ROOT / "libs" / "cli" / "README.md").read_text(encoding="utf-8")
    assert [name for name in (*SharedSettings.model_fields, *UpSettings.model_fields) if f"`YUQING_{name.upper()}`" not in text] == []
