"""The verdict's evidence on own traffic: the figures of the panel, and no share of a few calls."""

from __future__ import annotations

from dataclasses import replace

import pytest

from claude_tui.analysis.diagnosis.traffic_witness import Witness
from tests.snapshots.traffic_scenes import trouble_with_traffic


@pytest.mark.parametrize(("failed", "clause"), [(0, "0 of 2 calls failed"), (2, "2 of 2 calls failed")])
def test_a_few_calls_are_counted_and_have_no_share(failed: int, clause: str) -> None:
    """`0% of 2 failed` stood above a panel that says "failing n/a"."""
    view = trouble_with_traffic().traffic
    assert view is not None
    few = replace(view.all, calls=2, failed=failed, failing=None)
    apps = tuple(
        replace(application, calls=1, failed=failed // 2, failing=None)
        for application in view.applications[:2]
    )
    evidence = Witness(replace(view, all=few, applications=apps)).evidence
    assert evidence is not None
    assert evidence.text == f"Your traffic 1m: {clause}."


def test_many_calls_have_a_share_and_the_applications_theirs() -> None:
    view = trouble_with_traffic().traffic
    assert view is not None
    evidence = Witness(view).evidence
    assert evidence is not None
    assert evidence.text.startswith("Your traffic 1m: 11% of ")
    assert "calls failed (checkout 34%" in evidence.text
