"""What alerting remembers: it survives being written and read, damage and clocks; pages wait in order."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claude_tui.alerting.ledger import (
    MAX_JOURNAL,
    Ledger,
    adjusted_for_clock,
    decode,
    encode,
    noted,
    reopened,
)
from claude_tui.alerting.ledger import differ_only_in_figures as same
from claude_tui.alerting.outbox import QueuedNotification, enqueue, next_for, requeued, sending, settle
from claude_tui.alerting.step import acknowledged, advanced, snoozed
from claude_tui.alerting.views import view_of
from claude_tui.model.alert import AlertEntry, DeliveryResult, EntryKind, Notification, NotificationKind
from claude_tui.model.json_values import from_json, to_json
from claude_tui.model.verdict import Cause, Severity, Verdict
from tests.alerts import (
    HEALTHY,
    MATCH,
    OUTAGE,
    PAGE,
    UNKNOWN,
    Clock,
    chat,
    desk,
    rule,
    scene,
    verdict,
    verdict_rules,
)
from tests.builders import NOON, after, stated

DESK = desk([*verdict_rules(), rule("mine", own_topic="mine")], [chat()])


def lived(*judged: Verdict, every_s: float = 30) -> Ledger:
    clock, ledger = Clock(), Ledger()
    for judgement in judged:
        ledger = advanced(ledger, scene(clock.forward(every_s), judgement, {"mine": MATCH}), DESK)
    return ledger


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Value:
    at: datetime
    colour: Colour
    names: tuple[str, ...] = ()
    pair: tuple[str, int] = ("a", 1)
    share: float | None = None
    count: int = 0
    yes: bool = False


VALUES = st.builds(
    Value,
    at=st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=9))])),
    colour=st.just(Colour.RED),
    names=st.lists(st.text()).map(tuple),
    pair=st.tuples(st.text(), st.integers()),
    share=st.none() | st.floats(allow_nan=False),
    count=st.integers(),
    yes=st.booleans(),
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10)


class TestCodec:
    @given(VALUES)
    def test_what_is_written_can_be_read(self, value: Value) -> None:
        assert from_json(Value, to_json(value)) == value

    @given(JSON)
    def test_anything_else_is_refused_with_a_value_error(self, value: object) -> None:
        with pytest.raises(ValueError):
            from_json(Value, json.dumps(value).encode())

    @given(st.binary(max_size=50))
    def test_so_are_bytes(self, raw: bytes) -> None:
        with pytest.raises(ValueError):
            from_json(Value, raw)

    @given(st.dictionaries(st.sampled_from(list(Ledger.__dataclass_fields__)), JSON, max_size=3))
    def test_a_ledger_is_read_or_refused(self, fields: dict[str, object]) -> None:
        try:
            ledger = decode(json.dumps(fields).encode())
        except ValueError:
            return
        assert ledger.version == 1

    def test_a_field_of_a_later_version_is_ignored_and_a_later_ledger_refused(self) -> None:
        assert decode(b'{"colour": "red"}') == Ledger()
        with pytest.raises(ValueError, match="has version 2"):
            decode(b'{"version": 2}')

    def test_an_instant_without_an_offset_is_refused(self) -> None:
        with pytest.raises(ValueError, match="offset"):
            decode(b'{"at": "2026-11-20T12:00:00"}')


class TestLedger:
    @given(st.lists(st.sampled_from([HEALTHY, UNKNOWN, OUTAGE, verdict(Cause.NETWORK, Severity.P2)])))
    @settings(max_examples=50)
    def test_every_ledger_can_be_written_and_read(self, judged: list[Verdict]) -> None:
        ledger = lived(*judged)
        ledger = acknowledged(ledger, None, by="ana", reason="<b>\x00", at=after(9999))
        ledger = snoozed(ledger, None, by="bo", until=after(99_999), at=after(9999))
        assert decode(encode(ledger)) == ledger

    def test_figures_alone_are_nothing_to_save(self) -> None:
        before = lived(OUTAGE, OUTAGE)
        judged = verdict(Cause.PROVIDER_OUTAGE, Severity.P1, evidence=stated("25 of 27 messages failed."))
        now = advanced(before, scene(after(61), judged, {"mine": MATCH}), DESK)
        assert now != before
        assert same(before, now)
        assert not same(before, lived(HEALTHY, OUTAGE))

    def test_the_journal_is_bounded_and_its_keys_are_not_used_again(self) -> None:
        entry = AlertEntry("", NOON, EntryKind.PAGE, Severity.P1, "provider", "x")
        ledger = noted(Ledger(), [entry] * (MAX_JOURNAL + 50))
        assert len(ledger.journal) == MAX_JOURNAL
        assert noted(ledger, [entry]).journal[-1].key not in {earlier.key for earlier in ledger.journal}

    @pytest.mark.parametrize("back_s", [0.2, 3600, 86_400 * 400])
    def test_a_clock_set_back_moves_every_instant(self, back_s: float) -> None:
        ledger = lived(HEALTHY, OUTAGE, OUTAGE)
        moved = adjusted_for_clock(ledger, (ledger.at or NOON) - timedelta(seconds=back_s))
        assert moved.at == (ledger.at or NOON) - timedelta(seconds=back_s)
        by = timedelta(seconds=back_s)
        assert [alert.status.since + by for alert in moved.alerts] == [
            alert.status.since for alert in ledger.alerts
        ]
        assert moved.groups[0].opened_at + by == ledger.groups[0].opened_at
        assert moved.outbox[0].queued_at + by == ledger.outbox[0].queued_at

    def test_a_first_look_has_no_gap(self) -> None:
        assert adjusted_for_clock(Ledger(), NOON) == Ledger()

    def test_a_view_shows_the_worst_first(self) -> None:
        view = view_of(lived(OUTAGE, OUTAGE))
        assert [group.topic for group in view.groups] == ["provider", "mine"]
        assert view.alerts[0].rule == "verdict-p1"
        assert view.firing == 2
        assert view_of(lived(OUTAGE, OUTAGE)) == view


# -- pages on their way ------------------------------------------------------------------


def page(
    kind: NotificationKind = NotificationKind.OPENED,
    number: int = 1,
    group: str = "provider@1",
    **more: object,
) -> Notification:
    changed = replace(PAGE, id=f"{group}/{number}", kind=kind, group=group)
    return replace(changed, **more)  # type: ignore[arg-type]


def queued(*pages: Notification, route: str = "chat") -> tuple[QueuedNotification, ...]:
    outbox: tuple[QueuedNotification, ...] = ()
    for number, notification in enumerate(pages):
        outbox = enqueue(outbox, [(notification, [route])], ["chat", "pager"], after(number))
    return outbox


def result(delivered: bool, at: float = 100, **more: object) -> DeliveryResult:
    return DeliveryResult("chat", after(at), delivered, "", **more)  # type: ignore[arg-type]


def kinds(outbox: Sequence[QueuedNotification]) -> list[NotificationKind]:
    return [parcel.page.kind for parcel in outbox]


class TestOutbox:
    def test_what_waits_is_replaced_by_what_is_newer(self) -> None:
        outbox = queued(page(), page(NotificationKind.SEVERITY, 2), page(NotificationKind.REMINDER, 3))
        (parcel,) = outbox
        assert (parcel.page.kind, parcel.page.id) == (NotificationKind.OPENED, "provider@1/3")

    def test_what_is_over_before_it_was_notified_is_notified_as_over(self) -> None:
        assert kinds(queued(page(), page(NotificationKind.RESOLVED, 2))) == [NotificationKind.RESOLVED]

    def test_other_groups_and_routes_wait_beside_it(self) -> None:
        outbox = queued(page(), page(group="network@1", dedup_key="network"))
        outbox = enqueue(outbox, [(page(number=2), ["pager"])], ["chat", "pager"], NOON)
        assert len(outbox) == 3

    def test_a_route_that_takes_no_pages_gets_none(self) -> None:
        assert enqueue((), [(page(), ["screen", "am"])], ["chat"], NOON) == ()

    def test_what_is_being_sent_stays_and_what_is_newer_waits_for_it(self) -> None:
        (first,) = queued(page())
        outbox = sending([first], first)
        outbox = enqueue(outbox, [(page(NotificationKind.SEVERITY, 2), ["chat"])], ["chat"], after(1))
        assert kinds(outbox) == [NotificationKind.OPENED, NotificationKind.SEVERITY]
        assert next_for(outbox, "chat", after(2)) is None
        assert kinds(settle(outbox, first, result(True))) == [NotificationKind.SEVERITY]
        failed = settle(outbox, outbox[0], result(False))
        assert kinds(failed) == [NotificationKind.OPENED]
        assert failed[0].page.id == "provider@1/2"

    def test_a_failed_page_waits_longer_each_time_and_as_long_as_asked(self) -> None:
        (parcel,) = queued(page())
        for wait_s in (30, 60, 120, 240, 300, 300):
            (parcel,) = sending([parcel], parcel)
            (parcel,) = settle([parcel], parcel, result(False))
            assert parcel.not_before == after(100 + wait_s)
        (asked,) = settle([parcel], parcel, result(False, retry_after_s=1800.0))
        assert asked.not_before == after(100 + 1800)
        (forever,) = settle([parcel], parcel, result(False, retry_after_s=1e12))
        assert forever.not_before == after(100 + 3600)

    def test_no_page_overtakes_an_older_one_with_its_key(self) -> None:
        (over,) = queued(page(NotificationKind.RESOLVED))
        outbox = settle([over], over, result(False))
        outbox = enqueue(outbox, [(page(group="provider@2"), ["chat"])], ["chat"], after(101))
        assert next_for(outbox, "chat", after(102)) is None
        later = next_for(outbox, "chat", after(1000))
        assert later is not None
        assert later.page.kind is NotificationKind.RESOLVED

    def test_what_was_refused_holds_up_nothing(self) -> None:
        (over,) = queued(page(NotificationKind.RESOLVED))
        outbox = settle([over], over, result(False, permanent=True))
        assert next_for(outbox, "chat", after(9999)) is None
        outbox = enqueue(outbox, [(page(group="provider@2"), ["chat"])], ["chat"], after(101))
        assert kinds(outbox) == [NotificationKind.OPENED]
        assert next_for(outbox, "chat", after(102)) is not None

    def test_after_a_restart_what_may_have_arrived_says_so(self) -> None:
        (parcel,) = queued(page())
        (again,) = requeued(sending([parcel], parcel))
        assert (again.page.repeat, again.sending) == (True, False)
        (untouched,) = requeued([parcel])
        assert untouched == parcel

    def test_a_result_of_what_is_gone_changes_nothing(self) -> None:
        outbox = queued(page(group="network@1", dedup_key="network"))
        (other,) = queued(page())
        assert settle(outbox, other, result(False)) == outbox

    @given(
        st.lists(st.sampled_from(["page", "other", "send", "fail", "arrive", "restart", "wait"]), max_size=40)
    )
    def test_what_is_put_in_comes_out_or_is_replaced(self, acts: list[str]) -> None:
        outbox: tuple[QueuedNotification, ...] = ()
        arrived: list[Notification] = []
        newest: dict[str, str] = {}
        underway: QueuedNotification | None = None
        at = 0.0
        for number, act in enumerate([*acts, *["fail", "wait", "send", "arrive"] * 4]):
            at += 1
            if act in ("page", "other"):
                key = "provider" if act == "page" else "network"
                made = page(NotificationKind.SEVERITY, number, group=f"{key}@1", dedup_key=key)
                outbox = enqueue(outbox, [(made, ["chat"])], ["chat"], after(at))
                newest[key] = made.id
            elif act == "wait":
                at += 400
            elif act == "restart":
                outbox, underway = requeued(outbox), None
            elif act == "send" and underway is None:
                chosen = next_for(outbox, "chat", after(at))
                if chosen is not None:
                    outbox = sending(outbox, chosen)
                    underway = next(waiting for waiting in outbox if waiting.key == chosen.key)
            elif act in ("fail", "arrive") and underway is not None:
                outbox = settle(outbox, underway, result(act == "arrive", at))
                arrived += [underway.page] if act == "arrive" else []
                underway = None
            assert len(outbox) <= 4
        assert outbox == ()
        for key, ident in newest.items():
            assert [notification.id for notification in arrived if notification.dedup_key == key][-1] == ident


def test_a_reopened_ledger_forgets_nothing_else() -> None:
    ledger = lived(HEALTHY, OUTAGE)
    assert replace(reopened(ledger), outbox=()) == replace(ledger, outbox=())


def test_saved_state_keeps_the_names_it_has_always_had() -> None:
    """Fields were renamed; what earlier versions saved is still read, and the other way round."""
    ledger = lived(OUTAGE, OUTAGE, OUTAGE)
    saved = json.loads(encode(ledger))
    assert {"standing"} <= saved["alerts"][0].keys()
    assert {"spells", "story", "told", "led"} <= saved["groups"][0].keys()
    assert decode(encode(ledger)) == ledger
