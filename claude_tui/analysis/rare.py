"""Calls that fail here and there: intermittent errors, counted over an hour."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

from claude_tui.analysis.blaming import lead_among, name_case, retry_after_s, words_for
from claude_tui.analysis.contrast import contrast_at
from claude_tui.analysis.evidence import named
from claude_tui.analysis.finding import Finding
from claude_tui.analysis.history import API_SOURCES
from claude_tui.analysis.reach import is_lost
from claude_tui.analysis.scene import Scene
from claude_tui.analysis.severity import severity_of_rare
from claude_tui.analysis.trouble import Trouble, clean_needed
from claude_tui.analysis.words import duration, percent
from claude_tui.knowledge import Advice, knowledge
from claude_tui.model.observation import Observation, Source
from claude_tui.model.verdict import Cause, Side

__all__ = ["judge_rare"]

# So many lost probes beyond what is usual, in standard deviations and in count, are no chance.
_LOST_DEVIATIONS, _LOST_COUNT = 4.0, 2
# A trouble of this size is told as itself; when it is over, its failures are no intermittent errors.
_BIG = 3
_AT_TIMES = frozenset({"errors", "errors_no_answer"})


def judge_rare(scene: Scene) -> Finding | None:
    """A few failures within an hour, of all API probes together, and not too long ago for their rate."""
    failures = _scattered(scene)
    tipped_at = _tipped_at(scene, failures)
    if tipped_at is None:
        return None
    first, last = failures[0].at.timestamp(), failures[-1].at.timestamp()
    asked = {source: _asked(scene, source, first, last) for source in API_SOURCES}
    since_last = sum(_asked(scene, source, last, None) for source in asked) - 1
    if since_last >= clean_needed(len(failures), sum(asked.values()), scene.thresholds.rare_chance):
        return None
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
        since=failures[0].at,
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


def _scattered(scene: Scene) -> list[Observation]:
    """Failures of the last hour, oldest first, that belong to no trouble of its own size."""
    start = scene.at.timestamp() - scene.thresholds.rare_span_s
    found = [
        seen
        for troubles in scene.troubles.values()
        for trouble in troubles
        if not _is_big(trouble)
        for seen in scene.failures_of(trouble)
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


def _tipped_at(scene: Scene, failures: Sequence[Observation]) -> datetime | None:
    """When they had become more than chance, if they have."""
    needed = scene.thresholds.rare_failures
    lost_weight = needed / _lost_needed(scene) if failures else 1.0
    weight = 0.0
    for seen in failures:
        weight += lost_weight if is_lost(seen) else 1.0
        if round(weight, 6) >= needed:
            return seen.at
    return None


def _lost_needed(scene: Scene) -> int:
    """How many lost probes in an hour are more than chance: 5 at the default pace, 12 at one every 2 s."""
    start = scene.at.timestamp() - scene.thresholds.rare_span_s
    usual = scene.thresholds.lost_share * sum(_asked(scene, source, start, None) for source in API_SOURCES)
    return math.ceil(usual + _LOST_DEVIATIONS * math.sqrt(usual) + _LOST_COUNT)
