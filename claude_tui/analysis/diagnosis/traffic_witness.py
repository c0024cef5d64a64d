"""What own traffic shows at an instant, as evidence for the diagnosis."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from claude_tui.analysis.diagnosis.context import DiagnosisContext
from claude_tui.analysis.diagnosis.losses import is_lost
from claude_tui.analysis.traffic.change import LEAST_CALLS
from claude_tui.analysis.traffic.families import OF_THE_SERVICE
from claude_tui.model.format import count, percent
from claude_tui.model.observation import Observation, Source
from claude_tui.model.text import truncate
from claude_tui.model.traffic_trouble import TrafficTrouble
from claude_tui.model.traffic_view import TrafficFigures, TrafficView
from claude_tui.model.verdict import Evidence, EvidenceKind

__all__ = ["Witness", "shares_in", "without_refuted_failures", "witness_at"]

_NAMED = 2
# A failure of a probe is chance once so many real calls have succeeded since.
_ENOUGH_WELL = 60
_SOON = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Witness:
    """Own traffic with enough calls to support a conclusion."""

    view: TrafficView
    """The traffic as of the instant."""

    @property
    def lasting(self) -> tuple[TrafficTrouble, ...]:
        """The problems that are not over."""
        return tuple(trouble for trouble in self.view.troubles if trouble.ended_at is None)

    @property
    def models(self) -> frozenset[str]:
        """The models that are called."""
        return frozenset(model.name for model in self.view.models)

    @property
    def evidence(self) -> Evidence | None:
        """`Your traffic 1m: 22% of 1,840 calls failed (checkout 38%, batch 2%)`; with few calls, a count."""
        figures = self.view.all
        if not figures.calls:
            return None
        failed = percent(figures.failing) if figures.failing is not None else count(figures.failed)
        clause = f"Your traffic 1m: {failed} of {count(figures.calls)} calls failed"
        return Evidence(
            EvidenceKind.TRAFFIC,
            (clause + shares_in(self.view.applications),),
            (("failed", figures.failed), ("asked", figures.calls)),
        )

    def since(self, instant: datetime) -> tuple[int, int]:
        """(failed, calls) from an instant on."""
        points = [point for point in self.view.trend if point.at >= instant]
        return sum(point.failed for point in points), sum(point.calls for point in points)

    def shared_until(self, since: datetime) -> datetime | None:
        """Until when traffic had a problem of the service after an instant; None if it had none."""
        shared = [
            trouble.failed_at
            for trouble in self.view.troubles
            if trouble.outcome in OF_THE_SERVICE and trouble.failed_at > since
        ]
        return max(shared, default=None)


def shares_in(applications: tuple[TrafficFigures, ...]) -> str:
    """` (checkout 38%, batch 2%)`: the applications with most failures first; empty if there is only one.

    Where a single one of many fails: ` (review 83%, others 0%)`.
    """
    if len(applications) < 2 or not any(application.failed for application in applications):
        return ""
    shares = [
        (application.failing, application) for application in applications if application.failing is not None
    ]
    worst = sorted(shares, key=lambda pair: (-pair[0], -pair[1].calls, pair[1].name))
    named = [f"{truncate(application.name)} {percent(failing)}" for failing, application in worst[:_NAMED]]
    if len(worst) > _NAMED and not worst[1][0]:
        named[1:] = [f"others {percent(0.0)}"]
    return f" ({', '.join(named)})" if worst else ""


def witness_at(context: DiagnosisContext) -> Witness | None:
    """The evidence of own traffic; None without traffic, or with too little of it to support a conclusion."""
    view = context.traffic
    if view is None or (view.all.calls < LEAST_CALLS and not view.troubles):
        return None
    return Witness(view)


def without_refuted_failures(context: DiagnosisContext) -> DiagnosisContext:
    """The context without the failures that real calls have shown to be over, or to have been chance."""
    witness = witness_at(context)
    episode = context.open_episode(Source.MESSAGES)
    if witness is None or episode is None or witness.lasting:
        return context
    last = context.failures_of(episode, 1)[-1]
    if not _is_of_the_service(last) or (last.model is not None and last.model not in witness.models):
        return context
    until = witness.shared_until(episode.since)
    over = until is not None and last.at <= until + _SOON
    chance = episode.confirmed_at is None and witness.since(last.at)[1] >= _ENOUGH_WELL
    if not (over or chance):
        return context
    closed = replace(episode, successes_to_recover=episode.clean, quiet_s=0.0)
    messages = [*context.episodes[Source.MESSAGES][:-1], closed]
    well_from = until if over else last.at
    return replace(
        context, episodes={**context.episodes, Source.MESSAGES: messages}, traffic_well_from=well_from
    )


def _is_of_the_service(failure: Observation) -> bool:
    return failure.outcome in OF_THE_SERVICE or is_lost(failure)
