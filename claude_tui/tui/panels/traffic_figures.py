"""The figures of own traffic: how each is worded, and the rows that they fill in the panel."""

from __future__ import annotations

from claude_tui.analysis.traffic.levels import first_token_level
from claude_tui.model.format import (
    NOT_AVAILABLE,
    count,
    latency_figure,
    latency_unit,
    money,
    percent,
    ratio,
)
from claude_tui.model.snapshot import Level
from claude_tui.model.traffic_view import TrafficFigures, TrafficView
from claude_tui.tui.render.glyphs import level_mark
from claude_tui.tui.render.lines import Line, Lines, Span, crop, join, line, pad, width

__all__ = [
    "NAME_CELLS",
    "PACE_CELLS",
    "SHARE_CELLS",
    "WARNING_LEVELS",
    "cost_row",
    "dollars",
    "ending_rows",
    "failure_share",
    "fitting",
    "labelled",
    "latency_row",
    "number",
    "pace",
    "pace_parts",
    "share",
    "token_row",
    "warning_role",
]

WARNING_LEVELS = (Level.WARN, Level.BAD)
"""The levels that are shown in their colour."""

NAME_CELLS = 6
"""The width of the name at the start of a row."""

# Figures are right-aligned in a fixed width, so that nothing moves when one grows a digit:
# `30.7/s`, `100%`, `412`, `82.6k`, `≥$76.80`.
PACE_CELLS, SHARE_CELLS, _LATENCY_CELLS, _COUNT_CELLS, _MONEY_CELLS = 6, 4, 4, 5, 7


def latency_row(view: TrafficView, cells: int) -> Line:
    """Percentiles of the time to first token, and how p95 compares with the usual."""
    first = view.all.first_token
    unit = latency_unit(first.p50, first.p95, first.p99)
    pieces = [
        labelled(latency_figure(value, unit).rjust(_LATENCY_CELLS), f"{name} ", "text", unit)
        for name, value in (("p50", first.p50), ("p95", first.p95), ("p99", first.p99))
    ]
    level, times = first_token_level(view), view.first_token_ratio
    if times is not None:
        mark = f" {level_mark(level).glyph}" if level in WARNING_LEVELS else ""
        comparison = Span(
            f"{ratio(times).rjust(SHARE_CELLS)} usual{mark}",
            warning_role(level, "dim"),
            bold=level in WARNING_LEVELS,
        )
        # More telling than p99.
        pieces.insert(2, line(comparison))
    return fitting("TTFT", pieces, cells)


def token_row(figures: TrafficFigures, cells: int) -> Line:
    """Input and output tokens a minute, and the share of input read from the cache."""
    pieces = [
        labelled(number(figures.input_per_minute).rjust(_COUNT_CELLS), "in ", "text", "/min"),
        labelled(number(figures.output_per_minute).rjust(_COUNT_CELLS), "out ", "text", "/min"),
        labelled(share(figures.cache_share).rjust(SHARE_CELLS), "cached ", "text"),
    ]
    return fitting("tokens", pieces, cells)


def cost_row(figures: TrafficFigures, cells: int) -> Line:
    """Dollars an hour and per 1,000 calls, and the length of a long prompt."""
    pieces = [
        labelled(dollars(figures.usd_per_hour, figures).rjust(_MONEY_CELLS), "", "text", "/h"),
        labelled(dollars(figures.usd_per_1000, figures).rjust(_MONEY_CELLS), "", "text", " per 1,000"),
        labelled(number(figures.prompt_p95).rjust(_COUNT_CELLS), "prompt p95 ", "text"),
    ]
    return fitting("cost", pieces, cells)


def ending_rows(figures: TrafficFigures, cells: int, *, always: bool) -> Lines:
    """How answers ended that did not end well; nothing if all did.

    With `always`, the row is there even then, so that nothing below it moves when the first one comes.
    """
    pieces = []
    if figures.cut:
        pieces.append(labelled(f"{figures.cut:,}", "cut ", "bad"))
    if figures.early:
        ratio = f"{figures.early:,} of {figures.asked_to_wait:,}"
        pieces.append(labelled(ratio, "retry-after ignored ", "warn"))
    if figures.max_tokens:
        pieces.append(labelled(percent(figures.max_tokens).rjust(SHARE_CELLS), "max_tokens ", "text"))
    if figures.refusals:
        pieces.append(labelled(percent(figures.refusals).rjust(SHARE_CELLS), "refusals ", "text"))
    if figures.abandoned:
        pieces.append(labelled(f"{figures.abandoned:,}", "abandoned ", "text"))
    if always and not pieces:
        pieces.append(line(Span("none early or cut", "dim")))
    return (fitting("ended", pieces, cells),) if pieces else ()


def fitting(name: str, pieces: list[Line], cells: int) -> Line:
    """A row of pieces after its name, without the last ones if they do not fit."""
    start = line(Span(f"{pad(name, NAME_CELLS)} ", "text")) if name else ()
    if name and not any(_is_known(piece) for piece in pieces):
        return crop(line(*start, Span(NOT_AVAILABLE, "faint")), cells)
    while len(pieces) > 1 and width(start) + width(join(pieces)) > cells:
        pieces.pop()
    return crop(line(*start, *join(pieces)), cells)


def _is_known(piece: Line) -> bool:
    """Whether the figure in a piece is known."""
    return not any(span.text.strip() == NOT_AVAILABLE for span in piece)


def failure_share(name: str, failed: int, calls: int) -> Line:
    """The share of calls that failed in one way, in red unless it is zero."""
    percentage = percent(failed / calls) if failed and calls else percent(0)
    figure = percentage.rjust(SHARE_CELLS)
    return line(Span(f"{name} ", "dim"), Span(figure, "bad" if failed else "dim", bold=bool(failed)))


def labelled(figure: str, label: str, role: str, unit: str = "") -> Line:
    """A bright figure between a dim label and a dim unit; an unknown figure is dim as well."""
    known = figure.strip() != NOT_AVAILABLE
    return line(
        Span(label, "dim"),
        Span(figure, role if known else "faint", bold=known),
        Span(unit if known else " " * len(unit), "dim"),
    )


def warning_role(level: Level, otherwise: str = "text") -> str:
    """The colour of a level that warns; `otherwise` for any other level."""
    return level_mark(level).role if level in WARNING_LEVELS else otherwise


def pace(figures: TrafficFigures) -> str:
    """`30.7/s`, `0.97/s`; below one call in ten seconds, calls per minute: `5/min`."""
    return "".join(pace_parts(figures))


def pace_parts(figures: TrafficFigures) -> tuple[str, str]:
    """The number and the unit of `pace`; `n/a` if calls were made, but their span is not over yet."""
    if figures.calls and not figures.per_second:
        return NOT_AVAILABLE, ""
    # Few applications call at the pace where the unit changes; at one call a second it would flicker.
    if figures.per_second >= 0.095:
        return f"{figures.per_second:,.{1 if figures.per_second >= 0.995 else 2}f}", "/s"
    return count(figures.per_second * 60), "/min"


def share(fraction: float | None) -> str:
    """A fraction in percent, or `n/a`."""
    return NOT_AVAILABLE if fraction is None else percent(fraction)


def dollars(amount: float | None, figures: TrafficFigures) -> str:
    """`$4.10`; `≥$4.10` if some calls have no known price, `n/a` if none has."""
    if amount is None:
        return NOT_AVAILABLE
    return f"{'≥' if figures.unpriced else ''}{money(amount)}"


def number(value: float | None) -> str:
    """A short count, or `n/a`."""
    return NOT_AVAILABLE if value is None else count(value)
