"""The first five minutes: status page, connectivity, rate limits, as our probes find them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from claude_tui.analysis.kinds import failure_name
from claude_tui.analysis.words import brief, duration, latency, percent
from claude_tui.model.observation import Observation, Source
from claude_tui.model.snapshot import Level, Snapshot
from claude_tui.runbook.facts import facts_of
from claude_tui.runbook.fillings import Fillings
from claude_tui.runbook.scene import Scene
from claude_tui.runbook.values import Check, Command, Runbook

__all__ = ["CheckResult", "CheckState", "commands", "results"]


class CheckState(StrEnum):
    """WAITING for the probe, FINE, TROUBLE, or UNKNOWN: the probe cannot run or its answer says nothing."""

    WAITING = "waiting"
    FINE = "fine"
    TROUBLE = "trouble"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What our own probe found since the check was asked for. `lines` are one to four short sentences."""

    check: Check
    state: CheckState
    lines: tuple[str, ...]


def commands(check: Check, fillings: Fillings) -> tuple[Command, ...]:
    """The commands of a check, filled in, to be shown and copied."""
    return tuple(fillings.command(each) for each in check.commands)


def results(runbook: Runbook, snapshot: Snapshot, asked_at: datetime) -> tuple[CheckResult, ...]:
    """What came of the three since `asked_at`, when the probes were told to run."""
    scene = Scene(snapshot, None)
    found = {
        "status": _status(scene, asked_at),
        "connectivity": _connectivity(scene, asked_at),
        "limits": _limits(scene, asked_at),
    }
    return tuple(CheckResult(check, *found[check.key]) for check in runbook.checks)


_Found = tuple[CheckState, tuple[str, ...]]


def _status(scene: Scene, asked_at: datetime) -> _Found:
    view = scene.snapshot.status
    if view.checked_at is None or view.checked_at < asked_at:
        return CheckState.WAITING, ("Asking the status page",)
    facts = facts_of(scene.snapshot, None)
    states = {"fine": CheckState.FINE, "trouble": CheckState.TROUBLE}
    state = states.get(str(facts["status_page"].value), CheckState.UNKNOWN)
    lines = [facts["status_page"].words]
    if facts["others_trouble"].value is True:
        lines.append(facts["others_trouble"].words)
    if view.silent_since is not None:
        lines.append(f"Silent for {duration(scene.at - view.silent_since)} since the first failure")
    return state, tuple(lines)


def _connectivity(scene: Scene, asked_at: datetime) -> _Found:
    found = [_exchange(scene, source, asked_at) for source in (Source.MODELS, Source.MESSAGES)]
    states = [state for state, _ in found]
    worst = next(
        (state for state in (CheckState.TROUBLE, CheckState.WAITING, CheckState.UNKNOWN) if state in states),
        CheckState.FINE,
    )
    lines = [line for _, line in found]
    if found[0][0] is CheckState.FINE and found[1][0] is CheckState.TROUBLE:
        lines.append("The API is reached and does not generate")
    return worst, tuple(lines)


def _exchange(scene: Scene, source: Source, asked_at: datetime) -> tuple[CheckState, str]:
    """The newest exchange of a source if it is not older than `asked_at`."""
    name = source.value.capitalize()
    series, failed = scene.series(source), scene.newest_failure(source)
    good_at = series.now_at if series is not None else None
    if failed is not None and failed.at >= asked_at and (good_at is None or failed.at > good_at):
        return CheckState.TROUBLE, f"{name}: {_failure(failed)}"
    if series is not None and good_at is not None and good_at >= asked_at and series.now is not None:
        return CheckState.FINE, f"{name}: HTTP 200 in {latency(series.now)}"
    if (held := scene.held(source)) is not None:
        return CheckState.UNKNOWN, f"{name}: not probed, {brief(held)}"
    return CheckState.WAITING, f"{name}: asking"


def _failure(seen: Observation) -> str:
    words = brief(failure_name(seen))
    if seen.message:
        words += f", {brief(seen.message)}"
    return f"{words} ({seen.request_id})" if seen.request_id else words


def _limits(scene: Scene, asked_at: datetime) -> _Found:
    view = scene.snapshot.headroom
    asked, line = _exchange(scene, Source.MESSAGES, asked_at)
    if view.read_at is None or view.read_at < asked_at:
        if asked is CheckState.WAITING:
            return asked, (line,)
        return CheckState.UNKNOWN, ("No limits in the answer: only message answers carry them", line)
    lines = [_bucket_line(scene, index) for index in range(min(3, len(view.buckets)))]
    lines += [f"{each.window} window: {percent(each.used)} used" for each in view.windows[:1]]
    levels = {each.level for each in view.buckets} | {each.level for each in view.windows}
    low = not levels.isdisjoint({Level.WARN, Level.BAD})
    return CheckState.TROUBLE if low else CheckState.FINE, tuple(lines)


def _bucket_line(scene: Scene, index: int) -> str:
    bucket = scene.snapshot.headroom.buckets[index]
    words = f"{bucket.bucket}: {percent(bucket.fraction)} left, {bucket.remaining:,} of {bucket.limit:,}"
    return f"{words}, out in {duration(bucket.exhausted_in)}" if bucket.exhausted_in is not None else words
