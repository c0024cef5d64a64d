"""The computed texts of a postmortem's fields, with the timeline entries that support them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from claude_tui.incident.postmortem.values import Computed
from claude_tui.incident.timeline import step_of
from claude_tui.incident.values import Figures, Incident, TimelineEntry, TimelineKind
from claude_tui.model.format import clock, day, duration, latency, percent, plural, stamp
from claude_tui.model.incident import PROGRAM
from claude_tui.model.limits import MAX_ENTRY
from claude_tui.model.snapshot import Level
from claude_tui.model.text import inert
from claude_tui.model.verdict import Severity

__all__ = ["UNKNOWN_END", "computed", "period", "record_severity"]

UNKNOWN_END = "[end]"
"""The placeholder for the end of an ongoing incident, as in the template."""

_Kinds = TimelineKind
_MOST_KEYS = 200
# There are more of them with every probe that fails.
_GROWING = frozenset({"impact", "request_ids", "timeline"})


def computed(
    incident: Incident, timeline: Sequence[TimelineEntry], figures: Figures
) -> Mapping[str, Computed]:
    """The computed text, evidence and note of each field about which something is recorded.

    The text depends only on the record, and changes only when the record does.
    """
    found = {key: make(incident, timeline, figures) for key, make in _FIELDS.items()}
    return {
        key: replace(
            item,
            text=inert(item.text.strip(), MAX_ENTRY, keep_newlines=True),
            grows=figures.ongoing and key in _GROWING,
        )
        for key, item in found.items()
    }


def _of(timeline: Iterable[TimelineEntry], *kinds: TimelineKind) -> tuple[TimelineEntry, ...]:
    return tuple(entry for entry in timeline if entry.kind in kinds)


def _keys(*entries: TimelineEntry) -> tuple[str, ...]:
    return tuple(dict.fromkeys(entry.key for entry in entries))[:_MOST_KEYS]


def _title(incident: Incident, timeline: Sequence[TimelineEntry], _: Figures) -> Computed:
    named = (*_of(timeline, _Kinds.DECLARED), *_of(timeline, _Kinds.CHANGE))
    naming = [entry for entry in named if entry.text.endswith(incident.title)]
    return Computed(" ".join(incident.title.split()), _keys(*naming))


# -- when, and how bad -------------------------------------------------------------------


def _duration(_: Incident, timeline: Sequence[TimelineEntry], figures: Figures) -> Computed:
    ends = _of(timeline, _Kinds.FIRST_FAILURE, _Kinds.RECOVERED, _Kinds.RESOLVED)
    end = None if figures.ongoing else figures.end
    recovered = figures.recovered
    note = ""
    if recovered is not None and not figures.ongoing and recovered < figures.end:
        note = f"the API answered again at {clock(recovered)}, {duration(recovered - figures.started)} in"
    return Computed(period(figures.started, end), _keys(*ends), note)


def period(start: datetime, end: datetime | None) -> str:
    """`2026-11-20 14:02:11 to 14:31:40 UTC (29m 29s)`; with the date of the end if it is another day."""
    if end is None:
        return f"{stamp(start)} to {UNKNOWN_END}"
    until = stamp(end) if end.date() != start.date() else f"{clock(end)} UTC"
    return f"{day(start)} {clock(start)} to {until} ({duration(end - start)})"


def record_severity(incident: Incident, figures: Figures) -> Severity:
    """The severity that people set, or else the worst one of the verdict."""
    if incident.severity.trouble:
        return incident.severity
    return Severity.worst(severity for severity, _ in figures.per_severity)


def _severity(incident: Incident, timeline: Sequence[TimelineEntry], figures: Figures) -> Computed:
    severity = record_severity(incident, figures)
    measured = _measured(figures)
    changes = _of(timeline, _Kinds.DETECTED, _Kinds.VERDICT, _Kinds.SEVERITY)
    text = str(severity) if severity.trouble else ""
    return Computed(text, _keys(*changes), f"record: {measured}" if measured else "")


def _measured(figures: Figures) -> str:
    """`P1 for 4m 00s, P2 for 25m 29s`."""
    return ", ".join(
        f"{severity} for {duration(length)}"
        for severity, length in figures.shown_severities
        if severity.trouble
    )


# -- what happened -----------------------------------------------------------------------


def _impact(_: Incident, timeline: Sequence[TimelineEntry], figures: Figures) -> Computed:
    traffic = [figures.traffic.words] if figures.traffic is not None else []
    if not figures.requests:
        return Computed(" ".join(traffic))
    sentences = list(traffic)
    if figures.failed:
        classes = ", ".join(f"{error.count:,} × {error.name}" for error in figures.errors)
        share = percent(figures.failed / figures.requests)
        sentences.append(
            f"{figures.failed:,} of the {plural(figures.requests, 'request')} of our probes failed "
            f"({share}): {classes}."
        )
    else:
        sentences.append(f"None of the {plural(figures.requests, 'request')} of our probes failed.")
    if figures.worst_s is not None:
        sentences.append(f"The slowest answer took {latency(figures.worst_s)}.")
    if measured := _measured(figures):
        sentences.append(f"Severity: {measured}.")
    if figures.unknown:
        sentences.append(f"For {duration(figures.unknown_time)} nobody probed: unknown.")
    entries = _of(timeline, _Kinds.FIRST_FAILURE, _Kinds.FAILURES, _Kinds.UNKNOWN)
    by = "our calls and probes" if traffic else "our probes"
    return Computed(" ".join(sentences), _keys(*entries), f"measured by {by}: add what users saw")


def _root_cause(_: Incident, timeline: Sequence[TimelineEntry], __: Figures) -> Computed:
    verdicts = [
        entry
        for entry in _of(timeline, _Kinds.DETECTED, _Kinds.VERDICT)
        if entry.text.startswith(tuple(f"{severity} " for severity in Severity if severity.trouble))
    ]
    # The verdict is a hint, not the cause, which people decide.
    note = f"the verdict said: {verdicts[-1].text.partition(' ')[2]}" if verdicts else ""
    return Computed("", _keys(*verdicts), note)


def _detection(_: Incident, timeline: Sequence[TimelineEntry], figures: Figures) -> Computed:
    sentences = [f"First failure at {clock(figures.started)} UTC."]
    if figures.detected is not None:
        sentences.append(f"Detected {_after(figures, figures.detected)}, at {clock(figures.detected)}.")
    pages = _of(timeline, _Kinds.PAGED)
    if pages:
        sentences.append(f"First page {_after(figures, pages[0].happened_at)}.")
    if figures.acknowledged is not None:
        by = f" by {figures.acknowledged_by}" if figures.acknowledged_by else ""
        sentences.append(f"Acknowledged{by} {_after(figures, figures.acknowledged)}.")
    sentences.append(_page(figures))
    kinds = (_Kinds.FIRST_FAILURE, _Kinds.DETECTED, _Kinds.ACKNOWLEDGED, _Kinds.STATUS_PAGE)
    return Computed(" ".join(sentences), _keys(*_of(timeline, *kinds), *pages[:1]))


def _after(figures: Figures, instant: datetime) -> str:
    after = instant - figures.started
    if not after:
        return "with the first failure"
    when = "before" if after < timedelta() else "after"
    return f"{duration(abs(after))} {when} the first failure"


def _page(figures: Figures) -> str:
    lead = figures.detection_lead
    if lead is None and not figures.page_read:
        return "The status page was not read during the incident."
    if lead is None:
        return "The status page posted nothing about it."
    if lead < timedelta():
        return f"The status page was first: {duration(-lead)} before our first failure."
    return f"The status page posted {duration(lead)} after our first failure."


def _mitigation(_: Incident, timeline: Sequence[TimelineEntry], figures: Figures) -> Computed:
    acts = _of(timeline, _Kinds.MITIGATED)
    steps = [entry for entry in _newest_of_each_step(timeline) if " done" in entry.text]
    lines = [
        f"{_said(entry)} ({clock(entry.happened_at)} UTC, {_after(figures, entry.happened_at)})."
        for entry in acts
    ]
    lines += [f"{_said(entry)} ({clock(entry.happened_at)} UTC)." for entry in steps]
    return Computed(_list(lines), _keys(*acts, *steps))


def _newest_of_each_step(timeline: Sequence[TimelineEntry]) -> list[TimelineEntry]:
    """The last mark of each step, as a mark that was withdrawn mitigated nothing."""
    newest: dict[str, TimelineEntry] = {}
    for entry in _of(timeline, _Kinds.RUNBOOK):
        if (step := step_of(entry.key)) is not None:
            newest.pop(step, None)
            newest[step] = entry
    return list(newest.values())


def _said(entry: TimelineEntry) -> str:
    """`ana: mitigated: checkout on Sonnet`, in one line."""
    named = entry.author and entry.author != PROGRAM and f"by {entry.author}" not in entry.text
    author = f"{entry.author}: " if named else ""
    return f"{author}{' '.join(entry.text.split())}".rstrip(".")


def _list(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines) if lines[1:] else "".join(lines)


def _request_ids(_: Incident, timeline: Sequence[TimelineEntry], figures: Figures) -> Computed:
    ids = figures.request_ids
    entries = _of(timeline, _Kinds.FIRST_FAILURE, _Kinds.FAILURES)
    first, last = ids[:1], ids[1:][-1:]
    marks = {**dict.fromkeys(first, " (first)"), **dict.fromkeys(last, " (last)")}
    text = ", ".join(f"{request_id}{marks.get(request_id, '')}" for request_id in ids)
    return Computed(text, _keys(*entries))


# -- beyond the template -----------------------------------------------------------------


def _went_well(_: Incident, timeline: Sequence[TimelineEntry], figures: Figures) -> Computed:
    lines: list[str] = []
    entries: list[TimelineEntry] = []
    lead, detected = figures.detection_lead, figures.detected
    if detected is not None and figures.page_posted is not None and detected < figures.page_posted:
        ahead = duration(figures.page_posted - detected)
        lines.append(f"We knew {ahead} before the status page said so.")
        entries += _of(timeline, _Kinds.DETECTED, _Kinds.STATUS_PAGE)
    elif detected is not None and lead is None:
        silent = "posted nothing" if figures.page_read else "was not read"
        lines.append(f"We knew without the status page, which {silent}.")
        entries += _of(timeline, _Kinds.DETECTED)
    return Computed(_list(lines), _keys(*entries))


def _went_badly(_: Incident, timeline: Sequence[TimelineEntry], figures: Figures) -> Computed:
    lines: list[str] = []
    entries: list[TimelineEntry] = []
    lead = figures.detection_lead
    if lead is not None and lead < timedelta():
        lines.append(f"The status page knew {duration(-lead)} before our probes.")
        entries += _of(timeline, _Kinds.STATUS_PAGE, _Kinds.FIRST_FAILURE)
    for entry in _of(timeline, _Kinds.DELIVERY):
        if entry.level is Level.WARN:
            lines.append(f"{_said(entry)} ({clock(entry.happened_at)} UTC).")
            entries.append(entry)
    if figures.unknown:
        lines.append(f"For {duration(figures.unknown_time)} nobody probed, so we do not know.")
        entries += _of(timeline, _Kinds.UNKNOWN)
    return Computed(_list(lines), _keys(*entries))


def _responders(incident: Incident, timeline: Sequence[TimelineEntry], _: Figures) -> Computed:
    acted = tuple(entry for entry in timeline if entry.author and entry.kind is not _Kinds.STATUS_PAGE)
    people = dict.fromkeys(
        name
        for name in (incident.lead, incident.communications, *(entry.author for entry in acted))
        if name and name != PROGRAM
    )
    roles = {incident.communications: "communications", incident.lead: "lead"}
    if incident.lead and incident.lead == incident.communications:
        roles[incident.lead] = "lead, communications"
    lines = [f"- {name}{f' ({roles[name]})' if name in roles else ''}" for name in people]
    firsts = {entry.author: entry for entry in reversed(acted) if entry.author != PROGRAM}
    return Computed("\n".join(lines), _keys(*firsts.values(), *_of(timeline, _Kinds.ROLE)))


def _timeline(_: Incident, timeline: Sequence[TimelineEntry], figures: Figures) -> Computed:
    return Computed("\n".join(_line(entry, figures) for entry in timeline), _keys(*timeline))


def _line(entry: TimelineEntry, figures: Figures) -> str:
    """`- 14:05:00 ben: checkout on Sonnet`; with the date if it is another day than the start."""
    at = entry.happened_at
    when = clock(at) if at.date() == figures.started.date() else f"{day(at)} {clock(at)}"
    until = f" (until {clock(entry.last_at)})" if entry.last_at is not None else ""
    return f"- {when} {_said(entry)}{until}"


_FIELDS: Mapping[str, Callable[[Incident, Sequence[TimelineEntry], Figures], Computed]] = {
    "title": _title,
    "duration": _duration,
    "severity": _severity,
    "impact": _impact,
    "root_cause": _root_cause,
    "detection": _detection,
    "mitigation": _mitigation,
    "request_ids": _request_ids,
    "went_well": _went_well,
    "went_badly": _went_badly,
    "responders": _responders,
    "timeline": _timeline,
}
