"""Access control: the token, the cookie that replaces it, and the allowed host names."""

from __future__ import annotations

import hmac
import ipaddress
import os
import re
import secrets
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from claude_tui.model.errors import ClaudeTopError
from claude_tui.model.secret_variables import SERVE_TOKEN

__all__ = ["SHORTEST_TOKEN", "TOKEN_VARIABLE", "Access", "AccessError", "read_token"]

TOKEN_VARIABLE = SERVE_TOKEN
SHORTEST_TOKEN = 16
"""Characters of a token. One that can be guessed is worse than none, as it looks like protection."""

_LONGEST_TOKEN = 1_000
_HOST = re.compile(r"[A-Za-z0-9._\-]+|\[[0-9A-Fa-f:.]+\]")
_AUTHORITY = re.compile(rf"(?P<host>{_HOST.pattern})(?::(?P<port>\d{{1,5}}))?")
_LOCAL = frozenset({"localhost", "127.0.0.1", "[::1]"})


class AccessError(ClaudeTopError):
    """The access control of the dashboard in the browser cannot be used."""


@dataclass(frozen=True, slots=True)
class Access:
    """The rules for one server.

    The cookie is not the token: a stolen one becomes useless when the server ends.
    """

    token: str | None
    """The token; with None, anybody who can connect has access."""
    hosts: frozenset[str]
    """Host names in addition to those of the address; lower case, without a port."""
    loopback: bool
    """Whether only this machine can connect."""
    cookie: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    @classmethod
    def of(cls, token: str | None, address: str, names: tuple[str, ...]) -> Access:
        """The rules for a server at an IP address. Raises AccessError for an invalid name."""
        for name in names:
            if not _HOST.fullmatch(name):
                raise AccessError(f"--host {name[:60]!r}: expected a host name without scheme and port")
        bare = ipaddress.ip_address(address)
        own = f"[{address}]" if bare.version == 6 else address
        return cls(token, frozenset({own.lower(), *(name.lower() for name in names)}), bare.is_loopback)

    def is_token(self, given: str) -> bool:
        return self.token is not None and _equal(given, self.token)

    def is_cookie(self, given: str | None) -> bool:
        """Whether a request comes from a browser that has shown the token, or needs none."""
        return self.token is None or (given is not None and _equal(given, self.cookie))

    def knows_host(self, host: str) -> bool:
        """Whether a request was meant for this server.

        A page of another site whose name is made to point here (DNS rebinding) has that name in `Host`. If
        other machines can connect, the names are unknown, and the cookie, which is bound to a name, decides.
        """
        found = _AUTHORITY.fullmatch(host)
        if found is None:
            return False
        return not self.loopback or found["host"].lower() in self.hosts | _LOCAL

    def knows_origin(self, origin: str | None, host: str) -> bool:
        """Whether the request comes from a page of this server; any page may open a WebSocket anywhere."""
        if origin is None:
            return False
        with suppress(ValueError):
            parts = urlsplit(origin)
            return parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower()
        return False


def _equal(given: str, wanted: str) -> bool:
    """Compares in constant time."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())


def read_token(environ: Mapping[str, str], file: Path | None) -> str | None:
    """The token of a file, else of the environment, else None. A missing file is created.

    Raises AccessError.
    """
    if file is None:
        given = environ.get(TOKEN_VARIABLE, "").strip()
        return _checked(given, TOKEN_VARIABLE) if given else None
    try:
        return _checked(_text_of(file), f"--token-file {file}")
    except FileNotFoundError:
        return _made(file)
    except (OSError, UnicodeDecodeError) as error:
        raise AccessError(f"--token-file {file}: {getattr(error, 'strerror', None) or error}") from error


def _text_of(file: Path) -> str:
    # Do not wait for the writer of a pipe.
    descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK)
    with os.fdopen(descriptor, encoding="utf-8") as opened:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise AccessError(f"--token-file {file}: not a file")
        if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise AccessError(f"--token-file {file}: others can read it; chmod 600 {file}")
        return opened.read(_LONGEST_TOKEN + 1).strip()


def _made(file: Path) -> str:
    token = secrets.token_urlsafe(32)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
            opened.write(f"{token}\n")
    except OSError as error:
        raise AccessError(f"--token-file {file}: {error.strerror or error}") from error
    return token


def _checked(token: str, where: str) -> str:
    if not SHORTEST_TOKEN <= len(token) <= _LONGEST_TOKEN or not token.isascii() or not token.isprintable():
        raise AccessError(
            f"{where}: expected a token of {SHORTEST_TOKEN} to {_LONGEST_TOKEN} printable ASCII characters, "
            "such as `openssl rand -hex 32` prints"
        )
    return token
