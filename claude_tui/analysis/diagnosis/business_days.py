"""The next business day, as the people who respond count it: in their time zone, on their working days."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

__all__ = ["WEEKDAYS", "next_business_day"]

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def next_business_day(after: datetime, hour: int, zone: str, days: Collection[str]) -> datetime:
    """When it begins, in UTC.

    The hour is that of the wall clock, whether or not the day has summer time. On a day on which it is
    skipped, it is as long after midnight as on any other.
    """
    where = _zone(zone)
    day = after.astimezone(where).date() + timedelta(days=1)
    # A week has every day, so that the search ends even with names that are none.
    for _ in WEEKDAYS:
        if WEEKDAYS[day.weekday()] in days:
            break
        day += timedelta(days=1)
    return datetime.combine(day, time(hour), where).astimezone(UTC)


def _zone(name: str) -> tzinfo:
    """The zone; UTC for one that this machine does not know, as in a record from another one."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC
