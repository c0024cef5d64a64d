"""The command that installs an optional part works where the program was installed from a checkout, too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from claude_tui.model.extras import PACKAGE, install_command, source_of


def test_from_a_checkout_it_names_the_directory(tmp_path: Path) -> None:
    place = tmp_path / "claude top"
    place.mkdir()
    (place / "pyproject.toml").touch()
    assert source_of(json.dumps({"url": place.as_uri(), "dir_info": {}})) == str(place)


@pytest.mark.parametrize(
    "direct_url",
    [
        None,
        "",
        "[]",
        "{",
        "{}",
        json.dumps({"url": "file:///gone"}),
        json.dumps({"url": "https://files.example.com/claude_top_tui-1.0-py3-none-any.whl"}),
    ],
)
def test_otherwise_it_names_the_package(direct_url: str | None) -> None:
    assert source_of(direct_url) == PACKAGE


def test_several_parts_are_one_command() -> None:
    assert install_command("grpc", "serve").endswith("[grpc,serve]'")
