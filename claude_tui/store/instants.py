"""Instants and durations as the store holds them: integers where that is exact."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

__all__ = [
    "from_micros",
    "from_micros_or_none",
    "pack_seconds",
    "span_start",
    "to_micros",
    "to_micros_or_none",
    "unpack_seconds",
]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SPANS_FROM = datetime.min.replace(tzinfo=UTC) + timedelta(days=1)
_SPANS_TO = datetime.max.replace(tzinfo=UTC) - timedelta(days=1)
_EXACT_BELOW_S = 1e9


def to_micros(instant: datetime) -> int:
    """Microseconds since 1970; exact. Raises TypeError for a naive instant."""
    return (instant - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """The aware UTC instant. Raises TypeError or OverflowError for a value that is not an instant."""
    if type(micros) is not int:
        raise TypeError(f"expected microseconds, got {type(micros).__name__}")
    return _EPOCH + micros * _MICROSECOND


def span_start(micros: int) -> datetime:
    """The aware UTC instant at which a span starts.

    Raises as `from_micros` does, and OverflowError where `datetime` cannot hold the day before or after it.
    """
    found = from_micros(micros)
    if not _SPANS_FROM <= found <= _SPANS_TO:
        raise OverflowError(f"no span can begin in the year {found.year}")
    return found


def from_micros_or_none(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)


def to_micros_or_none(instant: datetime | None) -> int | None:
    return None if instant is None else to_micros(instant)


def pack_seconds(value: float | None) -> int | float | None:
    """Whole microseconds as int where that loses nothing, else the seconds themselves as float.

    An int takes three bytes in SQLite where a float takes eight; there are up to eight durations in a row.
    """
    if value is None:
        return None
    if -_EXACT_BELOW_S < value < _EXACT_BELOW_S:
        micros = round(value * 1e6)
        if micros / 1e6 == value:
            return micros
    return float(value)


def unpack_seconds(stored: int | float | None) -> float | None:
    """Seconds, equal to what `pack_seconds` was given."""
    return stored / 1e6 if isinstance(stored, int) else stored
