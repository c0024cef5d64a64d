"""Saving a picture of the screen in the working directory of the program."""

from __future__ import annotations

import asyncio
import os
from datetime import datetime
from pathlib import Path
from typing import Any

from textual.app import App
from textual.worker import WorkType

from claude_tui.model.format import stamp
from claude_tui.model.text import Redactor
from claude_tui.probes.credentials import Credentials
from claude_tui.tui.picture import PictureError, picture_of, save

__all__ = ["save_screen"]

_TOLD_S = 6.0


def _saved_text(written: Path) -> str:
    """Folder and name in rows of their own: broken in the middle, a name cannot be copied."""
    return f"Saved: {written.name} and .txt\nin {written.parent}"


def save_screen(app: App[Any], at: datetime) -> None:
    """Save what is on the screen now, and report where, or why not."""

    def refuse(error: PictureError) -> None:
        app.notify(str(error), severity="warning", timeout=_TOLD_S, markup=False)

    redactor = Redactor(Credentials.from_environ(os.environ).secrets)
    try:
        picture = picture_of(app, f"claude-top, {stamp(at)}", redactor)
    except PictureError as error:
        refuse(error)
        return

    # Not in the screen's thread, as a disk may hang.
    async def write() -> None:
        try:
            written = await asyncio.to_thread(save, picture, Path(), at)
        except PictureError as error:
            refuse(error)
        else:
            app.notify(_saved_text(written), timeout=_TOLD_S, markup=False)

    work: WorkType[None] = write
    app.run_worker(work, group="picture")
