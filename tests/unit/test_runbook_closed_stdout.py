"""`claude-top runbook` whose standard output was closed by its parent."""

from __future__ import annotations

import sys

import pytest

from claude_tui.cli import main

pytestmark = pytest.mark.usefixtures("own_home")


def test_a_closed_standard_output_is_no_fault(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    assert main(["runbook", "--cause", "rate_limited"]) == 0
    assert "unexpected" not in capsys.readouterr().err
