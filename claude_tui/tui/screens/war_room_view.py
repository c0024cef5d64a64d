"""What the war room shows of a Snapshot: the few values that matter, masked for a shared screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import cast

from claude_tui.analysis.traffic.levels import failing_level, first_token_level
from claude_tui.model.format import (
    NOT_AVAILABLE,
    age,
    clock,
    clock_minute,
    day,
    duration,
    latency_figure,
    latency_unit,
    moment,
    percent,
    plural,
    ratio,
    span_text,
)
from claude_tui.model.json_values import sound
from claude_tui.model.masking import Mask
from claude_tui.model.observation import Source
from claude_tui.model.outlook import SOON
from claude_tui.model.snapshot import Event, EventKind, Headroom, Level, Snapshot, WindowUsage
from claude_tui.model.traffic_view import TrafficView
from claude_tui.model.verdict import Cause, Side, Verdict
from claude_tui.tui.panels.headroom import bucket_label
from claude_tui.tui.panels.limit_facts import limit_facts
from claude_tui.tui.panels.verdict_text import own_sentences, page_line, response_line, verdict_role
from claude_tui.tui.render.glyphs import event_mark, level_mark
from claude_tui.tui.render.lines import plain
from claude_tui.tui.render.staleness import outdated

__all__ = ["LogLine", "Number", "WarRoom", "mask_of", "masked_target", "war_room_of"]

_SIDES = {Side.THEM: "THEM", Side.US: "US", Side.PATH: "PATH", Side.NONE: "OK", Side.UNCLEAR: "UNCLEAR"}
# The window that strip and verdict refer to.
_WINDOW = 1
_LEVELS = (Level.BAD, Level.WARN)
_WORST_NEXT = (Level.BAD, Level.WARN, Level.INFO, Level.OK, Level.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Number:
    """One of the large figures."""

    label: str
    """The label above it."""
    figure: str
    """The figure with its unit: `22%`, `4.10s`; `n/a` if it is unknown."""
    note: str
    """The note below it."""
    role: str
    """The role of its colour: by its level, or for a stale or unknown figure."""
    widest: str
    """The widest usual text, which reserves its width, so that nothing moves."""
    brief: str = ""
    """A shorter form for narrow screens; empty if there is none."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One entry of the incident."""

    at: str
    """When, in UTC."""
    glyph: str
    """What kind of entry it is."""
    role: str
    """The colour of the glyph."""
    text: str
    """What happened."""


@dataclass(frozen=True, slots=True)
class WarRoom:
    """Everything that the war room draws, all of it masked."""

    badge: str
    """The severity, such as `P2`; empty without trouble."""
    word: str
    """Whose problem it is in one word; without a problem, the state."""
    role: str
    """The colour of both."""
    summary: str
    """The verdict's headline."""
    statement: str
    """The problem, without whose it is."""
    brief: str
    """The headline in fewer words."""
    next_step: str
    """The next step."""
    evidence: tuple[str, ...]
    """The evidence, then the status page."""
    clock: str
    """The time of the picture in UTC."""
    elapsed: Number | None
    """How long the problem has lasted; None without one."""
    numbers: tuple[Number, ...]
    """Failing share, time to first token, headroom."""
    outlook: tuple[Number, ...]
    """While all is well, the time since the last incident, the uptime, and the next date."""
    incident: str
    """The open incident, or that there is none; empty if none is needed."""
    lead: str
    """The incident lead; empty without an incident."""
    log: tuple[LogLine, ...]
    """Its entries, newest first."""


def mask_of(snapshot: Snapshot, here: str = "") -> Mask:
    """The mask for a Snapshot: text shaped like a key, an id or a host, and the names in the Snapshot.

    `here` is the name of this machine.
    """
    engine, collector = snapshot.engine, snapshot.engine.watching.collector
    hosts = {here, engine.target.host, collector.host if collector else ""}
    hosts |= {entry.host for entry in engine.incident_entries} | {entry.host for entry in engine.takes}
    hosts |= {mark.host for mark in engine.step_marks} | {mark.host for mark in engine.severity_marks}
    hosts |= {snapshot.status.status.server} if snapshot.status.status is not None else set()
    return Mask.of(names=(engine.target.name,), hosts=hosts)


def masked_target(snapshot: Snapshot, mask: Mask) -> Snapshot:
    """The Snapshot for the header of a past picture, which then names no target and no file."""
    target = replace(snapshot.engine.target, name="", host="", base_url="")
    past = snapshot.past
    if past is not None:
        playback = past.playback and replace(past.playback, name=mask(past.playback.name))
        past = replace(past, note=mask(past.note), playback=playback)
    return replace(snapshot, engine=replace(snapshot.engine, target=target), past=past)


def war_room_of(snapshot: Snapshot, mask: Callable[[str], str]) -> WarRoom:
    """What to draw of a Snapshot, with `mask` applied to all text. The figures are those of the dashboard."""
    verdict = snapshot.verdict
    shown = WarRoom(
        badge=verdict.severity.value if verdict.severity.trouble else "",
        word=_word(verdict),
        role=_role_of(verdict),
        summary=verdict.summary,
        statement=verdict.statement.removesuffix("."),
        brief=verdict.brief or verdict.summary,
        next_step=_next_step(verdict),
        evidence=_evidence(snapshot),
        clock=clock(snapshot.at),
        elapsed=_elapsed(snapshot),
        numbers=(_failing(snapshot), _first_token(snapshot), _headroom(snapshot)),
        outlook=_outlook(snapshot) if verdict.cause is Cause.HEALTHY and snapshot.incident is None else (),
        incident=_incident(snapshot),
        lead=_lead(snapshot),
        log=tuple(_log_lines(snapshot.incident_log, snapshot.at)),
    )
    return cast("WarRoom", sound(shown, mask))


# -- the verdict -------------------------------------------------------------------------


def _word(verdict: Verdict) -> str:
    """In one word: whose problem it is, or the state."""
    if verdict.checking:
        return "CHECKING"
    if verdict.cause is Cause.UNKNOWN:
        return "UNKNOWN"
    return _SIDES[verdict.side]


def _role_of(verdict: Verdict) -> str:
    if verdict.cause is Cause.UNKNOWN and not verdict.checking and not verdict.severity.trouble:
        return "dim"
    return verdict_role(verdict)


def _next_step(verdict: Verdict) -> str:
    calls = verdict.severity.trouble or verdict.cause is Cause.UNKNOWN
    return (verdict.first_step or verdict.next_step) if calls else ""


def _evidence(snapshot: Snapshot) -> tuple[str, ...]:
    page = plain(page_line(snapshot, short=True))
    return tuple(sentence for sentence in (*own_sentences(snapshot.verdict), page) if sentence)


def _elapsed(snapshot: Snapshot) -> Number | None:
    since = snapshot.verdict.since
    if since is None:
        return None
    lasted = snapshot.at - since
    return Number(
        f"since {moment(since, snapshot.at)}",
        duration(lasted).replace(" ", ""),
        " ".join(plain(response_line(snapshot)).split()) if snapshot.verdict.severity.trouble else "",
        verdict_role(snapshot.verdict),
        "59m59s",
        age(lasted).replace(" ", ""),
    )


# -- the three numbers ------------------------------------------------------------------


def _failing(snapshot: Snapshot) -> Number:
    """The share of our own calls that fail, or else that of the message probes."""
    traffic = snapshot.traffic
    if traffic is not None and traffic.all.failing is not None:
        figures = traffic.all
        note = f"of {plural(figures.calls, 'call')}, {span_text(traffic.span)}"
        role = _level_role(failing_level(figures))
        return Number("our calls failing", percent(figures.failing or 0.0), note, role, "99%")
    window = snapshot.errors[min(_WINDOW, len(snapshot.errors) - 1)] if snapshot.errors else None
    share = window.messages.failing_share if window is not None else None
    if window is None or share is None:
        return Number("probes failing", NOT_AVAILABLE, "none sent", "faint", "99%")
    note = f"{window.messages.failed:,} of {window.messages.asked:,}, {span_text(window.span)}"
    worst = _worst(row.level for row in window.rows) if window.messages.failed else Level.OK
    return Number("probes failing", percent(share), note, _level_role(worst), "99%")


def _first_token(snapshot: Snapshot) -> Number:
    """The time to first token of our own calls, or else that of the message probes."""
    traffic = snapshot.traffic
    if traffic is not None and traffic.all.first_token.p50 is not None:
        return _first_token_of_calls(traffic)
    series = next((candidate for candidate in snapshot.latency.series if candidate.name == "TTFT"), None)
    if series is None or series.current is None:
        return Number("TTFT", NOT_AVAILABLE, "none measured", "faint", "9.99s")
    figure = _seconds(series.current, series.p50, series.p95, series.p99)
    if series.now_at is not None and outdated(snapshot, Source.MESSAGES, series.now_at):
        return Number("TTFT", figure, f"as of {clock_minute(series.now_at)}", "dim", "9.99s")
    times = series.current_ratio
    note = f"{ratio(times)} usual" if times is not None else "usual not known yet"
    return Number("TTFT", figure, note, _level_role(series.level), "9.99s")


def _first_token_of_calls(traffic: TrafficView) -> Number:
    found, times = traffic.all.first_token, traffic.first_token_ratio
    note = f"p50, {ratio(times)} usual" if times is not None else "our calls, p50"
    figure = _seconds(found.p50, found.p95, found.p99)
    return Number("TTFT", figure, note, _level_role(first_token_level(traffic)), "9.99s")


def _seconds(value: float | None, *others: float | None) -> str:
    """A latency in the unit that the dashboard uses beside those figures."""
    unit = latency_unit(value, *others)
    return f"{latency_figure(value, unit)}{unit}"


def _headroom(snapshot: Snapshot) -> Number:
    """What is left of the tightest limit, with the time of its reading if that is stale."""
    view = snapshot.headroom
    rows: list[Headroom | WindowUsage] = [
        *(bucket for bucket in view.buckets if bucket.granted),
        *view.windows,
    ]
    if not rows:
        return Number("headroom", NOT_AVAILABLE, "none yet", "faint", "99%")
    tightest = min(rows, key=lambda row: (_left(row), row.stale))
    name = (
        bucket_label(tightest.bucket)
        if isinstance(tightest, Headroom)
        else f"{tightest.window.replace('_', ' ')} window"
    )
    figure = percent(max(_left(tightest), 0.0))
    if tightest.stale:
        return Number("headroom", figure, f"{name}, as of {clock_minute(tightest.read_at)}", "dim", "99%")
    facts = [fact for fact in limit_facts(tightest, snapshot.at) if fact not in ("low", "critical")]
    note = ", ".join([name, *facts[:1]])
    return Number("headroom", figure, note, _level_role(tightest.level), "99%")


def _left(row: Headroom | WindowUsage) -> float:
    return row.fraction if isinstance(row, Headroom) else 1 - row.used


def _worst(levels: Iterable[Level]) -> Level:
    return min(levels, key=_WORST_NEXT.index, default=Level.OK)


def _level_role(level: Level) -> str:
    return level_mark(level).role if level in _LEVELS else "text"


# -- while all is well --------------------------------------------------------------------


def _outlook(snapshot: Snapshot) -> tuple[Number, ...]:
    """Nothing while no incident and no uptime is recorded."""
    outlook = snapshot.outlook
    if outlook.last_incident is None and (outlook.uptime is None or outlook.uptime.share is None):
        return ()
    return (_last_incident(snapshot), *_uptime(snapshot), *_next_date(snapshot))


def _last_incident(snapshot: Snapshot) -> Number:
    last = snapshot.outlook.last_incident
    if last is None:
        return Number("last incident", NOT_AVAILABLE, "none recorded", "faint", "99d")
    ago = age(snapshot.at - last.resolved_at).split()[0]
    note = f"{last.label}, lasted {age(last.resolved_at - last.started_at)}"
    return Number("since last incident", ago, note, "text", "99d")


def _uptime(snapshot: Snapshot) -> Iterator[Number]:
    """Nothing before it is known, which would be a large dash."""
    uptime = snapshot.outlook.uptime
    if uptime is not None and uptime.share is not None:
        note = f"{percent(uptime.coverage)} watched"
        yield Number(f"uptime {span_text(uptime.span)}", percent(uptime.share, 2), note, "text", "99.99%")


def _next_date(snapshot: Snapshot) -> Iterator[Number]:
    """The end of the certificate or of a model in use, whichever comes first."""
    outlook = snapshot.outlook
    dates = [
        (retirement.at, "retires", retirement.model.removeprefix("claude-"))
        for retirement in outlook.retirements
        if retirement.used
    ]
    if outlook.certificate_expires_at is not None:
        dates.append((outlook.certificate_expires_at, "certificate", ""))
    if dates:
        then, label, model = min(dates)
        note = f"{model}, {day(then)}" if model else day(then)
        role = "warn" if then - snapshot.at < SOON else "text"
        yield Number(label, age(max(then - snapshot.at, timedelta())).split()[0], note, role, "99d")


# -- the incident ------------------------------------------------------------------------


def _incident(snapshot: Snapshot) -> str:
    incident, at = snapshot.incident, snapshot.at
    if incident is None:
        return ""
    if incident.proposed:
        return f"{incident.severity} for {age(at - incident.since)}: no incident is open"
    mitigated = f" · mitigated {clock_minute(incident.mitigated_at)}" if incident.mitigated_at else ""
    return f"{incident.label} {incident.title} · open {age(at - incident.started_at)}{mitigated}"


def _lead(snapshot: Snapshot) -> str:
    incident = snapshot.incident
    if incident is None or incident.proposed:
        return ""
    return f"{incident.lead} leads" if incident.lead else "no lead"


def _log_lines(log: Iterable[Event], at: datetime) -> Iterable[LogLine]:
    for event in log:
        mark = event_mark(event)
        subject = "" if event.kind in (EventKind.PERSON, EventKind.VERDICT) else event.subject
        parts = [part for part in (subject, event.text) if part]
        yield LogLine(moment(event.at, at), mark.glyph, mark.role, ": ".join(parts))
