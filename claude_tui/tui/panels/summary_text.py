"""The current state in five lines of plain text for a chat: verdict, next step, evidence, page, limits."""

from __future__ import annotations

import re
from collections.abc import Iterable

from claude_tui.model.format import (
    clock,
    count,
    count_of,
    duration,
    latency_figure,
    latency_unit,
    moment,
    percent,
    ratio,
    stamp,
)
from claude_tui.model.provider import ProviderIncident, ProviderStatus
from claude_tui.model.snapshot import Headroom, LatencySeries, Level, Snapshot, StatusView
from claude_tui.model.verdict import PageAgreement
from claude_tui.tui.panels.verdict_text import (
    also_text,
    override_text,
    own_evidence,
    page_line,
    response_line,
    retry_line,
)
from claude_tui.tui.render.glyphs import component_mark
from claude_tui.tui.render.lines import Line, plain

__all__ = ["summary_text"]

_LONGEST = 400
_PAGE_PREFIX = re.compile("^Status page:? ")


def summary_text(snapshot: Snapshot) -> str:
    """Exactly five lines without colours or control characters. All times are UTC."""
    lines = (_verdict(snapshot), _next(snapshot), _evidence(snapshot), _page(snapshot), _limits(snapshot))
    return "\n".join(line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…" for line in lines)


def _verdict(snapshot: Snapshot) -> str:
    """How bad, whose, what, since when and by when to respond; then the target and the time."""
    verdict, engine, target = snapshot.verdict, snapshot.engine, snapshot.engine.target
    demo = f"[{'DRILL' if engine.drill else 'DEMO'}, simulated] " if engine.demo is not None else ""
    severity = f"{verdict.severity} " if verdict.severity.trouble else ""
    summary = verdict.summary[: _LONGEST // 2]
    who = " ".join(part for part in (target.name, target.host) if part)
    return f"{demo}{severity}{summary}{_since(snapshot)} {who}, {stamp(snapshot.at)}."


def _since(snapshot: Snapshot) -> str:
    verdict = snapshot.verdict
    if not verdict.severity.trouble:
        return ""
    since = verdict.since
    began = (
        f"since {moment(since, snapshot.at)} ({duration(snapshot.at - since)})" if since is not None else ""
    )
    times = ", ".join(part for part in (began, _plain_text(response_line(snapshot))) if part)
    return f" {times[:1].upper()}{times[1:]}." if times else ""


def _plain_text(drawn: Line) -> str:
    return " ".join(plain(drawn).split())


def _next(snapshot: Snapshot) -> str:
    parts = (snapshot.verdict.next_step.rstrip("."), _plain_text(retry_line(snapshot)))
    return f"Next: {'; '.join(part for part in parts if part)}."


def _evidence(snapshot: Snapshot) -> str:
    """The sentences of the verdict, then the current figures."""
    verdict = snapshot.verdict
    sentences = " ".join(
        (
            *(evidence.text for evidence in own_evidence(verdict)),
            also_text(verdict),
            override_text(verdict),
            verdict.note,
        )
    )
    figures = "; ".join(part for part in (_slowness(snapshot), _last_request(snapshot)) if part)
    return " ".join(part for part in (sentences.strip(), figures and f"{figures}.") if part) or "No data yet."


def _slowness(snapshot: Snapshot) -> str:
    return ", ".join(_measure(series, snapshot) for series in snapshot.latency.series if series.samples)


def _measure(series: LatencySeries, snapshot: Snapshot) -> str:
    if series.current is None:
        return f"{series.name} n/a"
    unit = latency_unit(series.current)
    text = f"{series.name} {latency_figure(series.current, unit)}{unit}"
    if series.failed_since and series.now_at is not None:
        return f"{text} at {moment(series.now_at, snapshot.at)} and failing since"
    if series.current_ratio is not None and series.current > series.warn_above_s:
        return f"{text} ({ratio(series.current_ratio)} usual)"
    return text


def _last_request(snapshot: Snapshot) -> str:
    failed = (event.observation for event in snapshot.events if event.observation is not None)
    newest = next(
        (observation.request_id for observation in failed if observation.failed and observation.request_id),
        None,
    )
    return f"last failed request {newest}" if newest else ""


def _page(snapshot: Snapshot) -> str:
    view = snapshot.status
    status = view.status
    if status is None:
        return "Status page: not read yet."
    when = moment(status.fetched_at, snapshot.at)
    if not status.known:
        return f"Status page unknown: {status.unknown_reason} ({status.server}, tried {when})."
    read = f"{status.server}, read {when}"
    old = ", out of date" if view.stale else ""
    says = [*_components(view, status), *_incidents_and_agreement(snapshot, view, status)]
    return f"Status page: {'; '.join(part for part in says if part)} ({read}{old})."


def _components(view: StatusView, status: ProviderStatus) -> Iterable[str]:
    return (
        f"{component.name} {component_mark(component.status).word}"
        for component in status.components
        if component.id in view.ours
    )


def _incidents(snapshot: Snapshot, view: StatusView, status: ProviderStatus) -> str:
    ours = [incident for incident in status.incidents if incident.id in view.concerning]
    if ours:
        return ", ".join(_incident(incident, snapshot) for incident in ours)
    return "no incident on your components" if status.incidents else "no incident posted"


def _incidents_and_agreement(snapshot: Snapshot, view: StatusView, status: ProviderStatus) -> Iterable[str]:
    """The incidents, and who noticed first; or that nothing is posted yet, or no longer."""
    verdict = snapshot.verdict
    agreement = _PAGE_PREFIX.sub("", _plain_text(page_line(snapshot))).rstrip(".")
    if verdict.severity.trouble and verdict.page in (PageAgreement.SILENT, PageAgreement.RESOLVED):
        return (agreement,)
    incidents = _incidents(snapshot, view, status)
    confirmed = verdict.severity.trouble and verdict.page is PageAgreement.CONFIRMS
    return (incidents, agreement) if confirmed else (incidents,)


def _incident(incident: ProviderIncident, snapshot: Snapshot) -> str:
    age = f", open {duration(snapshot.at - incident.started_at)}" if incident.started_at else ""
    return f"{incident.name!r} {incident.status}{age}"


def _limits(snapshot: Snapshot) -> str:
    view = snapshot.headroom
    parts = [_bucket(bucket, snapshot) for bucket in view.buckets]
    parts += [f"{window.window} window {percent(window.used)} used" for window in view.windows]
    if not parts:
        return "Limits: none reported yet."
    read = f" (as of {clock(view.read_at)}{', out of date' if view.stale else ''})" if view.read_at else ""
    return f"Limits: {'; '.join(parts)}{read}."


def _bucket(bucket: Headroom, snapshot: Snapshot) -> str:
    text = f"{bucket.bucket} {percent(bucket.fraction)} left"
    if bucket.level in (Level.OK, Level.INFO):
        return text
    text += f" ({count_of(bucket.remaining, bucket.limit)} of {count(bucket.limit)})"
    if bucket.exhausted_in is not None:
        text += f", out in {duration(bucket.exhausted_in)}"
    if bucket.reset_at is not None and bucket.reset_at > snapshot.at:
        text += f", resets in {duration(bucket.reset_at - snapshot.at)}"
    return text
