"""Masks what is not for everybody who sees a shared screen: keys, ids, hosts and organisations."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from claude_tui.model.text import Redactor

__all__ = ["HOST", "ID", "KEY", "NAME", "Mask"]

KEY, ID, HOST, NAME = "[key]", "[id]", "[host]", "[name]"

# Products that the status page lists by their address.
_PUBLIC = frozenset({"claude.ai"})
# Shorter names are ordinary words, such as `prod`.
_SHORTEST_NAME = 3

_KEYS = re.compile(
    r"""\[redacted\]
      | \b(?:sk|pk|rk)-[A-Za-z0-9_\-]{6,}
      | \b(?:xox[a-z]|gh[opsu])[-_][A-Za-z0-9\-]{8,}
      | \bAKIA[A-Z0-9]{12,}
      | \beyJ[A-Za-z0-9_\-]{8,}(?:\.[A-Za-z0-9_\-]+)*
    """,
    re.VERBOSE,
)
_IDS = re.compile(
    r"""\b(?:(?:msg|wrkspc|user|proj|apikey|batch|file|sess|session|trace)_|org[_-])[A-Za-z0-9_\-]*\d[A-Za-z0-9_\-]*…?
      | \breq_[A-Za-z0-9_\-]+…?
      | \b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b
      | \b(?=[0-9a-f]*\d)(?=[0-9]*[a-f])[0-9a-f]{16,}\b
      | (?i:\b(?:org(?:ani[sz]ation)?|workspace)(?:\s+id)?\s*[:=]\s*)[^\s,;)\]]+
    """,
    re.VERBOSE,
)
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_\-]{0,62})"
_HOSTS = re.compile(
    rf"""[A-Za-z][A-Za-z0-9+.\-]*://[^\s"'<>”’)\]]+
      | (?<=@)(?!\[){_LABEL}(?:\.{_LABEL})*(?::\d+)?
      | (?<![\w.\-])(?:{_LABEL}\.)+[A-Za-z][A-Za-z\-]+[A-Za-z0-9]*\.?(?::\d+)?(?:/[^\s"'<>”’)\]]*)?(?![\w\-])
      | (?<![\w.])\d{{1,3}}(?:\.\d{{1,3}}){{3}}(?::\d+)?(?!\w)
      | (?<![\w:])(?:[0-9A-Fa-f]{{0,4}}:){{3,7}}[0-9A-Fa-f]{{0,4}}(?![\w:])
      | (?<![\w:])[0-9A-Fa-f]{{0,4}}::(?:[0-9A-Fa-f]{{1,4}}(?::[0-9A-Fa-f]{{1,4}})*)?(?![\w:])
      | \blocalhost(?::\d+)?\b
      | \b[A-Za-z][A-Za-z0-9_\-]{{0,62}}:\d{{2,5}}\b
    """,
    re.VERBOSE,
)
_CLOCK = re.compile(r"\d{1,2}(?::\d{2}){1,2}")


@dataclass(frozen=True, slots=True)
class Mask:
    """Replaces what is shaped like a key, an id or a host, and what this installation is called."""

    known: tuple[tuple[str, str], ...] = ()
    """Names to replace and what stands for each, the longest name first."""

    @classmethod
    def of(cls, *, names: Iterable[str] = (), hosts: Iterable[str] = ()) -> Mask:
        """A mask that knows these names and hosts; shorter ones than three characters are ordinary words."""
        found = {name.strip(): NAME for name in names} | {host.strip(): HOST for host in hosts}
        kept = ((name, word) for name, word in found.items() if len(name) >= _SHORTEST_NAME)
        shown = (each for each in kept if each[0] not in _PUBLIC)
        return cls(tuple(sorted(shown, key=lambda each: (-len(each[0]), each[0]))))

    def __call__(self, text: str) -> str:
        """`text` without any of it. Masking what is masked changes nothing."""
        text = _KEYS.sub(KEY, Redactor().secrets_out(text))
        for name, word in self.known:
            text = re.sub(rf"(?<![\w\[]){re.escape(name)}(?![\w\]])", word, text, flags=re.IGNORECASE)
        text = _IDS.sub(ID, text)
        return _HOSTS.sub(_host, text)


def _host(found: re.Match[str]) -> str:
    text = found.group()
    if text.casefold() in _PUBLIC or _CLOCK.fullmatch(text):
        return text
    return f"{HOST}." if text.endswith(".") else HOST
