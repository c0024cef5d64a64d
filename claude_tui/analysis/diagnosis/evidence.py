"""Evidence in short sentences with the numbers in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from claude_tui.analysis.diagnosis.context import DiagnosisContext
from claude_tui.analysis.diagnosis.cross_check import CrossCheck, PathState
from claude_tui.analysis.diagnosis.episodes import Episode
from claude_tui.analysis.diagnosis.round_policy import Tally
from claude_tui.analysis.history.failure_kinds import FailureKind, failure_name
from claude_tui.analysis.history.history import API_SOURCES
from claude_tui.analysis.views.headroom import headroom_view
from claude_tui.knowledge import Advice, knowledge
from claude_tui.model.format import latency, percent
from claude_tui.model.observation import Observation, Outcome, Source
from claude_tui.model.snapshot import Headroom, Level, WindowUsage
from claude_tui.model.text import truncate
from claude_tui.model.verdict import Cause, Evidence, EvidenceKind, Side

__all__ = [
    "answers_in",
    "failures_evidence",
    "limits_press",
    "low_limits",
    "models_clause",
    "named",
    "ruled_out",
    "tally",
]

_LOW = frozenset({Level.WARN, Level.BAD})
_TOLD_LATELY = timedelta(minutes=15)
_NAMED_KINDS = 2
_KEY_IS_FINE_FOR = frozenset({Outcome.RATE_LIMITED, Outcome.SPEND_LIMIT, Outcome.MODEL_NOT_FOUND})


def named(failure: Observation | FailureKind) -> str:
    """What failures like this one are called: the server's word where there is one."""
    general = knowledge().general(failure.outcome)
    if general.plural is not None:
        return _with_type(general.plural, failure)
    if isinstance(failure, Observation) and failure.outcome is Outcome.SPEND_LIMIT and failure.error_code:
        return truncate(failure.error_code)
    if failure.error_type:
        return truncate(failure.error_type)
    return f"HTTP {failure.http_status}" if failure.http_status is not None else failure_name(failure)


def _with_type(words: str, failure: Observation | FailureKind) -> str:
    return words + (f" ({failure.error_type})" if failure.error_type else "")


def tally(context: DiagnosisContext, episode: Episode) -> Tally:
    """What came of the requests of an episode."""
    return context.policy.tally(context, episode)


def failures_evidence(
    context: DiagnosisContext,
    episode: Episode,
    leading: Sequence[Observation],
    *clauses: str,
) -> Evidence:
    """`25 of 28 failed: 18 api_error, 7 other`, and the clauses given.

    `leading` are failures that the leading cause explains: the kinds of these are named.
    """
    counted = tally(context, episode)
    said = f"{counted.failed} of {counted.requests} {_requests(context, episode)}failed{counted.span}"
    if counted.failed:
        said = f"{said}: {_kinds(counted, leading)}"
    return Evidence(
        EvidenceKind.FAILURES,
        (
            said,
            *(clause for clause in clauses if clause),
        ),
        (("failed", counted.failed), ("asked", counted.requests)),
        tuple(leading),
    )


def _requests(context: DiagnosisContext, episode: Episode) -> str:
    """Which requests are meant, where it could be either: the evidence is about messages by default."""
    if episode.source is Source.MODELS:
        return "model lists "
    return "message calls " if context.open_episode(Source.MODELS) is not None else ""


def _kinds(counted: Tally, leading: Sequence[Observation]) -> str:
    """`18 api_error, 7 other`: the kinds of the leading cause, the most frequent first, and the rest."""
    if counted.failed == 1:
        return _one(leading[-1])
    names = {_key(seen): named(seen) for seen in leading}
    leading_names = frozenset(names.values())
    counts: Counter[str] = Counter()
    # Kinds are counted by identity first: an hour may hold thousands of failures.
    for kind, count in Counter(counted.failures).items():
        name = names.get(_key(kind)) or named(kind)
        counts[name if name in leading_names else ""] += count
    others = counts.pop("", 0)
    most = counts.most_common(_NAMED_KINDS)
    others += counts.total() - sum(count for _, count in most)
    if len(most) == 1 and not others:
        return most[0][0]
    parts = [f"{count} {name}" for name, count in most]
    return ", ".join((*parts, f"{others} other")) if others else ", ".join(parts)


def _one(failure: Observation) -> str:
    """What a single failure is called."""
    general = knowledge().general(failure.outcome)
    if general.plural is not None and general.short is not None:
        return _with_type(general.short, failure)
    return named(failure)


def _key(failure: Observation | FailureKind) -> tuple[Outcome, int | None, str | None]:
    return failure.outcome, failure.http_status, failure.error_type


def answers_in(context: DiagnosisContext, source: Source) -> str:
    """`models answer in 182 ms`, by the newest success."""
    seen = context.history.last_success(source, context.at)
    name = "models" if source is Source.MODELS else "messages"
    if seen is None or seen.timings.total is None:
        return f"{name} answer"
    return f"{name} answer in {latency(seen.timings.total)}"


def models_clause(context: DiagnosisContext, cross_check: CrossCheck) -> str:
    """How the list of models goes while messages fail; nothing when it was not asked."""
    newest = context.newest(Source.MODELS)
    failure = newest if newest is not None and newest.failed else None
    match cross_check.models:
        case PathState.FINE:
            return answers_in(context, Source.MODELS)
        # One that is never sent says nothing of the way there, and yet fails.
        case PathState.UNKNOWN if failure is None or context.is_stale(Source.MODELS):
            return ""
    episode = context.open_episode(Source.MODELS)
    if episode is not None:
        failure = context.failures_of(episode, 1)[-1]
        counted = tally(context, episode)
        return f"models fail too, {counted.failed} of {counted.requests}: {named(failure)}"
    return f"models fail too: {named(failure)}" if failure is not None else ""


def ruled_out(
    context: DiagnosisContext, cross_check: CrossCheck, advice: Advice, since: datetime, leading: Observation
) -> Evidence | None:
    """`Key, network, limits fine.`: what is seen to be all right, of what could have been the cause.

    Nothing where the path is broken: what lies behind it cannot be seen.
    """
    if advice.side is Side.PATH:
        return None
    reached = cross_check.models.answers or leading.request_id is not None
    known = {
        "key": advice.cause is not Cause.KEY_REJECTED and _key_accepted(context, since, leading),
        "network": reached and not cross_check.cut_off,
        "limits": advice.side is Side.THEM and _limits_fine(context),
    }
    fine = ", ".join(word for word, seen in known.items() if seen)
    return Evidence(EvidenceKind.RULED_OUT, (f"{fine[0].upper()}{fine[1:]} fine",)) if fine else None


def _key_accepted(context: DiagnosisContext, since: datetime, leading: Observation) -> bool:
    """A 500 may come before anybody looks at the key; a success, or a limit of ours, comes after."""
    if leading.outcome in _KEY_IS_FINE_FOR:
        return True
    successes = (context.history.last_success(source, context.at) for source in API_SOURCES)
    return any(seen is not None and seen.at >= since and seen.error_type is None for seen in successes)


def _limits_fine(context: DiagnosisContext) -> bool:
    """Nothing that was told of late is near its end; no reading at all is no evidence."""
    view = headroom_view(context.history, context.at, context.options)
    limits: tuple[Headroom | WindowUsage, ...] = (*view.buckets, *view.windows)
    told = [limit for limit in limits if context.at - limit.read_at <= _TOLD_LATELY]
    return bool(told) and not any(limit.level in _LOW for limit in told)


def low_limits(context: DiagnosisContext) -> str:
    """`Limits run low: input 4% left, 5h window 97% used.` where they do."""
    view = headroom_view(context.history, context.at, context.options)
    windows = [window for window in view.windows if window.level in _LOW]
    refused = [f"{truncate(one.window)} window" for one in windows if one.status == "rejected"]
    low = [
        f"{bucket.bucket} {percent(bucket.fraction)} left" for bucket in view.buckets if bucket.level in _LOW
    ] + [
        f"{truncate(one.window)} window {percent(one.used)} used"
        for one in windows
        if one.status != "rejected"
    ]
    notes = (
        f"Rejected, though messages answer: {', '.join(refused[:2])}." if refused else "",
        f"Limits run low: {', '.join(low[:2])}." if low else "",
    )
    return " ".join(filter(None, notes))


def limits_press(context: DiagnosisContext) -> bool:
    """Whether a limit is so near its end that refusals come next, if nothing is left out."""
    view = headroom_view(context.history, context.at, context.options)
    limits: tuple[Headroom | WindowUsage, ...] = (*view.buckets, *view.windows)
    soon = any(bucket.level is Level.WARN and bucket.runs_out_first for bucket in view.buckets)
    return soon or any(limit.level is Level.BAD for limit in limits)
