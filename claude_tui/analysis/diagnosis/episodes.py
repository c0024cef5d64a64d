"""Episodes of failures of one source: when they begin, when they are more than chance, and when they end.

Clusters of failures (see `streaks`; three successes in a row end one) are joined into episodes: as soon as
the failures are more than chance at the rate of a healthy day, and until a run of successes rules out the
failure rate of the episode (see `rate`). This keeps a verdict from flapping and from sticking.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from claude_tui.analysis.diagnosis.cross_check import decides_alone
from claude_tui.analysis.diagnosis.losses import is_lost, took_until
from claude_tui.analysis.diagnosis.quiet import comes_in_bursts, quiet_s, returns_soon
from claude_tui.analysis.diagnosis.rate import (
    LEAST_RUN,
    LONGEST_RUN,
    LOST_MESSAGES,
    LOST_SHARE,
    SETTLED,
    first_conclusive,
    successes_to_recover,
)
from claude_tui.analysis.history.history import History
from claude_tui.model.observation import REFUSALS, Source

__all__ = [
    "ANSWERS_RETURN",
    "BACK_SOON",
    "DOWN",
    "RECENT",
    "Episode",
    "episodes_of",
    "improbable_run",
    "is_down",
]

RECENT = 24
"""How many exchanges at the end of an episode show whether its rate has changed."""

# The rate is computed from this many exchanges at the end of an episode, unless it has changed since.
_COUNTED = 120
# The rate has changed when the recent one differs from that of the whole episode by this many standard
# deviations.
_CHANGED = 2.5
# Bounds the work: a cluster spans at least 4 exchanges, so these are 8 hours at one message in 30 s.
MOST_CLUSTERS = 240
# To the person on call, an outage that is fixed and returns shortly after is one incident: within half an
# hour (see `quiet`), or before this many times the successes that ended it.
BACK_SOON = 2
# After two hours without probes (a laptop that slept), nothing is known about that time: a new episode
# begins.
LONGEST_GAP_S = 7200.0
# Bounds the work: more failures than this do not make an unconfirmed episode more certain.
_FIRST = 30


@dataclass(frozen=True, slots=True)
class Episode:
    """Failures that belong together.

    While clusters are being joined, share, clean and successes_to_recover are not set.
    """

    source: Source
    """The source whose exchanges failed."""
    first: int
    """The index of the first failure among the exchanges of the source."""
    last: int
    """The index of the last failure."""
    since: datetime
    """When the first one was requested."""
    failures: int
    """How many there are."""
    confirmed_at: float | None = None
    """When the failures were known to be more than chance, in POSIX seconds."""
    pause_s: float = 0.0
    """The longest pause, in seconds, that looked like the end and was not."""
    share: float = 1.0
    """The share of recent exchanges that failed, in 0..1."""
    clean: int = 0
    """How many successes have followed the last failure."""
    successes_to_recover: int = SETTLED
    """How many successes end the episode."""
    clean_s: float = 0.0
    """The seconds from the last failure to the newest success."""
    quiet_s: float = 0.0
    """How many of these seconds end the episode."""

    @property
    def recovering(self) -> bool:
        """Whether the final successes are already improbable at the episode's rate, but may still be luck."""
        least = max(2, math.ceil(self.successes_to_recover / 2))
        return self.active and self.clean >= least

    @property
    def open(self) -> bool:
        return self.clean < self.successes_to_recover or self.clean_s < self.quiet_s

    @property
    def active(self) -> bool:
        return self.open and self.confirmed_at is not None

    @property
    def total(self) -> int:
        """How many exchanges there were from the first failure to the last."""
        return self.last - self.first + 1


def episodes_of(
    history: History, source: Source, at: datetime, back_s: float, usual_s: float
) -> list[Episode]:
    """The episodes of the last `back_s` seconds, oldest first; the last one may have ended.

    `usual_s` is the plain interval of the source.
    """
    count = history.exchanges(source).items.count_until(at.timestamp())
    found: list[Episode] = []
    confirmed: Episode | None = None
    lone: list[Episode] = []
    for cluster in _clusters(history, source, at.timestamp(), back_s):
        if confirmed is not None and _continues(history, confirmed, cluster, usual_s):
            confirmed = found[-1] = _joined(confirmed, cluster)
            continue
        lone = [single for single in lone if _near(history, single, cluster)] + [cluster]
        found.append(cluster)
        begun = _confirmed(history, lone)
        if begun is None:
            continue
        if confirmed is not None and _returns(history, confirmed, begun, usual_s):
            pause_s = _paused_s(history, confirmed, begun)
            begun = replace(confirmed, pause_s=max(confirmed.pause_s, pause_s))
        place = next(index for index, episode in enumerate(found) if episode.first >= begun.first)
        for episode in found[place:]:
            begun = _joined(begun, episode) if episode.first > begun.first else begun
        found[place:] = [begun]
        confirmed, lone = begun, []
    ends = [episode.first for episode in found[1:]] + [count] * bool(found)
    return [_counted(history, episode, end, usual_s) for episode, end in zip(found, ends, strict=True)]


def _joined(episode: Episode, later: Episode) -> Episode:
    """Both as one.

    Written out, as `replace` takes three times as long and a day may have hundreds of episodes.
    """
    return Episode(
        episode.source,
        episode.first,
        later.last,
        episode.since,
        episode.failures + later.failures,
        episode.confirmed_at,
        episode.pause_s,
    )


def _near(history: History, earlier: Episode, later: Episode) -> bool:
    """Whether they are close enough to be counted together."""
    pause_s = _paused_s(history, earlier, later)
    return later.last - earlier.first < LONGEST_RUN and pause_s <= LONGEST_GAP_S


def _paused_s(history: History, earlier: Episode, later: Episode) -> float:
    at = history.exchanges(earlier.source).items.at
    return at[later.first] - at[earlier.last]


def _continues(history: History, episode: Episode, cluster: Episode, usual_s: float) -> bool:
    """Whether `cluster` continues an episode that has not ended."""
    if _paused_s(history, episode, cluster) > LONGEST_GAP_S:
        return False
    run = cluster.first - episode.last - 1
    if run < LEAST_RUN:
        return True
    recent = _recent(history, episode)
    # Pauses are examined only if the successes alone would end the episode, as that takes ten times as long.
    return (
        run < successes_to_recover(*recent) or _until(history, episode, recent, cluster.first, usual_s).open
    )


def _returns(history: History, episode: Episode, begun: Episode, usual_s: float) -> bool:
    """Whether the new cluster is the previous episode, returning soon after its end.

    An outage is not a limit or a rejected key that returns, however soon it follows.
    """
    before, now = _refuses(history, episode), _refuses(history, begun)
    if None not in (before, now) and before is not now:
        return False
    paused_s = _paused_s(history, episode, begun)
    if paused_s > LONGEST_GAP_S:
        return False
    needed = successes_to_recover(*_recent(history, episode))
    return returns_soon(paused_s, usual_s) or begun.first - episode.last - 1 < BACK_SOON * needed


def _refuses(history: History, episode: Episode) -> bool | None:
    """Whether the newest failures of an episode refuse what we send; None if only some of them do."""
    values = history.exchanges(episode.source).items.values
    newest = values[max(episode.first, episode.last - RECENT + 1) : episode.last + 1]
    found = {observation.outcome in REFUSALS for observation in newest if observation.failed}
    return found.pop() if len(found) == 1 else None


def _clusters(history: History, source: Source, at: float, back_s: float) -> list[Episode]:
    """Clusters before `at`, oldest first, that are recent or may belong to a recent episode."""
    found: list[Episode] = []
    later: int | None = None
    for cluster in _backwards(history, source, at):
        recent = history.exchanges(source).items.at[cluster.last] > at - back_s
        if not recent and (later is None or later - cluster.last > LONGEST_RUN):
            break
        found.append(cluster)
        later = cluster.first
        if len(found) == MOST_CLUSTERS:
            break
    return found[::-1]


def _backwards(history: History, source: Source, at: float) -> Iterator[Episode]:
    exchanges, failures = history.exchanges(source), history.failures(source)
    index = failures.count_until(at)
    while index:
        last = exchanges.items.index_at(failures.at[index - 1])
        state = exchanges.states[last]
        began = state.trouble_since
        if began is None or state.failures == 1:
            yield Episode(source, last, last, began or exchanges.items.values[last].at, state.failures)
            index -= 1
            continue
        # The state after a failure always has a beginning, which may have been trimmed away.
        first = exchanges.items.index_at(began.timestamp())
        yield Episode(source, first, last, began, state.failures)
        index = failures.index_at(exchanges.items.at[first])


def _recent(history: History, episode: Episode) -> tuple[int, int]:
    """The failures and exchanges at the end of an episode that give its rate; fewer if it has changed."""
    at, failures = history.exchanges(episode.source).items.at, history.failures(episode.source)
    until = failures.count_until(at[episode.last])
    total = min(episode.total, _COUNTED)
    failed = until - failures.index_at(at[episode.last - total + 1])
    if total <= RECENT:
        return failed, total
    newest = until - failures.index_at(at[episode.last - RECENT + 1])
    share = failed / total
    deviation = math.sqrt(RECENT * share * (1 - share))
    changed = abs(newest - RECENT * share) > _CHANGED * deviation
    return (newest, RECENT) if changed else (failed, total)


def _counted(history: History, episode: Episode, end: int, usual_s: float) -> Episode:
    """The episode with its failure rate and the progress of its recovery, before the exchange at `end`."""
    return _until(history, episode, _recent(history, episode), end, usual_s)


def _until(history: History, episode: Episode, recent: tuple[int, int], end: int, usual_s: float) -> Episode:
    """The episode with the rate of `recent` and the successes before the exchange at `end`."""
    items = history.exchanges(episode.source).items
    at, (failed, total) = items.at, recent
    share, clean, clean_s = failed / total, end - episode.last - 1, at[end - 1] - at[episode.last]
    if episode.confirmed_at is None:
        return replace(episode, share=share, clean=clean, clean_s=clean_s)
    lasted_s, pause_s = at[episode.last] - at[episode.first], _longest_pause_s(history, episode)
    full = failed == total and not is_lost(items.values[episode.last])
    return replace(
        episode,
        share=share,
        clean=clean,
        clean_s=clean_s,
        successes_to_recover=successes_to_recover(failed, total),
        quiet_s=quiet_s(lasted_s, pause_s, usual_s, full=full),
    )


def _longest_pause_s(history: History, episode: Episode) -> float:
    """The longest pause that was not the end; any pause counts for failures in bursts; 0 without one."""
    items = history.exchanges(episode.source).items
    start = max(episode.first, episode.last - _COUNTED + 1)
    failed = [observation.failed for observation in items.values[start : episode.last + 1]]
    if not comes_in_bursts(failed):
        return episode.pause_s
    instants = [at for at, bad in zip(items.at[start : episode.last + 1], failed, strict=True) if bad]
    return max(episode.pause_s, *(now - before for before, now in pairwise(instants)))


def _confirmed(history: History, clusters: Sequence[Episode]) -> Episode | None:
    """The failures of these clusters that are more than chance, as one episode; None if there are none.

    Without the last cluster's failures they were not more than chance.
    """
    source = clusters[0].source
    items, failures = history.exchanges(source).items, history.failures(source)
    begin, end = items.at[clusters[0].first], items.at[clusters[-1].last]
    instants = failures.at[failures.index_at(begin) : failures.count_until(end)][:_FIRST]
    indexes = [items.index_at(at) for at in instants]
    share = LOST_MESSAGES if source is Source.MESSAGES else LOST_SHARE
    judged = bisect_left(indexes, clusters[-1].first)
    found = first_conclusive(indexes, [is_lost(items.values[index]) for index in indexes], share, judged)
    if source is Source.MESSAGES:
        places = range(judged, len(indexes))
        alone = next((place for place in places if decides_alone(items.values[indexes[place]])), None)
        if alone is not None and (found is None or alone < found[1]):
            found = (alone, alone) if found is None else (min(alone, found[0]), alone)
    if found is None:
        return None
    first, newest = (indexes[position] for position in found)
    cluster = next(candidate for candidate in clusters if candidate.first <= first <= candidate.last)
    return replace(cluster, confirmed_at=took_until(items.values[newest]))


# This many failures in a row show that nothing gets through; two may be half of the requests.
DOWN = 3
ANSWERS_RETURN = 3
"""After this many answers in a row it is untrue that nothing gets through, though they may be luck: services
that restart answer now and then."""
# The service is no longer down once this many of the last few succeeded, or this share of all.
_UP, _UP_OF = 2, 5
_UP_SHARE = 0.2
# It is down again after a run of failures that is this improbable at the rate so far.
_DOWN_CHANCE = 0.0003
_MOST_SHARE = 0.8


def is_down(failed: Sequence[bool], least: int = DOWN) -> bool:
    """Whether nearly everything fails. `failed` is oldest first and begins with a failure.

    The service is down after `least` failures in a row. Once requests have succeeded again, it takes a run
    that is improbable at the rate so far, as a service that fails half of the requests is not down after
    every unlucky run. It stays down until more than a few of the requests since that run have succeeded.
    Successes at the end change nothing yet: they are a recovery unless another failure follows.
    """
    down = answered = False
    run = failures = down_from = 0
    for index, one in enumerate(failed):
        if not one:
            run = 0
            continue
        run += 1
        failures += 1
        before = index + 1 - run
        if down:
            recent, since = failed[max(0, index + 1 - _UP_OF) : index + 1], failed[down_from : index + 1]
            down = recent.count(False) < _UP and since.count(False) <= _UP_SHARE * len(since)
            answered = answered or not down
        elif not answered and not before:
            down, down_from = run >= least, before
        elif before:
            down, down_from = run >= least and improbable_run(run, failures - run, before), before
    return down


def improbable_run(run: int, failures: int, total: int, chance: float = _DOWN_CHANCE) -> bool:
    """Whether this many failures in a row are improbable where `failures` of `total` had failed before."""
    share = min(failures / total, _MOST_SHARE) if total else 0.0
    return share <= 0 or run >= math.log(chance) / math.log(share)
