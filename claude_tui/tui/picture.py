"""The screen as it is now, as text and as SVG, without secrets."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.console import Console
from rich.segment import Segment, Segments

from claude_tui.engine.documents import write_document
from claude_tui.model.errors import ClaudeTopError
from claude_tui.model.text import Redactor

if TYPE_CHECKING:
    from textual.app import App

__all__ = ["Picture", "PictureError", "picture_from_rows", "picture_of", "save", "without_secrets"]

Row = list[Segment]
Write = Callable[[Path, str], None]

# The ids of organisations are UUIDs; request ids are not, and support asks for them.
_ORGANISATION = re.compile(
    r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|\borg[-_][A-Za-z0-9]{8,}\b",
    re.IGNORECASE,
)
_COVER = "x"
_MOST_OF_A_SECOND = 100


class PictureError(ClaudeTopError):
    """A picture cannot be taken or written. The text says why."""


class Picture(NamedTuple):
    """What is on the screen."""

    text: str
    svg: str


def picture_of(app: App[Any], title: str, redactor: Redactor) -> Picture:
    """What `app` shows, with keys and the ids of organisations covered. Raises PictureError."""
    return picture_from_rows(_rows_of(app), title, redactor)


def picture_from_rows(rows: Iterable[Row], title: str, redactor: Redactor) -> Picture:
    """The rows as a picture. Raises PictureError if a key spans two rows, as it could not be covered."""
    shown = [without_secrets(row, redactor) for row in rows]
    text = "\n".join(_text_of(row).rstrip() for row in shown).rstrip() + "\n"
    if redactor.holds_secret(text):
        raise PictureError("Not saved: a key is on the screen, over more than one row.")
    return Picture(text, _svg(shown, title))


def _rows_of(app: App[Any]) -> Iterable[Row]:
    update: Any = app.screen._compositor.render_update(full=True, screen_stack=app._background_screens)
    return [[segment for strip in strips for segment in strip] for strips in update.strips]


def _text_of(row: Row) -> str:
    return "".join(segment.text for segment in row if not segment.control)


def without_secrets(row: Row, redactor: Redactor) -> Row:
    """The row with an `x` for every character of a secret, and everything else in its place."""
    text = _text_of(row)
    spans = [*redactor.spans(text), *(found.span() for found in _ORGANISATION.finditer(text))]
    if not spans:
        return row
    hidden = {index for start, end in spans for index in range(start, end)}
    out: list[Segment] = []
    at = 0
    for segment in row:
        if segment.control:
            continue
        shown = (
            _COVER if at + index in hidden else character for index, character in enumerate(segment.text)
        )
        out.append(Segment("".join(shown), segment.style))
        at += len(segment.text)
    return out


def _svg(rows: Sequence[Row], title: str) -> str:
    console = Console(
        width=max(map(Segment.get_line_length, rows), default=1),
        height=len(rows),
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        record=True,
        legacy_windows=False,
    )
    line_break = Segment.line()
    console.print(Segments(segment for row in rows for segment in (*row, line_break)), end="")
    return console.export_svg(title=title)


def save(picture: Picture, folder: Path, at: datetime, write: Write = write_document) -> Path:
    """Write the picture as NAME.txt and NAME.svg, over no other file; returns the path of the SVG.

    Raises PictureError.
    """
    try:
        stem = _free_stem(folder.absolute(), f"claude-top-{at:%Y%m%dT%H%M%SZ}")
        write(stem.with_suffix(".txt"), picture.text)
        written = stem.with_suffix(".svg")
        write(written, picture.svg)
    except FileExistsError as error:
        raise PictureError(f"Not saved: {error.filename or folder}: there is a file already.") from error
    except OSError as error:
        raise PictureError(f"Not saved in {folder}: {error.strerror or error}.") from error
    return written


def _free_stem(folder: Path, name: str) -> Path:
    for number in count(1):
        stem = folder / (name if number == 1 else f"{name}-{number}")
        # A dangling link exists as well: writing would create its target.
        if not any(os.path.lexists(stem.with_suffix(suffix)) for suffix in (".svg", ".txt")):
            return stem
        if number > _MOST_OF_A_SECOND:
            break
    raise FileExistsError(f"{folder / name}.svg")
