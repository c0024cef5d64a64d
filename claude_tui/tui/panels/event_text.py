"""One event in full, as lines for the screen and as plain text for the clipboard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from claude_tui.knowledge import knowledge
from claude_tui.model.format import count, count_of, duration, latency, percent, plain, stamp
from claude_tui.model.observation import Observation, RateLimitReading, Timings, WindowReading
from claude_tui.model.snapshot import Event, EventKind
from claude_tui.model.when import Local
from claude_tui.tui.panels.zoom_parts import heading, paragraph
from claude_tui.tui.render.glyphs import event_mark
from claude_tui.tui.render.lines import BLANK, Line, Lines, Span, line, pad, wrap

__all__ = ["event_lines", "event_text"]

_LEAST_NAME_CELLS = 14
_LONGEST_ROWS = 400
_TITLE_ROWS = 3
# Titles that claude-top wrote itself are shown in full; a server's text is limited.
_WRITTEN_HERE = (EventKind.VERDICT, EventKind.ALERT, EventKind.PERSON)
_SPACE = re.compile(r"\s+")
_SECOND_TRY = "a reused connection died at once; this is a new one"


class _Fact(NamedTuple):
    """A name and its value; `role` is the colour of the value."""

    name: str
    value: str
    role: str = "text"


class _Section(NamedTuple):
    title: str
    facts: tuple[_Fact, ...]


def event_lines(event: Event, cells: int, local: Local | None = None) -> Lines:
    """What happened, then everything known in sections, wrapped to `cells`; also when it was in `local`."""
    mark = event_mark(event)
    most = _LONGEST_ROWS if event.kind in _WRITTEN_HERE else _TITLE_ROWS
    title = [
        line(Span("  " if number else f"{mark.glyph} ", mark.role, bold=True), Span(row, "text", bold=True))
        for number, row in enumerate(wrap(_headline(event), max(cells - 2, 1), most))
    ]
    out: list[Line] = [*title, BLANK]
    for section in _sections(event, local):
        if section.title:
            out.append(heading(section.title, "", cells))
        names = max(_LEAST_NAME_CELLS, *(len(fact.name) + 1 for fact in section.facts))
        for fact in section.facts:
            out += _drawn(fact, min(names, cells // 2), cells)
        out.append(BLANK)
    if detail := _detail(event):
        out += [heading("Detail", "", cells), *paragraph(detail, cells, 0)]
    return tuple(out)


def _detail(event: Event) -> str:
    """What no section has."""
    message = event.observation.message if event.observation is not None else None
    return "" if event.kind is EventKind.ALERT or event.detail == message else event.detail


def _drawn(fact: _Fact, name_cells: int, cells: int) -> Lines:
    rows = wrap(fact.value, max(cells - name_cells, 8), _LONGEST_ROWS) or ("",)
    head = line(Span(pad(fact.name, name_cells - 1) + " ", "dim"), Span(rows[0], fact.role))
    return (head, *(line(" " * name_cells, Span(row, fact.role)) for row in rows[1:]))


def event_text(event: Event) -> str:
    """The event as a block of plain text, one fact per line."""
    out = [f"claude-top event: {_headline(event)}"]
    for section in _sections(event):
        out += [f"{fact.name}: {_SPACE.sub(' ', fact.value)}" for fact in section.facts]
    if detail := _detail(event):
        out.append(detail)
    return "\n".join(out)


def _headline(event: Event) -> str:
    times = f" ×{event.count:,}" if event.count > 1 else ""
    return _SPACE.sub(" ", f"{event.subject}: {event.text}{times}")


def _folded(event: Event) -> tuple[_Fact, ...]:
    """A row for each event, newest first: time, request id, duration, and message."""
    facts = [_Fact(f"{folded.at:%H:%M:%S}", _brief(folded)) for folded in event.folded]
    left = event.count - len(event.folded)
    return (*facts, _Fact("before", f"{left:,} more", "dim")) if left > 0 else tuple(facts)


def _brief(event: Event) -> str:
    observation = event.observation
    if observation is None:
        return event.text
    total = latency(observation.timings.total) if observation.timings.total is not None else ""
    message = observation.message or event.text
    took = () if total in message else (total,)
    return "  ".join((observation.request_id or "no request id", *took, message))


def _sections(event: Event, local: Local | None = None) -> Iterator[_Section]:
    when = f"{event.at:%Y-%m-%d %H:%M:%S}.{event.at.microsecond // 1000:03} UTC"
    about = (_Fact("about", event.detail),) if event.kind is EventKind.ALERT and event.detail else ()
    several: tuple[_Fact, ...] = ()
    if event.count > 1 and event.first_at is not None:
        several = (_Fact("first at", stamp(event.first_at)), _Fact("how many", f"{event.count:,}"))
    here = (_Fact("local", local.stamp(event.at)),) if local is not None else ()
    yield _Section("", (_Fact("at", when), *here, *several, _Fact("kind", event.kind.value, "dim"), *about))
    if event.folded:
        yield _Section("All of them, newest first", _folded(event))
    observation = event.observation
    if observation is None:
        return
    sections = (
        ("What it means", _known(observation)),
        ("Answer", _answer(observation)),
        ("Timings", _timings(observation)),
        ("Limits", _limits(observation)),
        ("Headers", _headers(observation)),
    )
    yield from (_Section(title, facts) for title, facts in sections if facts)


def _known(observation: Observation) -> tuple[_Fact, ...]:
    """What the error table says about a failure."""
    if not observation.failed:
        return ()
    row = knowledge().of(observation)
    retry = row.retry.words if row.retry is not None else "No policy: find out what it is first."
    return (
        _Fact("meaning", row.meaning),
        _Fact("whose", row.side.whose),
        _Fact("next", row.steps),
        _Fact("retry", retry),
        _Fact("SDK", "retries it automatically" if row.sdk_retries else "does not retry it"),
    )


def _answer(observation: Observation) -> tuple[_Fact, ...]:
    facts = [
        _Fact("source", f"{observation.source.value} at {observation.target}"),
        _Fact("outcome", plain(observation.outcome.value), "bad" if observation.failed else "ok"),
    ]
    optional = (
        ("status", None if observation.http_status is None else f"HTTP {observation.http_status}"),
        ("error type", observation.error_type),
        ("error code", observation.error_code),
        ("request id", observation.request_id),
        ("model", observation.model),
        ("stop reason", observation.stop_reason),
        ("retry after", None if observation.retry_after_s is None else duration(observation.retry_after_s)),
        (
            "second try",
            _SECOND_TRY if observation.fresh_retry else None,
        ),
        ("tokens", _tokens(observation)),
        ("cost", f"${observation.cost_usd:.6f}" if observation.cost_usd else None),
        ("message", observation.message),
    )
    return (*facts, *(_Fact(name, value) for name, value in optional if value))


def _tokens(observation: Observation) -> str | None:
    usage = observation.usage
    if usage is None:
        return None
    cached = f", cache {usage.cache_read_tokens} read {usage.cache_write_tokens} written"
    caching = usage.cache_read_tokens or usage.cache_write_tokens
    return f"{usage.input_tokens} in, {usage.output_tokens} out{cached if caching else ''}"


def _timings(observation: Observation) -> tuple[_Fact, ...]:
    phases: Timings = observation.timings
    named = (
        ("dns", phases.dns),
        ("connect", phases.connect),
        ("tls", phases.tls),
        ("first byte", phases.first_byte),
        ("first token", phases.first_token),
        ("total", phases.total),
        ("server's own", observation.server_s),
    )
    facts = [_Fact(name, _ms(seconds)) for name, seconds in named if seconds is not None]
    if observation.skew_s is not None:
        facts.append(_Fact("server clock", f"{observation.skew_s:+.1f} s from ours"))
    if observation.bypassed is not None:
        facts.append(_Fact("addresses", str(observation.bypassed)))
    if observation.tls_expires_at is not None:
        facts.append(_Fact("certificate", f"valid until {observation.tls_expires_at:%Y-%m-%d %H:%M} UTC"))
    return tuple(facts)


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:,.0f} ms" if seconds >= 0.0095 else f"{seconds * 1000:.1f} ms"


def _limits(observation: Observation) -> tuple[_Fact, ...]:
    return (
        *(_Fact(reading.bucket, _reading(reading)) for reading in observation.rate_limits),
        *(_Fact(f"{window.window} window", _window(window)) for window in observation.windows),
    )


def _reading(reading: RateLimitReading) -> str:
    remaining, whole = reading.remaining, reading.limit
    limit = "?" if whole is None else count(whole)
    left = "?" if remaining is None else count(remaining) if whole is None else count_of(remaining, whole)
    reset = f", resets {stamp(reading.reset_at)}" if reading.reset_at else ""
    return f"{left} of {limit} left{reset}"


def _window(window: WindowReading) -> str:
    status = f", {window.status}" if window.status else ""
    reset = f", resets {stamp(window.reset_at)}" if window.reset_at else ""
    used = "" if window.utilization is None else f"{percent(window.utilization)} used"
    return f"{used}{status}{reset}".removeprefix(", ")


def _headers(observation: Observation) -> tuple[_Fact, ...]:
    return tuple(_Fact(name, value, "dim") for name, value in observation.headers)
