"""Parses what a person reads: the README and the manual, their code blocks and command lines."""

from __future__ import annotations

import re
from pathlib import Path

from tests.manual_tables import PAGES

__all__ = ["DOCUMENTS", "README", "ROOT", "blocks", "command_lines", "toml_block"]

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
DOCUMENTS = {ROOT / "README.md": README} | {
    path: path.read_text("utf-8") for path in sorted(PAGES.glob("*.md"))
}

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_SPAN = re.compile(r"`([^`]+)`")
_PROGRAM = re.compile(r"(?<![\w-])claude-top(?![\w.(-])")
_PLACEHOLDER = re.compile(r"\[|\b[A-Z]{4,}\b")


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of a language; "" selects those without one."""
    return [body for found, body in _BLOCK.findall(text) if found == language]


def toml_block(text: str, mark: str) -> str:
    """The only TOML block with a line that begins like this."""
    (found,) = [
        block for block in blocks(text, "toml") if any(line.startswith(mark) for line in block.splitlines())
    ]
    return found


def command_lines(text: str) -> list[str]:
    """The arguments of every `claude-top ...` that a person could type, from shell blocks and code spans."""
    lines = [line for block in blocks(text, "sh") for line in block.replace("\\\n", " ").splitlines()]
    lines += [" ".join(span.split()) for span in _SPAN.findall(_BLOCK.sub("", text))]
    found = []
    for line in lines:
        typed = re.split(r" [#|>] ?", line)[0]
        places = list(_PROGRAM.finditer(typed))
        if places and not _PLACEHOLDER.search(arguments := typed[places[-1].end() :]):
            found.append(arguments.strip())
    return found
