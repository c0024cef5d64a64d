"""The war room: the dashboard's own figures, large, masked, at every size and in every state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claude_tui.analysis.options import Options
from claude_tui.analysis.snapshot import build_snapshot
from claude_tui.model.format import clock_minute, percent
from claude_tui.model.incident import IncidentAct
from claude_tui.model.masking import Mask
from claude_tui.model.observation import Observation, Outcome
from claude_tui.model.snapshot import Snapshot, Target
from claude_tui.model.watching import Process, Watching
from claude_tui.tui.panels.headroom import bucket_label, headroom_lines
from claude_tui.tui.panels.latency import latency_lines
from claude_tui.tui.panels.traffic import traffic_lines
from claude_tui.tui.render.lines import plain, width
from claude_tui.tui.screens.war_room_lines import war_room_lines
from claude_tui.tui.screens.war_room_view import mask_of, masked_target, war_room_of
from tests.builders import history_of, messages
from tests.snapshots.pictures import AT, PICTURES, fine, history, picture, since
from tests.snapshots.world import before, engine
from tests.war_rooms import ACTS, WAR_ROOMS, act, declared_in

SIZES = [(60, 20), (80, 24), (100, 30), (120, 40), (200, 60), (250, 80), (60, 60)]


def shown(snapshot: Snapshot, cells: int = 120, rows: int = 40) -> str:
    return "\n".join(map(plain, war_room_lines(war_room_of(snapshot, mask_of(snapshot)), cells, rows)))


def texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from texts(getattr(value, field.name))
    elif isinstance(value, tuple):
        for member in value:
            yield from texts(member)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scene", WAR_ROOMS)
def test_it_fills_the_screen_and_nothing_leaves_it(scene: str, size: tuple[int, int]) -> None:
    snapshot = WAR_ROOMS[scene]()
    drawn = war_room_lines(war_room_of(snapshot, mask_of(snapshot)), *size, "strip_trouble")
    assert len(drawn) == size[1]
    assert max(map(width, drawn)) <= size[0]


@settings(max_examples=60)
@given(st.integers(1, 300), st.integers(1, 100), st.sampled_from(("led", "ended", "nothing", "hostile")))
def test_any_size_will_do(cells: int, rows: int, scene: str) -> None:
    snapshot = WAR_ROOMS[scene]()
    drawn = war_room_lines(war_room_of(snapshot, mask_of(snapshot)), cells, rows, "strip_trouble")
    assert len(drawn) == rows
    assert max(map(width, drawn)) <= cells


@pytest.mark.parametrize("size", SIZES)
def test_an_incident_keeps_lead_and_three_newest_entries_at_every_size(size: tuple[int, int]) -> None:
    picture = shown(WAR_ROOMS["led"](), *size)
    assert "INC-1 Elevated 529s on Haiku" in picture
    assert "ana leads" in picture
    for entry in ("ben: checkout is on Sonnet", "ana: leads", "ana: severity P1"):
        assert entry in picture
    assert "since 14:02:11" in picture


@pytest.mark.parametrize("size", SIZES)
def test_the_time_is_there_at_every_size(size: tuple[int, int]) -> None:
    snapshot = WAR_ROOMS["led"]()
    drawn = war_room_lines(war_room_of(snapshot, mask_of(snapshot)), *size)
    assert any("UTC" in plain(row) for row in drawn)


@pytest.mark.parametrize("size", [(100, 30), (120, 40), (200, 60), (250, 80)])
def test_the_three_numbers_stand_in_one_row_and_the_time_since_below_the_clock(size: tuple[int, int]) -> None:
    rows = shown(WAR_ROOMS["led"](), *size).splitlines()
    (labels,) = [row for row in rows if "our calls failing" in row]
    assert "TTFT" in labels
    assert "headroom" in labels
    assert "since" not in labels
    clock = next(number for number, row in enumerate(rows) if "UTC" in row)
    since = next(number for number, row in enumerate(rows) if "since 14:02:11" in row)
    assert clock < since < rows.index(labels)


def test_at_80x24_no_label_and_no_note_is_cut() -> None:
    rows = shown(WAR_ROOMS["led"](), 80, 24).splitlines()
    labels = next(number for number, row in enumerate(rows) if "our calls failing" in row)
    assert rows[labels].split("  ")[1:2] == ["since 14:02:11"]
    assert "…" not in rows[labels]
    assert "…" not in rows[labels + 4]


# -- the same values as the dashboard ------------------------------------------------------


def test_at_60x20_labels_and_notes_lose_whole_words_only() -> None:
    rows = shown(WAR_ROOMS["led"](), 60, 20).splitlines()
    labels = next(row for row in rows if "TTFT" in row)
    assert labels.rstrip().endswith(" headroom")
    assert "calls failing" in labels
    assert any("of 386 calls" in row for row in rows)
    figures = rows[rows.index(labels) : rows.index(labels) + 6]
    assert not any("…" in row for row in figures)


def test_with_own_traffic_its_share_and_first_token_are_the_panels() -> None:
    snapshot = WAR_ROOMS["led"]()
    failing, first_token, headroom = war_room_of(snapshot, Mask()).numbers
    assert snapshot.traffic is not None
    panel = " ".join(" ".join(map(plain, traffic_lines(snapshot.traffic, 76, 12))).split())
    assert failing.label == "our calls failing"
    assert f"failing {failing.figure}" in panel
    assert f"p50 {first_token.figure}" in panel
    assert failing.role == "bad"
    limits = "\n".join(map(plain, headroom_lines(snapshot, 70, 14)))
    assert headroom.figure in limits
    assert headroom.note.split(",")[0] in limits


def test_without_own_traffic_they_are_those_of_the_probes() -> None:
    snapshot = WAR_ROOMS["overloaded"]()
    failing, first_token, _ = war_room_of(snapshot, Mask()).numbers
    window = snapshot.errors[1].messages
    assert failing.label == "probes failing"
    assert failing.note == f"{window.failed} of {window.asked}, 5m"
    panel = " ".join(" ".join(map(plain, latency_lines(snapshot, 70, 12))).split())
    assert first_token.figure in panel.replace(" s", "s")


def test_the_verdict_is_the_strips() -> None:
    room = war_room_of(WAR_ROOMS["overloaded"](), Mask())
    assert (room.badge, room.word, room.role) == ("P1", "THEM", "bad")
    assert room.summary == "It's them. The API is overloaded (529)."
    assert room.elapsed is not None
    assert (room.elapsed.label, room.elapsed.figure) == ("since 14:02:11", "3m22s")
    assert room.elapsed.note == "respond now"


@pytest.mark.parametrize(
    ("scene", "badge", "word"),
    [
        ("healthy", "", "OK"),
        ("no_key", "", "UNKNOWN"),
        ("nothing", "", "UNKNOWN"),
        ("checking", "", "CHECKING"),
        ("rate_limited", "P2", "US"),
        ("network", "P1", "PATH"),
        ("slow", "P4", "THEM"),
    ],
)
def test_each_state_has_its_word(scene: str, badge: str, word: str) -> None:
    room = war_room_of(WAR_ROOMS[scene](), Mask())
    assert (room.badge, room.word) == (badge, word)


# -- empty, unknown, stale, over --------------------------------------------------------------


def test_what_is_not_known_is_no_figure() -> None:
    for number in war_room_of(WAR_ROOMS["nothing"](), Mask()).numbers:
        assert number.figure == "n/a"
        assert number.role == "faint"


def test_what_is_old_says_as_of_when() -> None:
    room = war_room_of(unprobed(PICTURES["healthy"](), 12), Mask())
    assert room.word == "UNKNOWN"
    _, first_token, headroom = room.numbers
    assert first_token.note == "as of 14:05"
    assert headroom.note.endswith("as of 14:05")
    assert {first_token.role, headroom.role} == {"dim"}


def unprobed(snapshot: Snapshot, minutes: float) -> Snapshot:
    """The world of the pictures after nobody has probed for some time, with a new verdict."""
    found = [item for item in history() if isinstance(item, Observation)]
    at = snapshot.at + timedelta(minutes=minutes)
    return build_snapshot(history_of(*found), at, engine(), Options())


def test_the_tightest_limit_stays_when_its_reading_is_old() -> None:
    """Once it was stale, the figure jumped to a limit with more left."""
    snapshot = PICTURES["draining"]()
    tightest = min(snapshot.headroom.buckets, key=lambda bucket: bucket.fraction)
    buckets = tuple(replace(bucket, stale=bucket is tightest) for bucket in snapshot.headroom.buckets)
    headroom = replace(snapshot.headroom, buckets=buckets)
    number = war_room_of(replace(snapshot, headroom=headroom), Mask()).numbers[2]
    assert number.figure == percent(tightest.fraction)
    assert number.note == f"{bucket_label(tightest.bucket)}, as of {clock_minute(tightest.read_at)}"
    assert number.role == "dim"


def test_evidence_begins_with_a_capital_letter() -> None:
    assert "No key: set ANTHROPIC_API_KEY." in war_room_of(PICTURES["no_key"](), Mask()).evidence


def test_a_mitigated_incident_loses_whole_facts_only() -> None:
    incident = "INC-2 Elevated 529s · open 7m · mitigated 02:08"
    room = replace(war_room_of(WAR_ROOMS["led"](), Mask()), incident=incident)
    for cells in range(40, 80):
        head = next(plain(row) for row in war_room_lines(room, cells, 24) if "INC-2" in plain(row))
        assert "…" not in head
        assert head.endswith("ana leads")


def test_a_resolved_incident_is_no_longer_there() -> None:
    room = war_room_of(WAR_ROOMS["ended"](), Mask())
    assert (room.incident, room.lead, room.log) == ("", "", ())
    assert room.word == "OK"


def test_a_proposal_says_that_no_incident_is_open() -> None:
    room = war_room_of(WAR_ROOMS["proposed"](), Mask())
    assert room.incident.endswith("no incident is open")
    assert room.lead == ""


def test_that_nobody_leads_is_shown() -> None:
    room = war_room_of(declared_in(PICTURES["overloaded"](), *ACTS[:2]), Mask())
    assert room.lead == "no lead"


# -- masks ----------------------------------------------------------------------------------

CANARIES = (
    "acme-prod",
    "llm.acme.internal",
    "ops-7",
    "ops-1.acme.example",
    "req_011CANARY9876543210",
    "8b6e0c1e-aaaa-4bbb-8ccc-123456789abc",
    "sk-ant-api03-canarycanarycanary",
    "10.1.2.3",
)


def everywhere() -> Snapshot:
    """A problem in which all texts of people and servers contain secrets."""
    canaries = " ".join(CANARIES)

    def refused(age: float) -> Observation:
        seen = messages(
            before(age), Outcome.SERVER_ERROR, message=f"failed: {canaries}", error_type=CANARIES[4]
        )
        return replace(seen, request_id=CANARIES[4])

    state = replace(
        engine(),
        target=Target(CANARIES[0], f"https://{CANARIES[1]}", CANARIES[1], "claude-haiku-5-5"),
        watching=Watching(collects=False, collector=Process("ana", CANARIES[2], 7, AT)),
    )
    found = picture(history(answer=since(202, refused, fine), denser_from=208), state)
    return declared_in(
        found,
        act(180, IncidentAct.DECLARED, f"Broken: {canaries}", happened=202),
        act(170, IncidentAct.LEAD, f"ana@{CANARIES[2]}"),
        act(60, IncidentAct.NOTE, f"saw {canaries}"),
        act(50, IncidentAct.MITIGATED, f"moved off {CANARIES[1]} to {CANARIES[7]}"),
    )


@pytest.mark.parametrize("size", [*SIZES, (40, 9), (300, 100)])
def test_nothing_that_is_nobodys_business_is_drawn_whatever_carries_it(size: tuple[int, int]) -> None:
    snapshot = everywhere()
    picture = shown(snapshot, *size).casefold()
    assert not [canary for canary in CANARIES if canary.casefold() in picture]
    if size in SIZES:
        assert "[id]" in picture or "[host]" in picture


def test_no_value_that_is_drawn_carries_any() -> None:
    snapshot = everywhere()
    unmasked = " ".join(texts(war_room_of(snapshot, str)))
    assert [canary for canary in CANARIES if canary not in unmasked] == []
    after = " ".join(texts(war_room_of(snapshot, mask_of(snapshot, "laptop"))))
    assert not [canary for canary in CANARIES if canary in after]


def test_this_machine_is_not_named_either() -> None:
    snapshot = declared_in(PICTURES["overloaded"](), *ACTS, act(20, IncidentAct.NOTE, "restarted laptop-4"))
    assert "laptop-4" not in shown_by(snapshot, "laptop-4")
    assert "laptop-4" in shown_by(snapshot, "")


def shown_by(snapshot: Snapshot, here: str) -> str:
    return " ".join(texts(war_room_of(snapshot, mask_of(snapshot, here))))


def test_the_header_of_the_past_names_no_target() -> None:
    snapshot = everywhere()
    masked = masked_target(snapshot, mask_of(snapshot))
    assert (masked.engine.target.name, masked.engine.target.host) == ("", "")


# -- while all is well --------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(120, 40), (200, 60), (250, 80), (60, 60)])
def test_a_calm_room_shows_how_long_it_has_been_calm(size: tuple[int, int]) -> None:
    rows = shown(WAR_ROOMS["watched"](), *size).splitlines()
    labels = next(row for row in rows if "uptime 30d" in row)
    assert "last incident" in labels
    assert "certificate" in labels
    assert any("INC-2" in row and "99% watched" in row and "2027-01-20" in row for row in rows)
    assert rows.index(labels) > next(number for number, row in enumerate(rows) if "TTFT" in row)


def test_in_trouble_or_without_a_record_there_is_no_outlook() -> None:
    for scene in ("led", "proposed", "overloaded", "healthy", "no_key"):
        assert war_room_of(WAR_ROOMS[scene](), Mask()).outlook == ()


def test_the_outlook_is_that_of_the_record() -> None:
    last, uptime, date = war_room_of(WAR_ROOMS["watched"](), Mask()).outlook
    assert (last.figure, last.note) == ("7d", "INC-2, lasted 2h 22m")
    assert (uptime.figure, uptime.note) == ("99.65%", "99% watched")
    assert (date.label, date.figure, date.note) == ("certificate", "61d", "2027-01-20")
