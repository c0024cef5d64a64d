"""Times as people type them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.model.when import Local, WhenError, parse_when

NOW = datetime(2026, 11, 20, 14, 5, 33, tzinfo=UTC)
NEW_YORK = Local(ZoneInfo("America/New_York"))
BERLIN = Local(ZoneInfo("Europe/Berlin"))
zones = st.sampled_from([NEW_YORK, BERLIN, Local(ZoneInfo("Australia/Lord_Howe")), Local(UTC)])
instants = st.integers(0, 2**31).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("14:03", "2026-11-20 14:03"),
        ("14:03:02", "2026-11-20 14:03:02"),
        ("14:06", "2026-11-19 14:06"),
        ("9:00", "2026-11-20 09:00"),
        ("14:03 UTC", "2026-11-20 14:03"),
        ("14:03z", "2026-11-20 14:03"),
        ("2026-11-08 14:00", "2026-11-08 14:00"),
        ("2026-11-08T14:00:01.5Z", "2026-11-08 14:00:01.500000"),
        ("2026-11-08", "2026-11-08 00:00"),
        ("2026-11-08 14:00 +02:00", "2026-11-08 12:00"),
        ("2026-11-08 14:00-0530", "2026-11-08 19:30"),
        ("-20m", "2026-11-20 13:45:33"),
        ("-1h30m", "2026-11-20 12:35:33"),
        ("+90s", "2026-11-20 14:07:03"),
        ("-2d", "2026-11-18 14:05:33"),
        (" 14:03 ", "2026-11-20 14:03"),
        ("09:03 local", "2026-11-20 14:03"),
        ("09:03 EST", "2026-11-20 14:03"),
        ("22:00 local", "2026-11-20 03:00"),
        ("2026-07-01 10:00 edt", "2026-07-01 14:00"),
    ],
)
def test_a_time_is_what_people_mean_by_it(text: str, instant: str) -> None:
    assert parse_when(text, NOW, local=NEW_YORK) == utc(instant)


def test_a_relative_time_counts_from_what_is_on_screen() -> None:
    shown = NOW - timedelta(hours=3)
    assert parse_when("-20m", NOW, shown=shown) == shown - timedelta(minutes=20)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Expected a time such as 14:03"),
        ("noon", "Expected a time"),
        ("EST", "Expected a time"),
        ("25:00", "There is no 25:00"),
        ("2026-02-30", "There is no 2026-02-30"),
        ("14:03 CET", "CET is not a zone that is known here: write EST or UTC"),
        ("14:03 +99:00", "No zone is +99:00 from UTC"),
        ("-999999d", "too far away"),
        ("0001-01-01 00:00 +02:00", "too far away"),
    ],
)
def test_what_is_no_time_is_explained(text: str, says: str) -> None:
    with pytest.raises(WhenError, match=re.escape(says)):
        parse_when(text, NOW, local=NEW_YORK)


def test_an_hour_that_came_twice_is_asked_about_and_can_be_named() -> None:
    with pytest.raises(WhenError) as caught:
        parse_when("2026-11-01 01:30 local", NOW, local=NEW_YORK)
    assert str(caught.value) == (
        "The clocks went back on Nov 01: write 01:30 EDT (05:30 UTC) or 01:30 EST (06:30 UTC)."
    )
    assert parse_when("2026-11-01 01:30 EDT", NOW, local=NEW_YORK) == utc("2026-11-01 05:30")
    assert parse_when("2026-11-01 01:30 EST", NOW, local=NEW_YORK) == utc("2026-11-01 06:30")


def test_an_hour_that_never_came_is_no_time() -> None:
    with pytest.raises(WhenError, match=r"There was no 02:30 local time on Mar 08: the clocks went forward"):
        parse_when("2026-03-08 02:30 local", NOW, local=NEW_YORK)


@pytest.mark.parametrize("at", ["2026-11-01 12:00", "2026-11-01 05:45", "2026-10-31 12:00"])
def test_the_doubt_counts_only_where_that_hour_is_meant(at: str) -> None:
    now = utc(at)
    if now < utc("2026-11-01 00:00"):
        assert parse_when("01:30 local", now, local=NEW_YORK) == utc("2026-10-31 05:30")
    else:
        with pytest.raises(WhenError, match="The clocks went back"):
            parse_when("01:30 local", now, local=NEW_YORK)


@given(instants, zones)
def test_every_instant_can_be_typed_in_utc_and_in_the_local_zone(instant: datetime, local: Local) -> None:
    assert parse_when(f"{instant:%Y-%m-%d %H:%M:%S}", NOW, local=local) == instant
    wall = local.wall(instant)
    assert instant in local.readings(wall)
    named = f"{wall:%Y-%m-%d %H:%M:%S} {local.name(instant)}"
    if local.name(instant).isalpha():
        assert parse_when(named, NOW, local=local) == instant


@given(instants, st.times().map(lambda time_of_day: time_of_day.replace(microsecond=0)), zones)
def test_a_time_of_day_is_its_last_occurrence(now: datetime, clock, local: Local) -> None:
    found = parse_when(f"{clock:%H:%M:%S}", now, local=local)
    assert now - timedelta(days=1) < found <= now
    assert found.time() == clock


@given(st.text(max_size=30) | st.from_regex(r"[0-9]{1,4}[-:][0-9:TZ +-]{1,12}", fullmatch=True))
def test_any_text_is_an_instant_or_explained_in_a_sentence(text: str) -> None:
    explained = "."
    try:
        instant = parse_when(text, NOW, local=BERLIN)
    except WhenError as error:
        explained, instant = str(error), NOW
    assert explained.endswith(".")
    assert instant.tzinfo is UTC


@pytest.mark.parametrize("text", ["0001-01-01", "0001-01-01 00:00 +14:00", "9999-12-31 23:59", "-999999d"])
def test_what_no_record_can_hold_is_too_far_away(text: str) -> None:
    with pytest.raises(WhenError, match="too far away"):
        parse_when(text, NOW)


SAO_PAULO, KATHMANDU = Local(ZoneInfo("America/Sao_Paulo")), Local(ZoneInfo("Asia/Kathmandu"))


@pytest.mark.parametrize(
    ("local", "instant", "shown"),
    [
        (BERLIN, "2026-11-20 14:05:33", "15:05 CET"),
        (BERLIN, "2026-07-20 14:05:33", "16:05 CEST"),
        (NEW_YORK, "2026-11-20 14:05:33", "09:05 EST"),
        (SAO_PAULO, "2026-11-20 14:05:33", "11:05 UTC-3"),
        (KATHMANDU, "2026-11-20 14:05:33", "19:50 UTC+5:45"),
    ],
)
def test_a_local_time_names_its_zone(local: Local, instant: str, shown: str) -> None:
    assert local.clock(utc(instant)) == shown


@pytest.mark.parametrize(
    ("instant", "now", "shown"),
    [
        ("2026-11-20 14:02", "2026-11-20 14:05", "15:02"),
        ("2026-11-20 23:30", "2026-11-20 23:40", "00:30 +1d"),
        # The hour that comes twice, seen during its second half.
        ("2026-10-25 00:30", "2026-10-25 01:35", "02:30 CEST"),
        ("2026-10-25 01:30", "2026-10-25 01:35", "02:30"),
        ("2026-10-25 00:59", "2026-10-25 12:00", "02:59 CEST"),
        # The hour that never is.
        ("2026-03-29 00:59", "2026-03-29 01:01", "01:59 CET"),
        ("2026-03-29 01:00", "2026-03-29 01:01", "03:00"),
    ],
)
def test_beside_utc_the_zone_is_named_where_it_is_not_that_of_now(instant: str, now: str, shown: str) -> None:
    assert BERLIN.beside_utc(utc(instant), utc(now)) == shown


def test_the_day_before_is_marked() -> None:
    assert NEW_YORK.beside_utc(utc("2026-11-20 02:00"), utc("2026-11-20 14:00")) == "21:00 -1d"


@given(zones, st.lists(instants, min_size=2, max_size=2, unique=True))
def test_two_instants_of_a_day_never_read_the_same(local: Local, both: list[datetime]) -> None:
    one, other = both
    other = one + (other - one) % timedelta(days=1)
    if one.replace(second=0) != other.replace(second=0):
        assert local.beside_utc(one, one) != local.beside_utc(other, one) or other - one >= timedelta(
            hours=23
        )
