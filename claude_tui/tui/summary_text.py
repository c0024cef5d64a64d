"""The state in four lines of plain text for a chat: what fails, the figures, the page, the limits."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from urllib.parse import urlsplit

from claude_tui.model.provider import ProviderIncident, ProviderStatus
from claude_tui.model.snapshot import ErrorWindow, Headroom, LatencySeries, Level, Snapshot, StatusView
from claude_tui.tui.format import (
    clock,
    count,
    duration,
    latency,
    latency_unit,
    moment,
    percent,
    plural,
    ratio,
)
from claude_tui.tui.marks import component_mark

__all__ = ["summary_text"]

_SPAN = timedelta(minutes=5)
_NOTABLE_RATIO = 1.5
_LONGEST = 400


def summary_text(snapshot: Snapshot) -> str:
    """Exactly four lines without colours or control characters. All times are UTC."""
    lines = (_headline(snapshot), _evidence(snapshot), _page(snapshot), _limits(snapshot))
    return "\n".join(line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…" for line in lines)


def _headline(snapshot: Snapshot) -> str:
    target, summary = snapshot.engine.target, snapshot.summary
    demo = "[DEMO, simulated] " if snapshot.engine.demo is not None else ""
    who = " ".join(part for part in (target.name, target.host) if part)
    since = ""
    if summary.since is not None:
        since = f" since {moment(summary.since, snapshot.at)} ({duration(snapshot.at - summary.since)})"
    headline = summary.headline.rstrip(".")
    return f"{demo}{who}: {headline}{since}. At {snapshot.at:%Y-%m-%d %H:%M:%S} UTC."


def _evidence(snapshot: Snapshot) -> str:
    parts = [_failures(snapshot.errors), _slowness(snapshot), _last_request(snapshot)]
    return "; ".join(part for part in parts if part) + "."


def _failures(windows: tuple[ErrorWindow, ...]) -> str:
    window = next((each for each in windows if each.span == _SPAN), None)
    if window is None or window.requests == 0:
        return "Calls: none in the last 5m"
    if window.failures == 0:
        return f"Calls: {plural(window.requests, 'call')} in 5m, none failed"
    kinds = ", ".join(
        f"{row.label} {row.count}" + (f" ({percent(row.share)})" if row.share is not None else "")
        for row in window.rows
        if row.count
    )
    return f"Calls: {window.failures} of {window.requests} failed in 5m: {kinds}"


def _slowness(snapshot: Snapshot) -> str:
    return ", ".join(_measure(series, snapshot) for series in snapshot.latency.series if series.samples)


def _measure(series: LatencySeries, snapshot: Snapshot) -> str:
    if series.now is None:
        return f"{series.name} n/a"
    unit = latency_unit(series.now)
    text = f"{series.name} {latency(series.now, unit)}{unit}"
    if series.failed_since and series.now_at is not None:
        return f"{text} at {moment(series.now_at, snapshot.at)}, failing since"
    if series.ratio is not None and series.ratio >= _NOTABLE_RATIO:
        return f"{text} ({ratio(series.ratio)} usual)"
    return text


def _last_request(snapshot: Snapshot) -> str:
    failed = (event.observation for event in snapshot.events if event.observation is not None)
    newest = next((each.request_id for each in failed if each.failed and each.request_id), None)
    return f"last failed request {newest}" if newest else ""


def _page(snapshot: Snapshot) -> str:
    view = snapshot.status
    status = view.status
    if status is None:
        return "Status page: not read yet."
    read = f"{urlsplit(status.source).netloc or status.source}, read {moment(status.fetched_at, snapshot.at)}"
    if not status.known:
        return f"Status page: unknown: {status.unknown_reason} ({read})."
    old = ", out of date" if view.stale else ""
    says = [*_components(view, status), _incidents(snapshot, view, status)]
    return f"Status page: {'; '.join(part for part in says if part)} ({read}{old})."


def _components(view: StatusView, status: ProviderStatus) -> Iterable[str]:
    return (
        f"{each.name} {component_mark(each.status).word}"
        for each in status.components
        if each.id in view.ours
    )


def _incidents(snapshot: Snapshot, view: StatusView, status: ProviderStatus) -> str:
    ours = [each for each in status.incidents if not view.ours.isdisjoint(each.components)]
    if ours:
        return ", ".join(_incident(each, snapshot) for each in ours)
    none = "no incident of ours posted" if status.incidents else "no incident posted"
    if view.silent_since is None:
        return none
    return f"{none}, silent for {duration(snapshot.at - view.silent_since)} since the first failure"


def _incident(incident: ProviderIncident, snapshot: Snapshot) -> str:
    age = f", open {duration(snapshot.at - incident.started_at)}" if incident.started_at else ""
    return f"{incident.name!r} {incident.status}{age}"


def _limits(snapshot: Snapshot) -> str:
    view = snapshot.headroom
    parts = [_bucket(each, snapshot) for each in view.buckets]
    parts += [f"{each.window} window {percent(each.used)} used" for each in view.windows]
    if not parts:
        return "Limits: none reported yet."
    read = f" (as of {clock(view.read_at)}{', out of date' if view.stale else ''})" if view.read_at else ""
    return f"Limits: {'; '.join(parts)}{read}."


def _bucket(bucket: Headroom, snapshot: Snapshot) -> str:
    text = f"{bucket.bucket} {percent(bucket.fraction)} left"
    if bucket.level in (Level.OK, Level.INFO):
        return text
    text += f" ({count(bucket.remaining)} of {count(bucket.limit)})"
    if bucket.exhausted_in is not None:
        text += f", out in {duration(bucket.exhausted_in)}"
    if bucket.reset_at is not None and bucket.reset_at > snapshot.at:
        text += f", resets in {duration(bucket.reset_at - snapshot.at)}"
    return text
