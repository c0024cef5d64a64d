"""The time that a note mentions is when it happened; impossible times are ignored."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.incident import time_in

WRITTEN = datetime(2026, 11, 20, 14, 7, 10, tzinfo=UTC)
BEGAN = datetime(2026, 11, 20, 14, 2, 11, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def read(text: str, written: datetime = WRITTEN, began: datetime = BEGAN) -> datetime | None:
    return time_in(text, recorded_at=written, started_at=began, local=BERLIN)


def clock(hour: int, minute: int, second: int = 0, day: int = 20) -> datetime:
    return datetime(2026, 11, day, hour, minute, second, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("at 14:05 we switched to the fallback", clock(14, 5)),
        ("14:05 checkout on Sonnet", clock(14, 5)),
        ("checkout on Sonnet since 14:05.", clock(14, 5)),
        ("(14:05:30) switched", clock(14, 5, 30)),
        ("at 2:05 pm we switched", clock(14, 5)),
        ("at 2:05PM we switched", clock(14, 5)),
        ("14:05 UTC: switched", clock(14, 5)),
        ("at 15:05 local time", clock(14, 5)),
        ("at 16:05 +0200 switched", clock(14, 5)),
        ("at 2026-11-20 14:05 we switched", clock(14, 5)),
        ("2026-11-20T14:05Z switched", clock(14, 5)),
        ("14:05: switched", clock(14, 5)),
        ("-5m: switched", WRITTEN - timedelta(minutes=5)),
        ("-5m switched", WRITTEN - timedelta(minutes=5)),
        ("switched, -1m30s", WRITTEN - timedelta(seconds=90)),
        ("5 minutes ago we switched", WRITTEN - timedelta(minutes=5)),
        ("switched 90 seconds ago", WRITTEN - timedelta(seconds=90)),
        ("an hour ago ben deployed", WRITTEN - timedelta(hours=1)),
        ("half an hour ago ben deployed", WRITTEN - timedelta(minutes=30)),
        ("3m ago", WRITTEN - timedelta(minutes=3)),
        ("deployed at 13:40, failing since 14:02", clock(13, 40)),
        # By a clock that is a little ahead.
        ("at 14:08 we switched", WRITTEN),
    ],
)
def test_times_that_people_write(text: str, meant: datetime) -> None:
    assert read(text) == meant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "we switched to the fallback",
        "the ratio is 3:2",
        "see 10.0.0.1:8080 and ::1",
        "http://host:1405/x",
        "port 12:345",
        "version 1.14:05",
        "at 25:00 or 12:60",
        "13:05 pm",
        "we switch back at 15:30",
        "an error rate of -5% and a 5m window",
        "pre-5m",
        "2026-02-31 14:05",
        "2031-01-01 14:05",
        "300 days ago",
    ],
)
def test_what_names_no_time_that_can_be_meant(text: str) -> None:
    assert read(text) is None


def test_after_midnight_the_time_is_yesterdays() -> None:
    assert read("at 23:58 ben deployed", clock(0, 5, day=21), clock(23, 59)) == clock(23, 58)


def test_a_note_written_the_next_day_is_about_the_incidents_day() -> None:
    written, began = clock(9, 0, day=21), clock(14, 2)
    assert read("at 14:05 we switched", written, began) == clock(14, 5)


def test_local_time_is_distinguished_when_the_clocks_go_back() -> None:
    # 02:30 comes twice on this night in Berlin: at 00:30 and at 01:30 UTC.
    night = datetime(2026, 10, 25, tzinfo=UTC)
    began = night.replace(hour=0, minute=10)
    for hour in (0, 1):
        written = night.replace(hour=hour, minute=40)
        assert read("at 02:30 local we switched", written, began) == night.replace(hour=hour, minute=30)


@given(st.datetimes(BEGAN.replace(tzinfo=None), WRITTEN.replace(tzinfo=None)), st.booleans())
def test_any_minute_of_the_incident_is_read_as_it_was_written(moment: datetime, dated: bool) -> None:
    meant = moment.replace(second=0, microsecond=0, tzinfo=UTC)
    shown = f"{meant:%Y-%m-%d %H:%M}" if dated else f"{meant:%H:%M}"
    assert read(f"at {shown} something happened") == meant


@given(
    st.text(max_size=60) | st.from_regex(r"[-\d:apm TZ+]{0,30}"),
    st.datetimes(BEGAN.replace(tzinfo=None), WRITTEN.replace(year=2028, tzinfo=None)),
    st.integers(0, 3 * 86_400),
    st.integers(-14, 14),
)
def test_whatever_is_written_the_time_lies_between_the_half_day_before_and_now(
    text: str, began: datetime, lasted: int, offset: int
) -> None:
    began = began.replace(tzinfo=UTC)
    written = began + timedelta(seconds=lasted)
    local = timezone(timedelta(hours=offset))
    found = time_in(text, recorded_at=written, started_at=began, local=local)
    assert found is None or began - timedelta(hours=12) <= found <= written


@given(st.times(), st.integers(0, 11 * 3600))
def test_a_time_of_day_is_the_latest_such_time(of_day: time, back: int) -> None:
    written = datetime.combine(date(2026, 11, 20), of_day, UTC)
    meant = (written - timedelta(seconds=back)).replace(second=0, microsecond=0)
    assert read(f"at {meant:%H:%M}", written, written) == meant
