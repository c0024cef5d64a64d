"""Any value anywhere in the stored state of the alerts: it is refused, or alerts go on from it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from claude_tui.alerting.ledger import Ledger, decode, encode, reopened
from claude_tui.alerting.step import acknowledged, advanced, snoozed
from claude_tui.alerting.views import view_of
from claude_tui.analysis.options import Options
from claude_tui.analysis.snapshot import build_snapshot
from claude_tui.tui.panels.alerts_zoom import alerts_zoom
from claude_tui.tui.panels.strip import strip_lines, strip_rows
from claude_tui.tui.render.lines import plain
from tests.alerts import HEALTHY, MATCH, OUTAGE, Clock, chat, desk, rule, scene, verdict_rules
from tests.builders import after, engine, history_of, messages
from tests.hostile_values import JSON_VALUES, as_json, nodes, replaced

DESK = desk([*verdict_rules(), rule("mine", own_topic="mine")], [chat()])
INSTANTS = st.sampled_from(
    ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+14:00", "2026-11-20T12:00:00Z"]
)


def stored() -> Any:
    """The stored state of an outage that somebody has taken on."""
    clock, ledger = Clock(), Ledger()
    for judged in (HEALTHY, OUTAGE, OUTAGE):
        ledger = advanced(ledger, scene(clock.forward(30), judged, {"mine": MATCH}), DESK)
    ledger = acknowledged(ledger, None, by="ana", reason="mine", at=after(100))
    ledger = snoozed(ledger, None, by="bo", until=after(4000), at=after(110))
    return json.loads(encode(ledger))


STORED = stored()


@settings(max_examples=200)
@given(place=st.sampled_from(list(nodes(STORED))), new=JSON_VALUES | INSTANTS)
def test_it_is_refused_or_taken_up(place: tuple[Any, ...], new: object) -> None:
    try:
        ledger = reopened(decode(as_json(replaced(STORED, place, new)).encode()))
    except ValueError:
        return
    clock = Clock(after(120))
    for judged in (OUTAGE, HEALTHY):
        ledger = advanced(ledger, scene(clock.forward(30), judged, {"mine": MATCH}), DESK)
        ledger = acknowledged(ledger, None, by="ana", reason="", at=clock())
        shown(ledger, clock)
    # The clock was wrong, and is set right.
    ledger = advanced(ledger, scene(clock.forward(-86_400), OUTAGE, {"mine": MATCH}), DESK)
    shown(ledger, clock)
    assert decode(encode(ledger)) == ledger


def shown(ledger: Ledger, clock: Clock) -> None:
    state = replace(engine(), alerts=view_of(ledger))
    snapshot = build_snapshot(history_of(messages(0)), clock() + timedelta(), state, Options())
    drawn = [
        *strip_lines(snapshot, 80, strip_rows(snapshot, 80, 24)),
        *alerts_zoom(snapshot, 80, "settings.toml"),
    ]
    assert all(text.isprintable() for text in map(plain, drawn))
