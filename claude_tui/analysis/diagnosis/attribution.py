"""Which cause explains most of a set of failures, and what the verdict says about it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from claude_tui.analysis.diagnosis.context import DiagnosisContext
from claude_tui.analysis.diagnosis.cross_check import CrossCheck, advice_for
from claude_tui.analysis.diagnosis.engine_facts import AUTH_TOKEN
from claude_tui.analysis.diagnosis.leading import leading
from claude_tui.analysis.diagnosis.losses import is_lost
from claude_tui.analysis.diagnosis.lowered import Lowered, lowered_limits
from claude_tui.knowledge import Advice, knowledge
from claude_tui.model.format import duration, percent, plain
from claude_tui.model.model_names import model_name
from claude_tui.model.observation import Observation, Outcome, RateLimitReading, Source
from claude_tui.model.provider import Catalogue, ModelInfo
from claude_tui.model.text import truncate
from claude_tui.model.verdict import Cause, Evidence, EvidenceKind, RetrySource
from claude_tui.model.waiting import wait_after

__all__ = [
    "EMPTY",
    "LeadingCause",
    "leading_cause",
    "limit_named",
    "retry_after",
    "some_or_most",
    "specified",
    "words_for",
]

# How many of the newest failures decide which advice is used: the most common one among them.
_ADVICE_OVER = 6
# The most frequent kind among this many newest failures is the typical one.
_TYPICAL_OVER = 60
# A second cause is named if it has at least this share of the failures, and this many.
_ALSO_SHARE, _ALSO_COUNT = 0.1, 2
_MOSTLY = 0.5
_CHANCE_LOST = 2
_LEAST_MOST, _SOME = 3, 0.4
_GATEWAY_STATUS = 500


@dataclass(frozen=True, slots=True)
class LeadingCause:
    """The cause that explains most failures, and what is known about it beyond the errors themselves."""

    advice: Advice
    """The advice to give."""
    failures: tuple[Observation, ...]
    """The failures with this advice, oldest first."""
    explained: tuple[Observation, ...]
    """All failures that the cause explains, oldest first."""
    share: float
    """The cause's share of the weighted failures, in 0..1."""
    also: tuple[Cause, ...]
    """Other causes of some of the failures."""
    changed: Observation | None
    """The first failure since the leading cause last changed; None if it never changed."""
    bucket: str | None = None
    """The limit that was hit."""
    what: str | None = None
    """What happened to that limit."""
    clause: str = ""
    """How it is known which limit was hit, or what happened to the model."""
    certainty: float = 1.0
    """A factor in 0..1 on the confidence."""

    @property
    def newest(self) -> Observation:
        return self.failures[-1]

    @property
    def evidence(self) -> Evidence | None:
        """What `clause` says."""
        return Evidence(EvidenceKind.SPECIFIC, (self.clause,)) if self.clause else None

    @property
    def typical(self) -> Observation:
        """The newest of the most frequent kind, so that one odd failure does not change the verdict."""
        recent = self.failures[-_TYPICAL_OVER:]
        kinds = [(failure.http_status, failure.error_type) for failure in recent]
        (most, _), *_ = Counter(reversed(kinds)).most_common(1)
        return next(
            failure for failure, kind in zip(reversed(recent), reversed(kinds), strict=True) if kind == most
        )


def leading_cause(failures: Sequence[Observation], cross_check: CrossCheck) -> LeadingCause:
    failures, advices = _with_causes(_without_chance(failures, cross_check), cross_check)
    causes = [advice.cause for advice in advices]
    leader = leading(causes)
    shares = leader.shares
    cause = _believable(leader.kind, shares)
    counts = Counter(causes[leader.since :])
    mine = [
        (failure, advice) for failure, advice in zip(failures, advices, strict=True) if advice.cause is cause
    ]
    advice = Counter(advice for _, advice in reversed(mine[-_ADVICE_OVER:])).most_common(1)[0][0]
    chosen = tuple(failure for failure, named in mine if named is advice)
    others = [
        other
        for other in sorted(shares, key=lambda candidate: -shares[candidate])
        if other is not cause and shares[other] >= _ALSO_SHARE and counts[other] >= _ALSO_COUNT
    ]
    changed = failures[leader.since] if leader.since else None
    return LeadingCause(
        advice,
        chosen,
        tuple(failure for failure, _ in mine),
        shares[cause],
        tuple(others),
        changed,
    )


def _without_chance(failures: Sequence[Observation], cross_check: CrossCheck) -> Sequence[Observation]:
    """The failures without one or two lost requests before error responses, while other requests get through.

    Losses are chance ten times as often as errors, and would name the network as long as they are the most.
    """
    lost = [is_lost(failure) for failure in failures]
    well = cross_check.models.answers and not cross_check.cut_off
    if not well or lost[-1] or sum(lost) > _CHANCE_LOST:
        return failures
    return [failure for failure, unanswered in zip(failures, lost, strict=True) if not unanswered]


def _with_causes(
    failures: Sequence[Observation], cross_check: CrossCheck
) -> tuple[Sequence[Observation], list[Advice]]:
    """The failures that show a cause, with their advice.

    A gateway's cooldown errors hide the cause and are left out.
    """
    advices = [advice_for(failure, cross_check) for failure in failures]
    shown = [pair for pair in zip(failures, advices, strict=True) if not pair[1].hides_cause]
    if not shown:
        return failures, advices
    return [failure for failure, _ in shown], [advice for _, advice in shown]


def _believable(cause: Cause, shares: Mapping[Cause, float]) -> Cause:
    """The leading cause.

    A rejected key leads only if most failures say so, as it would make every call fail.
    """
    if cause is not Cause.KEY_REJECTED or shares[cause] >= _MOSTLY:
        return cause
    return max(
        (candidate for candidate in shares if candidate is not cause), key=lambda candidate: shares[candidate]
    )


# The answer itself says what to do about these.
_SAYS_WHY = frozenset({Cause.BAD_REQUEST, Cause.NOT_PERMITTED})
_GATEWAY_SAYS_WHY = frozenset(
    {
        "gateway_broken",
        "gateway_cooldown",
        "gateway_or_api",
        "gateway_page",
        "gateway_unreached",
        "limit_of_either",
    }
)


def specified(context: DiagnosisContext, lead: LeadingCause, advice: Advice) -> LeadingCause:
    """The cause with this advice, extended by the limit, by what happened to the model, or by the answer."""
    lead = replace(lead, advice=advice)
    if advice.cause is Cause.MODEL_UNAVAILABLE:
        return _with_model(context, lead)
    if advice.cause in _SAYS_WHY or advice.id in _GATEWAY_SAYS_WHY:
        message = lead.typical.message
        return replace(lead, clause=f"The answer says: {truncate(message)}") if message else lead
    return _with_limit(context, lead)


def words_for(context: DiagnosisContext, lead: LeadingCause) -> dict[str, str | None]:
    """The values for the placeholders of the advice."""
    failure = lead.typical
    return {
        "status": _status_words(failure),
        "type": failure.error_type and truncate(failure.error_type),
        "bucket": lead.bucket,
        "model": truncate(failure.model or context.facts.model or "") or None,
        "host": context.facts.host,
        "key": "auth token" if context.facts.credential == AUTH_TOKEN else "API key",
        "what": lead.what or truncate(failure.message or failure.error_type or failure.outcome.value),
    }


def some_or_most(results: Iterable[bool]) -> str:
    """How many calls fail, as the beginning of a sentence; `results` are oldest first, true for a failure.

    Once most of them did, it takes clearly fewer until only some do, so that a half is not both in turn.
    """
    failed, most = 0, False
    for total, result in enumerate(results, 1):
        failed += result
        most = failed >= _LEAST_MOST and failed > (_SOME if most else _MOSTLY) * total
    return "Most" if most else "Some"


def _status_words(observation: Observation) -> str | None:
    """`529`, or both statuses if a gateway wraps it in its own."""
    if observation.http_status is None:
        return None
    if observation.http_status < 300 and observation.error_type is not None:
        return f"{truncate(observation.error_type)} in a {observation.http_status}"
    wrapped = {Outcome.OVERLOADED: "529", Outcome.RATE_LIMITED: "429"}.get(observation.outcome)
    if wrapped is None or observation.http_status != _GATEWAY_STATUS:
        return str(observation.http_status)
    typed = observation.error_type in {"overloaded_error", "rate_limit_error"}
    return f"{wrapped} wrapped in a 500" if typed else "a 500 that says Overloaded"


def retry_after(
    context: DiagnosisContext, newest: Observation, advice: Advice
) -> tuple[float | None, RetrySource]:
    """What is left of the wait that the server asked for, or of the policy's first wait; and which it is."""
    return wait_after(newest, advice.retry, context.at)


# How the messages of 429s name the buckets, the most specific first.
_BUCKET_WORDS = (
    (re.compile(r"(?<![a-z])input[ _-]tokens?(?![a-z])", re.I), "input"),
    (re.compile(r"(?<![a-z])output[ _-]tokens?(?![a-z])", re.I), "output"),
    (re.compile(r"\bconcurrent\b|\bconnections?\b", re.I), "concurrent requests"),
    (re.compile(r"\b(?:request )?tokens?\b.*\brate limit\b|\btokens? per (?:minute|day)\b", re.I), "tokens"),
    (re.compile(r"\brequests? per (?:minute|day)\b|\bnumber of requests\b", re.I), "requests"),
)
EMPTY = 0.05
"""A bucket with this share left, or less, may have refused a request between two responses."""
UNTOUCHED = 0.9
"""A bucket with this share left, or more, did not refuse a request."""
_GONE = frozenset({"retired"})
_READ_BEFORE = timedelta(minutes=5)
# A limit that was lowered longer ago than this is the usual limit by now.
_LOWERED_WITHIN = timedelta(hours=6)


def _with_limit(context: DiagnosisContext, lead: LeadingCause) -> LeadingCause:
    """Which limit caused a refusal: by its headers, its message, or the last reading before it."""
    refused = lead.newest
    if lead.advice.id not in {"rate_limited", "window"}:
        return lead
    window = next((one for one in refused.windows if one.rejected), None)
    if window is not None:
        used = f": {percent(window.utilization)}" if window.utilization is not None else ""
        clause = f"The {plain(window.window)} window is used up{used}"
        return replace(lead, advice=knowledge().advice["window"], bucket=window.window, clause=clause)
    if lead.advice.id == "window":
        return replace(lead, clause=f"The answer names the window: {truncate(refused.message or '')}")
    if ("x-should-retry", "false") in refused.headers and _untouched(refused):
        bucket = limit_named(refused.message or "")
        clause = "Every reported limit is nearly unused, and the answer says not to retry"
        if (lowered := _lowered(context, bucket)) is not None:
            clause += f"; the {lowered.bucket} limit was lowered {lowered.words}"
        advice = knowledge().advice["larger_than_limit"]
        return replace(lead, advice=advice, bucket=bucket, clause=clause)
    lead = _with_bucket(context, lead)
    if (lowered := _lowered(context, lead.bucket)) is None:
        return lead
    advice = knowledge().advice["limit_lowered"]
    return replace(lead, advice=advice, bucket=lowered.bucket, what=lowered.words, certainty=1.0)


def _lowered(context: DiagnosisContext, bucket: str | None) -> Lowered | None:
    """How this limit was lowered, or any limit if it is not known which one was hit."""
    found = lowered_limits(context.history, context.at, _LOWERED_WITHIN)
    return next((limit for limit in found if bucket is None or limit.bucket.startswith(bucket)), None)


def _with_bucket(context: DiagnosisContext, lead: LeadingCause) -> LeadingCause:
    refused = lead.newest
    named = limit_named(refused.message or "")
    reading = _lowest(refused, named) or _lowest(_read_before(context, refused), named)
    left = _left(reading)
    if reading is not None and left is not None and left <= EMPTY:
        return replace(lead, bucket=reading.bucket, clause=_reading_words(reading))
    if named is not None:
        clause = f"The answer names the limit: {truncate(refused.message or '')}"
        return replace(lead, bucket=named, clause=clause)
    if left is None:
        left = _least_window_left(refused)
    if left is not None and left > context.options.headroom_low:
        words = "None of the reported limits is nearly used up: the provider may throttle for another reason"
        return replace(lead, clause=words, certainty=0.7)
    return replace(lead, certainty=0.9)


def limit_named(message: str) -> str | None:
    """The limit that the message of a refusal names."""
    return next((bucket for pattern, bucket in _BUCKET_WORDS if pattern.search(message)), None)


def _read_before(context: DiagnosisContext, refused: Observation) -> Observation | None:
    reading = context.history.limits().latest(refused.at.timestamp())
    return reading if reading is not None and refused.at - reading.at <= _READ_BEFORE else None


def _lowest(observation: Observation | None, named: str | None) -> RateLimitReading | None:
    """The reading with the least left, of the named bucket if there is one."""
    readings = (
        [one for one in observation.rate_limits if _left(one) is not None] if observation is not None else []
    )
    matching = [one for one in readings if named is not None and one.bucket.startswith(named)]
    return min(matching or readings, key=lambda one: _left(one) or 0.0, default=None)


def _left(reading: RateLimitReading | None) -> float | None:
    """The share left; 0 if nothing is granted."""
    if reading is None or reading.limit is None or reading.remaining is None:
        return 0.0 if reading is not None and reading.limit == 0 else None
    return reading.remaining / reading.limit if reading.limit else 0.0


def _untouched(refused: Observation) -> bool:
    """Whether the refusal reports limits, and each of them is nearly unused."""
    shares = [left for reading in refused.rate_limits if (left := _left(reading)) is not None]
    shares += [1 - used for window in refused.windows if (used := window.used) is not None]
    return bool(shares) and min(shares) >= UNTOUCHED


def _least_window_left(refused: Observation) -> float | None:
    return min((1 - used for window in refused.windows if (used := window.used) is not None), default=None)


def _reading_words(reading: RateLimitReading) -> str:
    return f"{reading.bucket}: {reading.remaining or 0:,} of {reading.limit or 0:,} left at the refusal"


def _with_model(context: DiagnosisContext, lead: LeadingCause) -> LeadingCause:
    """What the model list says about the refused model."""
    model, catalogue = lead.newest.model or context.facts.model, context.history.catalogue_at(context.at)
    if model is None or catalogue is None:
        return lead
    listed = next((one for one in catalogue.models if one.id == model), None)
    if listed is None:
        clause = f"{truncate(model)} is not among the {len(catalogue.models)} models listed"
        if not _answered_before(context, model):
            return replace(lead, clause=clause)
        gone = knowledge().advice["model_gone"]
        return replace(lead, advice=gone, clause=clause + _successor_words(catalogue, model))
    if listed.lifecycle in _GONE or (listed.retires_at is not None and listed.retires_at <= context.at):
        retired = knowledge().advice["model_retired"]
        clause = _retired_words(context, listed) + _successor_words(catalogue, model)
        return replace(lead, advice=retired, clause=clause)
    words = f"The model list still has it{_lifecycle_words(listed)}"
    return replace(lead, advice=knowledge().advice["model_listed"], clause=words, certainty=0.9)


def _answered_before(context: DiagnosisContext, model: str) -> bool:
    """Whether this model has ever answered, in which case its name is not a mistake."""
    items = context.history.exchanges(Source.MESSAGES).items
    asked = items.values[: items.count_until(context.at.timestamp())]
    return any(observation.model == model and not observation.failed for observation in reversed(asked))


def _successor_words(catalogue: Catalogue, model: str) -> str:
    """`; the newest Haiku listed is claude-haiku-6`: what to migrate to, if anything."""
    family = model_name(model)
    active = [
        (listed.created_at, listed.id)
        for listed in catalogue.models
        if listed.id != model
        and model_name(listed.id) == family
        and listed.lifecycle in {None, "active"}
        and listed.created_at is not None
    ]
    return f"; the newest {family} listed is {truncate(max(active)[1])}" if active else ""


def _retired_words(context: DiagnosisContext, listed: ModelInfo) -> str:
    if listed.retires_at is None or listed.retires_at > context.at:
        return "The model list marks it as retired"
    return f"The model list says that it was retired {duration(context.at - listed.retires_at)} ago"


def _lifecycle_words(listed: ModelInfo) -> str:
    return f", as {truncate(plain(listed.lifecycle))}" if listed.lifecycle else ""
