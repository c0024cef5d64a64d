"""A theme's file is read again when it has changed, not while it is written."""

from __future__ import annotations

import os
from pathlib import Path

from claude_tui.tui.render.lines import ROLES
from claude_tui.tui.render.theme import Theme
from claude_tui.tui.render.theme_files import ThemeError
from claude_tui.tui.theme_watch import ThemeWatch


def theme_text(colour: str) -> str:
    return "\n".join(["[roles]", *(f'{role} = "{colour}"' for role in ROLES)])


def write(folder: Path, text: str, at_s: int, name: str = "mine") -> None:
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    os.utime(path, (at_s, at_s))


def settled(watch: ThemeWatch) -> Theme | ThemeError | None:
    """Its report once nothing has happened between two looks."""
    assert watch.changed() is None
    return watch.changed()


def test_nothing_is_reported_of_a_file_that_stays_as_it_is(tmp_path: Path) -> None:
    write(tmp_path, theme_text("#000001"), 1)
    watch = ThemeWatch("mine", tmp_path)
    assert [watch.changed() for _ in range(3)] == [None] * 3


def test_a_change_is_read_once(tmp_path: Path) -> None:
    write(tmp_path, theme_text("#000001"), 1)
    watch = ThemeWatch("mine", tmp_path)
    write(tmp_path, theme_text("#000002"), 2)
    found = settled(watch)
    assert isinstance(found, Theme)
    assert found.colours["ok"] == "#000002"
    assert watch.changed() is None


def test_a_file_that_is_still_being_written_is_left_alone(tmp_path: Path) -> None:
    write(tmp_path, theme_text("#000001"), 1)
    watch = ThemeWatch("mine", tmp_path)
    for second in (2, 3, 4):
        write(tmp_path, "[roles", second)
        assert watch.changed() is None
    write(tmp_path, theme_text("#000002"), 5)
    assert isinstance(settled(watch), Theme)


def test_a_broken_file_is_named_and_a_mended_one_read(tmp_path: Path) -> None:
    write(tmp_path, theme_text("#000001"), 1)
    watch = ThemeWatch("mine", tmp_path)
    write(tmp_path, theme_text("red"), 2)
    found = settled(watch)
    assert isinstance(found, ThemeError)
    assert "mine.toml" in found.summary
    assert watch.changed() is None
    write(tmp_path, theme_text("#000003"), 3)
    assert isinstance(settled(watch), Theme)


def test_a_file_that_goes_leaves_the_shipped_theme_or_a_problem(tmp_path: Path) -> None:
    for name in ("mine", "dark"):
        write(tmp_path, theme_text("#000001"), 1, name)
    own, shadowing = ThemeWatch("mine", tmp_path), ThemeWatch("dark", tmp_path)
    for name in ("mine", "dark"):
        (tmp_path / f"{name}.toml").unlink()
    assert isinstance(settled(own), ThemeError)
    shipped = settled(shadowing)
    assert isinstance(shipped, Theme)
    assert shipped.title == "Dark"


def test_it_knows_whether_there_is_a_file_to_watch(tmp_path: Path) -> None:
    watch = ThemeWatch("dark", tmp_path)
    assert not watch.has_file
    write(tmp_path, theme_text("#000001"), 1, "dark")
    assert isinstance(settled(watch), Theme)
    assert watch.has_file


def test_without_a_folder_there_is_nothing_to_watch(tmp_path: Path) -> None:
    for folder in (None, tmp_path / "missing"):
        assert ThemeWatch("dark", folder).changed() is None
