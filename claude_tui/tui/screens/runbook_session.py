"""What the runbook's screens share while the program runs: the runbook, and where one is in its tree."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from claude_tui.model.snapshot import EventKind, Snapshot
from claude_tui.model.verdict import Cause, Verdict
from claude_tui.runbook import Placeholders, Runbook, RunbookError, Walk, load, shipped, user_files

if TYPE_CHECKING:
    from claude_tui.settings import Settings
    from claude_tui.tui.app import ClaudeTopApp

__all__ = ["KeptWalk", "RunbookSession", "open_session", "placeholders_for", "session_of"]


@dataclass(frozen=True, slots=True)
class KeptWalk:
    """Where somebody left the tree, when, and in what trouble."""

    walk: Walk
    at: datetime
    cause: Cause

    def holds(self, verdict: Verdict) -> bool:
        """Whether the trouble is still the one that the walk was about."""
        began_since = verdict.since is not None and verdict.since > self.at
        return verdict.cause is self.cause and not began_since


@dataclass(slots=True)
class RunbookSession:
    """`problem` says why a person's own runbook files are not used; "" when they are, or there are none."""

    runbook: Runbook
    problem: str
    by_token: bool
    kept: KeptWalk | None = None


_DESKS: WeakKeyDictionary[ClaudeTopApp, RunbookSession] = WeakKeyDictionary()


def session_of(app: ClaudeTopApp) -> RunbookSession:
    """The desk of the running program; the first call reads the runbook, some 60 ms."""
    if app not in _DESKS:
        _DESKS[app] = session = open_session(app.settings, os.environ)
        if session.problem:
            app.notify(session.problem, severity="warning", timeout=10, markup=False)
    return _DESKS[app]


def open_session(settings: Settings, environ: Mapping[str, str]) -> RunbookSession:
    """Reads the runbook with the person's own files; without them where these cannot be used."""
    by_token = bool(environ.get("ANTHROPIC_AUTH_TOKEN")) and not environ.get("ANTHROPIC_API_KEY")
    try:
        return RunbookSession(load(user_files(settings.runbook_dir)), "", by_token)
    except RunbookError as error:
        problem = _short(error.summary, settings.runbook_dir)
    except OSError as error:
        problem = f"{settings.runbook_dir}: {error.strerror}"
    return RunbookSession(shipped(), f"Your runbook files are not used. {problem}", by_token)


def _short(problem: str, directory: Path | None) -> str:
    """Without the way to the directory, which may be long: `runbook/ours.toml: node.x: ...`."""
    return problem.removeprefix(f"{directory.parent}{os.sep}") if directory is not None else problem


def placeholders_for(snapshot: Snapshot, settings: Settings, session: RunbookSession) -> Placeholders:
    """What to put into commands: the target watched, and the newest failure's request id."""
    target, status = snapshot.engine.target, snapshot.status.status
    # A demo has a status page of its own.
    urls = (status.source,) if snapshot.engine.demo and status else settings.status_urls
    failed = (
        event.observation.request_id
        for event in snapshot.events
        if event.kind is EventKind.FAILURE and event.observation is not None
    )
    return Placeholders(
        base_url=target.base_url,
        model=target.model,
        status_urls=urls,
        by_token=session.by_token,
        request_id=next((each for each in failed if each), None),
    )
