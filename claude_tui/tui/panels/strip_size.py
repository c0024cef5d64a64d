"""The height of the strip: the same in trouble and in health, so that no problem moves the panels."""

from __future__ import annotations

__all__ = ["LEAST", "ROOMY", "WIDE", "block_rows", "rows_without_notices"]

WIDE = 98
"""From this width on, the clocks are beside the headline; below it, they have a row of their own."""
ROOMY = 30
"""From this terminal height on, there is room for blank rows around the block."""
LEAST = 3
"""The rows of a block on a low terminal: the verdict and the next step."""

_LOW = 12
_BAR = 2
# From this width on, most next steps fit into a row.
_ENOUGH = 80


def block_rows(cells: int, rows: int) -> int:
    """The rows of headline, evidence, status page and next step on a terminal of `cells` by `rows`.

    A narrow screen has a row for the clocks, and needs two for most steps. A low one has neither evidence nor
    status page.
    """
    if rows < _LOW:
        return LEAST
    return 4 if cells >= WIDE + _BAR else 5 if cells >= _ENOUGH else 6


def rows_without_notices(cells: int, rows: int) -> int:
    """The rows of the strip while there are no notices about the program itself."""
    return block_rows(cells, rows) + (2 if rows >= ROOMY else 0)
