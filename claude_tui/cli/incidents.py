"""The command `incidents`: list, show, export and import what was declared."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from claude_tui.cli.console import emit, say
from claude_tui.cli.history import open_history
from claude_tui.cli.ready import settings_of
from claude_tui.cli.usage import UsageError

if TYPE_CHECKING:
    from claude_tui.cli.parser import Request

__all__ = ["run"]

EXIT_OK = 0


def _incidents(request: Request) -> int:
    if request.options.schema:
        if request.options.action:
            raise UsageError("`incidents --schema` prints the schema and nothing else: leave out the action")
        from claude_tui.incident import schema_text

        emit(schema_text())
        return EXIT_OK
    settings = settings_of(request)
    from claude_tui.engine.incident_command import list_of

    with open_history(settings, read_only=True) as store:
        found = list_of(store, datetime.now(UTC)) if store is not None else ""
    if found:
        emit(found)
    else:
        say("no incident has been declared on this target")
    return EXIT_OK


def _incidents_show(request: Request) -> int:
    settings = settings_of(request)
    from claude_tui.engine import Pace, options_from
    from claude_tui.engine.incident_command import NoSuchIncidentError, shown

    with open_history(settings, read_only=True) as store:
        if store is None:
            raise NoSuchIncidentError("no incident has been declared on this target")
        options = options_from(settings, Pace.of(settings))
        emit(shown(store, request.options.incident, options, datetime.now(UTC)))
    return EXIT_OK


def _incidents_export(request: Request) -> int:
    settings, options = settings_of(request), request.options
    from claude_tui.engine import Pace, options_from
    from claude_tui.engine.incident_command import NoSuchIncidentError, export_text, write_export

    path = Path(options.output).expanduser() if options.output else None
    form = options.format or ("json" if path is not None and path.suffix == ".json" else "md")
    with open_history(settings, read_only=True) as store:
        if store is None:
            raise NoSuchIncidentError("no incident has been declared on this target")
        text = export_text(
            store,
            options.incident,
            options_from(settings, Pace.of(settings)),
            datetime.now(UTC),
            form=form,
            target=settings.base_url,
        )
    if path is None:
        emit(text.rstrip("\n"))
    else:
        write_export(path, text, force=options.force)
        say(f"written to {path}")
    return EXIT_OK


def _incidents_import(request: Request) -> int:
    settings = settings_of(request)
    from claude_tui.engine.incident_command import import_file

    with open_history(settings, create=True) as store:
        assert store is not None
        new, total = import_file(store, Path(request.options.file).expanduser())
    say(f"{new} of {total} entries were new" if new else f"nothing new: all {total} entries are here")
    return EXIT_OK


_ACTIONS: dict[str, Callable[[Request], int]] = {
    "incidents": _incidents,
    "incidents list": _incidents,
    "incidents show": _incidents_show,
    "incidents export": _incidents_export,
    "incidents import": _incidents_import,
}


def run(request: Request) -> int:
    return _ACTIONS[request.command](request)
