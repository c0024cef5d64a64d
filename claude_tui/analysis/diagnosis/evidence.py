"""Evidence as short sentences that contain the figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from claude_tui.analysis.diagnosis.context import DiagnosisContext
from claude_tui.analysis.diagnosis.cross_check import CrossCheck, PathState
from claude_tui.analysis.diagnosis.episodes import Episode
from claude_tui.analysis.diagnosis.losses import is_lost
from claude_tui.analysis.diagnosis.round_policy import Tally
from claude_tui.analysis.history.failure_kinds import error_name, failure_name
from claude_tui.analysis.history.history import API_SOURCES
from claude_tui.analysis.views.headroom import headroom_view
from claude_tui.knowledge import Advice, Reach, knowledge
from claude_tui.model.format import latency, percent, plain
from claude_tui.model.observation import FailureKind, Observation, Outcome, Source
from claude_tui.model.snapshot import Headroom, Level, WindowUsage
from claude_tui.model.text import truncate
from claude_tui.model.verdict import Cause, Evidence, EvidenceKind, Side

__all__ = [
    "answers_in",
    "failures_evidence",
    "kinds_of",
    "limits_press",
    "low_limits",
    "models_clause",
    "models_in_short",
    "named",
    "ruled_out",
    "tally",
]

_LIMITS = frozenset({Outcome.RATE_LIMITED, Outcome.SPEND_LIMIT})
_LOW = frozenset({Level.WARN, Level.BAD})
_RECENT = timedelta(minutes=15)
_NAMED_KINDS = 2
_KEY_IS_FINE_FOR = frozenset({Outcome.RATE_LIMITED, Outcome.SPEND_LIMIT, Outcome.MODEL_NOT_FOUND})


def named(failure: Observation | FailureKind) -> str:
    """What failures like this one are called: the server's name for them if there is one."""
    general = knowledge().general(failure.outcome)
    if general.plural is not None:
        return _with_type(general.plural, failure)
    if isinstance(failure, Observation) and failure.outcome is Outcome.SPEND_LIMIT and failure.error_code:
        return truncate(failure.error_code)
    if failure.error_type:
        return error_name(failure.outcome, truncate(failure.error_type))
    return f"HTTP {failure.http_status}" if failure.http_status is not None else failure_name(failure)


def _with_type(words: str, failure: Observation | FailureKind) -> str:
    return words + (f" ({failure.error_type})" if failure.error_type else "")


def tally(context: DiagnosisContext, episode: Episode) -> Tally:
    """The results of the requests in an episode."""
    return context.policy.tally(context, episode)


def failures_evidence(
    context: DiagnosisContext,
    episode: Episode,
    leading: Sequence[Observation],
    *clauses: str,
) -> Evidence:
    """`25 of 28 failed: 18 api_error, 7 other`, followed by `clauses`.

    `leading` are the failures that the leading cause explains, whose kinds are named.
    """
    counted = tally(context, episode)
    statement = f"{counted.failed} of {counted.requests} {_requests(context, episode)}failed{counted.span}"
    brief = statement
    if counted.failed:
        kinds, short = _kinds(counted.failures, leading)
        statement, brief = f"{brief}: {kinds}", f"{brief}: {short}" if short != kinds else brief
    return Evidence(
        EvidenceKind.FAILURES,
        (statement, *(clause for clause in clauses if clause)),
        (("failed", counted.failed), ("asked", counted.requests)),
        tuple(leading),
        brief,
    )


def _requests(context: DiagnosisContext, episode: Episode) -> str:
    """`message calls`, or both kinds of requests if both sources fail; "" for messages alone, the default."""
    if episode.source is Source.MODELS:
        return "model lists "
    return "message calls " if context.open_episode(Source.MODELS) is not None else ""


def kinds_of(failures: Sequence[FailureKind], leading: Sequence[Observation]) -> str:
    """`18 api_error, 7 other`: the kinds of the leading cause, most frequent first, then the rest.

    The rest is named as well if it is of one kind.
    """
    return _kinds(failures, leading)[0]


def _kinds(failures: Sequence[FailureKind], leading: Sequence[Observation]) -> tuple[str, str]:
    """The same, and with a rest that is only counted."""
    if len(failures) == 1:
        only = _one(leading[-1])
        return only, only
    names: dict[tuple[object, ...], str] = {}
    examples: dict[str, Observation] = {}
    for failure in leading:
        name = named(failure)
        # Both sources count together.
        names[failure.kind[1:]] = name
        examples[name] = failure
    counts, rest = Counter[str](), Counter[str]()
    # Kinds are counted first, as an hour may hold thousands of failures.
    for kind, count in Counter(failures).items():
        name = names.get(kind[1:]) or named(kind)
        (counts if name in examples else rest)[name] += count
    most = counts.most_common(_NAMED_KINDS)
    rest.update(dict(counts.most_common()[_NAMED_KINDS:]))
    if len(most) == 1 and not rest:
        return most[0][0], most[0][0]
    parts = _parts(most, examples)
    if not rest:
        return ", ".join(parts), ", ".join(parts)
    brief = ", ".join([*parts, f"{rest.total()} other"])
    if len(rest) > 1:
        return brief, brief
    return ", ".join([*parts, *(_counted(name, count) for name, count in rest.items())]), brief


def _counted(name: str, count: int) -> str:
    return f"{count} {_singular(name) if count == 1 else name}"


def _parts(counted: Sequence[tuple[str, int]], kinds: Mapping[str, Observation]) -> list[str]:
    """Each kind with its count; those of one outcome share its name: `network errors (49 dns, 8 reset)`."""
    plurals = {knowledge().general(kinds[name].outcome).plural for name, _ in counted}
    types = [(count, kinds[name].error_type) for name, count in counted]
    plural = plurals.pop() if len(plurals) == 1 else None
    if plural is not None and len(types) > 1 and all(kind for _, kind in types):
        return [f"{plural} ({', '.join(f'{count} {kind}' for count, kind in types)})"]
    return [_counted(name, count) for name, count in counted]


def _singular(name: str) -> str:
    """`network error (dns)`, for a name that begins with the plural of an outcome."""
    plurals = (knowledge().general(outcome).plural for outcome in Outcome if outcome.failed)
    plural = next((candidate for candidate in plurals if candidate and name.startswith(candidate)), None)
    return name if plural is None else plural.removesuffix("s") + name.removeprefix(plural)


def _one(failure: Observation) -> str:
    """The name of a single failure."""
    general = knowledge().general(failure.outcome)
    if general.plural is not None and general.short is not None:
        return _with_type(general.short, failure)
    return named(failure)


def answers_in(context: DiagnosisContext, source: Source) -> str:
    """`the model list answers in 182 ms`, by the newest success."""
    success = context.history.last_success(source, context.at)
    answers = "the model list answers" if source is Source.MODELS else "messages are answered"
    if success is None or success.timings.total is None:
        return answers
    return f"{answers} in {latency(success.timings.total)}"


def models_in_short(context: DiagnosisContext) -> str:
    """`model list ok, 182 ms`: a short form of it, next to other evidence."""
    success = context.history.last_success(Source.MODELS, context.at)
    took = success.timings.total if success is not None else None
    return "model list ok" if took is None else f"model list ok, {latency(took)}"


def models_clause(context: DiagnosisContext, cross_check: CrossCheck) -> str:
    """The state of the model list while messages fail; "" if no list was requested."""
    newest = context.newest(Source.MODELS)
    failure = newest if newest is not None and newest.failed else None
    match cross_check.models:
        case PathState.FINE:
            return models_in_short(context)
        # A request that was never sent has failed, but shows nothing about the path.
        case PathState.UNKNOWN if failure is None or context.is_stale(Source.MODELS):
            return ""
    episode = context.open_episode(Source.MODELS)
    if episode is not None:
        failure = context.failures_of(episode, 1)[-1]
        counted = tally(context, episode)
        return f"model list fails too, {counted.failed} of {counted.requests}: {named(failure)}"
    return f"model list fails too: {named(failure)}" if failure is not None else ""


def ruled_out(
    context: DiagnosisContext,
    cross_check: CrossCheck,
    advice: Advice,
    since: datetime,
    failures: Sequence[Observation],
) -> Evidence | None:
    """`Key, network and limits fine.`: the possible causes that are ruled out, also by the `failures`.

    None if the path is broken, as nothing behind it can be observed.
    """
    if advice.side is Side.PATH:
        return None
    leading = failures[-1]
    reached = cross_check.models.answers or any(_has_its_id(failure) for failure in failures)
    fresh = [failure for failure in failures if context.at - failure.at <= _RECENT]
    outcomes = {failure.outcome for failure in fresh}
    rejected = Outcome.KEY_REJECTED in outcomes or advice.cause is Cause.KEY_REJECTED
    lost = cross_check.cut_off or any(is_lost(failure) for failure in fresh)
    # If the origin of an answer is unclear, so is how far the request got; a key is rejected by the API.
    whose = advice.side is not Side.UNCLEAR or advice.cause is Cause.KEY_REJECTED
    known = {
        "key": not rejected and _key_accepted(context, since, leading),
        "network": reached and whose and not lost,
        "limits": advice.side is Side.THEM and not outcomes & _LIMITS and _limits_fine(context),
    }
    *others, last = [word for word, is_fine in known.items() if is_fine] or [""]
    fine = f"{', '.join(others)} and {last}" if others else last
    return Evidence(EvidenceKind.RULED_OUT, (f"{fine[0].upper()}{fine[1:]} fine",)) if fine else None


def _has_its_id(failure: Observation) -> bool:
    """Whether the API itself answered. Other servers' ids come with the names of these servers."""
    return failure.request_id is not None and " " not in failure.request_id


def _key_accepted(context: DiagnosisContext, since: datetime, leading: Observation) -> bool:
    """Whether the key was accepted. A 500 may precede that check; a success or a rate limit follows it."""
    if leading.outcome in _KEY_IS_FINE_FOR and knowledge().of(leading).reach is Reach.ANSWERED:
        return True
    successes = (context.history.last_success(source, context.at) for source in API_SOURCES)
    return any(
        success is not None and success.at >= since and success.error_type is None for success in successes
    )


def _limits_fine(context: DiagnosisContext) -> bool:
    """Whether no recent reading is nearly used up. No reading is no evidence."""
    view = headroom_view(context.history, context.at, context.options)
    limits: tuple[Headroom | WindowUsage, ...] = (*view.buckets, *view.windows)
    recent = [limit for limit in limits if context.at - limit.read_at <= _RECENT]
    return bool(recent) and not any(limit.level in _LOW for limit in recent)


def _called(one: WindowUsage) -> str:
    """The window's name as the panels show it."""
    return plain(truncate(one.window))


def low_limits(context: DiagnosisContext) -> str:
    """`Limits run low: input 4% left, 5h window 97% used.`; empty if none is low."""
    view = headroom_view(context.history, context.at, context.options)
    windows = [window for window in view.windows if window.level in _LOW]
    refused = [f"{_called(one)} window" for one in windows if one.status == "rejected"]
    low = [
        f"{bucket.bucket} {percent(bucket.fraction)} left" for bucket in view.buckets if bucket.level in _LOW
    ] + [f"{_called(one)} window {percent(one.used)} used" for one in windows if one.status != "rejected"]
    notes = (
        f"Rejected, though messages succeed: {', '.join(refused[:2])}." if refused else "",
        f"Limits run low: {', '.join(low[:2])}." if low else "",
    )
    return " ".join(filter(None, notes))


def limits_press(context: DiagnosisContext) -> bool:
    """Whether a limit is so nearly used up that requests will be refused unless usage drops."""
    return headroom_view(context.history, context.at, context.options).is_nearly_exhausted
