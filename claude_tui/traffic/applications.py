"""Finds out which application made a call: from a header, the settings, or the User-Agent."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from claude_tui.model.text import Redactor
from claude_tui.model.traffic import OTHER, UNKNOWN

__all__ = ["APP_HEADER", "MAX_NAMES", "Application", "Applications", "Fingerprints", "key_of"]

APP_HEADER = b"x-claude-top-app"
MAX_NAMES = 50
MAX_NAME = 40

_NAME = re.compile(r"[\w.:/@+ -]{1,40}")
_PRODUCT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,39}")
_KEY_HEADERS = (b"x-api-key", b"authorization")
_SALT_BYTES = 16
_PLAIN = Redactor()

Header = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Application:
    """One application in the settings."""

    name: str
    """Its name."""
    keys: frozenset[str] = frozenset()
    """Fingerprints of its keys."""
    user_agents: tuple[str, ...] = ()
    """Patterns of its User-Agent, with `*` for anything."""


@dataclass(frozen=True, slots=True, repr=False)
class Fingerprints:
    """Short names for keys, which only this installation can compute, and nobody can reverse."""

    salt: bytes

    def of(self, key: bytes) -> str:
        """Ten hexadecimal digits: too few to recover a key, enough to tell keys apart."""
        return hmac.new(self.salt, key, hashlib.sha256).hexdigest()[:10]

    @classmethod
    def kept_in(cls, folder: Path) -> Fingerprints:
        """The fingerprints of this installation, created at the first use. Raises OSError."""
        file = folder / "key-fingerprints.salt"
        folder.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            pass
        else:
            with os.fdopen(descriptor, "wb") as made:
                made.write(os.urandom(_SALT_BYTES))
        salt = file.read_bytes()
        if len(salt) < _SALT_BYTES:
            raise OSError(None, "is damaged: remove it, and set the fingerprints anew", str(file))
        return cls(salt)


@dataclass(slots=True)
class Applications:
    """Names the calls of one process."""

    declared: Sequence[Application] = ()
    """The applications in the settings; the first match counts."""
    fingerprints: Fingerprints | None = None
    """Needed if any application is known by its key."""
    _names: set[str] = field(default_factory=set)
    _by_user_agent: dict[bytes, str] = field(default_factory=dict)

    def of(self, headers: Iterable[Header]) -> str:
        """The application's name; UNKNOWN if nothing identifies it, OTHER beyond `MAX_NAMES`."""
        wanted = (APP_HEADER, b"user-agent", *_KEY_HEADERS)
        found: dict[bytes, bytes] = {}
        for name, value in headers:
            if (lower := name.lower()) in wanted:
                found.setdefault(lower, value)
        given = _given(found.get(APP_HEADER, b""))
        if given is not None:
            return self._bounded(given)
        declared = self._by_key(found) or self._declared_user_agent(found.get(b"user-agent", b""))
        return declared or self._bounded(_product(found.get(b"user-agent", b"")))

    def _by_key(self, found: Mapping[bytes, bytes]) -> str | None:
        if self.fingerprints is None or not any(application.keys for application in self.declared):
            return None
        key = key_of(found)
        if key is None:
            return None
        fingerprint = self.fingerprints.of(key)
        return next(
            (application.name for application in self.declared if fingerprint in application.keys), None
        )

    def _declared_user_agent(self, agent: bytes) -> str | None:
        text = agent[:300].decode("latin-1")
        for application in self.declared:
            if any(fnmatchcase(text, pattern) for pattern in application.user_agents):
                return application.name
        return None

    def _bounded(self, name: str) -> str:
        """Bounds the number of names, as clients could send any number of them."""
        if name in self._names or name == UNKNOWN:
            return name
        if len(self._names) >= MAX_NAMES - len(self.declared):
            return OTHER
        self._names.add(name)
        return name


def key_of(headers: Mapping[bytes, bytes]) -> bytes | None:
    """The key in headers with lower-case names, as it would be in ANTHROPIC_API_KEY."""
    if key := headers.get(b"x-api-key", b"").strip():
        return key
    scheme, _, credential = headers.get(b"authorization", b"").strip().partition(b" ")
    return (credential.strip() or scheme) or None


def _given(value: bytes) -> str | None:
    """The name in a header; None if it is missing or not safe to show."""
    name = value[: 4 * MAX_NAME].decode("utf-8", "replace").strip()
    return name if _NAME.fullmatch(name) and _PLAIN.without_secrets(name) == name else None


def _product(agent: bytes) -> str:
    """`claude-cli` of `claude-cli/2.1 (external, cli)`, `Anthropic/Python` of `Anthropic/Python 2.11.0`."""
    text = agent[:200].decode("latin-1").strip()
    first, _, rest = text.partition("/")
    if not _PRODUCT.fullmatch(first) or _PLAIN.without_secrets(first) != first:
        return UNKNOWN
    # The SDKs put the language where others have a version.
    language = rest.partition(" ")[0]
    if first in {"Anthropic", "AsyncAnthropic"} and language.isalpha() and len(language) <= 12:
        return f"Anthropic/{language}"
    # The AI SDK puts its own product before it in some of its calls only.
    return "ai-sdk" if first == "ai" and " ai-sdk/" in rest else first
