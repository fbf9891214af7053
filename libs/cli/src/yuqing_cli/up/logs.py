"""Keeps what a service writes: bounded files for all of it, the terminal for what needs a person's eye."""

import json
import logging
import re
import time
from collections import deque
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, cast

from yuqing_cli.up.repeats import Repeats
from yuqing_cli.up.words import Say

FILE_BYTES = 10_000_000
OLDER_FILES = 2
LAST_LINES = 12
LONGEST_LINE_BYTES = 1_000_000
LONGEST_VALUE = 200  # characters of one value on the terminal; the file has all
LOUD_LEVELS = {"warning", "error", "critical"}
LOUD_TEXT = re.compile(r"\b(WARN(ING)?|ERROR|CRITICAL|FATAL)\b")
OWN_FIELDS = ("timestamp", "level", "event", "service", "logger", "exception", "trace_id", "span_id")


class ServiceLog:
    """Takes a service's output as it comes and cuts it into lines."""

    def __init__(self, name: str, folder: Path, *, say: Say, verbose: bool = False) -> None:
        self.path = folder / f"{name}.log"
        self._name = name
        self._say = say
        self._verbose = verbose
        self._rest = b""
        self._repeats = Repeats()
        self._last: deque[str] = deque(maxlen=LAST_LINES)
        self._file = RotatingFileHandler(self.path, maxBytes=FILE_BYTES, backupCount=OLDER_FILES, encoding="utf-8", delay=True)

    def feed(self, data: bytes) -> None:
        """Takes the next bytes of the output."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LONGEST_LINE_BYTES:
            lines, self._rest = [*lines, self._rest], b""
        for line in lines:
            self._take(line.decode("utf-8", errors="replace").rstrip("\r"))

    def end(self) -> None:
        """The service has ended: what it wrote last may lack the end of its line."""
        if self._rest:
            self.feed(b"\n")

    def last_lines(self) -> str:
        """The end of the log, for the person who must find out why it died."""
        return "\n".join(f"    {readable(line)}" for line in self._last)

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def _take(self, line: str) -> None:
        self._file.handle(logging.makeLogRecord({"msg": line}))
        self._last.append(line)
        if self._verbose:
            self._say(f"[{self._name}] {readable(line)}")
        elif is_loud(line):
            self._tell(line)

    def _tell(self, line: str) -> None:
        held_back = self._repeats.held_back(gist(line), time.monotonic())
        if held_back is not None:
            more = f" (另有 {held_back} 次, {held_back} more like it)" if held_back else ""
            self._say(f"[{self._name}] {readable(line)}{more}")


def is_loud(line: str) -> bool:
    """Whether a line of a log is a warning or worse."""
    record = _record(line)
    return bool(LOUD_TEXT.search(line)) if record is None else record.get("level") in LOUD_LEVELS


def readable(line: str) -> str:
    """A line of JSON as a person reads it: time, level, event, and the rest as name=value."""
    record = _record(line)
    if record is None:
        return line
    rest = " ".join(f"{name}={_short(value)}" for name, value in record.items() if name not in OWN_FIELDS)
    return f"{str(record.get('timestamp', ''))[11:19]} {gist(line)} {rest}".strip()


def gist(line: str) -> str:
    """What makes a line the same as another one: level and event without time, traces and figures; a line of text as it is."""
    record = _record(line)
    return line if record is None else f"{record.get('level', '')} {record.get('event', '')}"


def _short(value: object) -> str:
    words = " ".join(str(value).split())
    return words if len(words) <= LONGEST_VALUE else f"{words[:LONGEST_VALUE]}…"


def _record(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return cast("dict[str, Any]", record) if isinstance(record, dict) else None
