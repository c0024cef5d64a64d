"""Headroom from the answers to real calls, where those are newer than the probes'."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from claude_tui.analysis.history.history import History
from claude_tui.analysis.options import Options
from claude_tui.analysis.views.headroom import headroom_view
from claude_tui.model.observation import Observation, Source
from claude_tui.model.snapshot import HeadroomView
from claude_tui.model.traffic import Call
from claude_tui.model.traffic_view import TrafficView

__all__ = ["with_traffic_limits"]


def with_traffic_limits(
    view: HeadroomView, traffic: TrafficView | None, model: str | None, at: datetime, options: Options
) -> HeadroomView:
    """The headroom by the newest readings of the probed model, whoever made the call.

    Where no probe has told any limits, it is that of the busiest model which has told some.
    """
    calls = _calls_of(traffic, model if view.read_at is not None else None)
    if not calls or (view.read_at is not None and calls[-1].at <= view.read_at):
        return view
    history = History()
    for call in calls:
        history.add_observation(_observation(call))
    return headroom_view(history, at, options)


def _calls_of(traffic: TrafficView | None, model: str | None) -> Sequence[Call]:
    """The calls with readings of a model, oldest first; of the busiest one for None."""
    if traffic is None:
        return ()
    calls = sorted((each.call for each in traffic.readings), key=lambda each: each.at)
    told = {each.model for each in calls}
    if model is None:
        model = next((each.name for each in traffic.models if each.name in told), None)
    return [each for each in calls if each.model == model]


def _observation(call: Call) -> Observation:
    return Observation(
        at=call.at,
        source=Source.MESSAGES,
        target="",
        outcome=call.outcome,
        request_id=call.request_id,
        model=call.model,
        rate_limits=call.limits,
        windows=call.windows,
    )
