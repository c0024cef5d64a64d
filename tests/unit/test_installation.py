"""An upgrade under a running program is named as the reason of its faults, and never held against the API."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from claude_tui.engine.notices import of_installation
from claude_tui.model.installation import UPGRADED, Installation
from claude_tui.probes.internal_error import internal_error

AT = datetime(2026, 11, 28, 2, 0, tzinfo=UTC)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "__init__.py"
    file.write_text("old")
    return file


def test_a_program_that_stays_as_it_is_was_not_replaced(file: Path) -> None:
    installed = Installation(file)
    assert not installed.replaced
    assert UPGRADED not in internal_error(AttributeError("x"), installed)
    assert of_installation(installed, AT) == ()


@pytest.mark.parametrize(
    "error", [ImportError("x", name="claude_tui.probes.sdk"), AttributeError("x"), TypeError("x")]
)
def test_after_an_upgrade_a_fault_asks_for_a_restart(file: Path, error: Exception) -> None:
    installed = Installation(file)
    file.unlink()
    assert internal_error(error, installed) == UPGRADED
    assert [notice.text for notice in of_installation(installed, AT)] == [UPGRADED]
    file.with_suffix(".new").write_text("new version")
    file.with_suffix(".new").rename(file)
    assert internal_error(error, installed) == UPGRADED
