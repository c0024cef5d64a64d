"""The next business day as the responders count it: in their time zone, on their working days."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

__all__ = ["WEEKDAYS", "next_business_day"]

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def next_business_day(after: datetime, hour: int, zone: str, days: Collection[str]) -> datetime:
    """When the next business day begins, in UTC.

    The hour is wall-clock time, in winter and in summer. On a day that skips this hour, business begins the
    same number of hours after midnight as on any other.
    """
    where = _zone(zone)
    day = after.astimezone(where).date() + timedelta(days=1)
    # A week has every day, so the search ends even if none of the names is valid.
    for _ in WEEKDAYS:
        if WEEKDAYS[day.weekday()] in days:
            break
        day += timedelta(days=1)
    return datetime.combine(day, time(hour), where).astimezone(UTC)


def _zone(name: str) -> tzinfo:
    """The zone; UTC if this machine does not know it, as may be the case for another machine's record."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC
