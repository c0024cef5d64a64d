"""Facts about limits: which one is reached, how much is left, and whether a spend limit stops requests."""

from __future__ import annotations

import re
from collections.abc import Sequence

from claude_tui.analysis.diagnosis.attribution import EMPTY
from claude_tui.knowledge import knowledge
from claude_tui.model.format import clock, duration, percent
from claude_tui.model.observation import Observation, Outcome
from claude_tui.model.snapshot import Headroom, Level, WindowUsage
from claude_tui.model.text import truncate
from claude_tui.model.verdict import Cause
from claude_tui.runbook.fact import Fact, FactDefinition, flag, number, text
from claude_tui.runbook.fact_context import FactContext

__all__ = ["LIMIT_FACTS"]

_LIMITS = ("requests", "input", "output", "tokens", "ramp", "window", "unknown")
_WINDOW = re.compile(r"\A\d+[hd]\b|\bwindow\b", re.I)
_BUCKETS = ("requests", "input", "output", "tokens")
# What the message of a 429 names. "Too many requests" is just the status in words and names no limit.
_NAMED = (
    ("input", re.compile(r"\binput[- ]?tokens?\b|\brequest tokens\b|\bprompt tokens\b", re.I)),
    ("output", re.compile(r"\boutput[- ]?tokens?\b|\bcompletion tokens\b", re.I)),
    ("requests", re.compile(r"\brequests? ?(?:per|/|a) ?min|\bnumber of requests\b|\brpm\b", re.I)),
    ("tokens", re.compile(r"\btokens? ?(?:per|/|a) ?min|\bnumber of tokens\b|\btpm\b", re.I)),
)
_LOW = frozenset({Level.WARN, Level.BAD})
_SPEND_KINDS = ("tier", "contract", "own", "credit", "billing", "gateway", "unknown")
_SPEND_WORDS = {
    "tier": "the monthly spend cap of our usage tier",
    "contract": "the spend limit of our contract",
    "own": "a spend limit that we set ourselves, for the organisation or a workspace",
    "credit": "prepaid credit is used up",
    "billing": "a payment failed, or billing is not in order",
    "gateway": "a budget set at our own gateway",
    "unknown": "a spend limit; the answer does not say which",
}


def _limit(context: FactContext) -> Fact:
    if not _is_limited(context):
        return Fact(None, "No rate limit is reached")
    kind = _limit_kind(context)
    if kind == "ramp":
        return Fact(kind, "Limit: the ramp limit, on how fast traffic may grow")
    if kind == "unknown":
        return Fact(kind, "Limit: the answers do not name one")
    named = context.verdict.bucket if context.verdict is not None else None
    return Fact(kind, f"Limit: {truncate(named or kind)}{_left(context, named or kind)}")


def _is_limited(context: FactContext) -> bool:
    if context.verdict is not None and Cause.RATE_LIMITED in (context.verdict.cause, *context.verdict.also):
        return True
    return context.main is not None and context.main.outcome is Outcome.RATE_LIMITED


def _limit_kind(context: FactContext) -> str:
    newest = context.newest if context.newest and context.newest.outcome is Outcome.RATE_LIMITED else None
    message = (newest.message or "") if newest else ""
    advice = knowledge().of(newest).advice.id if newest else ""
    if advice in {"ramp", "window"}:
        return advice
    bucket = context.verdict.bucket if context.verdict is not None else None
    if bucket is not None and _WINDOW.search(bucket):
        return "window"
    if kind := _kind_of(bucket or "") or _kind_named(message):
        return kind
    if any(usage.used >= 1 and not usage.stale for usage in context.snapshot.headroom.windows):
        return "window"
    worst = _worst(context)
    if worst is None or worst.fraction > EMPTY:
        return "unknown"
    return _kind_of(worst.bucket) or "unknown"


def _kind_of(bucket: str) -> str | None:
    return next((kind for kind in _BUCKETS if kind in bucket), None)


def _kind_named(message: str) -> str | None:
    return next((kind for kind, pattern in _NAMED if pattern.search(message)), None)


def _left(context: FactContext, bucket: str) -> str:
    found = next(
        (candidate for candidate in context.snapshot.headroom.buckets if candidate.bucket == bucket), None
    )
    return f", {_figures(found, context)}" if found is not None else ""


def _figures(bucket: Headroom, context: FactContext) -> str:
    figures = f"{bucket.remaining:,} of {bucket.limit:,} left ({percent(bucket.fraction)})"
    if bucket.exhausted_in is not None:
        figures += f", out in {duration(bucket.exhausted_in)}"
    if bucket.reset_at is not None:
        figures += f", full again in {duration(bucket.reset_at - context.at)}"
    return figures + (f", as of {clock(bucket.read_at)}" if bucket.stale else "")


def _worst(context: FactContext) -> Headroom | None:
    fresh = [bucket for bucket in context.snapshot.headroom.buckets if not bucket.stale and bucket.granted]
    return min(fresh, key=lambda bucket: bucket.fraction, default=None)


def _least_headroom(context: FactContext) -> Fact:
    worst = _worst(context)
    if worst is None:
        old = context.snapshot.headroom.read_at
        return Fact(
            None, f"Headroom: last reported {clock(old)}, too old" if old else "Headroom: not reported yet"
        )
    return Fact(worst.fraction, f"Least headroom: {worst.bucket}, {_figures(worst, context)}")


def _window_used(context: FactContext) -> Fact:
    fresh = [usage for usage in context.snapshot.headroom.windows if not usage.stale]
    most: WindowUsage | None = max(fresh, key=lambda usage: usage.used, default=None)
    if most is None:
        return Fact(None, "No subscription window is reported")
    resets = f", resets in {duration(most.reset_at - context.at)}" if most.reset_at is not None else ""
    return Fact(most.used, f"Window {truncate(most.window)}: {percent(most.used)} used{resets}")


def _limits_low(context: FactContext) -> Fact:
    view = context.snapshot.headroom
    return _low("limit", (*view.buckets, *view.windows))


def _window_low(context: FactContext) -> Fact:
    return _low("subscription window", context.snapshot.headroom.windows)


def _low(what: str, limits: Sequence[Headroom | WindowUsage]) -> Fact:
    """Whether any is low by the Headroom panel's rule."""
    known = [limit for limit in limits if not limit.stale]
    low = [_rest(limit) for limit in known if limit.level in _LOW]
    if not low:
        return Fact(False if known else None, f"No {what} runs low" if known else f"No {what} is known")
    return Fact(True, f"Low: {', '.join(low)}")


def _rest(limit: Headroom | WindowUsage) -> str:
    if isinstance(limit, Headroom):
        return f"{truncate(limit.bucket)} {percent(limit.fraction)} left"
    return f"{truncate(limit.window)} window {percent(limit.used)} used"


def _spend_kind(context: FactContext) -> Fact:
    newest = context.newest
    if newest is None or newest.outcome is not Outcome.SPEND_LIMIT:
        return Fact(None, "No spend limit is reached")
    kind = _kind_of_spend(newest)
    return Fact(kind, f"What stops us: {_SPEND_WORDS[kind]}")


def _kind_of_spend(failure: Observation) -> str:
    message, code = (failure.message or "").casefold(), failure.error_code or ""
    by_code = {"enforced_spend_limit_reached": "tier", "contract_spend_limit_reached": "contract"}
    if code in by_code:
        return by_code[code]
    row = knowledge().of(failure)
    if row.advice.id == "budget":
        return "gateway"
    if row.id in {"balance_words", "insufficient_quota"} or code == "insufficient_quota":
        return "credit"
    if failure.http_status == 402 or failure.error_type == "billing_error" or "billing" in code:
        return "billing"
    return "own" if "specified" in message and "usage limits" in message else "unknown"


def _budget_spent(context: FactContext) -> Fact:
    spend = context.snapshot.engine.spend
    words = f"Message probes cost ${spend.today_usd:.2f} of ${spend.ceiling_usd:.2f} today"
    return Fact(spend.stopped, f"{words}, and are stopped until 00:00 UTC" if spend.stopped else words)


LIMIT_FACTS: tuple[FactDefinition, ...] = (
    text("limit", _limit, "Which limit the 429s are about.", _LIMITS),
    number("least_headroom", _least_headroom, "What is left of the bucket with the least left, 0 to 1."),
    number("window_used", _window_used, "What is used of the fullest subscription window, 0 to 1 and above."),
    flag("limits_low", _limits_low, "Whether a bucket or subscription window is low, by headroom_low."),
    flag("window_low", _window_low, "Whether a subscription window is low, by headroom_low."),
    text("spend_kind", _spend_kind, "What kind of spend limit stops us.", _SPEND_KINDS),
    flag(
        "budget_spent", _budget_spent, "Whether our own probes have reached their cost ceiling and stopped."
    ),
)
