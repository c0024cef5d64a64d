"""The verdict as one screen of plain text, for a person or a pager; the first line is the headline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from textwrap import TextWrapper

from claude_tui.analysis.history.failure_kinds import failure_name
from claude_tui.check.probing import Findings
from claude_tui.model.format import (
    NO_BREAK,
    clock_minute,
    duration,
    latency,
    percent,
    plain,
    stamp,
    unbroken,
)
from claude_tui.model.model_names import model_name
from claude_tui.model.observation import Observation, Source
from claude_tui.model.outlook import SOON, Outlook
from claude_tui.model.snapshot import Headroom, HeadroomView, Level, Snapshot
from claude_tui.model.text import inert
from claude_tui.model.verdict import Cause, EvidenceKind, Severity, Verdict
from claude_tui.probes.credentials import DEFAULT_BASE_URL

__all__ = ["COLUMNS", "ROWS", "as_text"]

COLUMNS, ROWS = 80, 24
_LABEL = 11
_SLOW_PHASE_S = 1.0
_INDENT = " " * (_LABEL + 3)
_RANKS = (Level.UNKNOWN, Level.OK, Level.INFO, Level.WARN, Level.BAD)
_MARKS = {Level.OK: "✓", Level.WARN: "▲", Level.BAD: "▲", Level.INFO: "▲", Level.UNKNOWN: "?"}
# For terminals and pagers that only display ASCII.
_PLAIN = str.maketrans(
    {
        "’": "'",
        "“": '"',
        "”": '"',
        "¦": "/",
        "–": "-",
        "×": "x",
        "·": "-",
        "→": ">",
        "…": "~",
        "✓": "+",
        "✗": "x",
        "▲": "!",
    }
)


def as_text(findings: Findings, *, ascii_only: bool = False) -> str:
    """At most `ROWS` lines of `COLUMNS` characters, without colours or control characters."""
    snapshot = findings.snapshot
    top = [*_head(snapshot), "", *_reasons(findings), *_next_step(snapshot.verdict), ""]
    bottom = [
        *_key(findings),
        *_status_page(findings),
        *_headroom(snapshot.headroom),
        *_ending_soon(snapshot.outlook, snapshot.at),
    ]
    remaining = ROWS - len(top) - len(bottom)
    lines = [*top, *_probes(findings, remaining), *bottom]
    # Monitoring systems interpret text after a bar as performance data.
    text = "\n".join(inert(line, COLUMNS).replace("|", "¦") for line in lines[:ROWS])
    return text.translate(_PLAIN) if ascii_only else text


def _wrapped(text: str, most: int, *, first: str = "", then: str = "") -> list[str]:
    wrapper = TextWrapper(
        COLUMNS,
        initial_indent=first,
        subsequent_indent=then,
        break_on_hyphens=False,
        max_lines=most,
        placeholder=" …",
    )
    return [line.replace(NO_BREAK, " ") for line in wrapper.wrap(unbroken(text))]


def _listed(facts: Iterable[str]) -> str:
    """Joined with dots, at which alone lines may break."""
    return f"{NO_BREAK}· ".join(fact.replace(" ", NO_BREAK) for fact in facts if fact)


# -- the verdict -----------------------------------------------------------------------------


def _head(snapshot: Snapshot) -> list[str]:
    verdict, target = snapshot.verdict, snapshot.engine.target
    where = target.name or ("" if target.base_url == DEFAULT_BASE_URL else target.host)
    what = verdict.statement if verdict.cause is Cause.UNKNOWN else verdict.summary
    headline = f"[{_label(verdict)}] {f'{where}: ' if where else ''}{what}"
    since = _since(verdict, snapshot.at)
    on_one_line = len(headline) + 1 + len(since) <= COLUMNS
    facts = [
        "" if on_one_line else since.rstrip("."),
        _response(verdict, snapshot.at),
        target.host if where != target.host else "",
        target.model or "no model",
        stamp(snapshot.at),
    ]
    first = f"{headline} {since}".rstrip() if on_one_line else headline
    return [*_wrapped(first, 3, then="  "), *_wrapped(_listed(facts), 2, then="  ")]


def _label(verdict: Verdict) -> str:
    if verdict.severity.trouble:
        return verdict.severity.value
    return "UNKNOWN" if verdict.cause is Cause.UNKNOWN else "OK"


def _since(verdict: Verdict, at: datetime) -> str:
    """The first failure of this round, which cannot show earlier ones; the status page may."""
    if verdict.since is None:
        return ""
    if verdict.cause is Cause.PROVIDER_NOTICE:
        return f"Since {_moment(verdict.since, at)}, says the status page."
    if verdict.lead is not None and verdict.lead < timedelta(0):
        return f"Since {_moment(verdict.since + verdict.lead, at)}, says the status page."
    return f"Since {_moment(verdict.since, at)} or earlier."


def _response(verdict: Verdict, at: datetime) -> str:
    if verdict.severity is Severity.P1:
        return "respond now"
    return f"respond by {_moment(verdict.respond_by, at)}" if verdict.respond_by is not None else ""


def _moment(instant: datetime, at: datetime) -> str:
    day = "" if instant.date() == at.date() else f"{instant:%a %d %b} "
    return f"{day}{clock_minute(instant)} UTC"


def _reasons(findings: Findings) -> list[str]:
    """The evidence, except that the page is unknown: its own row says so, and why.

    Continuation lines are indented, so that a server's text cannot imitate one of our lines.
    """
    verdict, status = findings.snapshot.verdict, findings.status
    unread = status is None or not status.known
    evidence_texts = [
        evidence.text
        for evidence in verdict.evidence
        if not (unread and evidence.kind is EvidenceKind.STATUS_PAGE)
    ]
    return _wrapped(
        " ".join(part for part in (*evidence_texts, verdict.note) if part),
        6,
        then="  ",
    )


def _next_step(verdict: Verdict) -> list[str]:
    after_s = verdict.retry_after_s
    # Nobody reads and acts within a second.
    retry = f" Retry after {duration(after_s)}." if after_s is not None and after_s >= 1 else ""
    end = "" if verdict.next_step.endswith((".", "?", "!")) else "."
    return _wrapped(f"Next: {verdict.next_step}{end}{retry}", 3, then="  ")


# -- the probes ------------------------------------------------------------------------------


def _row(mark: str, label: str, text: str, most: int) -> list[str]:
    return _wrapped(text, most, first=f"{mark} {label:<{_LABEL}} ", then=_INDENT)


def _probes(findings: Findings, remaining: int) -> list[str]:
    """The probes and their results; each message of a failure once, if there is room."""
    rows = list(_probe_rows(findings))
    remaining -= sum(len(row) for row, _ in rows)
    lines: list[str] = []
    printed: list[list[str]] = []
    for row, message in rows:
        shown = message if len(message) <= remaining and message not in printed else []
        printed.append(message)
        remaining -= len(shown)
        lines += [*row, *shown]
    return lines


def _probe_rows(findings: Findings) -> Iterator[tuple[list[str], list[str]]]:
    """One row per result, and the message of its newest probe."""
    for alike, total in _alike(findings.observations):
        newest = alike[-1]
        count = f"{len(alike)} of {total}: " if total > 1 else ""
        text = _listed((f"{count}{_result(newest)}", *_details(alike)))
        message = f"“{newest.message}”" if newest.failed and newest.message else ""
        other = newest.model if newest.source is Source.OTHER_MODELS else None
        name = model_name(other).lower() if other else newest.source.value
        row = _row("✗" if newest.failed else "✓", name, text, 2)
        yield row, _wrapped(message, 2, first=_INDENT, then=_INDENT)
    unasked = all(observation.source is not Source.MESSAGES for observation in findings.observations)
    if unasked and findings.not_run is not None:
        yield _row("?", Source.MESSAGES.value, f"not probed: {findings.not_run}", 2), []


def _alike(observations: Sequence[Observation]) -> Iterator[tuple[list[Observation], int]]:
    """Exchanges with the API grouped by result, with the number of exchanges of their source."""
    for source in (Source.MESSAGES, Source.MODELS):
        exchanges = [observation for observation in observations if observation.source is source]
        ordered = sorted(exchanges, key=lambda exchange: (not exchange.failed, _result(exchange)))
        for _, alike in groupby(ordered, key=_result):
            yield list(alike), len(exchanges)
    others = [exchange for exchange in observations if exchange.source is Source.OTHER_MODELS]
    for model in dict.fromkeys(exchange.model for exchange in others):
        exchanges = [exchange for exchange in others if exchange.model == model]
        ordered = sorted(exchanges, key=lambda exchange: (not exchange.failed, _result(exchange)))
        for _, alike in groupby(ordered, key=_result):
            yield list(alike), len(exchanges)


def _result(exchange: Observation) -> str:
    if exchange.failed:
        return failure_name(exchange)
    keyless = exchange.error_type is not None
    return f"answered without a key (HTTP {exchange.http_status})" if keyless else "answered"


def _details(alike: Sequence[Observation]) -> Iterator[str]:
    tokens = [exchange.timings.first_token for exchange in alike if exchange.timings.first_token is not None]
    totals = [exchange.timings.total for exchange in alike if exchange.timings.total is not None]
    if tokens:
        yield f"first token {_range(tokens)}"
    if totals:
        yield f"{_range(totals)} in all" if tokens else _range(totals)
    yield from _slow_phases(alike)
    if alike[-1].failed and alike[-1].request_id:
        yield alike[-1].request_id


def _slow_phases(alike: Sequence[Observation]) -> Iterator[str]:
    """`name lookup 4.01 s`: what takes this long before a request is sent is none of the API's doing."""
    for name, phase in (("name lookup", "dns"), ("connect", "connect"), ("TLS", "tls")):
        longest = max((getattr(observation.timings, phase) or 0.0 for observation in alike), default=0.0)
        if longest >= _SLOW_PHASE_S:
            yield f"{name} {latency(longest)}"


def _range(seconds: Sequence[float]) -> str:
    low, high = latency(min(seconds)), latency(max(seconds))
    same_unit = low.rpartition(" ")[2] == high.rpartition(" ")[2]
    return high if low == high else f"{low.rpartition(' ')[0] if same_unit else low}–{high}"


# -- key, status page, limits, dates ------------------------------------------------------------------


def _key(findings: Findings) -> list[str]:
    problem = findings.key_problem
    return _row("▲", "key", problem, 2) if problem and problem != findings.not_run else []


def _status_page(findings: Findings) -> list[str]:
    status, view = findings.status, findings.snapshot.status
    if status is None or not status.known:
        why = status.unknown_reason if status is not None else None
        return _row("?", "status page", f"unknown: {why or 'not read'}", 2)
    ours_first = sorted(status.components, key=lambda component: component.id not in view.ours)
    troubled = [
        f"{component.name}: {plain(component.status)}"
        for component in ours_first
        if not component.operational
    ]
    incidents = [f"{incident.name} ({incident.status}, {incident.impact})" for incident in status.incidents]
    lost = ["none of its components is yours, see the setting status_components"]
    parts = [
        status.description or f"indicator {status.indicator}",
        *(lost if status.components and not view.ours else []),
        *incidents,
        *troubled,
    ]
    return _row(_MARKS[view.level], "status page", "; ".join(parts), 4)


def _headroom(view: HeadroomView) -> list[str]:
    buckets = [f"{bucket.bucket} {_left(bucket)}" for bucket in view.buckets]
    windows = [f"{window.window} window {percent(1 - window.used)}" for window in view.windows]
    levels = [*(bucket.level for bucket in view.buckets), *(window.level for window in view.windows)]
    left = ", ".join([*buckets, *windows])
    mark = _MARKS[max(levels, key=_RANKS.index, default=Level.UNKNOWN)]
    return _row(mark, "headroom", f"{left} left" if left else "no response stated any limits", 2)


def _left(bucket: Headroom) -> str:
    share = percent(bucket.fraction)
    return share if bucket.level is Level.OK else f"{share} ({bucket.remaining:,} of {bucket.limit:,})"


def _ending_soon(outlook: Outlook, at: datetime) -> list[str]:
    """The certificate and the probed models, if they end within a month."""
    ends = [
        (retirement.at, f"{retirement.model} retires")
        for retirement in outlook.retirements
        if retirement.used
    ]
    if outlook.certificate_expires_at is not None:
        ends.append((outlook.certificate_expires_at, "certificate expires"))
    soon = [f"{what} in {duration(when - at)}" for when, what in sorted(ends) if at < when <= at + SOON]
    return _row("▲", "soon", "; ".join(soon), 2) if soon else []
