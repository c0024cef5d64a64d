"""Every shipped theme has a picture, and it shows the dashboard as it is."""

from __future__ import annotations

import pytest

from tests.theme_previews import NAMES, file_of, preview


@pytest.mark.parametrize("name", NAMES)
async def test_the_picture_of_a_theme_is_up_to_date(name: str) -> None:
    drawn, kept = await preview(name), file_of(name)
    assert kept.exists()
    if kept.read_text("utf-8") != drawn:
        pytest.fail(f"{kept.name} is out of date: run `python -m tests.theme_previews` and look at it")
