"""The verdict in full: what is wrong, whose problem it is, severity, next step, and the evidence."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from claude_tui.model.alert import Acknowledgement
from claude_tui.model.format import duration, moment, percent
from claude_tui.model.snapshot import Snapshot, StatusView
from claude_tui.model.verdict import Cause, EvidenceKind, PageAgreement, Severity, Side, Verdict
from claude_tui.tui.panels.alert_text import acknowledgement_of, snooze_of, taker_of
from claude_tui.tui.panels.times import Times
from claude_tui.tui.panels.verdict_text import cause_text, own_sentences, severity_role, verdict_role
from claude_tui.tui.panels.zoom_parts import heading
from claude_tui.tui.render.lines import BLANK, Line, Lines, Span, flow, line, pad

if TYPE_CHECKING:
    from claude_tui.model.when import Local

__all__ = ["MEANINGS", "badge", "hanging_indent", "verdict_zoom"]

MEANINGS = {
    Severity.P1: "nearly all messages fail",
    Severity.P2: "many fail, are limited or very slow",
    Severity.P3: "some calls fail now and then",
    Severity.P4: "worse than usual, but no errors",
    Severity.NONE: "nothing is wrong",
}
# Nothing fails, so there is nothing to retry.
_WITHOUT_ERRORS = frozenset({Cause.PROVIDER_SLOW, Cause.PROVIDER_NOTICE})
_NAME_CELLS = 12
_MOST_ROWS = 50
_HIGH, _FAIR = 0.9, 0.7


def verdict_zoom(snapshot: Snapshot, cells: int, local: Local | None = None) -> Lines:
    """The summary and the next step, then the facts, then all the evidence; also with times of `local`."""
    verdict, times = snapshot.verdict, Times(snapshot.at, local)
    out = [*_headline(verdict, cells), BLANK, *_table(_action(snapshot, times), cells), BLANK]
    out += [*_table(_facts(snapshot, times), cells), BLANK]
    for title, sentences in (
        ("Evidence", own_sentences(verdict)),
        ("Note", (verdict.note,)),
    ):
        if any(sentences):
            out.append(heading(title, "", cells))
            for sentence in sentences:
                out += hanging_indent(line(Span("· ", "faint")), line(sentence), cells)
            out.append(BLANK)
    return tuple(out[:-1])


def badge(severity: Severity) -> Span:
    """` P1 ` in its colour, also readable without colours."""
    return Span(f" {severity} ", "background", bold=True, back=severity_role(severity))


def hanging_indent(mark: Line, text: Line, cells: int) -> Lines:
    """`text` wrapped after a mark, with all rows indented alike."""
    indent = sum(len(span.text) for span in mark)
    rows = flow(text, max(cells - indent, 8), _MOST_ROWS) or (BLANK,)
    return (line(*mark, *rows[0]), *(line(" " * indent, *row) for row in rows[1:]))


def _table(facts: dict[str, Line], cells: int) -> Lines:
    """Names on the left, values beside them. Empty values are left out."""
    return tuple(
        row
        for name, text in facts.items()
        if text
        for row in hanging_indent(line(Span(pad(name, _NAME_CELLS), "dim")), text, cells)
    )


def _headline(verdict: Verdict, cells: int) -> Lines:
    if verdict.severity.trouble:
        mark = line(badge(verdict.severity), " ")
    elif verdict.checking:
        mark = line(Span("▲ ", "warn", bold=True))
    elif verdict.cause is Cause.UNKNOWN:
        mark = line(Span("◌ ", "warn", bold=True))
    else:
        mark = line(Span("● ", "ok", bold=True))
    return hanging_indent(mark, line(Span(verdict.summary, "text", bold=True)), cells)


def _action(snapshot: Snapshot, times: Times) -> dict[str, Line]:
    """What to do, when to retry, by when to respond, and who has acknowledged."""
    verdict = snapshot.verdict
    if not verdict.severity.trouble:
        return {"next": line(verdict.next_step)}
    return {
        "next": line(Span(verdict.next_step, "text", bold=True)),
        "retry": _retry(verdict),
        "respond": _respond(verdict, acknowledgement_of(snapshot), times),
        "who": _who(snapshot, times),
    }


def _retry(verdict: Verdict) -> Line:
    wait_s = verdict.retry_after_s
    if wait_s is None:
        useless = line("pointless: the response would be the same")
        return BLANK if verdict.cause in _WITHOUT_ERRORS else useless
    if wait_s <= 0:
        return line("now: the requested wait is over")
    wait = duration(wait_s) if wait_s >= 1 else f"{wait_s:g}s"
    return line("after ", Span(wait, "text", bold=True))


def _respond(verdict: Verdict, taken: Acknowledgement | None, times: Times) -> Line:
    """The response clock, which stops with an acknowledgement."""
    by = verdict.respond_by
    if by is None:
        return BLANK
    target = (
        "now,"
        if verdict.severity is Severity.P1
        else f"by {moment(by, times.at)} UTC{times.local_suffix(by)},"
    )
    if taken is not None:
        late = "" if taken.at <= by else f", {duration(taken.at - by)} late"
        return line(target, Span(f" acknowledged {times.moment(taken.at)}{late}", "dim"))
    if times.at < by:
        return line(target, " ", Span(duration(by - times.at), "warn", bold=True), Span(" left", "dim"))
    suffix = " since detection" if verdict.severity is Severity.P1 else " overdue"
    return line(target, " ", Span(duration(times.at - by), "bad", bold=True), Span(suffix, "dim"))


def _who(snapshot: Snapshot, times: Times) -> Line:
    taken = acknowledgement_of(snapshot)
    if (snooze := snooze_of(snapshot)) is not None:
        return line(
            f"{snooze.by} snoozed it until {times.moment(snooze.until)}",
            Span(f" ({times.moment(snooze.at)})", "dim"),
        )
    if taken is None:
        led = any(group.from_verdict for group in snapshot.engine.alerts.groups)
        return line(Span("nobody has acknowledged it", "warn")) if led else BLANK
    why = f": {taken.reason}" if taken.reason else ""
    verdict_taken = snapshot.verdict.taken
    who = taker_of(snapshot) if verdict_taken is not None and verdict_taken.at == taken.at else taken.by
    return line(f"{who}{why}", Span(f" ({times.moment(taken.at)})", "dim"))


def _facts(snapshot: Snapshot, times: Times) -> dict[str, Line]:
    verdict = snapshot.verdict
    known = verdict.cause is not Cause.UNKNOWN
    return {
        "cause": line(cause_text(verdict.cause)),
        "whose": line(verdict.side.whose) if verdict.side is not Side.NONE else BLANK,
        "severity": _severity(verdict),
        "confidence": _confidence(verdict.confidence) if known else BLANK,
        "since": _since(verdict, times),
        "detected": _detected(verdict, times),
        "status page": _page(verdict, snapshot.status, times),
        "lead": _lead(verdict.lead),
        "limit": line(verdict.bucket or ""),
        "also": line(", ".join(cause_text(cause) for cause in verdict.also)),
    }


def _severity(verdict: Verdict) -> Line:
    if verdict.cause is Cause.UNKNOWN and not verdict.severity.trouble:
        return line("not known")
    if not verdict.severity.trouble:
        return line("none: ", MEANINGS[Severity.NONE])
    if not verdict.set_by:
        return line(f"{verdict.severity}: {MEANINGS[verdict.severity]}")
    computed = verdict.computed or verdict.severity
    why = f": {verdict.set_why}" if verdict.set_why else ""
    return line(
        f"{verdict.severity}, set by {verdict.set_by}{why};",
        Span(f" {computed} (computed): {MEANINGS[computed]}", "dim"),
    )


def _confidence(confidence: float) -> Line:
    label = "high" if confidence >= _HIGH else "fair" if confidence >= _FAIR else "low"
    return line(f"{percent(confidence)},", Span(f" {label}", "dim"))


def _since(verdict: Verdict, times: Times) -> Line:
    if verdict.since is None:
        return BLANK
    lasted = Span(duration(times.at - verdict.since), verdict_role(verdict), bold=True)
    return line(f"{times.moment(verdict.since)},", " ", lasted)


def _detected(verdict: Verdict, times: Times) -> Line:
    known, first = verdict.detected_at, verdict.since
    if known is None:
        return BLANK
    if first is None or known - first < timedelta(seconds=1):
        return line(f"{times.moment(known)},", Span(" at once", "dim"))
    return line(f"{times.moment(known)},", Span(f" {duration(known - first)} after it began", "dim"))


def _page(verdict: Verdict, view: StatusView, times: Times) -> Line:
    """What the status page reports and whether that agrees with our probes, and when it was read."""
    report = _page_text(verdict)
    if view.read_at is None:
        return line(report)
    if verdict.page is PageAgreement.SILENT and verdict.since is not None and view.read_at > verdict.since:
        ago = Span(duration(times.at - verdict.since), "warn", bold=True)
        silent = line("nothing posted yet (we noticed ", ago, f" ago){_other_components(verdict)},")
        return line(*silent, Span(f" read {times.moment(view.read_at)}", "dim"))
    read = "last read" if verdict.page is PageAgreement.UNKNOWN else "read"
    return line(f"{report},", Span(f" {read} {times.moment(view.read_at)}", "dim"))


def _page_text(verdict: Verdict) -> str:
    report = _page_report(verdict)
    match verdict.page:
        case PageAgreement.SILENT:
            return f"nothing posted yet when last read{_other_components(verdict)}"
        case PageAgreement.RESOLVED:
            return f"reported it, and says it is resolved{_other_components(verdict)}"
        case PageAgreement.CONFIRMS if verdict.page_stage:
            return f"its incident is {verdict.page_stage}; components are green"
        case PageAgreement.CONFIRMS:
            return f"confirms it: {report}" if report else "confirms it"
        case PageAgreement.CONTRADICTS:
            return f"{report or 'reports trouble with your components'}; our probes are fine"
    agrees = verdict.page is PageAgreement.AGREES
    return report or ("no incident on your components" if agrees else "unknown")


def _page_report(verdict: Verdict) -> str:
    """The evidence about the status page as a value beside its name."""
    evidence = verdict.evidence_of(EvidenceKind.STATUS_PAGE)
    return evidence.text.removeprefix("Status page").lstrip(": ").removesuffix(".") if evidence else ""


def _other_components(verdict: Verdict) -> str:
    """What the page reports of components that are not ours."""
    _, but, others = _page_report(verdict).partition(", but ")
    return f"{but}{others}"


def _lead(lead: timedelta | None) -> Line:
    if lead is None:
        return BLANK
    if abs(lead) < timedelta(seconds=1):
        return line("none: at the same time as our probes")
    if lead < timedelta():
        return line("the status page was ", Span(duration(-lead), "text", bold=True), " ahead of our probes")
    return line("our probes were ", Span(duration(lead), "text", bold=True), " ahead of the status page")
