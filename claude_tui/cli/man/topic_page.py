"""A page of the manual as a man page of section 7."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from claude_tui.cli.man.roff import (
    bold,
    escaped,
    heading,
    italic,
    item,
    page_of,
    preformatted,
    section,
    title,
)
from claude_tui.manual import Page

if TYPE_CHECKING:
    from markdown_it.token import Token

__all__ = ["topic_page"]

_OTHER_PAGE = re.compile(r"([\w-]+)\.md(?:#[\w-]*)?")


def topic_page(page: Page, date: str) -> str:
    """The page as roff."""
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(page.text)
    name = f"claude-top-{page.topic}"
    head = [title(name, 7, date), section("name"), f"{escaped(name)} \\- {escaped(page.title)}"]
    # The first heading is the title, which has been written.
    body = _Renderer(tokens[3:]).lines()
    tail = [section("see also"), f"{bold('claude-top')}(1)"]
    return page_of([*head, section("description"), *body, *tail])


class _Renderer:
    """Walks the tokens of a document once."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._lists: list[int | None] = []
        self._begins_item = False
        self._row: list[str] = []
        self._in_head = False

    def lines(self) -> list[str]:
        out: list[str] = []
        for index, token in enumerate(self._tokens):
            out += self._lines(token, self._tokens[index - 1] if index else None)
        return out

    def _lines(self, token: Token, before: Token | None) -> list[str]:
        match token.type:
            case "inline":
                return self._inline_lines(token, before)
            case "paragraph_open" if not self._begins_item:
                return [".PP"]
            case "fence" | "code_block":
                self._begins_item = False
                return preformatted(token.content.rstrip("\n").split("\n"))
        return [*self._list_lines(token), *self._table_lines(token)]

    def _list_lines(self, token: Token) -> list[str]:
        match token.type:
            case "bullet_list_open" | "ordered_list_open":
                return self._list_begins(token)
            case "bullet_list_close" | "ordered_list_close":
                return self._list_ends()
            case "list_item_open":
                return self._item_begins()
        return []

    def _inline_lines(self, token: Token, before: Token | None) -> list[str]:
        text = _inline(token)
        if before is not None and before.type == "heading_open":
            return _titled(before.tag, token)
        if before is not None and before.type in ("th_open", "td_open"):
            self._row.append(text.replace("\n", " "))
            return []
        self._begins_item = False
        return text.split("\n")

    def _list_begins(self, token: Token) -> list[str]:
        first = token.attrGet("start")
        self._lists.append((int(first) if first is not None else 1) if token.type[0] == "o" else None)
        self._begins_item = False
        return [".RS 2"] if len(self._lists) > 1 else []

    def _list_ends(self) -> list[str]:
        self._lists.pop()
        return [".RE"] if self._lists else []

    def _item_begins(self) -> list[str]:
        self._begins_item = True
        number = self._lists[-1]
        if number is None:
            return [".IP \\(bu 2"]
        self._lists[-1] = number + 1
        return [f".IP {number}. 4"]

    def _table_lines(self, token: Token) -> list[str]:
        """A row becomes an item: its first cell is the term, the others its explanation."""
        match token.type:
            case "thead_open":
                self._in_head = True
            case "tr_open":
                self._row = []
            case "tr_close" if not self._in_head:
                first, *others = self._row
                return item(first or "\\&", "; ".join(cell for cell in others if cell) or "\\&")
            case "thead_close":
                self._in_head = False
        return []


def _titled(tag: str, token: Token) -> list[str]:
    plain = "".join(child.content for child in token.children or ())
    return [section(plain) if tag in ("h1", "h2") else heading(plain)]


def _inline(token: Token) -> str:
    """The text of a paragraph. Line breaks are kept, as roff fills the lines."""
    out, link = "", ""
    for child in token.children or ():
        match child.type:
            case "text":
                out += escaped(child.content)
            case "code_inline":
                out += bold(child.content)
            case "strong_open":
                out += "\\fB"
            case "em_open":
                out += "\\fI"
            case "strong_close" | "em_close":
                out += "\\fR"
            case "softbreak" | "hardbreak":
                out += "\n"
            case "link_open":
                link = str(child.attrGet("href") or "")
            case "link_close":
                out += _target(link)
    return "\n".join(f"\\&{line}" if line[:1] in (".", "'") else line for line in out.split("\n"))


def _target(link: str) -> str:
    """The target of a link, after its text."""
    if found := _OTHER_PAGE.fullmatch(link):
        return f" ({bold(f'claude-top-{found[1]}')}(7))"
    return f" ({italic(link)})" if "://" in link else ""
