"""A verdict as text: severity, response clock, what the status page says; figures are highlighted."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import groupby
from operator import itemgetter

from claude_tui.model.format import age, clock_minute, duration, plain
from claude_tui.model.snapshot import Snapshot
from claude_tui.model.verdict import (
    Cause,
    Evidence,
    EvidenceKind,
    PageAgreement,
    RetrySource,
    Severity,
    Verdict,
)
from claude_tui.tui.panels.alert_text import acknowledgement_of, snooze_of
from claude_tui.tui.render.lines import BLANK, Line, Span, fit, line

__all__ = [
    "also_text",
    "cause_text",
    "figures",
    "override_text",
    "own_evidence",
    "own_sentences",
    "page_line",
    "response_line",
    "retry_line",
    "severity_role",
    "verdict_role",
]

_FIGURE = re.compile(r"[(<$]*\d[\d.,–-]*(?:%|×|ms|[smhd])?[).,;:…]*")
# Up to this long, a clock shows how much time is left; beyond that, when it runs out.
_SOON = timedelta(minutes=100)
# A shorter lead means nothing, as the page is read every few seconds.
_AT_ONCE = timedelta(seconds=10)
_NAME_CELLS = 16
_REASON_CELLS = 40
_LEAST_NAME_CELLS = 3


def severity_role(severity: Severity) -> str:
    """The colour role of a severity."""
    return "bad" if severity.grave else "warn" if severity.trouble else "ok"


def verdict_role(verdict: Verdict) -> str:
    """The colour role of a verdict: that of its severity, but amber while it recovers or is being checked."""
    return "warn" if verdict.recovery is not None or verdict.checking else severity_role(verdict.severity)


# The strip draws the same sentences every second, of which one clock differs.
@lru_cache(maxsize=128)
def figures(text: str, role: str = "dim") -> Line:
    """The text in `role`, with its numbers highlighted."""
    words = [(word, "text" if _FIGURE.fullmatch(word) else role) for word in text.split(" ")]
    runs = ((part_role, [word for word, _ in run]) for part_role, run in groupby(words, key=itemgetter(1)))
    spans = [Span(" ".join(run), part_role) for part_role, run in runs]
    return line(*(span._replace(text=f" {span.text}") if n else span for n, span in enumerate(spans)))


def own_evidence(verdict: Verdict) -> tuple[Evidence, ...]:
    """The evidence without the status page's, which is shown separately."""
    return tuple(evidence for evidence in verdict.evidence if evidence.kind is not EvidenceKind.STATUS_PAGE)


def own_sentences(verdict: Verdict) -> tuple[str, ...]:
    """`own_evidence` as sentences, of which a reason not to probe begins with a capital letter."""
    return tuple(
        f"{evidence.text[:1].upper()}{evidence.text[1:]}"
        if evidence.kind is EvidenceKind.NOT_PROBED
        else evidence.text
        for evidence in own_evidence(verdict)
    )


def override_text(verdict: Verdict) -> str:
    """`P1 set by eve: checkout is down; P3 (computed).`; empty if nobody has overridden it."""
    if not verdict.set_by:
        return ""
    text = f"{verdict.severity} set by {fit(verdict.set_by, _NAME_CELLS)}"
    if verdict.set_why:
        text += f": {fit(verdict.set_why, _REASON_CELLS)}"
    if verdict.computed is None or verdict.computed is verdict.severity:
        return f"{text}."
    return f"{text}; {verdict.computed} (computed)."


def cause_text(cause: Cause) -> str:
    return plain(cause.value)


def also_text(verdict: Verdict) -> str:
    """`Also: rate limited.` if a second cause explains some of the failures."""
    return f"Also: {', '.join(map(cause_text, verdict.also))}." if verdict.also else ""


def response_line(snapshot: Snapshot, cells: int = 80) -> Line:
    """The response clock, in minutes except for the last one; or how somebody has responded.

    A name is cut if the line would be longer than `cells`.
    """
    verdict, at = snapshot.verdict, snapshot.at
    role = verdict_role(verdict)
    if answered := _answered(snapshot, cells):
        return answered
    if verdict.severity is Severity.P1:
        return line(Span("respond ", "dim"), Span("now", role, bold=True))
    if verdict.respond_by is None:
        return BLANK
    left = verdict.respond_by - at
    if left <= timedelta():
        return line(Span(f"response overdue by {age(-left):>3}", "bad", bold=True))
    if left < _SOON:
        return line(Span("respond within ", "dim"), Span(age(left).rjust(3), role, bold=True))
    return line(Span("respond by ", "dim"), Span(_instant(verdict.respond_by, at), role, bold=True))


def _answered(snapshot: Snapshot, cells: int) -> Line:
    """Until when it is snoozed, or who has acknowledged, whichever was done last."""
    if (snooze := snooze_of(snapshot)) is not None:
        until = _instant(snooze.until, snapshot.at)
        return line(Span("snoozed until ", "dim"), Span(until, "text", bold=True))
    if (taken := acknowledgement_of(snapshot)) is not None:
        label = "acknowledged by "
        room = min(max(cells - len(label), _LEAST_NAME_CELLS), _NAME_CELLS)
        return line(Span(label, "dim"), Span(fit(taken.by, room), "text", bold=True))
    return BLANK


def _instant(then: datetime, at: datetime) -> str:
    """`14:17`; on another day `Mon 09:00`; a week away `Nov 30`."""
    if then.date() == at.date():
        return clock_minute(then)
    return f"{then:%a %H:%M}" if then - at < timedelta(days=6) else f"{then:%b %d}"


def retry_line(snapshot: Snapshot) -> Line:
    """`retry-after 41s` during a wait that the server asked for. Waits of our own policy are not shown."""
    left = snapshot.verdict.retry_after_s
    if left is None or left < 1 or snapshot.verdict.retry_source is not RetrySource.SERVER:
        return BLANK
    return line(Span("retry-after ", "dim"), Span(f"{duration(left):>3}", "text", bold=True))


def page_line(snapshot: Snapshot, *, short: bool = False) -> Line:
    """What the status page says about this incident, and who noticed first. `short` leaves out when."""
    verdict = snapshot.verdict
    match verdict.page:
        case PageAgreement.SILENT if verdict.since is not None:
            return _silent(verdict.since, snapshot, short=short)
        case PageAgreement.RESOLVED:
            return line(Span("Status page says it is resolved.", "dim"))
        case PageAgreement.CONFIRMS if verdict.page_stage:
            stage = f"its incident is {verdict.page_stage}; components are green"
            return line(Span(f"Status page: {stage}.", "dim"))
        case PageAgreement.CONFIRMS:
            return _confirmed(None if short else verdict.lead)
    evidence = verdict.evidence_of(EvidenceKind.STATUS_PAGE)
    return figures(evidence.text) if evidence is not None else BLANK


def _silent(since: datetime, snapshot: Snapshot, *, short: bool) -> Line:
    """Says that nothing is posted yet, if the page was read since the first failure."""
    read_at = snapshot.status.read_at
    if read_at is None or read_at <= since:
        return line(Span("Status page: not read since this began.", "dim"))
    if short:
        return line(Span("Status page: nothing posted yet.", "dim"))
    ago = Span(age(snapshot.at - since), "warn", bold=True)
    return line(Span("Status page: nothing posted yet (we noticed ", "dim"), ago, Span(" ago).", "dim"))


def _confirmed(lead: timedelta | None) -> Line:
    if not lead or abs(lead) < _AT_ONCE:
        return line(Span("Status page confirms it.", "dim"))
    long = Span(duration(abs(lead)), "text", bold=True)
    if lead > timedelta():
        return line(Span("Status page confirms it; we noticed ", "dim"), long, Span(" earlier.", "dim"))
    return line(Span("Status page confirms it; posted ", "dim"), long, Span(" before we noticed.", "dim"))
