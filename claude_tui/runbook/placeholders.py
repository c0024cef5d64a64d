"""The placeholders in commands and advice: the endpoint, model and status page in use; never a secret.

Model ids and request ids come from servers, and a command that somebody pastes into a shell must not
contain whatever a server made up: a value that is not clearly harmless is replaced by a placeholder word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from claude_tui.knowledge import knowledge
from claude_tui.model.model_names import DEFAULT_MODEL
from claude_tui.runbook.values import Command, Node, Step

__all__ = ["API_VERSION", "TRAFFIC_TEXTS", "Placeholders", "fill", "known_placeholders", "placeholders"]

# What SDK 2.x sends.
API_VERSION = "2026-10-21"
DEFAULT_BASE_URL = "https://api.anthropic.com"
STATUS_URLS = ("https://status.claude.com", "https://status.anthropic.com", "https://anthropic.statuspage.io")

TRAFFIC_TEXTS = {
    "throttle_first": "If your traffic is counted, the application that uses the most tokens is named here",
    "retries_early": "If a proxy counts your traffic, the application that retries too early is named here",
    "max_tokens_frees": "If your traffic is counted, what a lower max_tokens would free is stated here",
}
"""The placeholders of own traffic, with the texts to use without it."""

_PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")
_URL = re.compile(r"https?://[A-Za-z0-9._~%:\[\]/-]{1,300}\Z")
_HOST = re.compile(r"[A-Za-z0-9._:\[\]-]{1,260}\Z")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@/-]{0,199}\Z")
_HARMFUL = re.compile(r"[^\w .,:;/@+()%·-]")
_KEY_HEADER = "x-api-key: $ANTHROPIC_API_KEY"
_TOKEN_HEADER = "authorization: Bearer $ANTHROPIC_AUTH_TOKEN"


def _summary(url: str) -> str:
    return url if url.endswith(".json") else f"{url.rstrip('/')}/api/v2/summary.json"


@dataclass(frozen=True, slots=True)
class Placeholders:
    """The values to fill in."""

    base_url: str = DEFAULT_BASE_URL
    """The base URL of the endpoint."""
    model: str | None = None
    """The model in use; None for a default."""
    status_urls: tuple[str, ...] = STATUS_URLS
    """The status pages, in the order of preference."""
    by_token: bool = False
    """Whether requests carry ANTHROPIC_AUTH_TOKEN instead of the key."""
    request_id: str | None = None
    """The request id of the newest failure."""
    fallback_model: str | None = None
    """A model that answers while another fails."""
    traffic: Mapping[str, str] = field(default_factory=dict)
    """The texts of own traffic, by the names in TRAFFIC_TEXTS."""

    def values(self) -> Mapping[str, str]:
        """Every placeholder with its text, which is harmless in shell quotes of both kinds and in Python."""
        base_url = self.base_url.rstrip("/")
        base = _safe(base_url or DEFAULT_BASE_URL, _URL, "BASE_URL")
        authority = base.partition("://")[2].partition("/")[0]
        host = re.sub(r":\d+\Z", "", authority)
        pages = [_summary(url) for url in self.status_urls if _URL.match(url)] or [_summary(STATUS_URLS[0])]
        return {
            "base_url": base,
            "host": _safe(host, _HOST, "HOST"),
            "port": _port(base, authority),
            "model": _safe(self.model or DEFAULT_MODEL, _NAME, "MODEL_ID"),
            "status_urls": " \\\n    ".join(pages),
            "status_page": pages[0].removesuffix("/api/v2/summary.json"),
            "auth": _TOKEN_HEADER if self.by_token else _KEY_HEADER,
            "version": API_VERSION,
            "request_id": _safe(self.request_id or "", _NAME, "REQUEST_ID"),
            "fallback_model": _safe(self.fallback_model or "", _NAME, "MODEL_ID"),
            **_retries(),
            **{name: _harmless(self.traffic.get(name, "")) or text for name, text in TRAFFIC_TEXTS.items()},
        }

    def fill(self, text: str) -> str:
        """`text` with its placeholders filled in."""
        return fill(text, self.values())

    def command(self, command: Command) -> Command:
        return Command(command.title, self.fill(command.text))

    def step(self, step: Step) -> Step:
        return replace(
            step,
            why=self.fill(step.why),
            how=self.fill(step.how),
            check=self.fill(step.check),
            shell=self.fill(step.shell),
            python=self.fill(step.python),
        )

    def node(self, node: Node) -> Node:
        return replace(
            node,
            text=self.fill(node.text),
            help=self.fill(node.help),
            first=self.fill(node.first),
            commands=tuple(self.command(command) for command in node.commands),
        )


def _retries() -> dict[str, str]:
    """`retry_backoff`, `retry_overloaded` and so on: the retry policies of the error table, in words."""
    policies = knowledge().retries.values()
    return {f"retry_{policy.name}": policy.words.rstrip(".") for policy in policies}


def _port(base: str, authority: str) -> str:
    found = re.search(r":(\d+)\Z", authority)
    return found[1] if found else "80" if base.startswith("http:") else "443"


def _harmless(text: str) -> str:
    """Names of applications and models are untrusted: characters that could end a quotation become dots."""
    return _HARMFUL.sub("·", text)


def _safe(text: str, allowed: re.Pattern[str], instead: str) -> str:
    return text if allowed.match(text) else instead


def fill(text: str, values: Mapping[str, str]) -> str:
    """`text` with the placeholders in `values` filled in."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)


def placeholders(texts: Iterable[str]) -> frozenset[str]:
    """The names of the placeholders in `texts`."""
    return frozenset(name for text in texts for name in _PLACEHOLDER.findall(text))


def known_placeholders() -> frozenset[str]:
    """The names of all placeholders."""
    return frozenset(Placeholders().values())
