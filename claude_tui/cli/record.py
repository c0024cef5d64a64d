"""The command `record`: a span of the history as a file that `replay` shows."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from claude_tui.cli.console import say, show_progress
from claude_tui.cli.history import say_problem
from claude_tui.cli.ready import print_only, settings_of
from claude_tui.cli.usage import UsageError

if TYPE_CHECKING:
    from claude_tui.cli.parser import Request
    from claude_tui.engine.record_export import Span
    from claude_tui.store import Store

__all__ = ["run"]

EXIT_OK = 0


def _record(request: Request) -> int:
    if not request.options.schema:
        raise UsageError("nothing to do: `claude-top record export`, or --schema")
    from claude_tui.engine.recording import schema_text

    return print_only(request, schema_text())


def _record_export(request: Request) -> int:
    settings, options, now = settings_of(request), request.options, datetime.now(UTC)
    from claude_tui.engine.record_command import MARGIN, export_recording, instant_of
    from claude_tui.engine.record_export import Span
    from claude_tui.engine.replay import incident_named, span_of_incident

    if options.incident is not None and options.until is not None:
        raise UsageError("--incident has an end of its own: leave out --until")

    def span_of(store: Store) -> Span:
        if options.incident is not None:
            incident = incident_named(store, options.incident)
            return Span(*span_of_incident(incident, now, MARGIN), incident.label)
        since = instant_of(options.since, "--since", now)
        until = now if options.until is None else instant_of(options.until, "--until", now)
        if until <= since:
            raise UsageError("--until is not after --since")
        return Span(since, min(until, now))

    written = export_recording(
        settings,
        os.environ,
        Path(options.file),
        span_of,
        now=now,
        force=options.force,
        say=say_problem,
        progress=show_progress("writing"),
    )
    say(written)
    return EXIT_OK


_ACTIONS: dict[str, Callable[[Request], int]] = {
    "record": _record,
    "record export": _record_export,
}


def run(request: Request) -> int:
    return _ACTIONS[request.command](request)
