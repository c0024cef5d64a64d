"""Which cause explains most of some failures, and how it is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from claude_tui.analysis.diagnosis.context import DiagnosisContext
from claude_tui.analysis.diagnosis.cross_check import CrossCheck, advice_for
from claude_tui.analysis.diagnosis.leading import leading
from claude_tui.analysis.diagnosis.ours import SpecificCause, name_limit, name_model
from claude_tui.analysis.diagnosis.reach import asked_to_wait_s
from claude_tui.analysis.words import truncate
from claude_tui.knowledge import Advice
from claude_tui.model.observation import Observation, Outcome
from claude_tui.model.verdict import Cause

__all__ = ["LeadingCause", "leading_cause", "retry_after_s", "specific_cause", "words_for"]

# The advice is that of most of the newest failures.
_ADVICE_OVER = 6
# A second cause is named from two failures and this share on.
_ALSO_SHARE, _ALSO_COUNT = 0.1, 2
_MOSTLY = 0.5
_GATEWAY_STATUS = 500


@dataclass(frozen=True, slots=True)
class LeadingCause:
    """The cause that explains most failures: its failures, what to say, and the causes beside it.

    `changed` is the first failure since the cause last changed for good, None where it did not.
    """

    advice: Advice
    failures: tuple[Observation, ...]
    shown: int
    share: float
    also: tuple[Cause, ...]
    changed: Observation | None

    @property
    def newest(self) -> Observation:
        return self.failures[-1]


def leading_cause(failures: Sequence[Observation], cross_check: CrossCheck) -> LeadingCause:
    blames = [advice_for(seen, cross_check) for seen in failures]
    causes = [advice.cause for advice in blames]
    leader = leading(causes)
    shares = leader.shares
    cause = _believable(leader.kind, shares)
    counts = Counter(causes[leader.since :])
    mine = [(seen, advice) for seen, advice in zip(failures, blames, strict=True) if advice.cause is cause]
    advice = Counter(advice for _, advice in reversed(mine[-_ADVICE_OVER:])).most_common(1)[0][0]
    chosen = tuple(seen for seen, each in mine if each is advice)
    others = [
        other
        for other in sorted(shares, key=lambda each: -shares[each])
        if other is not cause and shares[other] >= _ALSO_SHARE and counts[other] >= _ALSO_COUNT
    ]
    changed = failures[leader.since] if leader.since else None
    return LeadingCause(advice, chosen, len(failures), shares[cause], tuple(others), changed)


def _believable(cause: Cause, shares: Mapping[Cause, float]) -> Cause:
    """The cause that leads. A rejected key is rejected every time: as one of several it is none to rotate."""
    if cause is not Cause.KEY_REJECTED or shares[cause] >= _MOSTLY:
        return cause
    return max((each for each in shares if each is not cause), key=lambda each: shares[each])


def specific_cause(context: DiagnosisContext, newest: Observation, advice: Advice) -> SpecificCause:
    """The advice for the very case: which limit, what became of the model."""
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


def _status_words(seen: Observation) -> str | None:
    """`529`; for one in the clothes of another, both."""
    if seen.http_status is None:
        return None
    wrapped = {Outcome.OVERLOADED: "529", Outcome.RATE_LIMITED: "429"}.get(seen.outcome)
    if wrapped is None or seen.http_status != _GATEWAY_STATUS:
        return str(seen.http_status)
    said = seen.error_type in {"overloaded_error", "rate_limit_error"}
    return f"{wrapped} wrapped in a 500" if said else "a 500 that says Overloaded"


def retry_after_s(context: DiagnosisContext, newest: Observation, advice: Advice) -> float | None:
    """What is left of the server's own wait, else the first wait of the policy; None where useless."""
    policy = advice.retry
    if policy is None or not policy.worthwhile:
        return None
    asked = asked_to_wait_s(newest) if policy.honours_retry_after else 0.0
    if asked:
        return max(0.0, round(asked - (context.at - newest.at).total_seconds(), 1))
    return policy.wait_s(1)
