"""Facts about what fails: how often, with what, and what the server said."""

from __future__ import annotations

from claude_tui.analysis.history.failure_kinds import failure_name
from claude_tui.knowledge import Knowledge, knowledge
from claude_tui.model.format import clock, percent, span_text
from claude_tui.model.observation import FailureKind, Observation, Outcome, Source
from claude_tui.model.text import truncate
from claude_tui.runbook.fact import Fact, FactDefinition, flag, number, text
from claude_tui.runbook.fact_context import FactContext

__all__ = ["FAILURE_FACTS", "broken_at"]

_NOTHING_FAILS = Fact(None, "No failures")
_MIXED_FROM = 2


def _outcome(context: FactContext) -> Fact:
    main, window = context.main, context.window
    if main is None or window is None:
        return _NOTHING_FAILS
    calls = window.messages if window.messages.failed else window.models
    noun = "messages" if window.messages.failed else "model lists"
    words = f"{calls.failed} of {calls.asked} {noun} failed in {span_text(window.span)}"
    return Fact(main.outcome.value, f"{words}, most with {truncate(failure_name(main))}")


def _status(context: FactContext) -> Fact:
    main = context.main
    if main is None:
        return _NOTHING_FAILS
    if main.http_status is None:
        return Fact(None, "No HTTP status: no answer came")
    return Fact(float(main.http_status), f"HTTP {main.http_status}")


def _error_type(context: FactContext) -> Fact:
    main = context.main
    if main is None:
        return _NOTHING_FAILS
    if main.error_type is None:
        return Fact(None, "No error type given")
    return Fact(main.error_type, f"Error type {truncate(main.error_type)}")


def _error_code(context: FactContext) -> Fact:
    newest = context.newest
    if newest is None or newest.error_code is None:
        return Fact(None, "No error code given")
    return Fact(newest.error_code, f"Error code {truncate(newest.error_code)}")


def _says(context: FactContext) -> Fact:
    newest = context.newest
    if newest is None:
        return _NOTHING_FAILS
    return Fact(newest.message, f"{_when_and_what(newest)}: {truncate(newest.message or 'no message')}")


def _when_and_what(failure: Observation) -> str:
    identity = f", {failure.request_id}" if failure.request_id else ""
    return f"{clock(failure.at)} {failure.source.value} {truncate(failure_name(failure))}{identity}"


def _meaning(context: FactContext) -> Fact:
    newest = context.newest
    if newest is None:
        return _NOTHING_FAILS
    row = knowledge().of(newest)
    return Fact(row.id, f"Meaning: {row.meaning.rstrip('.')}")


def _after_200(context: FactContext) -> Fact:
    failed = sum(detail.count for detail in context.details)
    if not failed:
        return _NOTHING_FAILS
    # Something other than the API may answer 200 too, which is not a broken stream.
    began = sum(
        detail.count
        for detail in context.details
        if detail.kind.http_status == 200 and detail.kind.outcome is not Outcome.INVALID_RESPONSE
    )
    return Fact(began / failed, f"{began} of {failed} failures came after HTTP 200, inside the stream")


def _masked(context: FactContext) -> Fact:
    main = context.main
    if main is None:
        return _NOTHING_FAILS
    hidden = {Outcome.RATE_LIMITED: 429, Outcome.OVERLOADED: 529}.get(main.outcome)
    if hidden is None or main.http_status is None or main.http_status < 500 or main.http_status == hidden:
        return Fact(False, "The HTTP status is the API's own")
    if hidden == 529 and main.error_type != "overloaded_error":
        return Fact(False, f"HTTP {main.http_status} that says Overloaded: the API's own wording of a 529")
    return Fact(True, f"A gateway turned {hidden} into HTTP {main.http_status} and dropped retry-after")


def _broken_at(context: FactContext) -> Fact:
    return _NOTHING_FAILS if context.main is None else broken_at(context.main)


def broken_at(kind: FailureKind, table: Knowledge | None = None) -> Fact:
    """Where the exchanges of this kind broke, according to the error table."""
    table = table or knowledge()
    point = table.row(kind.outcome, kind.http_status, kind.error_type).break_point
    if point is None:
        return Fact("none", "The exchange itself was complete: the API answered")
    return Fact(point.id, f"Broken at: {point.words} ({truncate(failure_name(kind, table))})")


def _probe_health(source: Source, name: str) -> FactDefinition:
    def read(context: FactContext) -> Fact:
        series, held = context.series(source), context.held(source)
        total = 0 if series is None else series.samples + series.failures
        if series is None or total == 0:
            return Fact("unknown", f"{name}: not probed" + (f", {truncate(held)}" if held else " in 15m"))
        tally = f"{name}: {series.failures} of {total} failed in 15m"
        if not series.failures:
            return Fact("fine", f"{name}: all {total} answered in 15m")
        if series.failed_since:
            row = (
                "the last one failed"
                if series.failed_since == 1
                else f"the last {series.failed_since} in a row"
            )
            return Fact("failing", f"{tally}, {row}")
        share = f" ({percent(series.failures / total)})" if series.failures >= _MIXED_FROM else ""
        return Fact("mixed", f"{tally}{share}, the last one answered")

    doc = f"How the {source.value} probe has done over 15 minutes; failing means that the last probe failed."
    return text(source.value, read, doc, ("fine", "mixed", "failing", "unknown"))


FAILURE_FACTS: tuple[FactDefinition, ...] = (
    _probe_health(Source.MESSAGES, "Messages"),
    _probe_health(Source.MODELS, "Models"),
    text(
        "outcome",
        _outcome,
        "The class of most failures that the verdict is about.",
        [outcome.value for outcome in Outcome if outcome is not Outcome.OK],
    ),
    number("status", _status, "Their HTTP status; unknown when no answer came."),
    text(
        "error_type", _error_type, "Their error type, or the probes' own name for it, such as read_timeout."
    ),
    text("error_code", _error_code, "The error code of the newest of them."),
    text("says", _says, "The message of the newest of them; compare it with `contains`."),
    text("meaning", _meaning, "The entry of the error table that the newest of them belongs to."),
    number("after_200", _after_200, "The share of them that came after HTTP 200, as error or broken stream."),
    flag("masked", _masked, "Whether a gateway hid a 429 or 529 behind another status."),
    text(
        "broken_at",
        _broken_at,
        "Where most of them broke; none when the API itself answered.",
        (*(point.id for point in knowledge().break_points), "none"),
    ),
)
