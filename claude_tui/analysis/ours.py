"""Troubles of our own, named: which limit it is, what the endpoint says of the model."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta

from claude_tui.analysis.scene import Scene
from claude_tui.analysis.words import brief, duration, plain
from claude_tui.knowledge import Advice, knowledge
from claude_tui.model.observation import Observation, RateLimitReading
from claude_tui.model.provider import ModelInfo
from claude_tui.model.verdict import Cause

__all__ = ["Named", "name_limit", "name_model"]

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
class Named:
    """The advice for the case at hand, the bucket (for limits) and a sentence on how it is known.

    `doubt` is a factor in 0..1 on the confidence.
    """

    advice: Advice
    bucket: str | None = None
    sentence: str = ""
    doubt: float = 1.0


def name_limit(scene: Scene, refused: Observation, advice: Advice) -> Named:
    """Which limit a refusal was about: its own headers, its message, or what was last told before it."""
    if advice.id == "spend_own" and "credit balance" in (refused.message or "").lower():
        return Named(knowledge().advice["billing"])
    if advice.id != "rate_limited":
        return Named(advice)
    window = next((one for one in refused.windows if one.status == "rejected"), None)
    if window is not None:
        sentence = f"The {window.window} window is used up: {window.utilization:.0%}."
        return Named(knowledge().advice["window"], window.window, sentence)
    return _name_bucket(scene, refused, advice)


def _name_bucket(scene: Scene, refused: Observation, advice: Advice) -> Named:
    said = _bucket_in(refused.message or "")
    reading = _lowest(refused, said) or _lowest(_told_before(scene, refused), said)
    left = _left(reading)
    if reading is not None and left is not None and left <= EMPTY:
        return Named(advice, reading.bucket, _reading_words(reading))
    if said is not None:
        return Named(advice, said, f"The answer names the limit: {brief(refused.message or '')}")
    if left is not None and left > AMPLE:
        words = "No limit that we are told of is near its end: it may be a throttle of theirs."
        return Named(advice, sentence=words, doubt=0.7)
    return Named(advice, doubt=0.9)


def _bucket_in(message: str) -> str | None:
    return next((bucket for pattern, bucket in _BUCKET_WORDS if pattern.search(message)), None)


def _told_before(scene: Scene, refused: Observation) -> Observation | None:
    told = scene.history.limits().latest(refused.at.timestamp())
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


def name_model(scene: Scene, refused: Observation, advice: Advice) -> Named:
    """What the list of models says of the model that was refused."""
    model, catalogue = refused.model or scene.facts.model, scene.history.catalogue_at(scene.at)
    if advice.cause is not Cause.MODEL_UNAVAILABLE or model is None or catalogue is None:
        return Named(advice)
    listed = next((one for one in catalogue.models if one.id == model), None)
    if listed is None:
        count = len(catalogue.models)
        return Named(advice, sentence=f"{brief(model)} is not among the {count} models listed.")
    if listed.lifecycle in _GONE or (listed.retires_at is not None and listed.retires_at <= scene.at):
        return Named(knowledge().advice["model_retired"], sentence=_retired_words(scene, listed))
    words = f"The list of models still has it{_lifecycle_words(listed)}."
    return replace(Named(knowledge().advice["model_listed"]), sentence=words, doubt=0.9)


def _retired_words(scene: Scene, listed: ModelInfo) -> str:
    if listed.retires_at is None or listed.retires_at > scene.at:
        return "The list of models marks it retired."
    return f"It was retired {duration(scene.at - listed.retires_at)} ago, the list of models says."


def _lifecycle_words(listed: ModelInfo) -> str:
    return f", as {brief(plain(listed.lifecycle))}" if listed.lifecycle else ""
