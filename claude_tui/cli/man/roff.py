"""Text as roff, with the macros of `man(7)` that both groff and mandoc support."""

from __future__ import annotations

from collections.abc import Iterable

from claude_tui import __version__

__all__ = ["bold", "escaped", "heading", "italic", "item", "page_of", "preformatted", "section", "title"]


def escaped(text: str) -> str:
    """Text that roff prints as it is, with its line breaks."""
    plain = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    plain = plain.replace("^", "\\(ha").replace("~", "\\(ti")
    return "\n".join(f"\\&{line}" if line[:1] in (".", "'") else line for line in plain.split("\n"))


def bold(text: str) -> str:
    """Escaped text in bold."""
    return f"\\fB{escaped(text)}\\fR"


def italic(text: str) -> str:
    """Escaped text in italics, which terminals underline."""
    return f"\\fI{escaped(text)}\\fR"


def title(name: str, number: int, date: str) -> str:
    """The first line of a page."""
    return f'.TH "{escaped(name.upper())}" {number} {date} "claude\\-top {__version__}" "claude\\-top manual"'


def section(name: str) -> str:
    return f".SH {_quoted(escaped(name.upper()))}"


def heading(name: str) -> str:
    """A heading within a section."""
    return f".SS {_quoted(escaped(name))}"


def item(tag: str, text: str) -> list[str]:
    """A term and its explanation; both are roff."""
    return [".TP", tag, *text.split("\n")]


def preformatted(lines: Iterable[str]) -> list[str]:
    """A block whose lines are neither filled nor interpreted."""
    return [".PP", ".RS 4", ".nf", *(escaped(line) or "\\&" for line in lines), ".fi", ".RE"]


def page_of(lines: Iterable[str]) -> str:
    """The page without empty lines and paragraph macros after headings: formatters warn of them."""
    kept: list[str] = []
    for line in lines:
        if line and not (line == ".PP" and kept and kept[-1].startswith((".SH", ".SS", ".PP"))):
            kept.append(line)
    return "\n".join(kept)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', "\\(dq") + '"'
