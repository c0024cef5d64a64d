"""`claude-top postmortem`: list, show, begin, edit, export and check postmortems."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from claude_tui.cli.console import emit, redactor, say
from claude_tui.cli.history import open_history
from claude_tui.cli.ready import settings_of
from claude_tui.cli.usage import UsageError

if TYPE_CHECKING:
    from argparse import Namespace

    from claude_tui.cli.parser import Request
    from claude_tui.engine.postmortem_command import PostmortemSession
    from claude_tui.settings import Settings

__all__ = ["run"]

EXIT_OK, EXIT_FOUND = 0, 1
_FAR_BACK = timedelta(days=3650)


def run(request: Request) -> int:
    """Runs one action and returns the exit code."""
    options, action = request.options, request.options.action
    if options.schema:
        return _schema(action)
    if action == "lint":
        return _lint(options.file)
    read_only = action not in ("new", "edit")
    with _session(settings_of(request), create=action == "new", read_only=read_only) as session:
        if session is None:
            if action in (None, "list"):
                say("no incident has been declared on this target")
                return EXIT_OK
            from claude_tui.engine.postmortem_command import NoPostmortemError

            raise NoPostmortemError("no incident has been declared on this target")
        return _ACTIONS[action or "list"](session, options)


def _schema(action: str | None) -> int:
    if action:
        raise UsageError("`postmortem --schema` prints the schema and nothing else: leave out the action")
    from claude_tui.incident.postmortem import schema_text

    emit(schema_text())
    return EXIT_OK


@contextmanager
def _session(settings: Settings, *, create: bool, read_only: bool) -> Iterator[PostmortemSession | None]:
    from claude_tui.engine import Pace, options_from
    from claude_tui.engine.postmortem_command import PostmortemSession

    with open_history(settings, create=create, read_only=read_only) as store:
        if store is None:
            yield None
            return
        by, host = _who(settings)
        options = options_from(settings, Pace.of(settings))
        yield PostmortemSession(store, options, redactor(), lambda: datetime.now(UTC), by, host)


def _who(settings: Settings) -> tuple[str, str]:
    import getpass
    import socket

    from claude_tui.model.limits import MAX_NAME
    from claude_tui.model.text import inert

    try:
        name = settings.responder or getpass.getuser()
    except (KeyError, OSError, ImportError):
        # A container's user may be missing from the user database.
        name = ""
    return inert(name, MAX_NAME) or "somebody", inert(socket.gethostname(), MAX_NAME)


def _lint(file: str) -> int:
    from claude_tui.engine.postmortem_command import findings_of, read_file

    text = sys.stdin.read() if file == "-" else read_file(Path(file).expanduser())
    found = findings_of(text, redactor())
    for finding in found:
        emit(f"{file}:{finding}")
    say(f"{len(found)} to fix" if found else "clean")
    return EXIT_FOUND if found else EXIT_OK


# -- with a history ------------------------------------------------------------------------


def _list(session: PostmortemSession, _: Namespace) -> int:
    lines = list(session.lines())
    for line in lines:
        emit(line)
    if not lines and session.store.unreadable is None:
        say("no incident has been declared on this target")
    return EXIT_OK


def _show(session: PostmortemSession, options: Namespace) -> int:
    from claude_tui.incident.postmortem import body

    form, _ = session.form(options.incident)
    emit(session.redactor.without_secrets(body(form)).rstrip("\n"))
    to_do = ", ".join(form.to_do)
    say(f"to do: {to_do}" if to_do else "complete as far as the template asks")
    return EXIT_OK


def _new(session: PostmortemSession, options: Namespace) -> int:
    from claude_tui.engine.postmortem_command import declared
    from claude_tui.incident import MAX_TITLE
    from claude_tui.model.text import inert
    from claude_tui.model.verdict import Severity

    title = inert(options.title.strip(), MAX_TITLE)
    if not title:
        raise UsageError("the title is empty: say in a few words what happened")
    started = _time(options.started, "--started", session.now())
    ended = _time(options.ended, "--ended", session.now()) if options.ended is not None else None
    if ended is not None and ended < started:
        raise UsageError("--ended is before --started")
    severity = Severity(options.severity) if options.severity else None
    entries = declared(session, title, started, ended, severity)
    session.record(entries)
    form, _ = session.form(entries[0].incident)
    emit(form.incident.label)
    say(f"to do: {', '.join(form.to_do)}; `claude-top postmortem edit {form.incident.label}` opens it")
    return EXIT_OK


def _time(text: str, flag: str, now: datetime) -> datetime:
    from claude_tui.incident import time_in

    found = time_in(text, recorded_at=now, started_at=now - _FAR_BACK)
    if found is None:
        raise UsageError(
            f"{flag}: {text!r} is not a time in the past; expected 14:02, -2h or 2026-11-20 14:02 (UTC)"
        )
    return found


def _edit(session: PostmortemSession, options: Namespace) -> int:
    from claude_tui.engine.postmortem_command import read_file

    def take(text: str) -> None:
        changed = session.import_edits(text)
        say(f"{changed} changed" if changed else "nothing was changed")

    if options.source is not None:
        take(read_file(Path(options.source).expanduser()))
        return EXIT_OK
    from claude_tui.cli.editor import edit

    form, _ = session.form(options.incident)
    label = form.incident.label
    edit(session.text(label, "md"), f"postmortem-{label.lower()}.md", os.environ, take)
    return EXIT_OK


def _export(session: PostmortemSession, options: Namespace) -> int:
    from claude_tui.engine.postmortem_command import write_file

    path = Path(options.file).expanduser() if options.file else None
    form = options.format or ("json" if path is not None and path.suffix == ".json" else "md")
    text = session.text(options.incident, form)
    if path is None:
        emit(text.rstrip("\n"))
    else:
        write_file(path, text, force=options.force)
        say(f"written to {path}")
    return EXIT_OK


_ACTIONS: dict[str, Callable[[PostmortemSession, Namespace], int]] = {
    "list": _list,
    "show": _show,
    "new": _new,
    "edit": _edit,
    "export": _export,
}
