"""The four lines for a chat."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from claude_tui.model.snapshot import Level, Summary
from claude_tui.tui.summary_text import summary_text
from tests.snapshots.scenes import AT, SCENES


@pytest.mark.parametrize("scene", SCENES)
def test_always_four_plain_lines(scene: str) -> None:
    lines = summary_text(SCENES[scene]()).split("\n")
    assert len(lines) == 4
    assert all(line and len(line) <= 400 for line in lines)
    assert all(char.isprintable() for line in lines for char in line)


def test_trouble() -> None:
    since = AT - timedelta(seconds=202)
    summary = Summary(Level.BAD, "Messages fail: 529 overloaded_error.", "", since)
    scene = replace(SCENES["overloaded"](), summary=summary)
    headline, evidence, page, limits = summary_text(scene).split("\n")
    assert headline.startswith(
        "prod api.anthropic.com: Messages fail: 529 overloaded_error since 14:02:11 (3m 22s)."
    )
    assert headline.endswith("At 2026-11-20 14:05:33 UTC.")
    assert "25 of 26 failed in 5m: 529 overloaded 24 (92%), 500 api error 1 (4%)" in evidence
    assert "TTFT 4.10s (9.8× usual)" in evidence
    assert "models 182ms" in evidence
    assert "last failed request req_011CZkPqW3" in evidence
    assert "Claude API (api.anthropic.com) degraded" in page
    assert "silent for 3m 22s since the first failure" in page
    assert "status.claude.com, read 14:05:19" in page
    assert "input-tokens 18% left (14.2k of 80k), out in 3m 10s, resets in 41s" in limits
    assert "requests 81% left" in limits


def test_an_incident_is_named() -> None:
    page = summary_text(SCENES["incident"]()).split("\n")[2]
    assert (
        "'Elevated errors on requests to Claude Opus 5.5 and Claude Haiku 5.5' identified, open 42m 00s"
        in page
    )
    assert "Login problems" not in page


def test_health() -> None:
    text = summary_text(SCENES["healthy"]())
    assert "58 calls in 5m, none failed" in text
    assert "no incident posted" in text
    assert "usual)" not in text


def test_what_is_unknown_is_said() -> None:
    nothing = summary_text(SCENES["nothing"]())
    assert "Calls: none in the last 5m" in nothing
    assert "Status page: not read yet." in nothing
    assert "Limits: none reported yet." in nothing
    unknown = summary_text(SCENES["page_unknown"]())
    assert "Status page: unknown: HTTP 405" in unknown


def test_a_demo_says_that_it_is_one() -> None:
    scene = SCENES["overloaded"]()
    demo = replace(scene, engine=replace(scene.engine, demo="tour"))
    assert summary_text(demo).startswith("[DEMO, simulated] ")


def test_subscription_windows_are_used_not_left() -> None:
    assert "5h window 97% used" in summary_text(SCENES["subscription"]())
