"""Evidence in short sentences with the numbers in them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from claude_tui.analysis.contrast import Contrast, Way
from claude_tui.analysis.headroom import headroom_view
from claude_tui.analysis.history import API_SOURCES
from claude_tui.analysis.kinds import failure_name
from claude_tui.analysis.scene import Scene
from claude_tui.analysis.trouble import Trouble
from claude_tui.analysis.words import brief, latency
from claude_tui.knowledge import Advice
from claude_tui.model.observation import Observation, Outcome, Source
from claude_tui.model.snapshot import Headroom, Level, WindowUsage
from claude_tui.model.verdict import Cause, Side

__all__ = [
    "answers_in",
    "failing_sentence",
    "fine_sentence",
    "limits_press",
    "low_limits",
    "models_clause",
    "named",
    "tally",
]

_LOW = frozenset({Level.WARN, Level.BAD})
_HOUR = timedelta(hours=1)
_TOLD_LATELY = timedelta(minutes=15)
_OWN_WORDS = {
    Outcome.TIMEOUT: "time-outs",
    Outcome.NETWORK: "network errors",
    Outcome.INVALID_RESPONSE: "answers that are not the API’s",
    Outcome.TRUNCATED_STREAM: "truncated streams",
}
_KEY_IS_FINE_FOR = frozenset({Outcome.RATE_LIMITED, Outcome.SPEND_LIMIT, Outcome.MODEL_NOT_FOUND})


def named(seen: Observation) -> str:
    """What failures like this one are called: the server's word where there is one."""
    if seen.outcome in _OWN_WORDS:
        return _OWN_WORDS[seen.outcome] + (f" ({seen.error_type})" if seen.error_type else "")
    if seen.outcome is Outcome.SPEND_LIMIT and seen.error_code:
        return brief(seen.error_code)
    if seen.error_type:
        return brief(seen.error_type)
    return f"HTTP {seen.http_status}" if seen.http_status is not None else failure_name(seen)


def tally(scene: Scene, trouble: Trouble) -> tuple[int, int, str]:
    """Failures and exchanges of a trouble, and over what: of the last hour when it is older than that.

    Of one round of probes all count, also those before the first failure.
    """
    if scene.facts.over:
        seen = scene.recent(trouble.source)
        return sum(one.failed for one in seen), len(seen), ""
    items = scene.history.exchanges(trouble.source).items
    if scene.at - trouble.since <= _HOUR:
        return trouble.failures, items.upto(scene.at.timestamp()) - trouble.first, ""
    start = (scene.at - _HOUR).timestamp()
    failed = scene.history.failures(trouble.source).span(start, scene.at.timestamp())
    asked = items.span(start, scene.at.timestamp())
    return failed.stop - failed.start, asked.stop - asked.start, " in the last hour"


def failing_sentence(scene: Scene, trouble: Trouble, leading: Sequence[Observation], shown: int) -> str:
    """`24 of 26 message calls failed with overloaded_error`; `leading` are those of the `shown` that lead."""
    failed, total, over = tally(scene, trouble)
    calls = "message calls" if trouble.source is Source.MESSAGES else "model lists"
    kinds = list(dict.fromkeys(named(seen) for seen in reversed(leading)))
    names = " and ".join(kinds[:2])
    mostly = "with" if len(leading) == shown else f"{len(leading)} of the last {shown} with"
    separator = " " if mostly == "with" else ", "
    return f"{failed} of {total} {calls} failed{over}{separator}{mostly} {names}"


def answers_in(scene: Scene, source: Source) -> str:
    """`models answer in 182 ms`, by the newest success."""
    seen = scene.history.last_success(source, scene.at)
    name = "models" if source is Source.MODELS else "messages"
    if seen is None or seen.timings.total is None:
        return f"{name} answer"
    return f"{name} answer in {latency(seen.timings.total)}"


def models_clause(scene: Scene, contrast: Contrast) -> str:
    """How the list of models goes while messages fail; nothing when it was not asked."""
    newest = scene.newest(Source.MODELS)
    failure = newest if newest is not None and newest.failed else None
    match contrast.models:
        case Way.FINE:
            return answers_in(scene, Source.MODELS)
        # One that is never sent says nothing of the way there, and yet fails.
        case Way.UNKNOWN if failure is None or scene.is_stale(Source.MODELS):
            return ""
    trouble = scene.going_on(Source.MODELS)
    if trouble is not None:
        failure = scene.failures_of(trouble, 1)[-1]
        failed, total, _ = tally(scene, trouble)
        return f"models fail too, {failed} of {total}: {named(failure)}"
    return f"models fail too: {named(failure)}" if failure is not None else ""


def fine_sentence(
    scene: Scene, contrast: Contrast, advice: Advice, since: datetime, leading: Observation
) -> str:
    """`Key, network, limits fine.`: what is seen to be all right, of what could have been the cause.

    Nothing where the path is broken: what lies behind it cannot be seen.
    """
    if advice.side is Side.PATH:
        return ""
    reached = contrast.models.answers or leading.request_id is not None
    known = {
        "key": advice.cause is not Cause.KEY_REJECTED and _key_accepted(scene, since, leading),
        "network": reached and not contrast.cut_off,
        "limits": advice.side is Side.THEM and _limits_fine(scene),
    }
    fine = ", ".join(word for word, seen in known.items() if seen)
    return f"{fine[0].upper()}{fine[1:]} fine." if fine else ""


def _key_accepted(scene: Scene, since: datetime, leading: Observation) -> bool:
    """A 500 may come before anybody looks at the key; a success, or a limit of ours, comes after."""
    if leading.outcome in _KEY_IS_FINE_FOR:
        return True
    successes = (scene.history.last_success(source, scene.at) for source in API_SOURCES)
    return any(seen is not None and seen.at >= since and seen.error_type is None for seen in successes)


def _limits_fine(scene: Scene) -> bool:
    """Nothing that was told of late is near its end; no reading at all is no evidence."""
    view = headroom_view(scene.history, scene.at, scene.options)
    limits: tuple[Headroom | WindowUsage, ...] = (*view.buckets, *view.windows)
    told = [limit for limit in limits if scene.at - limit.read_at <= _TOLD_LATELY]
    return bool(told) and not any(limit.level in _LOW for limit in told)


def low_limits(scene: Scene) -> str:
    """`Limits run low: input 4% left, 5h window 97% used.` where they do."""
    view = headroom_view(scene.history, scene.at, scene.options)
    windows = [window for window in view.windows if window.level in _LOW]
    refused = [f"{brief(one.window)} window" for one in windows if one.status == "rejected"]
    low = [
        f"{bucket.bucket} {bucket.fraction:.0%} left" for bucket in view.buckets if bucket.level in _LOW
    ] + [f"{brief(one.window)} window {one.used:.0%} used" for one in windows if one.status != "rejected"]
    notes = (
        f"Rejected, though messages answer: {', '.join(refused[:2])}." if refused else "",
        f"Limits run low: {', '.join(low[:2])}." if low else "",
    )
    return " ".join(filter(None, notes))


def limits_press(scene: Scene) -> bool:
    """Whether a limit is so near its end that refusals come next, if nothing is left out."""
    view = headroom_view(scene.history, scene.at, scene.options)
    limits: tuple[Headroom | WindowUsage, ...] = (*view.buckets, *view.windows)
    soon = any(bucket.level is Level.WARN and bucket.runs_out_first for bucket in view.buckets)
    return soon or any(limit.level is Level.BAD for limit in limits)
