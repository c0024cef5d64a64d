"""The store that commands on the record use, and `claude-top record export`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from claude_tui.engine.recording import RecordingError
from claude_tui.engine.sources import store_name, target_of
from claude_tui.model.format import parse_span, plural, stamp
from claude_tui.model.when import WhenError, parse_when
from claude_tui.probes.credentials import Credentials
from claude_tui.store import Store, is_there

if TYPE_CHECKING:
    from claude_tui.engine.record_export import Span
    from claude_tui.model.snapshot import Target
    from claude_tui.settings import Settings

__all__ = ["MARGIN", "export_recording", "instant_of", "open_record", "target_for"]

_FIRST = datetime(1970, 1, 1, tzinfo=UTC)

MARGIN = timedelta(minutes=10)
"""How much before and after an incident belongs to its recording."""


def target_for(settings: Settings, environ: Mapping[str, str]) -> Target:
    return target_of(settings, Credentials.from_environ(environ, base_url=settings.base_url))


def open_record(
    settings: Settings,
    environ: Mapping[str, str],
    now: datetime,
    on_problem: Callable[[str | None], None],
) -> Store:
    """The store of the target. Creates no file.

    Raises RecordingError if there is none, or none that can be read, and StoreError for a file that is not a
    store.
    """
    credentials = Credentials.from_environ(environ, base_url=settings.base_url)
    name = store_name(credentials)
    path = settings.data_dir / name
    if not is_there(path):
        raise RecordingError(f"nothing is recorded of {credentials.host}: there is no {path}")
    opened = False

    def report(problem: str | None) -> None:
        # Errors that are known at once are raised.
        if opened:
            on_problem(problem)

    store = Store.open(settings.data_dir, name, now=now, on_problem=report, read_only=True)
    # A store that cannot be read behaves like an empty one.
    store.nearest_observation(now, later=False)
    if (problem := store.unreadable) is not None:
        store.close()
        raise RecordingError(str(problem))
    opened = True
    return store


def instant_of(text: str, flag: str, now: datetime) -> datetime:
    """A time as for `g` on the dashboard, or a span before now: `2h`, `30d`. Raises RecordingError."""
    if (span := parse_span(text)) is not None:
        return max(now - span, _FIRST)
    try:
        return max(parse_when(text, now), _FIRST)
    except WhenError as error:
        raise RecordingError(f"{flag} {text}: {error} Or a span before now, such as 2h or 7d.") from None


def export_recording(
    settings: Settings,
    environ: Mapping[str, str],
    path: Path,
    span_of: Callable[[Store], Span],
    *,
    now: datetime,
    force: bool,
    say: Callable[[str | None], None],
    progress: Callable[[float], None],
) -> str:
    """Writes the recording, and returns a line that describes it. Raises RecordingError."""
    from claude_tui.engine.record_export import export
    from claude_tui.model.text import Redactor

    store = open_record(settings, environ, now, say)
    try:
        header = export(
            store,
            span_of(store),
            path,
            target=target_for(settings, environ),
            redactor=Redactor(Credentials.from_environ(environ, base_url=settings.base_url).secrets),
            force=force,
            progress=progress,
        )
    finally:
        store.close()
    number = plural(header.counts.get("observation", 0), "observation")
    return f"{path}: {stamp(header.since)} to {stamp(header.until)}, {number}"
