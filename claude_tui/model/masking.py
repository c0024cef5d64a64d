"""Masks what a shared screen should not reveal: keys, ids, hosts and organisations."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from claude_tui.model.text import Redactor

__all__ = ["HOST", "ID", "KEY", "NAME", "Mask"]

KEY, ID, HOST, NAME = "[key]", "[id]", "[host]", "[name]"
_WORDS = frozenset({KEY, ID, HOST, NAME})

# Products that the status page lists by their address.
_PUBLIC = frozenset({"claude.ai"})
# Shorter names are ordinary words, such as `prod`.
_SHORTEST_NAME = 3

_KEYS = re.compile(
    r"""\[redacted\]
      | (?i:\b(?:sk|pk|rk)-[A-Z0-9_\-]{6,} | \b[spr]k_(?:live|test)_[A-Z0-9]{6,})
      | (?i:\b(?:xox[a-z]|gh[opsu]|github_pat|glpat|hf)[-_][A-Z0-9_\-]{8,})
      | \bAKIA[A-Z0-9]{12,}
      | \bAIza[A-Za-z0-9_\-]{20,}
      | (?i:(?<![^\W_])(?:api[_\-\ ]?key|auth[_\-\ ]?token|secret|password)\s*[:=]\s*)
        (?!\[key\])[^\s,;)\]]{6,}
      | \beyJ[A-Za-z0-9_\-]{8,}(?:\.[A-Za-z0-9_\-]+)*
    """,
    re.VERBOSE,
)
# The name of an organisation may have several words: it ends at a comma, or where a sentence goes on.
_IDS = re.compile(
    r"""(?i:\b(?:(?:msg|wrkspc|user|proj|apikey|batch|file|sess|session|trace)_|org[_-])[A-Z0-9_\-]*\d[A-Z0-9_\-]*…?)
      | (?i:\b(?:req|org)_[A-Z0-9_\-]+…?)
      | \b[A-Za-z]{2,12}_01[A-Za-z0-9]{3,}…?
      | (?i:\brequest[\s_\-]+id\s*[:=]\s*)(?!\[id\])[^\s,;)\]]+
      | \b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b
      | (?i:\b(?=[0-9a-f]*\d)(?=[0-9]*[a-f])[0-9a-f]{16,}\b)
      | (?i:\b(?:org(?:ani[sz]ation)?|workspace)(?:[\s_\-]+(?:id|name))?\s*)
        (?: [:=]\s*(?:"[^"]*"|'[^']*'|“[^”]*”)
          | =\s*[^\s,;)\]]+
          | :\s*[^\s,;)\]]+
            (?:
              [ ](?!(?i:(?:is|are|was|were|has|have|does|did|can|cannot|may|must|will|exceeded)\b|[·|(]))
              [^\s,;)\]]+
            )*
        )
    """,
    re.VERBOSE,
)
# A part that was masked before, as a known name, is still a part of a host's name.
_LABEL = r"(?:\w[\w\-]{0,62}|(?:\w[\w\-]{0,30}-)?\[(?:name|host)\](?:-[\w\-]{0,30})?)"
_LAST = r"[^\W\d_](?=[^\W\d_]|-)(?:[^\W_]|-){1,62}"
# `fe80::1%eth0`: the interface names the machine's network.
_ZONE = r"(?:%[\w.\-]+)?"
_HOSTS = re.compile(
    rf"""[A-Za-z][A-Za-z0-9+.\-]*://[^\s"'<>”’)\]]+
      | (?<=@)(?!\[(?:name|host)\](?!\.)){_LABEL}(?:\.{_LABEL})*(?::\d+)?
      | (?<![\w.\-])(?:{_LABEL}\.)+{_LAST}\.?(?::\d+)?(?:/[^\s"'<>”’)\]]*)?(?![\w\-])
      | (?<![\w.])\d{{1,3}}(?:\.\d{{1,3}}){{3}}(?::\d+)?(?!\w)
      | (?<![\w:])(?:[0-9A-Fa-f]{{0,4}}:){{2,7}}\d{{1,3}}(?:\.\d{{1,3}}){{3}}(?!\w)
      | (?<![\w:])(?:[0-9A-Fa-f]{{0,4}}:){{3,7}}[0-9A-Fa-f]{{0,4}}{_ZONE}(?![\w:])
      | (?<![\w:])[0-9A-Fa-f]{{0,4}}::(?:[0-9A-Fa-f]{{1,4}}(?::[0-9A-Fa-f]{{1,4}})*)?{_ZONE}(?![\w:])
      | \blocalhost(?::\d+)?\b
      | \b[A-Za-z][A-Za-z0-9_\-]{{0,62}}:\d{{2,5}}\b
    """,
    re.VERBOSE,
)
_CLOCK = re.compile(r"\d{1,2}(?::\d{2}){1,2}")


@dataclass(frozen=True, slots=True)
class Mask:
    """Replaces anything that looks like a key, an id or a host, and the names of this installation."""

    known: tuple[tuple[str, str], ...] = ()
    """Names to replace and their replacements, longest name first."""

    @classmethod
    def of(cls, *, names: Iterable[str] = (), hosts: Iterable[str] = ()) -> Mask:
        """A mask that knows these names and hosts, except those with fewer than three characters."""
        found = {name.strip(): NAME for name in names} | {host.strip(): HOST for host in hosts}
        kept = ((name, word) for name, word in found.items() if len(name) >= _SHORTEST_NAME)
        shown = (secret for secret in kept if secret[0] not in _PUBLIC)
        return cls(tuple(sorted(shown, key=lambda secret: (-len(secret[0]), secret[0]))))

    def __call__(self, text: str) -> str:
        """`text`, masked. Masking it again changes nothing."""
        text = _KEYS.sub(KEY, Redactor().without_secrets(text))
        for name, word in self.known:
            # A placeholder must not be replaced again, even if something is called `host`.
            own = r"(?<!\[)" if f"[{name.casefold()}]" in _WORDS else ""
            text = re.sub(rf"(?<![^\W_]){own}{re.escape(name)}(?![^\W_])", word, text, flags=re.IGNORECASE)
        text = _IDS.sub(ID, text)
        return _HOSTS.sub(_host, text)


def _host(found: re.Match[str]) -> str:
    text = found.group()
    if text.casefold() in _PUBLIC or _CLOCK.fullmatch(text):
        return text
    return f"{HOST}." if text.endswith(".") else HOST
