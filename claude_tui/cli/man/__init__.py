"""The man pages: `claude-top(1)` from the grammar, and a page of section 7 for each page of the manual.

They come from the same sources as `--help` and `claude-top manual`. argparse-manpage does not read the
manual's Markdown; markdown-it does, which rich needs anyway, and the rest is little work.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser
from collections.abc import Mapping
from datetime import UTC, datetime

from claude_tui.cli.man.command_page import command_page
from claude_tui.cli.man.topic_page import topic_page
from claude_tui.manual import Page

__all__ = ["man_page"]


def man_page(page: Page | None, parser: ArgumentParser, environ: Mapping[str, str] = os.environ) -> str:
    """A man page as roff: of a page of the manual, or of the program if none is named."""
    date = _date(environ)
    return command_page(parser, date) if page is None else topic_page(page, date)


def _date(environ: Mapping[str, str]) -> str:
    """Today, or the date in SOURCE_DATE_EPOCH, for reproducible builds."""
    given = environ.get("SOURCE_DATE_EPOCH", "")
    now = datetime.now(UTC)
    at = datetime.fromtimestamp(int(given), UTC) if given.isdigit() and len(given) <= 10 else now
    return f"{at:%Y-%m-%d}"
