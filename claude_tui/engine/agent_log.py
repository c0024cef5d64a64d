"""What an agent logs: a line whenever something changes, nothing while everything stays the same."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from claude_tui.model.format import rfc3339
from claude_tui.model.snapshot import Event, Snapshot
from claude_tui.model.watching import Watching

__all__ = ["Log", "changes", "log_to"]

Log = Callable[[datetime, str], None]


def changes(before: Snapshot | None, after: Snapshot) -> Iterator[str]:
    """The log lines for `after`, given the previous Snapshot `before`, which is None for the first."""
    was, now = before.engine if before is not None else None, after.engine
    if was is None or _role(was.watching) != _role(now.watching):
        yield _role(now.watching)
    if before is None:
        verdict = after.verdict
        badge = f"{verdict.severity} " if verdict.severity.trouble else ""
        yield f"verdict: {badge}{verdict.summary}"
    known = {event.key for event in was.recorded} if was is not None else set()
    new = [event for event in now.recorded if event.key not in known] if was is not None else []
    yield from (_event(event) for event in reversed(new))
    known = {notice.key for notice in was.notices} if was is not None else set()
    yield from (f"notice: {notice.text}" for notice in now.notices if notice.key not in known)
    if was is not None:
        gone = known - {notice.key for notice in now.notices}
        yield from (f"notice over: {key}" for key in sorted(gone))


def _role(watching: Watching) -> str:
    if watching.collects:
        return "collecting: probes and alerts run here"
    if watching.collector is None:
        return "watching: nobody collects"
    return f"watching: {watching.collector.name} collects (pid {watching.collector.pid})"


def _event(event: Event) -> str:
    return f"{event.subject}: {event.text}"


def log_to(path: Path | None) -> Log:
    """Writes dated lines to a file, or to stderr.

    The file is opened for each line, so that it can be moved away at any time. A line that cannot be written
    to it goes to stderr. Raises OSError if the file cannot be opened now.
    """
    if path is not None:
        with open(path, "a", encoding="utf-8", opener=_without_waiting):
            pass

    def log(at: datetime, text: str) -> None:
        line = f"{rfc3339(at)} {text}\n"
        if path is not None:
            try:
                with open(
                    path, "a", encoding="utf-8", errors="backslashreplace", opener=_without_waiting
                ) as file:
                    file.write(line)
            except OSError as error:
                _to_stderr(f"claude-top: {path}: {error.strerror or error}\n")
            else:
                return
        _to_stderr(line)

    return log


def _without_waiting(path: str, flags: int) -> int:
    """Opens like `os.open`, but neither opening nor writing waits for the reader of a pipe."""
    return os.open(path, flags | os.O_NONBLOCK, 0o666)


def _to_stderr(line: str) -> None:
    if sys.stderr is not None:
        try:
            sys.stderr.write(line)
            sys.stderr.flush()
        except (OSError, ValueError):
            return  # the reader has gone; the record is in the store
