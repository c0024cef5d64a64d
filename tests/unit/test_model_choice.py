"""Which model is probed by default."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from claude_tui.model.provider import Catalogue, ModelInfo
from claude_tui.probes.model_choice import newest_active_haiku

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def model(
    model_id: str, created: str | None = None, lifecycle: str | None = "active", retires: str | None = None
) -> ModelInfo:
    return ModelInfo(
        id=model_id,
        display_name=model_id,
        created_at=datetime.fromisoformat(created).replace(tzinfo=UTC) if created else None,
        lifecycle=lifecycle,
        retires_at=datetime.fromisoformat(retires).replace(tzinfo=UTC) if retires else None,
    )


def chosen(*models: ModelInfo) -> str | None:
    return newest_active_haiku(Catalogue(NOW, models))


def test_the_newest_active_haiku_wins() -> None:
    assert (
        chosen(
            model("claude-haiku-4-5", "2025-10-01"),
            model("claude-opus-5-5", "2026-11-01"),
            model("claude-haiku-5-5", "2026-09-01"),
            model("claude-haiku-6", "2026-11-10", lifecycle="deprecated"),
            model("claude-haiku-7", "2026-11-11", lifecycle="retired"),
        )
        == "claude-haiku-5-5"
    )


def test_a_model_that_has_retired_by_now_is_not_active() -> None:
    assert chosen(model("claude-haiku-5-5", "2026-09-01", retires="2026-11-19")) is None
    assert chosen(model("claude-haiku-5-5", "2026-09-01", retires="2026-11-21")) == "claude-haiku-5-5"


def test_a_server_without_lifecycles_lists_active_models() -> None:
    assert (
        chosen(model("claude-haiku-4-5-20251001", "2025-10-01", lifecycle=None))
        == "claude-haiku-4-5-20251001"
    )


@pytest.mark.parametrize("created", [None, "2023-02-27"])
def test_without_telling_dates_the_version_decides(created: str | None) -> None:
    names = [
        "claude-3-5-haiku-20241022",
        "anthropic/claude-haiku-5-5",
        "us.anthropic.claude-haiku-4-5-20251001-v1:0",
        "claude-3-haiku-20240307",
    ]
    assert chosen(*(model(name, created, None) for name in names)) == "anthropic/claude-haiku-5-5"


def test_of_two_names_of_one_release_the_dated_is_newer_and_the_shorter_wins() -> None:
    older, newer = "claude-haiku-4-5-20251001", "claude-haiku-4-5-20260301"
    assert chosen(model(newer), model(older)) == newer
    assert chosen(model(f"x/{older}"), model(older)) == older


def test_no_haiku_is_none() -> None:
    assert chosen() is None
    assert chosen(model("claude-opus-5-5", "2026-11-01")) is None


def test_an_id_that_cannot_be_one_is_not_asked_for() -> None:
    """A hostile list of models: `auto` follows it no further than a model could be called."""
    hostile = model("claude-haiku-9[bold]\u241b]0;pwned")
    assert chosen(hostile, model("claude-haiku-5-5")) == "claude-haiku-5-5"
