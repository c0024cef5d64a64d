"""Headroom from the responses to real calls, if those are newer than the probes'."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from claude_tui.analysis.history.history import History
from claude_tui.analysis.options import Options
from claude_tui.analysis.views.headroom import headroom_view
from claude_tui.model.observation import Observation, Source
from claude_tui.model.snapshot import HeadroomView
from claude_tui.model.traffic import Call
from claude_tui.model.traffic_view import TrafficView

__all__ = ["headroom_by_model", "with_traffic_limits"]


def with_traffic_limits(
    view: HeadroomView, traffic: TrafficView | None, model: str | None, at: datetime, options: Options
) -> HeadroomView:
    """The headroom by the newest readings of the probed model, whoever made the call.

    If no probe has reported any limits, it is that of the busiest model whose limits are known.
    """
    calls = _calls_of(traffic, model if view.read_at is not None else None)
    if not calls or (view.read_at is not None and calls[-1].at <= view.read_at):
        return view
    return _view_of(calls, at, options)


def headroom_by_model(
    traffic: TrafficView | None, at: datetime, options: Options
) -> tuple[tuple[str, HeadroomView], ...]:
    """What is left for each model whose limits real calls have reported, the busiest model first.

    Responses do not say which models share a limit; models that do show the same figures.
    """
    if traffic is None:
        return ()
    measured = {reading.call.model for reading in traffic.readings}
    busy = [model.name for model in traffic.models if model.name in measured]
    names = [*busy, *sorted(measured.difference(busy))]
    return tuple((name, _view_of(_calls_of(traffic, name), at, options)) for name in names)


def _view_of(calls: Sequence[Call], at: datetime, options: Options) -> HeadroomView:
    return headroom_view(_history_of(tuple(calls)), at, options)


# There are new readings once a minute or so, and a view every second.
@lru_cache(maxsize=16)
def _history_of(calls: tuple[Call, ...]) -> History:
    history = History()
    for call in calls:
        history.add_observation(_observation(call))
    return history


def _calls_of(traffic: TrafficView | None, model: str | None) -> Sequence[Call]:
    """The calls with readings of a model, oldest first; of the busiest one for None."""
    if traffic is None:
        return ()
    calls = sorted((reading.call for reading in traffic.readings), key=lambda call: call.at)
    measured = {call.model for call in calls}
    if model is None:
        model = next(
            (reading_model.name for reading_model in traffic.models if reading_model.name in measured), None
        )
    return [call for call in calls if call.model == model]


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
