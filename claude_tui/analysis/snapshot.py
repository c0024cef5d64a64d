"""Builds a Snapshot, everything a screen can show, from the observations at an instant."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from claude_tui.analysis.diagnosis.diagnose import diagnose, engine_facts
from claude_tui.analysis.diagnosis.first_failure import first_failure
from claude_tui.analysis.diagnosis.round_policy import CONTINUOUS, RoundPolicy
from claude_tui.analysis.diagnosis.severity import with_set_severity
from claude_tui.analysis.diagnosis.taken import with_claim
from claude_tui.analysis.history.history import History
from claude_tui.analysis.options import Options
from claude_tui.analysis.views.charts import chart_of
from claude_tui.analysis.views.errors import error_windows
from claude_tui.analysis.views.events import newest_events
from claude_tui.analysis.views.headroom import headroom_view
from claude_tui.analysis.views.latency import latency_view
from claude_tui.analysis.views.models import model_states
from claude_tui.analysis.views.outlook import outlook
from claude_tui.analysis.views.status import status_view
from claude_tui.analysis.views.traffic_headroom import headroom_by_model, with_traffic_limits
from claude_tui.model.headroom import HeadroomView
from claude_tui.model.snapshot import EngineState, Focus, Snapshot, StatusView
from claude_tui.model.traffic_view import TrafficView
from claude_tui.model.verdict import PageAgreement, Verdict

__all__ = ["Options", "build_snapshot", "verdict_at", "with_current_limits"]


def build_snapshot(
    history: History,
    at: datetime,
    engine: EngineState,
    options: Options,
    focus: Focus | None = None,
    *,
    policy: RoundPolicy = CONTINUOUS,
    traffic: TrafficView | None = None,
) -> Snapshot:
    """The Snapshot at `at` (aware UTC).

    Exchanges that began after `at` have no influence. `traffic` is what was known of own traffic at that
    instant.
    """
    status = status_view(history, at, options)
    headroom = _headroom(history, at, engine, options, traffic)
    latency = latency_view(history, at, options)
    verdict = diagnose(
        history, at, options, engine_facts(engine), policy=policy, view=status, traffic=traffic
    )
    rated = with_set_severity(verdict, engine.severity_marks, at, options.thresholds)
    catalogue, models = history.catalogue_at(at), model_states(history, at, options)
    return Snapshot(
        at=at,
        engine=engine,
        status=replace(status, silent_since=_silent_since(verdict, status)),
        headroom=headroom,
        latency=latency,
        errors=error_windows(history, at),
        events=newest_events(history, at, options, engine.recorded),
        verdict=with_claim(rated, engine.takes, at),
        models=models,
        catalogue=catalogue,
        chart=chart_of(history, at, focus, options) if focus is not None else None,
        traffic=traffic,
        first_failure=first_failure(history, verdict, at),
        headroom_by_model=headroom_by_model(traffic, at, options),
        outlook=outlook(history, at, engine, catalogue, models, traffic),
    )


def verdict_at(
    history: History, at: datetime, engine: EngineState, options: Options, traffic: TrafficView | None
) -> Verdict:
    """The verdict that `build_snapshot` gives, without the rest."""
    verdict = diagnose(history, at, options, engine_facts(engine), traffic=traffic)
    rated = with_set_severity(verdict, engine.severity_marks, at, options.thresholds)
    return with_claim(rated, engine.takes, at)


def with_current_limits(snapshot: Snapshot, history: History, options: Options) -> Snapshot:
    """The Snapshot with the headroom of its instant, where its views are older."""
    at, traffic = snapshot.at, snapshot.traffic
    return replace(
        snapshot,
        headroom=_headroom(history, at, snapshot.engine, options, traffic),
        headroom_by_model=headroom_by_model(traffic, at, options),
    )


def _headroom(
    history: History, at: datetime, engine: EngineState, options: Options, traffic: TrafficView | None
) -> HeadroomView:
    found = headroom_view(history, at, options)
    return with_traffic_limits(found, traffic, engine.target.model, at, options)


def _silent_since(verdict: Verdict, status: StatusView) -> datetime | None:
    """Since when the page has not reported a problem that it has had time to report."""
    if verdict.page is not PageAgreement.SILENT or verdict.since is None or status.read_at is None:
        return None
    return verdict.since if status.read_at >= verdict.since else None
