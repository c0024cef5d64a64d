"""The five-line summary for a chat."""

from __future__ import annotations

from dataclasses import replace

import pytest

from claude_tui.tui.panels.summary_text import summary_text
from tests.snapshots.pictures import PICTURES


@pytest.mark.parametrize("scene", PICTURES)
def test_always_five_plain_lines(scene: str) -> None:
    lines = summary_text(PICTURES[scene]()).split("\n")
    assert len(lines) == 5
    assert all(line and len(line) <= 400 for line in lines)
    assert all(char.isprintable() for line in lines for char in line)


def test_trouble() -> None:
    verdict, step, evidence, page, limits = summary_text(PICTURES["overloaded"]()).split("\n")
    assert verdict == (
        "P1 It's them. The API is overloaded (529). Since 14:02:11 (3m 22s), respond now. "
        "prod api.anthropic.com, 2026-11-20 14:05:33 UTC."
    )
    assert step == "Next: Back off 30–60 s, shed load, use the fallback."
    assert evidence.startswith("25 of 26 failed: 24 overloaded_error, 1 api_error;")
    assert "TTFT 4.10s at 14:04:51 and failing since" in evidence
    assert "models 182ms" in evidence
    assert "last failed request req_1a1f946d3f8" in evidence
    assert "Claude API (api.anthropic.com) operational; nothing posted yet" in page
    assert "nothing posted yet (we noticed 3m ago)" in page
    assert "status.claude.com, read 14:05:19" in page
    assert "input-tokens 78% left" in limits
    assert "requests 98% left" in limits


def test_who_has_it_and_who_set_how_bad_it_is() -> None:
    assert "Since 13:19:31 (46m 02s), acknowledged by eve." in summary_text(PICTURES["incident"]())
    assert "P1 set by eve: checkout is down; P3 (computed)." in summary_text(PICTURES["severity_set"]())
    assert "response overdue by 34m" in summary_text(PICTURES["overdue"]())


def test_a_limit_of_ours_says_when_to_retry_and_what_else_fails() -> None:
    text = summary_text(PICTURES["rate_limited"]())
    assert text.startswith("P2 It's us. Our rate limit is reached: input-tokens (429).")
    assert "batch what can wait; retry-after 41s." in text
    assert "Also: provider overloaded." in text


def test_what_is_slow_or_will_not_last_says_by_how_much() -> None:
    assert "TTFT 1.60s (3.6× usual)" in summary_text(PICTURES["slow"]())
    limits = summary_text(PICTURES["draining"]()).split("\n")[4]
    assert "input-tokens 18% left (14.2k of 80k), out in 3m 08s, resets in 5m 00s" in limits


def test_an_incident_is_named() -> None:
    page = summary_text(PICTURES["incident"]()).split("\n")[3]
    assert (
        "'Elevated errors on requests to Claude Opus 5.5 and Claude Haiku 5.5' identified, open 42m 00s"
        in page
    )
    assert "confirms it; we noticed 4m 02s earlier" in page
    assert "Login problems" not in page


def test_health() -> None:
    text = summary_text(PICTURES["healthy"]())
    assert text.startswith("All is well. Messages succeed, first token after 412 ms. prod api.anthropic.com,")
    assert "30 of the last 30 message probes answered" in text
    assert "no incident posted" in text
    assert "usual)" not in text


def test_what_is_unknown_is_said() -> None:
    nothing = summary_text(PICTURES["nothing"]())
    assert nothing.startswith("Unknown yet. No probe has come back.")
    assert "Status page: not read yet." in nothing
    assert "Limits: none reported yet." in nothing
    unknown = summary_text(PICTURES["page_unknown"]())
    assert "Status page unknown: HTTP 405" in unknown


def test_a_demo_says_that_it_is_one() -> None:
    scene = PICTURES["overloaded"]()
    demo = replace(scene, engine=replace(scene.engine, demo="tour"))
    assert summary_text(demo).startswith("[DEMO, simulated] ")
    drill = replace(demo, engine=replace(demo.engine, drill=True))
    assert summary_text(drill).startswith("[DRILL, simulated] ")


def test_subscription_windows_are_used_not_left() -> None:
    assert "5h window 97% used" in summary_text(PICTURES["subscription"]())
