"""Numbers from attributes: senders write them as numbers or text, and some are nonsense."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from claude_tui.model.traffic import Tokens
from claude_tui.traffic.otlp.records import Attributes

__all__ = [
    "count_of",
    "instant",
    "number_of",
    "seconds_between",
    "text_of",
    "tokens_as_api",
    "tokens_as_gen_ai",
]

# More tokens than any context window holds: a larger count is invalid.
_MOST_TOKENS = 100_000_000
_LONGEST_S = 86_400.0
_NS = 1_000_000_000
_LATEST_NS = 253_402_300_799 * _NS
_AHEAD, _BEHIND = timedelta(hours=1), timedelta(days=7)


def count_of(attributes: Attributes, *names: str, most: int = _MOST_TOKENS) -> int | None:
    """The first of the attributes that is a count; None if none is."""
    for name in names:
        value = attributes.get(name)
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 12:
            value = int(value)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most:
            return value
    return None


def number_of(attributes: Attributes, name: str, unit: float = 1.0) -> float | None:
    """A number of seconds within a day, or of dollars, in a unit; None for anything else."""
    value = attributes.get(name)
    if isinstance(value, str) and len(value) <= 30:
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    number = value * unit
    return number if math.isfinite(number) and 0 <= number <= _LONGEST_S else None


def text_of(attributes: Attributes, *names: str) -> str:
    """The first of the attributes that is text; "" if none is."""
    for name in names:
        value = attributes.get(name)
        if isinstance(value, str) and value:
            return value
    return ""


def instant(ns: int, now: datetime) -> datetime:
    """Nanoseconds since 1970 as an instant; `now` for 0 and for implausible times."""
    if not 0 < ns < _LATEST_NS:
        return now
    reported = datetime.fromtimestamp(ns // 1000 / 1e6, UTC)
    return reported if -_AHEAD <= now - reported <= _BEHIND else now


def seconds_between(start_ns: int, end_ns: int) -> float | None:
    """The seconds between two instants; None if one is unknown, or if together they make no sense."""
    if not 0 < start_ns <= end_ns:
        return None
    seconds = (end_ns - start_ns) / _NS
    return seconds if seconds <= _LONGEST_S else None


def tokens_as_gen_ai(attributes: Attributes) -> Tokens | None:
    """Tokens by the conventions of OpenTelemetry, whose input includes what the cache served or took.

    If the input is smaller than that, it follows the API's convention, as some instrumentations do.
    """
    prompt = count_of(attributes, "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens")
    output = count_of(attributes, "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens")
    if prompt is None and output is None:
        return None
    read = (
        count_of(
            attributes,
            "gen_ai.usage.cache_read.input_tokens",
            "gen_ai.usage.cache_read_input_tokens",
            "ai.usage.inputTokenDetails.cacheReadTokens",
        )
        or 0
    )
    written = (
        count_of(
            attributes,
            "gen_ai.usage.cache_write.input_tokens",
            "gen_ai.usage.cache_creation.input_tokens",
            "gen_ai.usage.cache_creation_input_tokens",
            "ai.usage.inputTokenDetails.cacheWriteTokens",
        )
        or 0
    )
    hour = count_of(attributes, "anthropic.usage.cache_creation.ephemeral_1h_input_tokens") or 0
    minutes = count_of(attributes, "anthropic.usage.cache_creation.ephemeral_5m_input_tokens") or 0
    # Without the breakdown, all writes count as the default kind.
    minutes = max(minutes, written - hour)
    cached = read + minutes + hour
    plain = prompt or 0
    return Tokens(plain - cached if plain >= cached else plain, output or 0, read, minutes, hour)


def tokens_as_api(attributes: Attributes) -> Tokens | None:
    """Tokens as Claude Code states them, by the API's convention: the input has no cache in it."""
    prompt = count_of(attributes, "input_tokens")
    output = count_of(attributes, "output_tokens")
    if prompt is None and output is None:
        return None
    return Tokens(
        prompt or 0,
        output or 0,
        count_of(attributes, "cache_read_tokens") or 0,
        count_of(attributes, "cache_creation_tokens") or 0,
    )
