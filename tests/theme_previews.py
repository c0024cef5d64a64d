"""The pictures of the themes in `themes/`: `python -m tests.theme_previews` draws them again."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from claude_tui.tui.render.theme_files import theme_names
from tests.functional.still import still_app
from tests.snapshots.pictures import PICTURES

__all__ = ["NAMES", "file_of", "preview"]

NAMES = theme_names(None)
SIZE = (120, 40)
_FOLDER = Path(__file__).parents[1] / "themes"


def file_of(name: str) -> Path:
    return _FOLDER / f"preview-{name}.svg"


async def preview(name: str) -> str:
    """The dashboard during an overload, in the theme called `name`, as SVG."""
    app, _ = still_app(PICTURES["overloaded"](), theme=name)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        return app.export_screenshot(title="claude-top")


async def _draw() -> None:
    for name in NAMES:
        file_of(name).write_text(await preview(name), encoding="utf-8")
        print(file_of(name))


if __name__ == "__main__":
    os.environ.pop("NO_COLOR", None)
    asyncio.run(_draw())
