"""Calls that fail here and there: intermittent errors, counted over an hour."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime

from claude_tui.analysis.blaming import lead_among, name_case, retry_after_s, words_for
from claude_tui.analysis.contrast import contrast_at
from claude_tui.analysis.evidence import named
from claude_tui.analysis.finding import Finding
from claude_tui.analysis.history import API_SOURCES
from claude_tui.analysis.reach import is_lost
from claude_tui.analysis.scene import LEADING, Scene
from claude_tui.analysis.severity import severity_of_rare
from claude_tui.analysis.trouble import Trouble, clean_needed, troubles_of
from claude_tui.analysis.words import duration, percent
from claude_tui.knowledge import Advice, knowledge
from claude_tui.model.observation import Observation, Source
from claude_tui.model.verdict import Cause, Side

__all__ = ["judge_rare"]

# So many lost probes beyond what is usual, in standard deviations and in count, are no chance.
_LOST_DEVIATIONS, _LOST_COUNT = 4.0, 2
# A trouble of this size is told as itself; when it is over, its failures are no intermittent errors.
_BIG = 3
# What is in memory, and more failures than it holds of those that come now and then.
_DAY_S, _A_DAYS = 86_400.0, 1000
_AT_TIMES = frozenset({"errors", "errors_no_answer"})


def judge_rare(scene: Scene) -> Finding | None:
    """A few failures within an hour, of all API probes together, and not too long ago for their rate."""
    failures = _scattered(scene, scene.troubles, scene.thresholds.rare_span_s)
    if not _is_enough(scene, failures):
        return None
    first, last = failures[0].at.timestamp(), failures[-1].at.timestamp()
    asked = {source: _asked(scene, source, first, last) for source in API_SOURCES}
    since_last = sum(_asked(scene, source, last, None) for source in asked) - 1
    if since_last >= clean_needed(len(failures), sum(asked.values()), scene.thresholds.rare_chance):
        return None
    since, tipped_at = _beginning(scene, failures)
    contrast = contrast_at(scene.history, scene.at, failures[-1].at, scene.options)
    lead = lead_among(failures, contrast)
    special = name_case(scene, lead.newest, _now_and_then(lead.advice))
    calls = sum(_asked(scene, source, first, None) for source in asked)
    messages = [seen for seen in failures if seen.source is Source.MESSAGES]
    return Finding(
        advice=special.advice,
        confidence=round(0.9 * (1 - 0.5 ** len(failures)) * special.doubt, 2),
        severity=severity_of_rare(
            len(failures), len(messages), _asked(scene, Source.MESSAGES, first, None), scene.thresholds
        ),
        evidence=(
            f"{len(failures)} of {calls} calls failed ({percent(len(failures) / calls)}) in "
            f"{duration(scene.at - failures[0].at)}, the last {duration(scene.at - failures[-1].at)} ago: "
            f"{' and '.join(dict.fromkeys(named(seen) for seen in reversed(lead.failures)))}.",
            special.sentence,
        ),
        words=words_for(scene, lead.newest, special.bucket),
        since=since,
        detected_at=tipped_at,
        retry_after_s=retry_after_s(scene, lead.newest, special.advice),
        bucket=special.bucket,
        also=lead.also,
    )


def _now_and_then(advice: Advice) -> Advice:
    """A key or a model that is refused once in a while, and mostly not, is hardly ours to mend."""
    if advice.id in _AT_TIMES:
        return knowledge().advice["errors_rare"]
    refused = advice.side is Side.US and advice.cause is not Cause.RATE_LIMITED
    return knowledge().advice["refused_rare"] if refused else advice


def _scattered(
    scene: Scene, among: Mapping[Source, Sequence[Trouble]], back_s: float, most: int = LEADING
) -> list[Observation]:
    """Failures of the last `back_s`, oldest first, that belong to no trouble of its own size."""
    start = scene.at.timestamp() - back_s
    found = [
        seen
        for troubles in among.values()
        for trouble in troubles
        if not _is_big(trouble)
        for seen in scene.failures_of(trouble, most)
        if seen.at.timestamp() > start and not scene.is_quirk(seen)
    ]
    # A probe that crashed says nothing of anybody but itself.
    told = [seen for seen in found if knowledge().of(seen).cause is not Cause.UNKNOWN]
    return sorted(told, key=lambda seen: seen.at)


def _is_big(trouble: Trouble) -> bool:
    return trouble.confirmed_at is not None and trouble.failures >= _BIG


def _asked(scene: Scene, source: Source, start: float, end: float | None) -> int:
    """Exchanges from `start` to `end`, both included."""
    items = scene.history.exchanges(source).items
    return items.upto(scene.at.timestamp() if end is None else end) - items.first(start)


def _beginning(scene: Scene, newest: Sequence[Observation]) -> tuple[datetime, datetime]:
    """The first of the failures that were never over since, and the one that made them more than chance."""
    troubles = {
        source: troubles_of(scene.history, source, scene.at, scene.thresholds, _DAY_S)
        for source in API_SOURCES
    }
    day = _scattered(scene, troubles, _DAY_S, most=_A_DAYS)
    failures = [*(seen for seen in day if seen.at < newest[0].at), *newest]
    at = [seen.at.timestamp() for seen in failures]
    first = tipped = len(failures) - 1
    for place in range(len(failures) - 1, -1, -1):
        start = bisect_right(at, at[place] - scene.thresholds.rare_span_s, 0, place)
        enough = _is_enough(scene, failures[start : place + 1])
        if place + 1 < len(at) and not _goes_on(scene, at[start : place + 2], enough=enough):
            break
        first, tipped = place, place if enough else tipped
    return failures[first].at, failures[tipped].at


def _goes_on(scene: Scene, at: Sequence[float], *, enough: bool) -> bool:
    """Whether the last failure is one more of those before: they were not over, or too few to tell."""
    first, last, then = at[0], at[-2], at[-1]
    if not enough:
        return then - last < scene.thresholds.rare_span_s
    clean = asked = 0
    for source in API_SOURCES:
        instants = scene.history.exchanges(source).items.at
        end = bisect_right(instants, last)
        asked += end - bisect_left(instants, first)
        clean += bisect_left(instants, then) - end
    return clean < clean_needed(len(at) - 1, asked, scene.thresholds.rare_chance)


def _is_enough(scene: Scene, failures: Sequence[Observation]) -> bool:
    """Whether they are more than chance; a lost probe counts for less."""
    needed = scene.thresholds.rare_failures
    lost = sum(seen.http_status is None and is_lost(seen) for seen in failures)
    weight = len(failures) - lost + (lost * needed / _lost_needed(scene) if lost else 0.0)
    return round(weight, 6) >= needed


def _lost_needed(scene: Scene) -> int:
    """How many lost probes in an hour are more than chance: 5 at the default pace, 12 at one every 2 s."""
    start = scene.at.timestamp() - scene.thresholds.rare_span_s
    usual = scene.thresholds.lost_share * sum(_asked(scene, source, start, None) for source in API_SOURCES)
    return math.ceil(usual + _LOST_DEVIATIONS * math.sqrt(usual) + _LOST_COUNT)
