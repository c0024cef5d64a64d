"""What the runbook's screens share while the program runs: the runbook and the position in its tree."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from claude_tui.engine import Pace, options_from
from claude_tui.model.snapshot import EventKind, Snapshot
from claude_tui.model.verdict import Cause, Verdict
from claude_tui.runbook import Placeholders, Runbook, RunbookError, Walk, load, shipped, user_files
from claude_tui.runbook.fact_context import FactContext
from claude_tui.runbook.facts_traffic import TRAFFIC_FACTS
from claude_tui.runbook.placeholders import TRAFFIC_TEXTS

if TYPE_CHECKING:
    from claude_tui.settings import Settings

__all__ = ["RunbookSession", "SavedWalk", "open_session", "placeholders_for"]


@dataclass(frozen=True, slots=True)
class SavedWalk:
    """Where and when the user left the tree, and what the verdict was then."""

    walk: Walk
    at: datetime
    cause: Cause

    def applies_to(self, verdict: Verdict) -> bool:
        """Whether the walk is still about the current incident."""
        began_since = verdict.since is not None and verdict.since > self.at
        return verdict.cause is self.cause and not began_since


@dataclass(slots=True)
class RunbookSession:
    """One per app, created when the runbook is first needed."""

    runbook: Runbook
    """The runbook in use."""
    problem: str
    """Why the user's runbook files are not used; "" if they are, or if there are none."""
    by_token: bool
    """Whether requests use a bearer token instead of an API key, as do the commands to copy."""
    saved_walk: SavedWalk | None = None
    """The walk to return to, as long as the incident is the same."""


def open_session(settings: Settings, environ: Mapping[str, str]) -> RunbookSession:
    """Read the runbook with the user's own files, or without them if they cannot be used."""
    by_token = bool(environ.get("ANTHROPIC_AUTH_TOKEN")) and not environ.get("ANTHROPIC_API_KEY")
    options = options_from(settings, Pace.of(settings))
    try:
        return RunbookSession(load(user_files(settings.runbook_dir), options), "", by_token)
    except RunbookError as error:
        problem = _short(error.summary, settings.runbook_dir)
    except OSError as error:
        problem = f"{settings.runbook_dir}: {error.strerror}"
    return RunbookSession(shipped(options), f"Your runbook files are not used. {problem}", by_token)


def _short(problem: str, directory: Path | None) -> str:
    """The problem without the directory's path, which may be long: `runbook/ours.toml: node.x: ...`."""
    return problem.removeprefix(f"{directory.parent}{os.sep}") if directory is not None else problem


def placeholders_for(snapshot: Snapshot, settings: Settings, session: RunbookSession) -> Placeholders:
    """The values that commands are filled in with: the target, and the request id of the newest failure."""
    target, status = snapshot.engine.target, snapshot.status.status
    # A demo has its own status page.
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
        request_id=next((request_id for request_id in failed if request_id), None),
        fallback_model=snapshot.verdict.fallback,
        traffic=_traffic_values(snapshot),
    )


def _traffic_values(snapshot: Snapshot) -> dict[str, str]:
    """The runbook's values from own traffic; empty if none is counted."""
    if snapshot.traffic is None:
        return {}
    context = FactContext(snapshot, snapshot.verdict)
    return {fact.name: fact.read(context).words for fact in TRAFFIC_FACTS if fact.name in TRAFFIC_TEXTS}
