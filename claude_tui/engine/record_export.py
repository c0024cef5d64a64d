"""Writes a part of a store to a recording."""

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from claude_tui import __version__
from claude_tui.analysis.traffic.facts import REPORTS_SPAN, USUAL_DAYS
from claude_tui.engine.recording import KINDS, LEAD_IN, SCHEMA, Header, RecordingError, writer
from claude_tui.model.format import stamp
from claude_tui.model.json_values import mapped, to_plain
from claude_tui.model.paths import is_present
from claude_tui.model.traffic import SPANS
from claude_tui.store import (
    ACTION_REQUESTS,
    ALERT_ENTRIES,
    ALERTING_STATES,
    CONDITIONS_CHANGES,
    EXPENSES,
    FIELD_REVISIONS,
    INCIDENT_ENTRIES,
    KEPT_CALLS,
    SEVERITY_MARKS,
    STEP_MARKS,
    VERDICT_CHANGES,
    WALK_TURNS,
)

if TYPE_CHECKING:
    from claude_tui.model.snapshot import Target
    from claude_tui.model.text import Redactor
    from claude_tui.store import EntryTable, Store

__all__ = ["Span", "export"]

_TEN_SECONDS, _, _TEN_MINUTES, _HOUR, _ = SPANS
_KIND_OF = {kind: name for name, kind in KINDS.items()}
_CHUNK = timedelta(hours=1)
# Marks and other acts of people are shown for a week.
_ENTRIES_LEAD_IN = timedelta(days=8)
_TRAFFIC_DETAIL = timedelta(hours=1)
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_WINDOWED: tuple[EntryTable[Any], ...] = (
    VERDICT_CHANGES,
    STEP_MARKS,
    SEVERITY_MARKS,
    ACTION_REQUESTS,
    ALERT_ENTRIES,
    EXPENSES,
    WALK_TURNS,
    KEPT_CALLS,
)
_ALL_OF: tuple[EntryTable[Any], ...] = (INCIDENT_ENTRIES, FIELD_REVISIONS)
_IN_FORCE: tuple[EntryTable[Any], ...] = (CONDITIONS_CHANGES, ALERTING_STATES)

Progress = Callable[[float], None]
"""Called with the share that is done, 0..1."""


class Span:
    """What is recorded: from `since` to `until`, and the earlier data needed to show it as it was."""

    def __init__(self, since: datetime, until: datetime, name: str = "") -> None:
        self.since = since
        self.until = until
        self.name = name


def export(
    store: Store,
    span: Span,
    path: Path,
    *,
    target: Target,
    redactor: Redactor,
    force: bool = False,
    progress: Progress = lambda _: None,
) -> Header:
    """Writes the recording to `path`, all of it or nothing. Raises RecordingError.

    A file that exists is left alone without `force`.
    """
    if is_present(path) and not force:
        raise RecordingError(f"{path} is there already; --force replaces it")
    try:
        with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as scratch:
            return _export(store, span, path, Path(scratch), target, redactor, force, progress)
    except OSError as error:
        raise RecordingError(f"{path} cannot be written: {error.strerror or error}") from error


def _export(
    store: Store,
    span: Span,
    path: Path,
    scratch: Path,
    target: Target,
    redactor: Redactor,
    force: bool,
    progress: Progress,
) -> Header:
    body, whole = scratch / "body", scratch / "whole"
    counts: Counter[str] = Counter()
    redacted = _redaction(redactor)
    with writer(body, path)() as file:
        for value in _values(store, span, progress):
            kind = _KIND_OF[type(value)]
            counts[kind] += 1
            _write(file, {kind: to_plain(redacted(value))})
        _write(file, {"end": {"lines": counts.total()}})
    if not counts["observation"]:
        raise RecordingError(f"nothing is recorded from {stamp(span.since)} to {stamp(span.until)}")
    header = Header(
        SCHEMA, f"claude-top {__version__}", target, span.since, span.until, span.name, dict(counts)
    )
    # The header counts the lines, so it is written last and put first: compressed files can be concatenated.
    with writer(whole, path)() as file:
        _write(file, to_plain(redacted(header)))
    with whole.open("ab") as file, body.open("rb") as rest:
        while block := rest.read(1 << 20):
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    _put(whole, path, force)
    return header


def _put(whole: Path, path: Path, force: bool) -> None:
    if force:
        whole.replace(path)
        return
    try:
        # Unlike a rename, this fails if somebody else was quicker.
        path.hardlink_to(whole)
    except FileExistsError:
        raise RecordingError(f"{path} is there already; --force replaces it") from None
    except OSError:
        if path.exists():
            raise RecordingError(f"{path} is there already; --force replaces it") from None
        whole.replace(path)  # a file system without hard links


def _values(store: Store, span: Span, progress: Progress) -> Iterator[object]:
    """Everything to write: first the acts of people and program, then the observations by start."""
    first, after = span.since - LEAD_IN, span.until + timedelta(microseconds=1)
    for table in _ALL_OF:
        yield from store.entries(table, _BEGINNING, after)
    for table in _WINDOWED:
        yield from store.entries(table, span.since - _ENTRIES_LEAD_IN, after)
    for table in _IN_FORCE:
        if (in_force := store.entry_in_force(table, first)) is not None and in_force.at < first:
            yield in_force
        yield from store.entries(table, first, after)
    yield from _traffic(store, span.since, after)
    yield from store.status_reports(first, after)
    yield from store.catalogues(first, after)
    yield from _observations(store, first, after, progress)


def _traffic(store: Store, since: datetime, after: datetime) -> Iterator[object]:
    """Roll-ups of own traffic: of 10 s for the shown span, longer ones for the time it is compared with.

    The parts do not overlap, as rows of any length add up.
    """
    hour = since.replace(minute=0, second=0, microsecond=0)
    detail, day = hour - _TRAFFIC_DETAIL, hour - _TRAFFIC_DETAIL - REPORTS_SPAN
    yield from store.traffic.records(_HOUR, day - timedelta(days=USUAL_DAYS), day)
    yield from store.traffic.records(_TEN_MINUTES, day, detail)
    yield from store.traffic.records(_TEN_SECONDS, detail, after)


def _observations(store: Store, low: datetime, high: datetime, progress: Progress) -> Iterator[object]:
    begin = store.nearest_observation(low - timedelta(microseconds=1), later=True) or high
    low = max(low, begin)
    start = low
    while low < high:
        end = min(low + _CHUNK, high)
        yield from store.observations(low, end)
        progress((end - start) / (high - start))
        following = store.nearest_observation(end - timedelta(microseconds=1), later=True)
        low = max(end, following) if following is not None else high
    progress(1.0)


def _write(file: IO[bytes], line: object) -> None:
    file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"))
    file.write(b"\n")


def _redaction(redactor: Redactor) -> Callable[[Any], Any]:
    """The store's data is redacted; this redactor also knows the secrets of today."""
    clean = lru_cache(maxsize=2048)(redactor.without_secrets)

    def change(item: Any) -> Any:
        if isinstance(item, str) and not isinstance(item, StrEnum):
            return clean(item)
        return mapped(change, item)

    return change
