"""`claude-top manual [TOPIC]`: a page of the reference, in a pager on a terminal, as Markdown in a pipe.

Rich is a dependency of Textual that only `cli` and `tui` may import. It is imported only to render a page,
so that output to a pipe does not pay for it.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from difflib import get_close_matches

from claude_tui.cli.console import emit, hint
from claude_tui.cli.usage import UsageError
from claude_tui.manual import Page, load_page, topics

__all__ = ["run"]

EXIT_OK = 0
_DEFAULT_PAGER = "less -R"
_WIDEST = 100
_PAGE_LINK = re.compile(r"\[([^\]]+)\]\([\w-]+\.md(?:#[\w-]*)?\)")
_FENCE_LANGUAGE = re.compile(r"^```\w+$", re.MULTILINE)


def run(topic: str | None, environ: Mapping[str, str] = os.environ, *, man: bool = False) -> int:
    """Shows the page, or without a topic the list of pages. Raises UsageError for an unknown topic.

    With `man` it is printed as a man page, without a topic that of the program.
    """
    if man:
        from claude_tui.cli.man import man_page
        from claude_tui.cli.parser import grammar

        emit(man_page(_page_named(topic) if topic is not None else None, grammar(), environ))
        return EXIT_OK
    if topic is None:
        emit(_list_of_pages())
        hint("claude-top manual TOPIC shows a page.")
        return EXIT_OK
    page = _page_named(topic)
    if not _can_render(environ):
        emit(page.text.rstrip())
        return EXIT_OK
    columns = shutil.get_terminal_size().columns
    rendered = _rendered(page, min(columns, _WIDEST), no_color=bool(environ.get("NO_COLOR")))
    if not _paged(rendered, environ):
        emit(rendered.rstrip())
    return EXIT_OK


def _list_of_pages() -> str:
    pages = [load_page(topic) for topic in topics()]
    width = max(len(page.topic) for page in pages)
    return "\n".join(f"{page.topic:{width}}  {page.title}" for page in pages)


def _page_named(topic: str) -> Page:
    try:
        return load_page(topic)
    except KeyError:
        known = topics()
        close = get_close_matches(topic, known, n=1)
        hint = f'did you mean "{close[0]}"?' if close else f"expected one of {', '.join(known)}"
        raise UsageError(f'the manual has no page "{topic}"; {hint}') from None


def _can_render(environ: Mapping[str, str]) -> bool:
    return sys.stdout is not None and sys.stdout.isatty() and environ.get("TERM", "dumb") != "dumb"


def _rendered(page: Page, width: int, *, no_color: bool) -> str:
    """The page as text with terminal escapes.

    Code is not highlighted: no fixed palette is readable on both dark and light terminals.
    """
    from io import StringIO

    from rich.console import Console
    from rich.markdown import Markdown
    from rich.theme import Theme

    # A link to another page does not work in a terminal: its text names the topic.
    text = _FENCE_LANGUAGE.sub("```text", _PAGE_LINK.sub(r"\1", page.text))
    console = Console(
        file=StringIO(),
        force_terminal=True,
        width=width,
        no_color=no_color,
        theme=Theme({"markdown.code": "bold", "markdown.code_block": "none"}),
    )
    with console.capture() as capture:
        console.print(Markdown(text, code_theme="ansi_dark", hyperlinks=False))
    return capture.get()


def _pager(environ: Mapping[str, str]) -> list[str]:
    """The pager's command line; empty if PAGER is empty or cannot be parsed."""
    try:
        return shlex.split(environ.get("PAGER", _DEFAULT_PAGER))
    except ValueError:
        return []


def _paged(text: str, environ: Mapping[str, str]) -> bool:
    """Shows the text in a pager. Returns False if there is none."""
    command = _pager(environ)
    if not command or shutil.which(command[0], path=environ.get("PATH")) is None:
        return False
    encoded = text.encode(sys.stdout.encoding or "utf-8", errors="backslashreplace")
    # PAGER is often a bare `less`, which shows escapes as text unless LESS says otherwise.
    variables = {"LESS": "-R", **environ}
    # ctrl+c is for the pager: it ends a search there, and must not make us exit while the pager runs.
    # A handler, unlike SIG_IGN, is not inherited by the pager.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        subprocess.run(command, input=encoded, env=variables, check=False)
    except OSError:
        return False
    finally:
        signal.signal(signal.SIGINT, before)
    return True
