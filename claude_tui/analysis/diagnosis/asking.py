"""How soon to probe again: at once after the very first message, after a first failure, and after the first
answers that end an outage; faster while a problem is being judged.

Otherwise the interval applies. Like the verdict, this is a pure function of the observations up to an
instant, so that the schedule and a replay agree. The schedule itself keeps to waits that a server asked for,
and to the backoff after 429 and 529.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from claude_tui.analysis.diagnosis.cross_check import asks_to_back_off
from claude_tui.analysis.diagnosis.episodes import ANSWERS_RETURN, DOWN, Episode, episodes_of
from claude_tui.analysis.diagnosis.losses import is_lost
from claude_tui.analysis.diagnosis.onset import asked_since_onset
from claude_tui.analysis.diagnosis.recent import first_message
from claude_tui.analysis.history.history import API_SOURCES, History
from claude_tui.analysis.options import Options
from claude_tui.analysis.views.models import model_states
from claude_tui.model.observation import Observation, Source

__all__ = ["interval_s", "intervals_s"]

_HOUR_S = 3600.0
# After this many failures in a row nothing is unclear; the interval is enough to see the recovery begin.
_CLEAR = 6
# After so many messages the share that fails is known within some percent, until it seems to end: after this
# part of the successes that a recovery takes.
_KNOWN, _MAY_END = 60, 10
# For this long after a single failure, probes run faster. An error response is less likely to be chance than
# a loss.
SUSPECT_S, SUSPECT_LOST_S = 150.0, 60.0
# The largest share of the paid messages allowed that may be spent before a recovery begins.
_BEFORE_RECOVERY = 0.85
# The spans over which messages are counted: many at once would be a burst, even if there are few in an hour.
_SPANS_S = (1200.0, 3600.0)
# The free probes speed up as well; a shared status page is read at most six times as often as usual.
_FREE_TIMES = 6.0


def interval_s(history: History, source: Source, at: datetime, options: Options) -> float:
    """Seconds from one start of a probe of `source` to the next, at most its plain interval."""
    return intervals_s(history, (source,), at, options)[source]


def intervals_s(
    history: History, sources: Iterable[Source], at: datetime, options: Options
) -> dict[Source, float]:
    """`interval_s` of several sources, which share most of the work."""
    sources = tuple(sources)
    asks = any(source is not Source.OTHER_MODELS for source in sources)
    wanted = _wanted_s(history, at, options) if asks else None
    return {source: _interval_s(history, source, at, options, wanted) for source in sources}


def _interval_s(
    history: History, source: Source, at: datetime, options: Options, wanted: _Wanted | None
) -> float:
    usual = options.interval_s(source)
    if source is Source.OTHER_MODELS:
        return _other_models_s(history, at, options)
    if source is Source.MESSAGES and _wants_second(history, at, options):
        return min(usual, options.confirmation.gap_s)
    if source is Source.STATUS and _page_is_older(history, at):
        return max(options.confirmation.open_s, usual / _FREE_TIMES)
    if wanted is None or wanted.every_s >= usual:
        return usual
    share = 1.0 if wanted.ends else _BEFORE_RECOVERY
    if source is Source.MESSAGES and not _may_ask(history, at, options, share):
        return usual
    return wanted.every_s if source is Source.MESSAGES else max(wanted.every_s, usual / _FREE_TIMES)


def _page_is_older(history: History, at: datetime) -> bool:
    """Whether the status page was last read before messages began to fail."""
    page, failing = (
        history.latest(Source.STATUS, at),
        history.exchanges(Source.MESSAGES).state(at.timestamp()),
    )
    return page is not None and failing.failing_since is not None and page.at < failing.failing_since


def _wants_second(history: History, at: datetime, options: Options) -> bool:
    """The very first message shows little until a second one has been sent."""
    if not options.confirmation.messages:
        return False
    first = first_message(history, at, options)
    return first is not None and not asks_to_back_off(first) and _may_ask(history, at, options, 1.0)


def _other_models_s(history: History, at: datetime, options: Options) -> float:
    """A further model is probed again soon after its first failure, and faster while it recovers."""
    usual = options.interval_s(Source.OTHER_MODELS)
    first, last = history.latest(Source.MESSAGES, at), history.latest(Source.OTHER_MODELS, at)
    states = [
        state for state in model_states(history, at, options) if first is None or state.model != first.model
    ]
    suspect = any(state.suspect for state in states)
    if suspect and last is not None and not asks_to_back_off(last):
        return min(usual, options.confirmation.gap_s)
    # One that asks us to back off is not probed at once, but its usual pace would hide an outage for minutes.
    if suspect or any(state.recovering for state in states):
        return min(usual, options.interval_s(Source.MESSAGES))
    return usual


@dataclass(frozen=True, slots=True)
class _Wanted:
    every_s: float
    """Seconds between two probes."""
    ends: bool = False
    """Whether these probes may show that a problem is over."""


def _wanted_s(history: History, at: datetime, options: Options) -> _Wanted | None:
    """How soon an answer is needed, whatever it costs; None if the interval is enough."""
    pace, instant = options.confirmation, at.timestamp()
    newest = history.latest(Source.MESSAGES, at)
    if newest is not None and asks_to_back_off(newest):
        return None
    episodes = {source: _newest_episode(history, source, at, options) for source in API_SOURCES}
    messages = episodes[Source.MESSAGES]
    if messages is not None and messages.active:
        if not _unclear(messages):
            return None
        asked = asked_since_onset(history, messages, at)
        first = asked is not None and asked < pace.messages
        at_once = first or _may_return(messages)
        return _Wanted(pace.gap_s if at_once else pace.open_s, ends=messages.recovering)
    wanted: list[float] = []
    page = history.failures(Source.STATUS)
    count = page.count_until(instant)
    if count and instant - page.at[count - 1] < SUSPECT_LOST_S:
        wanted.append(pace.open_s)
    for source, episode in episodes.items():
        if episode is None or (episode.confirmed_at is not None and not episode.open):
            continue
        items = history.exchanges(source).items
        asked_since = items.count_until(instant) - 1 - episode.first
        if source is Source.MESSAGES and asked_since < pace.messages:
            wanted.append(pace.gap_s)
        elif episode.active or instant - items.at[episode.last] < _suspect_s(items.values[episode.last]):
            wanted.append(pace.open_s)
    return _Wanted(min(wanted)) if wanted else None


def _newest_episode(history: History, source: Source, at: datetime, options: Options) -> Episode | None:
    failures = history.failures(source)
    count = failures.count_until(at.timestamp())
    if not count or at.timestamp() - failures.at[count - 1] > _HOUR_S:
        return None
    episodes = episodes_of(history, source, at, _HOUR_S, options.interval_s(source))
    return episodes[-1] if episodes else None


def _may_return(episode: Episode) -> bool:
    """Whether the first answers after nothing but failures have arrived, which the next ones confirm."""
    return 0 < episode.clean < ANSWERS_RETURN and episode.failures == episode.total >= DOWN


def _unclear(episode: Episode) -> bool:
    """Whether the failure rate of an open episode is still unknown, or the episode may be ending."""
    if episode.clean >= episode.successes_to_recover:
        return False  # Only time is missing, which passes as fast at the plain interval.
    if episode.clean >= max(1, episode.successes_to_recover / _MAY_END):
        return True
    asked = episode.total + episode.clean
    return asked < _CLEAR if episode.failures == episode.total else asked < _KNOWN


def _suspect_s(failure: Observation) -> float:
    return SUSPECT_LOST_S if is_lost(failure) else SUSPECT_S


def _may_ask(history: History, at: datetime, options: Options, share: float) -> bool:
    """Whether one more message stays within this share of the budget, over every span.

    The budget is `most_times` the usual number of messages. Time without probes counts as if it had been
    probed.
    """
    usual = options.messages_interval_s
    items = history.exchanges(Source.MESSAGES).items
    end, now = items.count_until(at.timestamp()), at.timestamp()
    for span_s in _SPANS_S:
        start = items.index_at(now - span_s)
        covered_s = now - items.at[start] if start < end else 0.0
        asked = end - start + (span_s - covered_s) / usual
        if asked + 1 > share * options.confirmation.most_times * span_s / usual:
            return False
    return True
