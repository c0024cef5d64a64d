"""An incident as plain text and as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from claude_tui.incident.values import Figures, Incident, TimelineEntry
from claude_tui.model.format import age, clock, clock_minute, duration, latency, percent, stamp

__all__ = ["escaped", "incident_text", "list_text", "markdown", "named_figures"]

# What Markdown would read as markup, a tag or a link.
_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~])")


def named_figures(incident: Incident, figures: Figures) -> tuple[tuple[str, str], ...]:
    """The computed figures by name; those that have not happened or are unknown say so."""
    errors = ", ".join(f"{error.name} ×{error.count:,}" for error in figures.errors)
    slowest = latency(figures.worst_s) if figures.worst_s is not None else ""
    found = [
        ("Started", stamp(figures.started)),
        ("Detected", _after(figures, figures.detected)),
        ("Acknowledged", _after(figures, figures.acknowledged, figures.acknowledged_by)),
        ("Mitigated", _after(figures, figures.mitigated)),
        ("Recovered", _after(figures, figures.recovered)),
        ("Resolved", _after(figures, figures.resolved)),
        ("Duration", f"{duration(figures.duration)}{' so far' if figures.ongoing else ''}"),
        ("Severity", _severities(incident, figures)),
        ("Status page", _page(figures)),
        ("Failed", f"{figures.failed:,} of {figures.requests:,} requests of the probes"),
        ("Errors", errors),
        ("Slowest answer", slowest),
        ("Known", f"{percent(figures.coverage)} of the time{_unknown(figures)}"),
        ("Lead", incident.lead or "nobody"),
        ("Communications", incident.communications or "nobody"),
    ]
    return tuple((name, value) for name, value in found if value)


def _after(figures: Figures, instant: datetime | None, who: str = "") -> str:
    after = figures.after_start(instant)
    if instant is None or after is None:
        return "–"
    by = f" by {who}" if who else ""
    sign = "-" if after < timedelta() else "+"
    return f"{stamp(instant)} ({sign}{duration(abs(after))}){by}"


def _severities(incident: Incident, figures: Figures) -> str:
    measured = ", ".join(
        f"{severity if severity.trouble else 'no trouble seen'} for {duration(length)}"
        for severity, length in figures.shown_severities
    )
    rated = str(incident.severity) if incident.severity.trouble else "not set"
    return f"{rated}; the verdict was {measured}" if measured else rated


def _page(figures: Figures) -> str:
    lead = figures.detection_lead
    if not figures.page_read:
        return "not read"
    if lead is None or figures.page_posted is None:
        return "nothing posted" if not figures.ongoing else "nothing posted yet"
    when = "before" if lead < timedelta() else "after"
    return f"{stamp(figures.page_posted)}, {duration(abs(lead))} {when} the first failure"


def _unknown(figures: Figures) -> str:
    spans = ", ".join(f"{clock(span.start)} to {clock(span.end)}" for span in figures.unknown)
    return f"; unknown from {spans}" if spans else ""


# -- plain text --------------------------------------------------------------------------


def list_text(incidents: Sequence[Incident], at: datetime) -> str:
    """A line for each incident, newest first."""
    width = max((len(incident.label) for incident in incidents), default=0)
    return "\n".join(_line(incident, at, width) for incident in reversed(incidents))


def _line(incident: Incident, at: datetime, width: int) -> str:
    severity = str(incident.severity) if incident.severity.trouble else "–"
    started = f"{incident.started_at:%Y-%m-%d} {clock_minute(incident.started_at)}Z"
    if incident.merged_into:
        state = "merged"
    elif incident.resolved_at is None:
        state = f"open {age(at - incident.started_at)}"
    else:
        state = f"resolved after {age(incident.resolved_at - incident.started_at)}"
    return f"{incident.label:{width}}  {severity:2}  {started}  {state:22}  {incident.title}"


def incident_text(incident: Incident, timeline: Iterable[TimelineEntry], figures: Figures) -> str:
    """Title, figures and timeline, for a terminal without the dashboard."""
    named = named_figures(incident, figures)
    width = max(len(name) for name, _ in named)
    lines = [f"{incident.label} {incident.title}", f"id {incident.id}", ""]
    lines += [f"{name:{width}}  {value}" for name, value in named]
    return "\n".join([*lines, "", *_timeline_lines(timeline)])


def _timeline_lines(timeline: Iterable[TimelineEntry]) -> Iterator[str]:
    day = None
    for entry in timeline:
        if entry.happened_at.date() != day:
            day = entry.happened_at.date()
            yield f"{day:%Y-%m-%d} UTC"
        first, *rest = _said(entry).split("\n")
        yield f"{clock(entry.happened_at)}  {first}"
        yield from (f"          {row}" for row in rest)


def _said(entry: TimelineEntry) -> str:
    """Author, text, and whatever qualifies it."""
    author = f"{entry.author}: " if entry.author else ""
    notes = []
    if entry.last_at is not None:
        notes.append(f"until {clock(entry.last_at)}")
    if entry.recorded_at - entry.happened_at >= timedelta(minutes=1):
        notes.append(f"recorded {stamp(entry.recorded_at)}")
    if entry.corrections:
        notes.append("corrected")
    remarks = f" ({', '.join(notes)})" if notes else ""
    return f"{author}{entry.text}{remarks}"


# -- Markdown ----------------------------------------------------------------------------


def markdown(incident: Incident, timeline: Iterable[TimelineEntry], figures: Figures, at: datetime) -> str:
    """Title, figures and timeline as Markdown. What people and servers wrote is text, never markup."""
    entries = tuple(timeline)
    lines = [f"# {incident.label}: {escaped(incident.title)}", ""]
    lines += [f"As of {stamp(at)}. Exported by claude-top; incident id `{incident.id}`.", ""]
    lines += ["| | |", "|---|---|"]
    lines += [f"| {name} | {escaped(value)} |" for name, value in named_figures(incident, figures)]
    if pinned := [entry for entry in entries if entry.pinned]:
        lines += ["", "## Pinned", "", *map(_item, pinned)]
    lines += ["", "## Timeline (UTC)", "", *map(_item, entries)]
    if figures.request_ids:
        lines += [
            "",
            "## Request ids",
            "",
            *(f"- `{_code(request_id)}`" for request_id in figures.request_ids),
        ]
    return "\n".join(lines) + "\n"


def _item(entry: TimelineEntry) -> str:
    text = escaped(_said(entry)).replace("\n", "  \n  ")
    return f"- {entry.happened_at:%Y-%m-%d %H:%M:%S} {text}"


def _code(text: str) -> str:
    """Text inside backticks, which has none itself."""
    return text.replace("`", "'")


def escaped(text: str) -> str:
    """Text in which Markdown finds no markup."""
    return _MARKS.sub(r"\\\1", text)
