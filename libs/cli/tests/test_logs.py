"""All of a service's output is kept, in bounds; what needs a person comes to the terminal, readable."""

from pathlib import Path

import pytest

from yuqing_cli.up import logs
from yuqing_cli.up.logs import ServiceLog, is_loud, readable
from yuqing_cli.up.repeats import REMEMBERED, Repeats


@pytest.mark.parametrize(
    ("line", "loud"),
    [
        ('{"level": "warning", "event": "slow"}', True),
        ('{"level": "error", "event": "lost"}', True),
        ('{"level": "info", "event": "an ERROR page was fetched"}', False),
        ("ERROR: no such table", True),
        ("all is well", False),
        ('{"broken json, WARNING', True),
        ("[1, 2]", False),
    ],
)
def test_line_is_loud_when_it_is_a_warning_or_worse(line: str, loud: bool) -> None:
    assert is_loud(line) is loud


def test_line_is_readable_when_it_is_json() -> None:
    line = '{"timestamp": "2026-01-02T03:04:05Z", "level": "warning", "event": "slow", "service": "scoring", "seconds": 3}'
    assert readable(line) == "03:04:05 warning slow seconds=3"


def test_lines_are_whole_when_they_come_in_pieces(tmp_path: Path) -> None:
    said: list[str] = []
    log = ServiceLog("scoring", tmp_path, say=said.append, verbose=True)
    text = "第一行\n第二行".encode()
    for number in range(len(text)):
        log.feed(text[number : number + 1])
    log.end()
    log.close()
    assert said == ["[scoring] 第一行", "[scoring] 第二行"]
    assert (tmp_path / "scoring.log").read_text(encoding="utf-8") == "第一行\n第二行\n"
    assert log.last_lines() == "    第一行\n    第二行"


def test_file_is_bounded_when_a_service_talks_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "FILE_BYTES", 1000)
    log = ServiceLog("scoring", tmp_path, say=lambda _: None)
    log.feed(b"a line of twenty one.\n" * 1000)
    log.close()
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 3 * 1000


def test_words_come_once_in_a_while_when_they_are_repeated() -> None:
    repeats = Repeats()
    shown = {second: repeats.held_back("lost", second) for second in range(25)}
    assert {second: count for second, count in shown.items() if count is not None} == {0: 0, 10: 9, 20: 9}
    assert repeats.held_back("found", 1) == 0


def test_memory_is_bounded_when_every_line_is_another() -> None:
    repeats = Repeats()
    for number in range(1000):
        assert repeats.held_back(f"line {number}", 0) == 0
    assert len(repeats._held) == REMEMBERED
    assert repeats.held_back("line 999", 0) is None


def test_terminal_shows_a_warning_once_when_only_its_time_and_figures_differ(tmp_path: Path) -> None:
    said: list[str] = []
    log = ServiceLog("scoring", tmp_path, say=said.append)
    for second in range(5):
        log.feed(b'{"timestamp": "2026-01-02T03:04:0%dZ", "level": "warning", "event": "slow", "pause_seconds": %d}\n' % (second, second))
    log.close()
    assert said == ["[scoring] 03:04:00 warning slow pause_seconds=0"]


def test_value_is_one_short_line_when_it_is_long() -> None:
    assert readable('{"level": "error", "event": "lost", "error": "first\\n\\tsecond"}') == "error lost error=first second"
    assert len(readable('{"level": "error", "event": "lost", "error": "' + "x" * 1000 + '"}')) < 230
