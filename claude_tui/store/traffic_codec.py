"""Rows of own traffic as the store holds them."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from typing import Any

from claude_tui.analysis.uptime.histogram import Histogram
from claude_tui.model.observation import Outcome
from claude_tui.model.traffic import SPANS, CallCount, RollUp, RollUpKey, Tokens, TrafficSource
from claude_tui.store.checked import text
from claude_tui.store.instants import span_start

__all__ = [
    "COLUMNS",
    "COST_COLUMNS",
    "COUNT_COLUMNS",
    "call_counts",
    "cost_of",
    "encode",
    "key_of",
    "narrowed",
    "roll_up_of",
    "widened",
]

COLUMNS = (
    "calls, cut, abandoned, retried, retries_told, max_tokens, refusals, counted, "
    "input, output, cache_read, cache_write_5m, cache_write_1h, cost_usd, unpriced, "
    "first_token, total, prompt, asked_to_wait, early, retried_tokens, retried_usd, answer"
)
"""The columns of counts, in the order in which `encode` gives them."""
COUNT_COLUMNS = "calls, counted, retries_told, first_token"
"""The columns that `call_counts` takes."""
COST_COLUMNS = "cost_usd, counted, unpriced"
"""The columns that `cost_of` takes."""

_SPANS = frozenset(SPANS)
_SOURCES = {source.value: source for source in TrafficSource}
_OUTCOMES = {outcome.value: outcome for outcome in Outcome}
_WIDE = 4
# 32 bits, as `Histogram.to_bytes` has them.
_CODES = {1: "B", 2: "H", 4: "I"}
# Sums of thousands of them still fit into a column.
_MOST = 2**48
_MOST_USD = 1e12


def narrowed(histogram: bytes) -> bytes:
    """A histogram with as few bytes per bucket as its counts need, preceded by that number.

    Most buckets count fewer than 256: a quarter of the space.
    """
    if not histogram:
        return b""
    counts = _little(array("I", histogram[2:]))
    most = max(counts)
    width = 1 if most < 1 << 8 else 2 if most < 1 << 16 else _WIDE
    return bytes((width,)) + histogram[:2] + _little(array(_CODES[width], counts)).tobytes()


def widened(stored: object) -> bytes:
    """The inverse of `narrowed`. Raises ValueError or TypeError for what it cannot have produced."""
    if not isinstance(stored, bytes):
        raise TypeError("a histogram is bytes")
    if not stored:
        return b""
    if stored[0] == 1 and len(stored) > 2:
        # Nearly all are; writing every fourth byte takes half the time of an array.
        wide = bytearray(2 + (len(stored) - 3) * _WIDE)
        wide[:2], wide[2::_WIDE] = stored[1:3], stored[3:]
        return bytes(wide)
    code = _CODES.get(stored[0])
    if code is None:
        raise ValueError("not a histogram")
    counts = _little(array(code, stored[3:]))
    return stored[1:3] + _little(array("I", counts)).tobytes()


def _little(counts: array[int]) -> array[int]:
    if sys.byteorder == "big":
        counts = array(counts.typecode, counts)
        counts.byteswap()
    return counts


def encode(row: RollUp) -> tuple[Any, ...]:
    """The values of COLUMNS."""
    tokens = row.tokens
    return (
        row.calls,
        row.cut,
        row.abandoned,
        row.retried,
        row.retries_known,
        row.max_tokens,
        row.refusals,
        row.counted,
        tokens.input,
        tokens.output,
        tokens.cache_read,
        tokens.cache_write_5m,
        tokens.cache_write_1h,
        row.cost_usd,
        row.unpriced,
        narrowed(row.first_token),
        narrowed(row.total),
        narrowed(row.prompt),
        row.asked_to_wait,
        row.early,
        row.retried_tokens,
        row.retried_usd,
        narrowed(row.answer),
    )


def roll_up_of(span: object, at: int, key: RollUpKey, values: Sequence[Any]) -> RollUp:
    """The roll-up of a stored row.

    Raises ValueError, TypeError or OverflowError for what this version cannot have written.
    """
    (calls, cut, abandoned, retried, retries_known, max_tokens, refusals, counted, *tokens, cost) = values[
        :14
    ]
    unpriced, first_token, total, prompt, asked_to_wait, early, retried_tokens, retried_usd, answer = values[
        14:
    ]
    whole = (*values[:13], unpriced, asked_to_wait, early, retried_tokens)
    if {*map(type, whole)} != {int} or min(whole) < 0 or max(whole) >= _MOST:
        raise ValueError("not a count")
    for usd in (cost, retried_usd):
        if type(usd) is not float or not 0 <= usd < _MOST_USD:
            raise ValueError("not an amount")
    if type(span) is not int or span not in _SPANS:
        raise ValueError("not a roll-up")
    return RollUp(
        span_start(at),
        span,
        key,
        calls,
        cut,
        abandoned,
        retried,
        retries_known,
        max_tokens,
        refusals,
        counted,
        Tokens(*tokens),
        cost,
        unpriced,
        _sound(first_token),
        _sound(total),
        _sound(prompt),
        asked_to_wait,
        early,
        retried_tokens,
        retried_usd,
        _sound(answer),
    )


def call_counts(
    spans: Sequence[Any],
    instants: Sequence[Any],
    keys: Sequence[RollUpKey | None],
    counts: Sequence[Sequence[Any]],
    histograms: Sequence[Any],
) -> list[CallCount]:
    """The counts of stored rows, by column. Raises one of UNREADABLE if any of them cannot be read."""
    for column in counts:
        if {*map(type, column)} != {int} or min(column) < 0 or max(column) >= _MOST:
            raise ValueError("not counts")
    if {*map(type, spans)} != {int} or not _SPANS.issuperset(spans) or None in keys:
        raise ValueError("not roll-ups")
    dates = {instant: span_start(instant) for instant in {*instants}}
    first_token = [_sound(histogram) if histogram else b"" for histogram in histograms]
    at = [dates[instant] for instant in instants]
    return [*map(CallCount._make, zip(at, spans, keys, *counts, first_token, strict=True))]


def cost_of(values: Sequence[Any]) -> tuple[float, int]:
    """(dollars, calls with a price) of a stored row's cost, counted and unpriced; ValueError as above."""
    cost, counted, unpriced = values
    if type(cost) is not float or not 0 <= cost < _MOST_USD:
        raise ValueError("not a cost")
    if type(counted) is not int or type(unpriced) is not int:
        raise ValueError("not a count")
    return cost, counted - unpriced


def _sound(stored: object) -> bytes:
    histogram = widened(stored)
    if histogram:
        Histogram.check(histogram)
    return histogram


def key_of(source: object, application: object, model: object, outcome: object, error: object) -> RollUpKey:
    """Raises LookupError for a source or outcome that this version does not know, TypeError for no text."""
    return RollUpKey(
        _SOURCES[text(source)], text(application), text(model), _OUTCOMES[text(outcome)], text(error)
    )
