"""The base URL and the key, read from the environment as the SDK does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from claude_tui.model.gateway import is_gateway
from claude_tui.model.no_key_reason import NoKeyReason
from claude_tui.model.text import inert

__all__ = ["API_KEY", "AUTH_TOKEN", "BASE_URL", "DEFAULT_BASE_URL", "Credentials"]

API_KEY = "ANTHROPIC_API_KEY"
AUTH_TOKEN = "ANTHROPIC_AUTH_TOKEN"
BASE_URL = "ANTHROPIC_BASE_URL"
CUSTOM_HEADERS = "ANTHROPIC_CUSTOM_HEADERS"
DEFAULT_BASE_URL = "https://api.anthropic.com"

# Keys of other vendors by prefix; `sk-` alone is used by several and proves nothing.
_OTHER_VENDORS = (
    ("sk-proj-", "OpenAI"),
    ("sk-svcacct-", "OpenAI"),
    ("sk-or-", "OpenRouter"),
    ("AIza", "Google"),
    ("gsk_", "Groq"),
    ("xai-", "xAI"),
    ("hf_", "Hugging Face"),
    ("pplx-", "Perplexity"),
    ("AKIA", "AWS"),
    ("ASIA", "AWS"),
    ("ABSK", "Amazon Bedrock"),
    ("ghp_", "GitHub"),
    ("github_pat_", "GitHub"),
)
_QUOTES = "\"'`“”‘’"
_UNSENDABLE = re.compile(r"[^\t\x20-\x7e]|[\t ]\Z")
_PLACEHOLDER = re.compile(
    r"(your|insert|paste)[-_ ].*key|\A<.*>\Z|\A\$\{?\w+\}?\Z|\.\.\.|\bx{6,}\Z", re.I | re.S
)
_SECRET_HEADER = re.compile(r"auth|key|token|secret|cookie", re.I)


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """A key or a token (never both), the base URL, and the problems with either.

    Suspicious credentials are sent anyway unless refused: the response is better evidence than a guess.
    """

    api_key: str | None
    """The key in use, None if there is none."""
    auth_token: str | None
    """The token in use, None if there is none or a key takes precedence."""
    base_url: str
    """For requests and display: without user and password."""
    key_problem: str | None = None
    """The problem with the credential, without secrets."""
    base_url_problem: str | None = None
    """The problem with the base URL, without secrets."""
    refused: bool = False
    """Whether the credential is never sent, because no HTTP header can carry it, or it is for another
    vendor."""
    other_secrets: tuple[str, ...] = field(default=())
    """Secrets that are not sent but must never be shown."""

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], base_url: str | None = None) -> Self:
        """What the SDK would use: the key before the token, an empty variable counting as unset.

        `base_url`, when given, takes precedence over ANTHROPIC_BASE_URL.
        """
        api_key = environ.get(API_KEY) or None
        auth_token = environ.get(AUTH_TOKEN) or None
        given = base_url or environ.get(BASE_URL) or ""
        url, url_problem, password = _checked_url(given if given.strip() else DEFAULT_BASE_URL)
        variable, credential = (API_KEY, api_key) if api_key is not None else (AUTH_TOKEN, auth_token)
        key_problem, refused = _checked_key(variable, credential, to_anthropic=not is_gateway(url))
        return cls(
            api_key=api_key,
            auth_token=auth_token if api_key is None else None,
            base_url=url,
            key_problem=key_problem,
            base_url_problem=url_problem,
            refused=refused,
            other_secrets=(*password, *_custom_header_secrets(environ), *filter(None, [auth_token])),
        )

    @property
    def credential(self) -> str | None:
        """The key or token in use."""
        return self.api_key or self.auth_token

    @property
    def problem(self) -> str | None:
        """Everything that is wrong, without secrets; it may still be worth trying."""
        return "; ".join(filter(None, (self.base_url_problem, self.key_problem))) or None

    @property
    def reachable(self) -> bool:
        """Whether the base URL can be requested at all."""
        return self.base_url_problem is None

    @property
    def usable(self) -> bool:
        """Whether a request with a credential can be sent."""
        return self.reachable and self.credential is not None and not self.refused

    @property
    def no_key_reason(self) -> NoKeyReason | None:
        """Why no request can carry a credential, as far as that is the credential's fault."""
        if self.credential is None:
            return NoKeyReason.MISSING
        return NoKeyReason.UNUSABLE if self.refused else None

    @property
    def host(self) -> str:
        """The host of the base URL, with a port that is not the scheme's own; for display."""
        return _netloc(self.base_url) or self.base_url

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every secret for the Redactor, also without surrounding quotes and white space."""
        raw = [*filter(None, (self.api_key, self.auth_token)), *self.other_secrets]
        bare = [text.strip(_QUOTES + " \t\r\n") for text in raw]
        return tuple(dict.fromkeys(text for text in (*raw, *bare) if text))

    @property
    def is_gateway(self) -> bool:
        """Whether the base URL is not the provider's own."""
        return is_gateway(self.base_url)

    @property
    def variable(self) -> str:
        """The variable that holds the credential in use; the key's if there is none."""
        return AUTH_TOKEN if self.api_key is None and self.auth_token is not None else API_KEY

    @property
    def headers(self) -> dict[str, str]:
        """The authorization header, as SDK 2.x sends key and token alike; empty when not usable."""
        return {"Authorization": f"Bearer {self.credential}"} if self.usable else {}

    def __repr__(self) -> str:
        kind = "api_key" if self.api_key else "auth_token" if self.auth_token else "no credential"
        return f"<Credentials {kind}, base_url={self.base_url!r}, problem={self.problem!r}>"


def _checked_key(variable: str, credential: str | None, *, to_anthropic: bool) -> tuple[str | None, bool]:
    """The message about a problem, if any, and whether the credential must not be sent."""
    if credential is None:
        return f"{API_KEY} is not set (nor {AUTH_TOKEN})", False
    if _UNSENDABLE.search(credential):
        return f"{variable} {_unsendable(credential)}: it cannot be sent, so set it again without", True
    if re.search(r"\s", credential):
        return f"{variable} contains white space", False
    if any(quote in credential for quote in _QUOTES):
        return (
            f"{variable} contains quotation marks: the quotes of a shell or .env line have become part of it",
            False,
        )
    if vendor := _vendor(credential):
        return f"{variable} looks like a key of {vendor}, not of Anthropic", to_anthropic
    return _wrong_kind(variable, credential), False


def _unsendable(credential: str) -> str:
    stripped = credential.strip()
    if not stripped:
        return "is only white space"
    if credential.endswith(("\n", "\r")) and stripped.isprintable():
        return "ends with a newline"
    if "\n" in credential or "\r" in credential:
        return "contains a newline"
    if credential != credential.rstrip():
        return "ends with white space"
    return (
        "contains a control character" if credential.isascii() else "contains a character that is not ASCII"
    )


def _vendor(credential: str) -> str | None:
    return next((vendor for start, vendor in _OTHER_VENDORS if credential.startswith(start)), None)


def _wrong_kind(variable: str, credential: str) -> str | None:
    if credential.startswith("sk-ant-admin"):
        return f"{variable} starts with sk-ant-admin: an admin key, which cannot send messages"
    if variable == API_KEY and credential.startswith("sk-ant-oat"):
        return f"{variable} starts with sk-ant-oat: an OAuth token, which belongs in {AUTH_TOKEN}"
    if credential.startswith(f"{variable}="):
        return f"{variable} begins with its own name: only what follows the = is the key"
    if _PLACEHOLDER.search(credential):
        return f"{variable} looks like the placeholder of an example"
    return None


def _checked_url(given: str) -> tuple[str, str | None, tuple[str, ...]]:
    """The URL without trailing slash and without user or password, what is wrong, and the password."""
    try:
        parts = urlsplit(given)
        has_port = parts.port is None or parts.port > 0
    except ValueError as error:
        return _bare(given), f"the base URL cannot be read: {inert(str(error), 120)}", _passwords(given)
    shown = _bare(urlunsplit(parts))
    if problem := _url_problem(given, parts, has_port=has_port):
        return shown, f"the base URL {problem}", _passwords(given)
    return shown, None, ()


def _url_problem(given: str, parts: SplitResult, *, has_port: bool) -> str | None:
    if "@" in parts.netloc:
        return "contains a user name or password: take it out, the key goes in its own variable"
    if re.search(r"[\s\x00-\x20\x7f]", given) or not given.isprintable():
        return "contains white space or a control character"
    if not parts.scheme or "://" not in given:
        return f"has no scheme: it should begin with https:// ({DEFAULT_BASE_URL} is the default)"
    if parts.scheme not in {"http", "https"}:
        return f"begins with {inert(parts.scheme, 20)}://, but only https:// and http:// are supported"
    if not parts.hostname or not has_port:
        return "names no host" if not parts.hostname else "has an impossible port"
    return "has a query or fragment, which no path can follow" if parts.query or parts.fragment else None


def _bare(url: str) -> str:
    """`url` for display and use: inert, no userinfo, no trailing slash."""
    return inert(re.sub(r"(?<=//)[^/?#]*@", "", url).rstrip("/"), 500)


def _passwords(url: str) -> tuple[str, ...]:
    match = re.search(r"//([^/?#]*)@", url)
    if match is None:
        return ()
    user, _, password = match.group(1).partition(":")
    return tuple(dict.fromkeys(part for raw in (password or user,) for part in (raw, unquote(raw)) if part))


def _custom_header_secrets(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Values the SDK sends from ANTHROPIC_CUSTOM_HEADERS (`Name: value` lines) that are credentials."""
    lines = (line.partition(":") for line in environ.get(CUSTOM_HEADERS, "").split("\n"))
    return tuple(value.strip() for name, _, value in lines if _SECRET_HEADER.search(name) and value.strip())


def _netloc(url: str) -> str:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    host = parts.hostname or ""
    shown = f"[{host}]" if ":" in host else host
    return f"{shown}:{port}" if port not in {None, {"http": 80, "https": 443}.get(parts.scheme)} else shown
