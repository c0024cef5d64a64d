"""Instants as people type them: `14:03`, `-20m`, `2026-11-08 14:00`, each in UTC unless it says otherwise."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

from claude_tui.model.errors import ClaudeTopError

__all__ = ["FORMS", "Local", "WhenError", "parse_when"]

FORMS = "14:03, -20m, +5m, 2026-11-08 14:00, with UTC, local, a zone such as EST, or +02:00 behind it"

_UNITS = {"d": 86_400, "h": 3600, "m": 60, "s": 1}
_RELATIVE = re.compile(r"([+-])((?:\d{1,6}[dhms])+)")
_PART = re.compile(r"(\d+)([dhms])")
_ABSOLUTE = re.compile(
    r"(?:(?P<date>\d{4}-\d{2}-\d{2})(?:[ T]+|$))?"
    r"(?:(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?P<fraction>\.\d{1,6})?)?)?"
    r"\s*(?P<zone>[A-Za-z]{1,5}|[+-]\d{2}:?\d{2})?"
)
_DAY = timedelta(days=1)
_FARTHEST = timedelta(hours=15)
# No working clock shows an instant outside; to one within, any span can be added.
_EARLIEST, _LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


class WhenError(ClaudeTopError):
    """The text names no instant, or more than one. The message is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class Local:
    """The time zone of the person who types; None is that of the system."""

    zone: tzinfo | None = None

    def readings(self, wall: datetime) -> tuple[datetime, ...]:
        """The instants at which a wall clock shows `wall`.

        Two while clocks are set back, none while they are set forward, otherwise one.
        """
        readings = (self._aware(wall.replace(fold=fold)) for fold in (0, 1))
        real = [reading for reading in readings if self.wall(reading) == wall]
        return tuple(sorted(set(real)))

    def name(self, instant: datetime) -> str:
        """The abbreviation of the zone at an instant, such as EST."""
        return self.shown(instant).tzname() or ""

    def wall(self, instant: datetime) -> datetime:
        """What a wall clock shows at an instant."""
        return self.shown(instant).replace(tzinfo=None)

    def label(self, instant: datetime) -> str:
        """The zone's name after a time: `CET`, or `UTC+3` if the zone has only a number."""
        name = self.name(instant)
        if name.isalpha():
            return name
        offset = self.shown(instant).utcoffset() or timedelta()
        hours, minutes = divmod(abs(offset) // timedelta(minutes=1), 60)
        return f"UTC{'-' if offset < timedelta() else '+'}{hours}{f':{minutes:02}' if minutes else ''}"

    def clock(self, instant: datetime) -> str:
        """`15:05 CET`."""
        return f"{self.wall(instant):%H:%M} {self.label(instant)}"

    def beside_utc(self, instant: datetime, now: datetime) -> str:
        """The text beside a UTC time of day: `15:05`; `00:05 +1d` if it is another day than in UTC.

        `02:30 CET` if the zone's name differs from the current one: for an hour that occurs twice, it says
        which.
        """
        wall, label = self.wall(instant), self.label(instant)
        days = (wall.date() - instant.astimezone(UTC).date()).days
        parts = (f"{wall:%H:%M}", label if label != self.label(now) else "", f"{days:+}d" if days else "")
        return " ".join(part for part in parts if part)

    def stamp(self, instant: datetime) -> str:
        """`2026-11-20 15:05:33 CET`."""
        return f"{self.wall(instant):%Y-%m-%d %H:%M:%S} {self.label(instant)}"

    def _aware(self, wall: datetime) -> datetime:
        return (wall if self.zone is None else wall.replace(tzinfo=self.zone)).astimezone(UTC)

    def shown(self, instant: datetime) -> datetime:
        """The instant in the zone, daylight saving included."""
        return instant.astimezone(self.zone)


def parse_when(
    text: str, now: datetime, *, shown: datetime | None = None, local: Local | None = None
) -> datetime:
    """The instant that `text` names, aware UTC. Raises WhenError.

    `-20m` counts from `shown`, the instant on screen, by default `now`. A time without a date is its last
    occurrence before `now`; a date without a time its beginning.
    """
    found = _parsed(text.strip(), now, shown, local)
    if not _EARLIEST <= found <= _LATEST:
        raise WhenError("That is too far away.")
    return found


def _parsed(text: str, now: datetime, shown: datetime | None, local: Local | None) -> datetime:
    try:
        if relative := _RELATIVE.fullmatch(text):
            return _relative(relative, shown or now)
        found = _ABSOLUTE.fullmatch(text)
        if found is None or not (found["date"] or found["hour"]):
            raise WhenError(f"Expected a time such as {FORMS}.")
        return _absolute(found, now, local or Local())
    except WhenError:
        raise
    except (OverflowError, ValueError, OSError):
        raise WhenError("That is too far away.") from None


def _relative(found: re.Match[str], origin: datetime) -> datetime:
    seconds = sum(int(number) * _UNITS[unit] for number, unit in _PART.findall(found[2]))
    return origin + timedelta(seconds=seconds if found[1] == "+" else -seconds)


def _absolute(found: re.Match[str], now: datetime, local: Local) -> datetime:
    clock = _clock(found)
    zone = found["zone"] or "UTC"
    if found["date"]:
        return _one(datetime.combine(_date(found["date"]), clock), zone, local)
    # Yesterday, today or tomorrow as the zone sees it.
    days = [now.astimezone(UTC).date() + offset * _DAY for offset in (1, 0, -1, -2)]
    problem: WhenError | None = None
    for day in days:
        wall = datetime.combine(day, clock)
        try:
            instant = _one(wall, zone, local)
        except WhenError as error:
            # A time in the future cannot be meant.
            if wall <= local.wall(now):
                problem = problem or error
            continue
        if instant <= now:
            # If another time could be meant and is closer, the text was ambiguous.
            if problem is not None:
                raise problem
            return instant
    raise problem or WhenError("That time is not over yet.")


def _date(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d")  # noqa: DTZ007 (the zone is applied afterwards)
    except ValueError:
        raise WhenError(f"There is no {text}.") from None


def _clock(found: re.Match[str]) -> time:
    if found["hour"] is None:
        return time()
    micros = round(float(found["fraction"] or 0) * 1e6)
    try:
        return time(int(found["hour"]), int(found["minute"]), int(found["second"] or 0), min(micros, 999_999))
    except ValueError:
        raise WhenError(f"There is no {found['hour']}:{found['minute']} on a clock.") from None


def _one(wall: datetime, zone: str, local: Local) -> datetime:
    """The one instant at which a clock in `zone` shows `wall`."""
    if zone.upper() in {"UTC", "Z", "GMT"}:
        return wall.replace(tzinfo=UTC)
    if zone[0] in "+-":
        hours, minutes = int(zone[1:3]), int(zone[-2:])
        offset = timedelta(hours=hours, minutes=minutes)
        if offset > _FARTHEST:
            raise WhenError(f"No zone is {zone} from UTC.")
        return (wall - (offset if zone[0] == "+" else -offset)).replace(tzinfo=UTC)
    readings = local.readings(wall)
    if zone.lower() != "local":
        return _named(zone.upper(), readings, local)
    if not readings:
        raise WhenError(f"There was no {wall:%H:%M} local time on {wall:%b %d}: the clocks went forward.")
    if len(readings) > 1:
        meant = " or ".join(
            f"{wall:%H:%M} {local.name(reading)} ({reading:%H:%M} UTC)" for reading in readings
        )
        raise WhenError(f"The clocks went back on {wall:%b %d}: write {meant}.")
    return readings[0]


def _named(zone: str, readings: tuple[datetime, ...], local: Local) -> datetime:
    for reading in readings:
        if local.name(reading).upper() == zone:
            return reading
    names = sorted({local.name(reading) for reading in readings} | {"UTC"})
    raise WhenError(f"{zone} is not a zone that is known here: write {' or '.join(names)}, or +02:00.")
