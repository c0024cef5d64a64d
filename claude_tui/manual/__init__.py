"""The manual, one Markdown file per topic in this package. `claude-top manual TOPIC` shows a page.

The pages ship with the program because a host that can reach the API often has no browser.
Tables between `<!-- table: NAME -->` marks are generated: `python -m tests.manual_tables`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import resources

__all__ = ["Page", "load_page", "topics"]

_SUFFIX = ".md"
_COMMENT_LINE = re.compile(r"^<!--.*?-->\n\n?", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Page:
    """One page. `title` is its heading, `text` the whole page in Markdown without table markers."""

    topic: str
    title: str
    text: str


def topics() -> tuple[str, ...]:
    """The names of all pages, in alphabetical order."""
    names = [file.name for file in resources.files(__name__).iterdir()]
    return tuple(sorted(name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX)))


def load_page(topic: str) -> Page:
    """The page of a topic. Raises KeyError if there is none."""
    if topic not in topics():
        raise KeyError(topic)
    text = resources.files(__name__).joinpath(f"{topic}{_SUFFIX}").read_text("utf-8")
    heading = text.partition("\n")[0]
    return Page(topic, heading.removeprefix("# "), _COMMENT_LINE.sub("", text).rstrip() + "\n")
