"""Which cause explains most of some failures, and what the verdict says about it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Generic, TypeVar

from claude_tui.analysis.diagnosis.context import DiagnosisContext
from claude_tui.analysis.diagnosis.cross_check import CrossCheck, advice_for, asked_to_wait_s
from claude_tui.knowledge import Advice, knowledge
from claude_tui.model.format import duration, percent, plain
from claude_tui.model.observation import Observation, Outcome, RateLimitReading
from claude_tui.model.provider import ModelInfo
from claude_tui.model.text import truncate
from claude_tui.model.verdict import Cause, Evidence, EvidenceKind, RetrySource

__all__ = [
    "Leader",
    "LeadingCause",
    "SpecificCause",
    "leading",
    "leading_cause",
    "name_limit",
    "name_model",
    "retry_after",
    "specific_cause",
    "words_for",
]

# The advice is that of most of these newest failures.
_ADVICE_OVER = 6
# A second cause is named from two failures and this share on.
_ALSO_SHARE, _ALSO_COUNT = 0.1, 2
_MOSTLY = 0.5
_GATEWAY_STATUS = 500


@dataclass(frozen=True, slots=True)
class LeadingCause:
    """The cause that explains most failures: what to say, and the causes beside it.

    `failures` are those with the same advice, `explained` all that the cause explains, oldest first.

    `changed` is the first failure since the cause last changed for good, None where it did not.
    """

    advice: Advice
    failures: tuple[Observation, ...]
    explained: tuple[Observation, ...]
    share: float
    also: tuple[Cause, ...]
    changed: Observation | None

    @property
    def newest(self) -> Observation:
        return self.failures[-1]


def leading_cause(failures: Sequence[Observation], cross_check: CrossCheck) -> LeadingCause:
    blames = [advice_for(failure, cross_check) for failure in failures]
    causes = [advice.cause for advice in blames]
    leader = leading(causes)
    shares = leader.shares
    cause = _believable(leader.kind, shares)
    counts = Counter(causes[leader.since :])
    mine = [
        (failure, advice) for failure, advice in zip(failures, blames, strict=True) if advice.cause is cause
    ]
    advice = Counter(advice for _, advice in reversed(mine[-_ADVICE_OVER:])).most_common(1)[0][0]
    chosen = tuple(failure for failure, each in mine if each is advice)
    others = [
        other
        for other in sorted(shares, key=lambda each: -shares[each])
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


def _believable(cause: Cause, shares: Mapping[Cause, float]) -> Cause:
    """The cause that leads; a rejected key only with most failures, as it would be rejected every time."""
    if cause is not Cause.KEY_REJECTED or shares[cause] >= _MOSTLY:
        return cause
    return max((each for each in shares if each is not cause), key=lambda each: shares[each])


def specific_cause(context: DiagnosisContext, newest: Observation, advice: Advice) -> SpecificCause:
    """The advice for the case at hand: which limit was hit, or what became of the model."""
    if advice.cause is Cause.MODEL_UNAVAILABLE:
        return name_model(context, newest, advice)
    return name_limit(context, newest, advice)


def words_for(
    context: DiagnosisContext, newest: Observation, bucket: str | None = None
) -> dict[str, str | None]:
    """What fills the placeholders of an advice."""
    return {
        "status": _status_words(newest),
        "type": newest.error_type and truncate(newest.error_type),
        "bucket": bucket,
        "model": truncate(newest.model or context.facts.model or "") or None,
        "host": context.facts.host,
        "what": truncate(newest.message or newest.error_type or newest.outcome.value),
    }


def _status_words(observation: Observation) -> str | None:
    """`529`; where a gateway wraps it in a status of its own, both."""
    if observation.http_status is None:
        return None
    wrapped = {Outcome.OVERLOADED: "529", Outcome.RATE_LIMITED: "429"}.get(observation.outcome)
    if wrapped is None or observation.http_status != _GATEWAY_STATUS:
        return str(observation.http_status)
    said = observation.error_type in {"overloaded_error", "rate_limit_error"}
    return f"{wrapped} wrapped in a 500" if said else "a 500 that says Overloaded"


def retry_after(
    context: DiagnosisContext, newest: Observation, advice: Advice
) -> tuple[float | None, RetrySource]:
    """Seconds left of the wait that the server asked for, else the first wait of the policy; and which."""
    policy = advice.retry
    if policy is None or not policy.worthwhile:
        return None, RetrySource.NONE
    asked = asked_to_wait_s(newest) if policy.honours_retry_after else 0.0
    if asked:
        return max(0.0, round(asked - (context.at - newest.at).total_seconds(), 1)), RetrySource.SERVER
    return policy.wait_s(1), RetrySource.POLICY


K = TypeVar("K")

# A kind's weight halves with every so many failures.
HALF_LIFE = 8
_DECAY = 0.5 ** (1 / HALF_LIFE)
# The challenger must outweigh the leader by this, so that a mix of 60 to 40 keeps one leader.
CLEARLY = 1.6
# So many in a row of a kind that was rare before are a change, not a mix.
CHANGED = 3
RARE = 0.2


@dataclass(frozen=True, slots=True)
class Leader(Generic[K]):
    """The kind that leads, each kind's share of the weight, and the index of the last clear change."""

    kind: K
    shares: dict[K, float]
    since: int


def leading(kinds: Sequence[K]) -> Leader[K]:
    """The leader among `kinds`, which are oldest first and not empty."""
    weights: dict[K, float] = {}
    leader = previous = kinds[0]
    run = since = 0
    for index, kind in enumerate(kinds):
        run = run + 1 if kind == previous else 1
        previous = kind
        weights = {each: weight * _DECAY for each, weight in weights.items()}
        weights[kind] = weights.get(kind, 0.0) + 1.0
        if kind == leader:
            continue
        if run >= CHANGED and _share_before(weights, kind, run) < RARE:
            leader, weights, since = kind, {kind: float(run)}, index + 1 - run
        elif weights[kind] > CLEARLY * weights[leader]:
            leader = kind
    total = sum(weights.values())
    return Leader(leader, {kind: weight / total for kind, weight in weights.items()}, since)


def _share_before(weights: dict[K, float], kind: K, run: int) -> float:
    """What part of the weight `kind` has without the run of it that goes on now."""
    own = sum(_DECAY**age for age in range(run))
    rest = sum(weights.values()) - own
    return max(weights[kind] - own, 0.0) / rest if rest > 0 else 0.0


# What the messages of 429s call the buckets, the more exact first.
_BUCKET_WORDS = (
    (re.compile(r"\binput[ -]tokens?\b", re.I), "input"),
    (re.compile(r"\boutput[ -]tokens?\b", re.I), "output"),
    (re.compile(r"\bconcurrent\b|\bconnections?\b", re.I), "concurrent requests"),
    (re.compile(r"\b(?:request )?tokens?\b.*\brate limit\b|\btokens? per (?:minute|day)\b", re.I), "tokens"),
    (re.compile(r"\brequests? per (?:minute|day)\b|\bnumber of requests\b", re.I), "requests"),
)
# A bucket with more left than this has not refused anybody.
EMPTY = 0.05
AMPLE = 0.2
_GONE = frozenset({"retired"})
_READ_BEFORE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class SpecificCause:
    """The advice for the case at hand, the bucket (for limits) and a clause on how it is known.

    `doubt` is a factor in 0..1 on the confidence.
    """

    advice: Advice
    bucket: str | None = None
    said: str = ""
    doubt: float = 1.0

    @property
    def evidence(self) -> Evidence | None:
        return Evidence(EvidenceKind.SPECIFIC, (self.said,)) if self.said else None


def name_limit(context: DiagnosisContext, refused: Observation, advice: Advice) -> SpecificCause:
    """Which limit a refusal was about: by its headers, its message, or the last reading before it."""
    if advice.id == "spend_own" and "credit balance" in (refused.message or "").lower():
        return SpecificCause(knowledge().advice["billing"])
    if advice.id != "rate_limited":
        return SpecificCause(advice)
    window = next((one for one in refused.windows if one.status == "rejected"), None)
    if window is not None:
        said = f"The {window.window} window is used up: {percent(window.utilization)}"
        return SpecificCause(knowledge().advice["window"], window.window, said)
    return _name_bucket(context, refused, advice)


def _name_bucket(context: DiagnosisContext, refused: Observation, advice: Advice) -> SpecificCause:
    said = _bucket_in(refused.message or "")
    reading = _lowest(refused, said) or _lowest(_read_before(context, refused), said)
    left = _left(reading)
    if reading is not None and left is not None and left <= EMPTY:
        return SpecificCause(advice, reading.bucket, _reading_words(reading))
    if said is not None:
        return SpecificCause(advice, said, f"The answer names the limit: {truncate(refused.message or '')}")
    if left is not None and left > AMPLE:
        words = "No limit that we are told of is near its end: it may be a throttle of theirs"
        return SpecificCause(advice, said=words, doubt=0.7)
    return SpecificCause(advice, doubt=0.9)


def _bucket_in(message: str) -> str | None:
    return next((bucket for pattern, bucket in _BUCKET_WORDS if pattern.search(message)), None)


def _read_before(context: DiagnosisContext, refused: Observation) -> Observation | None:
    reading = context.history.limits().latest(refused.at.timestamp())
    return reading if reading is not None and refused.at - reading.at <= _READ_BEFORE else None


def _lowest(observation: Observation | None, named: str | None) -> RateLimitReading | None:
    """The reading with the least left, of the bucket that was named if it is among them."""
    readings = (
        [one for one in observation.rate_limits if _left(one) is not None] if observation is not None else []
    )
    those = [one for one in readings if named is not None and one.bucket.startswith(named)]
    return min(those or readings, key=lambda one: _left(one) or 0.0, default=None)


def _left(reading: RateLimitReading | None) -> float | None:
    if reading is None or not reading.limit or reading.remaining is None:
        return None
    return reading.remaining / reading.limit


def _reading_words(reading: RateLimitReading) -> str:
    return f"{reading.bucket}: {reading.remaining:,} of {reading.limit:,} left at the refusal"


def name_model(context: DiagnosisContext, refused: Observation, advice: Advice) -> SpecificCause:
    """What the list of models says of the model that was refused."""
    model, catalogue = refused.model or context.facts.model, context.history.catalogue_at(context.at)
    if advice.cause is not Cause.MODEL_UNAVAILABLE or model is None or catalogue is None:
        return SpecificCause(advice)
    listed = next((one for one in catalogue.models if one.id == model), None)
    if listed is None:
        count = len(catalogue.models)
        return SpecificCause(advice, said=f"{truncate(model)} is not among the {count} models listed")
    if listed.lifecycle in _GONE or (listed.retires_at is not None and listed.retires_at <= context.at):
        return SpecificCause(knowledge().advice["model_retired"], said=_retired_words(context, listed))
    words = f"The list of models still has it{_lifecycle_words(listed)}"
    return replace(SpecificCause(knowledge().advice["model_listed"]), said=words, doubt=0.9)


def _retired_words(context: DiagnosisContext, listed: ModelInfo) -> str:
    if listed.retires_at is None or listed.retires_at > context.at:
        return "The list of models marks it retired"
    return f"It was retired {duration(context.at - listed.retires_at)} ago, the list of models says"


def _lifecycle_words(listed: ModelInfo) -> str:
    return f", as {truncate(plain(listed.lifecycle))}" if listed.lifecycle else ""
