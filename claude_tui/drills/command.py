"""What `claude-top drill list` and `claude-top drill scores` print."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from claude_tui.drills.log import as_json, of_same
from claude_tui.drills.record import Score
from claude_tui.model.format import NOT_AVAILABLE, duration, stamp
from claude_tui.model.schemas import shipped_schema
from claude_tui.model.text import inert
from claude_tui.simulator.scenario import drills

__all__ = ["drill_lines", "scores_json", "scores_lines", "scores_schema"]

_NAME_CELLS = 20


def drill_lines(scores: Sequence[Score]) -> Iterator[str]:
    """Every shipped drill, with the best score so far."""
    for name, title in drills():
        points = [score.points for score in of_same(scores, name) if score.points is not None]
        best = f"best {max(points):>3}" if points else " " * 8
        yield f"{name:<9} {best}  {title}"


def scores_schema() -> str:
    """The JSON Schema of the output of `scores_json`."""
    return shipped_schema("claude_tui.drills", "drill-score-1.schema.json")


def scores_json(scores: Sequence[Score]) -> str:
    """One JSON array of all scores, oldest first."""
    return json.dumps([json.loads(as_json(score)) for score in scores], ensure_ascii=False, indent=2)


def scores_lines(scores: Sequence[Score]) -> Iterator[str]:
    """The scores as a table, oldest first."""
    if not scores:
        yield "no drill yet: `claude-top drill` plays one"
        return
    columns = ("points", "noticed", "side", "cause", "ack", "step")
    titles = "".join(f"{column:>9}" for column in columns)
    yield f"{'started (UTC)':<24}{'drill':<10}{'who':<{_NAME_CELLS}}{titles}"
    for score in scores:
        times = (score.noticed_s, score.side_s, score.cause_s, score.acknowledged_s, score.first_step_s)
        figures = [NOT_AVAILABLE if score.points is None else str(score.points)]
        figures += [NOT_AVAILABLE if seconds is None else duration(seconds) for seconds in times]
        who = inert(score.by, _NAME_CELLS - 2)
        row = f"{stamp(score.at):<24}{inert(score.scenario, 9):<10}{who:<{_NAME_CELLS}}"
        yield row + "".join(f"{figure:>9}" for figure in figures)
