"""Snapshots and small steps for tests of the runbook's screens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from textual.pilot import Pilot

from claude_tui.model.observation import Outcome
from claude_tui.model.playbook import StepMark
from claude_tui.model.snapshot import Snapshot
from claude_tui.model.verdict import Cause, Severity
from tests.builders import after, engine, models
from tests.functional.still import StillApp, StillBackend
from tests.runbook_values import failing, snapshot, verdict

__all__ = ["SIZES", "publish", "screen_text", "troubled"]

SIZES = [(120, 40), (80, 24), (60, 20)]


def troubled(
    cause: Cause = Cause.PROVIDER_OVERLOADED,
    outcome: Outcome = Outcome.OVERLOADED,
    *,
    at: float = 300.0,
    since: datetime | None = None,
    severity: Severity | None = None,
    marks: Iterable[StepMark] = (),
) -> Snapshot:
    """Every message fails since a minute after noon, the list of models answers."""
    found = snapshot(*failing(outcome), *(models(15.0 * n) for n in range(20)), at=at)
    state = replace(engine(), step_marks=tuple(marks))
    return replace(found, engine=state, verdict=verdict(cause, severity=severity, since=since or after(60)))


def screen_text(app: StillApp) -> str:
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips())


async def publish(pilot: Pilot[None], backend: StillBackend, snapshot: Snapshot) -> None:
    """Publishes `snapshot`, and waits until it is on screen."""
    backend.publish(snapshot)
    await pilot.pause()
