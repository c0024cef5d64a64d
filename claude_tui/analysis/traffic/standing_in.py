"""Whether real calls stand in for paid probes: enough of the probed model are answered."""

from __future__ import annotations

from claude_tui.analysis.options import TrafficThresholds
from claude_tui.analysis.traffic.change import LEAST_CALLS
from claude_tui.model.format import count
from claude_tui.model.text import truncate
from claude_tui.model.traffic_view import TrafficView

__all__ = ["stands_in"]


def stands_in(view: TrafficView | None, model: str | None, thresholds: TrafficThresholds) -> str | None:
    """`312 calls of claude-haiku-5-5 were answered within a minute`; None if probes are needed."""
    if view is None or model is None or any(trouble.ended_at is None for trouble in view.troubles):
        return None
    figures = next((model_figures for model_figures in view.models if model_figures.name == model), None)
    if figures is None or figures.calls - figures.failed < LEAST_CALLS:
        return None
    if figures.failed > thresholds.overloaded * figures.calls:
        return None
    return f"{count(figures.calls - figures.failed)} calls of {truncate(model)} were answered within a minute"
