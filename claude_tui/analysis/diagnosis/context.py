"""The input of a diagnosis: episodes of both API sources, the status page, and facts from the engine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from claude_tui.analysis.diagnosis.cross_check import asks_to_back_off, is_missing
from claude_tui.analysis.diagnosis.engine_facts import EngineFacts
from claude_tui.analysis.diagnosis.episodes import Episode, episodes_of
from claude_tui.analysis.diagnosis.losses import is_lost, took_until
from claude_tui.analysis.diagnosis.recent import first_message, recent
from claude_tui.analysis.diagnosis.round_policy import RoundPolicy
from claude_tui.analysis.diagnosis.slow_detection import Slow, slow_first_token
from claude_tui.analysis.diagnosis.status_page import PageReport, page_report_at
from claude_tui.analysis.history.history import API_SOURCES, History
from claude_tui.analysis.options import Options, Thresholds
from claude_tui.analysis.views.status import status_view
from claude_tui.model.gateway import is_gateway
from claude_tui.model.observation import Observation, Source
from claude_tui.model.snapshot import StatusView
from claude_tui.model.traffic_view import TrafficView
from claude_tui.model.waiting import asked_to_wait_s

__all__ = ["DiagnosisContext", "context_at"]

# One lost probe in a thousand is chance; three in a row over two sources are not.
LOST_IN_A_ROW = 3
# How many exchanges are searched for that run, counted back from the beginning of the failures.
_LOOKED_AT = 40
# Failures of two sources that begin within this time of each other have one cause.
_TOGETHER = timedelta(minutes=5)
# How many of the newest failures decide the leading cause. With fewer, the first ones weigh too much.
LEADING = 60
# At least this many slow successes end an episode.
_SLOW_RUN = 12
# A message probe backs off for up to a minute, and any probe may wait half a minute for a response.
_BACKOFF_S, _ANSWER_S = 60.0, 30.0
# Whatever wait a server asks for, the probes try again after an hour.
_LONGEST_HOLD_S = 3600.0


@dataclass(frozen=True, slots=True)
class DiagnosisContext:
    """Everything that the detectors use, at one instant."""

    history: History
    """All observations in memory."""
    at: datetime
    """The instant of the diagnosis."""
    options: Options
    """The settings and thresholds."""
    policy: RoundPolicy
    """What can be concluded from the probes."""
    facts: EngineFacts
    """What only the engine knows."""
    view: StatusView
    """The status page as last read."""
    page_report: PageReport
    """What the page reports about our components."""
    episodes: dict[Source, list[Episode]]
    """The episodes of the last hour by API source, oldest first; the last one may be open."""
    slow: Slow | None
    """How slow first tokens are; None if they are not slow."""
    traffic: TrafficView | None = None
    """What own traffic shows; None if no source has reported."""
    traffic_well_from: datetime | None = None
    """The instant since which real calls show that failures of the service are over, or were chance."""

    @property
    def thresholds(self) -> Thresholds:
        return self.options.thresholds

    def open_episode(self, source: Source) -> Episode | None:
        """The open episode of a source, even if it has only one failure so far."""
        last = self.episodes[source][-1:]
        return last[0] if last and last[0].open else None

    def newest(self, source: Source) -> Observation | None:
        return self.history.latest(source, self.at)

    def is_stale(self, source: Source) -> bool:
        """Whether a source has been silent for longer than its interval explains.

        While a wait that the server asked for lasts, nothing is overdue.
        """
        newest = self.newest(source)
        if newest is None:
            return True
        asked_s = min(asked_to_wait_s(newest), _LONGEST_HOLD_S)
        allowed = 3 * self.options.interval_s(source) + _ANSWER_S + asked_s
        backoff = _BACKOFF_S if source is Source.MESSAGES else 0.0
        return (self.at - newest.at).total_seconds() > allowed + backoff

    def recent(self, source: Source) -> list[Observation]:
        """The exchanges of the last 15 minutes, or of the last ten intervals if that is longer."""
        return recent(self.history, source, self.at, self.options)

    def ever_answered(self, source: Source) -> bool:
        """Whether any exchange in memory succeeded."""
        instant = self.at.timestamp()
        asked = self.history.exchanges(source).items.count_until(instant)
        return asked > self.history.failures(source).count_until(instant)

    def never_supported(self, observation: Observation) -> bool:
        """Whether this is a request for a model list that this endpoint has never returned and may not have.

        The provider's own endpoint has one.
        """
        if observation.source is not Source.MODELS or self.ever_answered(Source.MODELS):
            return False
        here = self.facts.stands_for_api or not is_gateway(observation.target)
        return not here or (observation.failed and is_missing(observation))

    @property
    def first_asks_to_wait(self) -> bool:
        """Whether the only data is one message, whose refusal delays the next one."""
        first = first_message(self.history, self.at, self.options)
        return self.policy.checks_again and first is not None and asks_to_back_off(first)

    @property
    def ends_conclusively(self) -> bool:
        """Whether the newest message failed in a way that needs no second failure to confirm it."""
        newest = self.newest(Source.MESSAGES)
        return newest is not None and newest.failed and self.policy.is_conclusive(newest)

    def failures_of(self, episode: Episode, most: int = LEADING) -> list[Observation]:
        """The newest failures of an episode, oldest first."""
        items = self.history.exchanges(episode.source).items
        if episode.first == episode.last:
            return [items.values[episode.first]]
        failures = self.history.failures(episode.source)
        start, end = failures.index_at(items.at[episode.first]), failures.count_until(items.at[episode.last])
        return [items.values[items.index_at(at)] for at in failures.at[max(start, end - most) : end]]


def context_at(
    history: History,
    at: datetime,
    options: Options,
    facts: EngineFacts,
    policy: RoundPolicy,
    view: StatusView | None = None,
    traffic: TrafficView | None = None,
) -> DiagnosisContext:
    """The context at `at`; pass `view` if `status_view` has already been computed for it."""
    view = status_view(history, at, options) if view is None else view
    episodes = {
        source: episodes_of(history, source, at, options.thresholds.rare_span_s, options.interval_s(source))
        for source in API_SOURCES
    }
    slow = slow_first_token(history, at, options)
    if slow is not None:
        episodes[Source.MESSAGES] = _kept_open(episodes[Source.MESSAGES])
    report = page_report_at(history, view, at, options)
    context = DiagnosisContext(history, at, options, policy, facts, view, report, episodes, slow, traffic)
    alone = context.ends_conclusively or context.first_asks_to_wait
    return _confirmed_together(_confirmed_alone(context) if alone else context)


def _kept_open(episodes: list[Episode]) -> list[Episode]:
    """Slow successes are weak evidence of a recovery, so it takes more of them to end an episode."""
    last = episodes[-1:]
    if not last or last[0].confirmed_at is None:
        return episodes
    needed = max(last[0].successes_to_recover, _SLOW_RUN)
    return [*episodes[:-1], replace(last[0], successes_to_recover=needed)]


def _confirmed_alone(context: DiagnosisContext) -> DiagnosisContext:
    """Confirms the open episode of messages, whose newest failure is enough by itself."""
    episode, newest = context.open_episode(Source.MESSAGES), context.newest(Source.MESSAGES)
    if episode is None or episode.confirmed_at is not None or newest is None:
        return context
    known = replace(episode, confirmed_at=took_until(newest))
    messages = [*context.episodes[Source.MESSAGES][:-1], known]
    return replace(context, episodes={**context.episodes, Source.MESSAGES: messages})


def _confirmed_together(context: DiagnosisContext) -> DiagnosisContext:
    """Lets the episodes of two sources confirm each other, as a failure of a single source may be chance."""
    open_ones = [episode for source in API_SOURCES if (episode := context.open_episode(source)) is not None]
    unconfirmed = [episode for episode in open_ones if episode.confirmed_at is None]
    if not unconfirmed:
        return context
    known_at = _answered_together(context, open_ones) or _joined(context, open_ones)
    if known_at is None and len(unconfirmed) == len(open_ones):
        known_at = _lost_together(context, min(episode.since for episode in unconfirmed))
    if known_at is None:
        return context
    episodes = {source: list(found) for source, found in context.episodes.items()}
    for episode in unconfirmed:
        episodes[episode.source][-1] = replace(episode, confirmed_at=known_at)
    return replace(context, episodes=episodes)


def _answered_together(context: DiagnosisContext, open_ones: list[Episode]) -> float | None:
    """When both messages and models had returned errors, in POSIX seconds."""
    if len(open_ones) < len(API_SOURCES):
        return None
    answered = [
        [
            failure
            for failure in context.failures_of(episode)
            if not is_lost(failure) and not context.never_supported(failure)
        ]
        for episode in open_ones
    ]
    return max(took_until(failures[0]) for failures in answered) if all(answered) else None


def _joined(context: DiagnosisContext, open_ones: list[Episode]) -> float | None:
    """When messages began to fail, if that was shortly before or after a confirmed model-list failure."""
    messages, models = open_ones[0], open_ones[-1]
    if len(open_ones) < len(API_SOURCES) or messages.confirmed_at is not None or models.confirmed_at is None:
        return None
    first = context.failures_of(messages)[0]
    return took_until(first) if abs(first.at - models.since) <= _TOGETHER else None


def _lost_together(context: DiagnosisContext, since: datetime) -> float | None:
    """When a run of lost probes over all sources became too long to be chance, in POSIX seconds.

    If nothing has ever answered, one lost probe from each of two sources is enough.
    """
    known = any(context.ever_answered(source) for source in Source)
    needed = LOST_IN_A_ROW if known else 2
    run: list[Observation] = []
    window = context.history.window(None, since - timedelta(microseconds=1), context.at)
    for observation in window[:_LOOKED_AT]:
        run = [*run, observation] if is_lost(observation) else []
        if len(run) >= needed and len({failure.source for failure in run}) > 1:
            return max(took_until(failure) for failure in run)
    return None
