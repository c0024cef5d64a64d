"""The name of the machine's time zone."""

from __future__ import annotations

from pathlib import Path

import pytest

from claude_tui.engine.local_zone import local_zone_name

ZONES = Path("/usr/share/zoneinfo")


@pytest.mark.parametrize(
    ("named", "found"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        (":Asia/Tokyo", "Asia/Tokyo"),
        (f"{ZONES}/America/New_York", "America/New_York"),
        ("CET-1CEST,M3.5.0,M10.5.0/3", "UTC"),
        ("../../etc/passwd", "UTC"),
        ("", "UTC"),
    ],
)
def test_the_variable_names_it(tmp_path: Path, named: str, found: str) -> None:
    assert local_zone_name({"TZ": named}, tmp_path / "missing") == found


def test_without_the_variable_it_is_the_systems(tmp_path: Path) -> None:
    linked = tmp_path / "zoneinfo" / "Europe" / "Paris"
    linked.parent.mkdir(parents=True)
    linked.write_bytes(b"")
    (tmp_path / "localtime").symlink_to(linked)
    assert local_zone_name({}, tmp_path / "localtime") == "Europe/Paris"
