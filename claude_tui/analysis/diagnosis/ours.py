"""Troubles of our own, named: which limit it is, what the endpoint says of the model."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta

from claude_tui.analysis.diagnosis.context import DiagnosisContext
from claude_tui.analysis.words import duration, plain, truncate
from claude_tui.knowledge import Advice, knowledge
from claude_tui.model.observation import Observation, RateLimitReading
from claude_tui.model.provider import ModelInfo
from claude_tui.model.verdict import Cause

__all__ = ["SpecificCause", "name_limit", "name_model"]

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
_TOLD_BEFORE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class SpecificCause:
    """The advice for the case at hand, the bucket (for limits) and a sentence on how it is known.

    `doubt` is a factor in 0..1 on the confidence.
    """

    advice: Advice
    bucket: str | None = None
    sentence: str = ""
    doubt: float = 1.0


def name_limit(context: DiagnosisContext, refused: Observation, advice: Advice) -> SpecificCause:
    """Which limit a refusal was about: its own headers, its message, or what was last told before it."""
    if advice.id == "spend_own" and "credit balance" in (refused.message or "").lower():
        return SpecificCause(knowledge().advice["billing"])
    if advice.id != "rate_limited":
        return SpecificCause(advice)
    window = next((one for one in refused.windows if one.status == "rejected"), None)
    if window is not None:
        sentence = f"The {window.window} window is used up: {window.utilization:.0%}."
        return SpecificCause(knowledge().advice["window"], window.window, sentence)
    return _name_bucket(context, refused, advice)


def _name_bucket(context: DiagnosisContext, refused: Observation, advice: Advice) -> SpecificCause:
    said = _bucket_in(refused.message or "")
    reading = _lowest(refused, said) or _lowest(_told_before(context, refused), said)
    left = _left(reading)
    if reading is not None and left is not None and left <= EMPTY:
        return SpecificCause(advice, reading.bucket, _reading_words(reading))
    if said is not None:
        return SpecificCause(advice, said, f"The answer names the limit: {truncate(refused.message or '')}")
    if left is not None and left > AMPLE:
        words = "No limit that we are told of is near its end: it may be a throttle of theirs."
        return SpecificCause(advice, sentence=words, doubt=0.7)
    return SpecificCause(advice, doubt=0.9)


def _bucket_in(message: str) -> str | None:
    return next((bucket for pattern, bucket in _BUCKET_WORDS if pattern.search(message)), None)


def _told_before(context: DiagnosisContext, refused: Observation) -> Observation | None:
    told = context.history.limits().latest(refused.at.timestamp())
    return told if told is not None and refused.at - told.at <= _TOLD_BEFORE else None


def _lowest(seen: Observation | None, named: str | None) -> RateLimitReading | None:
    """The reading with the least left, of the bucket that was named if it is among them."""
    readings = [one for one in seen.rate_limits if _left(one) is not None] if seen is not None else []
    those = [one for one in readings if named is not None and one.bucket.startswith(named)]
    return min(those or readings, key=lambda one: _left(one) or 0.0, default=None)


def _left(reading: RateLimitReading | None) -> float | None:
    if reading is None or not reading.limit or reading.remaining is None:
        return None
    return reading.remaining / reading.limit


def _reading_words(reading: RateLimitReading) -> str:
    return f"{reading.bucket}: {reading.remaining:,} of {reading.limit:,} left at the refusal."


def name_model(context: DiagnosisContext, refused: Observation, advice: Advice) -> SpecificCause:
    """What the list of models says of the model that was refused."""
    model, catalogue = refused.model or context.facts.model, context.history.catalogue_at(context.at)
    if advice.cause is not Cause.MODEL_UNAVAILABLE or model is None or catalogue is None:
        return SpecificCause(advice)
    listed = next((one for one in catalogue.models if one.id == model), None)
    if listed is None:
        count = len(catalogue.models)
        return SpecificCause(advice, sentence=f"{truncate(model)} is not among the {count} models listed.")
    if listed.lifecycle in _GONE or (listed.retires_at is not None and listed.retires_at <= context.at):
        return SpecificCause(knowledge().advice["model_retired"], sentence=_retired_words(context, listed))
    words = f"The list of models still has it{_lifecycle_words(listed)}."
    return replace(SpecificCause(knowledge().advice["model_listed"]), sentence=words, doubt=0.9)


def _retired_words(context: DiagnosisContext, listed: ModelInfo) -> str:
    if listed.retires_at is None or listed.retires_at > context.at:
        return "The list of models marks it retired."
    return f"It was retired {duration(context.at - listed.retires_at)} ago, the list of models says."


def _lifecycle_words(listed: ModelInfo) -> str:
    return f", as {truncate(plain(listed.lifecycle))}" if listed.lifecycle else ""
