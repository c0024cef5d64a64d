"""What a lower `max_tokens` would save: the output limit counts generated tokens, not the allowed ones."""

from __future__ import annotations

from collections.abc import Sequence

from claude_tui.analysis.traffic.merging import merged_histogram
from claude_tui.model.traffic import RollUp
from claude_tui.model.traffic_view import Trim

__all__ = ["MOST_CUT", "trim_of"]

MOST_CUT = 0.05
"""A `max_tokens` that cuts off more of the responses is not proposed."""
_LEAST_ANSWERS = 20
_PROPOSED = tuple(2**power for power in range(6, 18))


def trim_of(rows: Sequence[RollUp], seconds: float) -> Trim | None:
    """The lowest `max_tokens`, a power of two from 64 on, that cuts off at most MOST_CUT of the responses.

    None with too few responses, or if even the largest one cuts off more.
    """
    answers = merged_histogram(row.answer for row in rows)
    count, generated = answers.over(0)
    if count < _LEAST_ANSWERS:
        return None
    for max_tokens in _PROPOSED:
        cut, freed = answers.over(max_tokens / 1000)
        if cut <= MOST_CUT * count:
            return Trim(max_tokens, cut / count, freed / generated, freed * 1000 * 60 / seconds)
    return None
