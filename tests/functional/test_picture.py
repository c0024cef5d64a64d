"""Saving the screen: what is written and where, without secrets, and what may prevent it."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from rich.segment import Segment

from claude_tui.model.text import Redactor
from claude_tui.tui.picture import Picture, PictureError, picture_from_rows, picture_of, save, without_secrets
from tests.functional.still import StillApp, still_app
from tests.snapshots.pictures import AT, PICTURES

KEY = "sk-ant-api03-" + "Ab0" * 12
UUID = "4c2e1f0a-9b3d-4e5f-8a6b-7c8d9e0f1a2b"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    return tmp_path


def notices(app: StillApp) -> str:
    return "\n".join(notice.message for notice in app._notifications)


def names(folder: Path, suffix: str = "") -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.endswith(suffix))


async def test_the_screen_is_saved_as_text_and_svg_and_the_place_is_shown(folder: Path) -> None:
    app, _ = still_app(PICTURES["overloaded"]())
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("S")
        await app.workers.wait_for_complete()
        await pilot.pause()
        name = f"claude-top-{AT:%Y%m%dT%H%M%SZ}"
        assert names(folder) == [f"{name}.svg", f"{name}.txt"]
        assert f"{name}.svg and .txt\nin {folder}" in notices(app)
    text = (folder / f"{name}.txt").read_text("utf-8")
    assert "It's them. The API is overloaded (529)." in text
    assert "╭─ 1 Status" in text
    assert len(text.splitlines()) <= 30
    svg = (folder / f"{name}.svg").read_text("utf-8")
    assert svg.startswith("<svg")
    assert "529" in svg
    assert "#ef5d5d" in svg.lower()
    assert (folder / f"{name}.txt").stat().st_mode & 0o077 == 0


async def test_a_dialog_is_in_the_picture_with_what_lies_beneath(folder: Path) -> None:
    app, _ = still_app(PICTURES["overloaded"]())
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("a")
        await pilot.pause()
        text = picture_of(app, "t", Redactor()).text
    assert "Acknowledge" in text
    assert "UTC" in text


async def test_no_file_is_replaced(folder: Path) -> None:
    app, _ = still_app(PICTURES["healthy"]())
    async with app.run_test(size=(80, 24)) as pilot:
        for _ in range(3):
            await pilot.press("S")
            await app.workers.wait_for_complete()
    stem = f"claude-top-{AT:%Y%m%dT%H%M%SZ}"
    assert names(folder, ".svg") == [f"{stem}-2.svg", f"{stem}-3.svg", f"{stem}.svg"]


async def test_keys_and_organisations_are_covered(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "plain-secret-of-a-gateway")
    shown = PICTURES["overloaded"]()
    secrets = f"key {KEY} org {UUID} gate plain-secret-of-a-gateway req_011CUq1example"
    event = replace(shown.events[0], subject="messages", text=secrets, observation=None, count=1, folded=())
    app, _ = still_app(replace(shown, events=(event, *shown.events[1:])))
    async with app.run_test(size=(200, 50)) as pilot:
        await pilot.press("5")
        await pilot.pause()
        await pilot.press("S")
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert "Saved:" in notices(app)
    for name in names(folder):
        written = (folder / name).read_text("utf-8").replace("&#160;", " ")
        assert KEY not in written
        assert UUID not in written
        assert "plain-secret" not in written
        assert "req_011CUq1example" in written
        assert "xxxxxxxx" in written


def test_what_is_covered_keeps_its_place_over_pieces_of_different_styles() -> None:
    row = [Segment("a sk-ant-a"), Segment("pi03-abcdef"), Segment(f" {UUID} z")]
    hidden = without_secrets(row, Redactor())
    assert "".join(segment.text for segment in hidden) == f"a {'x' * 19} {'x' * 36} z"
    assert [len(segment.text) for segment in hidden] == [len(segment.text) for segment in row]
    assert without_secrets([Segment("nothing to hide")], Redactor()) == [Segment("nothing to hide")]


@pytest.mark.parametrize("secret", ["secret-part-of-a-key", KEY])
def test_a_known_key_over_two_rows_is_not_saved(secret: str) -> None:
    rows = [[Segment(f"key: {secret[:9]}")], [Segment(secret[9:])]]
    with pytest.raises(PictureError, match="a key is on the screen"):
        picture_from_rows(rows, "t", Redactor([secret]))
    assert picture_from_rows([[Segment("a")], [Segment("b")]], "t", Redactor([secret])).text == "a\nb\n"


def failing(number: int) -> Callable[[Path, str], None]:
    def write(path: Path, text: str) -> None:
        raise OSError(number, os.strerror(number), str(path))

    return write


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.ENOSPC, "No space left on device"),
        (errno.EROFS, "Read-only file system"),
        (errno.EACCES, "Permission denied"),
        (errno.EDQUOT, "quota exceeded"),
    ],
)
def test_what_stands_in_the_way_is_shown(tmp_path: Path, number: int, says: str) -> None:
    with pytest.raises(PictureError, match=rf"Not saved in {tmp_path}: .*{says}"):
        save(Picture("text", "<svg/>"), tmp_path, AT, failing(number))


def test_a_link_that_leads_nowhere_is_not_followed(tmp_path: Path) -> None:
    first = save(Picture("text", "<svg/>"), tmp_path, AT)
    for suffix in (".svg", ".txt"):
        first.with_suffix(suffix).unlink()
        first.with_suffix(suffix).symlink_to(tmp_path / f"victim{suffix}")
    second = save(Picture("text", "<svg/>"), tmp_path, AT)
    assert second.name == f"{first.stem}-2.svg"
    assert not [*tmp_path.glob("victim*")]


def test_a_directory_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=r"Not saved in .*gone.*: No such file or directory"):
        save(Picture("text", "<svg/>"), tmp_path / "gone", AT)


async def test_a_failure_is_a_notice_and_the_dashboard_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    app, _ = still_app(PICTURES["healthy"]())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("S")
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert "Not saved" in notices(app)
        await pilot.press("question_mark")
        assert app.is_running
