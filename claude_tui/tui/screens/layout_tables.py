"""The arrangements as data: for each preset, with and without own traffic, a grid and a column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from claude_tui.model.arrangement import Preset

__all__ = ["COLUMNS", "GRIDS", "NARROW_GRIDS", "TOP_ROWS_SHARE", "WIDE_GRIDS", "Branch", "Column", "Tree"]

TOP_ROWS_SHARE = 0.36
"""The height of triage's upper row as a share of the terminal's, up to 18 rows."""


@dataclass(frozen=True, slots=True)
class Branch:
    """Parts side by side, or above each other, with their weights; the last is left out first."""

    across: bool
    """Whether they are side by side."""
    parts: tuple[tuple[float, Tree], ...]
    """The parts with their weights."""
    topped: bool = False
    """Whether the first part has the height of the upper row, whatever the weights."""


Tree = str | Branch
"""A panel, or a branch of several."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: how panels grow in turn as rows are handed out. Each number includes the rule on top."""

    growth: tuple[tuple[tuple[str, int], ...], ...]
    """The first round is the minimum (worst gauge, last error)."""
    order: tuple[str, ...]
    """The panels from top to bottom."""
    rest: tuple[str, ...]
    """Which panel gets the remaining rows: the first of these that is shown."""


def _beside(*parts: tuple[float, Tree]) -> Branch:
    return Branch(across=True, parts=parts)


def _above(*parts: tuple[float, Tree]) -> Branch:
    return Branch(across=False, parts=parts)


def _rows(upper: Tree, lower: Tree) -> Branch:
    return Branch(across=False, parts=((36, upper), (64, lower)), topped=True)


_PROBED = _beside((27.5, "status"), (39.5, "headroom"), (33, "errors"))
_PROBED_WIDE = _beside((20, "status"), (27, "headroom"), (28, "errors"), (25, "record"))
_ASKED = _beside((58, "latency"), (42, "events"))
_CALLED = _beside((31, "latency"), (39, "traffic"), (30, "events"))
_CALLED_WIDE = _beside((37, "latency"), (35, "traffic"), (28, "events"))
_ASKED_FOR = _beside((48, "headroom"), (52, "errors"))
_CALLED_NARROW = _beside(
    (52, _above((66, "traffic"), (34, "status"))), (48, _above((48, "latency"), (52, "events")))
)
_ASIDE = _above((28, "headroom"), (30, "errors"), (24, "latency"), (18, "status"))
_TRAFFIC = _beside((62, _above((72, "traffic"), (28, "events"))), (38, _ASIDE))
_TRAFFIC_WIDE = _beside(
    (60, _above((66, "traffic"), (34, _beside((56, "events"), (44, "record"))))), (40, _ASIDE)
)
_QUIET = _above((66, "record"), (34, "latency"))
_QUIET_WITH_TRAFFIC = _above((56, "record"), (44, _beside((44, "latency"), (56, "traffic"))))

_QUIET_WIDE = _above((52, "record"), (48, "latency"))
_QUIET_WIDE_WITH_TRAFFIC = _above((36, "record"), (64, _beside((46, "latency"), (54, "traffic"))))

GRIDS: Mapping[tuple[Preset, bool], Tree] = {
    (Preset.TRIAGE, False): _rows(_PROBED, _ASKED),
    (Preset.TRIAGE, True): _rows(_PROBED, _CALLED),
    (Preset.TRAFFIC, False): _TRAFFIC,
    (Preset.TRAFFIC, True): _TRAFFIC,
    (Preset.QUIET, False): _QUIET,
    (Preset.QUIET, True): _QUIET_WITH_TRAFFIC,
}
"""For terminals of 100x18 and more, by preset and by whether there is own traffic."""

NARROW_GRIDS: Mapping[tuple[Preset, bool], Tree] = {
    **GRIDS,
    (Preset.TRIAGE, True): _rows(_ASKED_FOR, _CALLED_NARROW),
}
"""For less than 116 columns, where three panels side by side would be cut."""

WIDE_GRIDS: Mapping[tuple[Preset, bool], Tree] = {
    **GRIDS,
    (Preset.TRIAGE, False): _rows(_PROBED_WIDE, _ASKED),
    (Preset.TRIAGE, True): _rows(_PROBED_WIDE, _CALLED_WIDE),
    (Preset.TRAFFIC, False): _TRAFFIC_WIDE,
    (Preset.TRAFFIC, True): _TRAFFIC_WIDE,
    (Preset.QUIET, False): _QUIET_WIDE,
    (Preset.QUIET, True): _QUIET_WIDE_WITH_TRAFFIC,
}
"""For 160x44 and more."""

_ORDER = ("status", "headroom", "errors", "latency", "traffic", "record", "events")

# The second round fills 80x24 exactly.
_TRIAGE = Column(
    (
        (("headroom", 2), ("events", 2), ("errors", 2), ("status", 2), ("latency", 2)),
        (("errors", 3), ("latency", 3), ("headroom", 3), ("status", 3), ("events", 3)),
        (("latency", 4), ("errors", 4), ("headroom", 4), ("events", 4)),
        (("events", 6), ("headroom", 5), ("latency", 5), ("errors", 5), ("latency", 6), ("status", 5)),
        (("events", 8), ("errors", 9), ("headroom", 6), ("status", 9), ("latency", 9), ("record", 8)),
        (("events", 12), ("status", 10), ("headroom", 10), ("latency", 14), ("record", 14)),
    ),
    _ORDER,
    ("events",),
)
# With own traffic, which says more than the latencies of a few probes.
_TRIAGE_WITH_TRAFFIC = Column(
    (
        (("headroom", 2), ("events", 2), ("errors", 2), ("traffic", 2), ("status", 2), ("latency", 2)),
        (("traffic", 3), ("errors", 3), ("headroom", 3), ("status", 3), ("events", 3)),
        (("traffic", 4), ("latency", 3), ("errors", 4), ("latency", 4), ("headroom", 4), ("events", 4)),
        (("traffic", 6), ("events", 6), ("headroom", 5), ("latency", 5), ("errors", 5), ("status", 5)),
        (("traffic", 10), ("events", 8), ("errors", 9), ("record", 8), ("headroom", 6), ("status", 9)),
        (("traffic", 14), ("latency", 9), ("record", 12), ("headroom", 10), ("latency", 14)),
    ),
    _ORDER,
    ("events",),
)
_TRAFFIC_COLUMN = Column(
    (
        (("traffic", 3), ("headroom", 2), ("errors", 2), ("events", 2)),
        (("traffic", 7), ("latency", 2), ("errors", 3), ("headroom", 3), ("events", 3), ("status", 2)),
        (("traffic", 12), ("errors", 4), ("headroom", 5), ("latency", 4), ("events", 5)),
        (("traffic", 18), ("errors", 9), ("latency", 6), ("record", 8), ("status", 4), ("traffic", 24)),
    ),
    ("traffic", "headroom", "errors", "latency", "status", "record", "events"),
    ("traffic", "events"),
)
_QUIET_COLUMN = Column(
    ((("record", 5), ("latency", 4)), (("record", 12), ("latency", 6), ("record", 24), ("latency", 20))),
    ("record", "latency"),
    ("record",),
)
_QUIET_COLUMN_WITH_TRAFFIC = Column(
    (
        (("record", 5), ("traffic", 3), ("latency", 4)),
        (("record", 12), ("traffic", 9), ("latency", 6), ("record", 24), ("traffic", 14), ("latency", 12)),
    ),
    ("record", "latency", "traffic"),
    ("record",),
)

COLUMNS: Mapping[tuple[Preset, bool], Column] = {
    (Preset.TRIAGE, False): _TRIAGE,
    (Preset.TRIAGE, True): _TRIAGE_WITH_TRAFFIC,
    (Preset.TRAFFIC, False): _TRAFFIC_COLUMN,
    (Preset.TRAFFIC, True): _TRAFFIC_COLUMN,
    (Preset.QUIET, False): _QUIET_COLUMN,
    (Preset.QUIET, True): _QUIET_COLUMN_WITH_TRAFFIC,
}
"""For narrower and lower terminals."""
