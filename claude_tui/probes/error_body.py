"""Finds errors in the text of a response from a server, an edge or a gateway."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice

from claude_tui.probes.error_shapes import MAX_EMBEDDED, ErrorFields, read_error

__all__ = [
    "embedded_errors",
    "html_title",
    "is_challenge",
    "is_html",
    "is_plain_http_complaint",
    "page_words",
]

_MAX_OBJECTS = 12
_MAX_DEPTH = 4
_MAX_TITLE_AT = 8_000
_MAX_WORDS = 500
_OBJECT = re.compile(r"""\{\s*["']""")
_TYPE_MENTION = re.compile(r"""["']type["']\s*:\s*["']([a-z_]{3,40}_error)["']""")
# The closing quote is optional, so that a hostile text full of quotes is scanned once and not once per quote.
_TOKEN = re.compile(
    r"""'(?P<single>(?:[^'\\]|\\.)*+)'? | "(?P<double>(?:[^"\\]|\\.)*+)"? | \b(?P<word>True|False|None)\b""",
    re.VERBOSE | re.DOTALL,
)
_WORDS = {"True": "true", "False": "false", "None": "null"}
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_ESCAPED = re.compile(r"""\\(["'\\/])""")
_TITLE = re.compile(r"<(title|h1)\b[^>]*>(.*?)</\1", re.I | re.S)
_CHALLENGE = re.compile(r"<title>\s*just a moment|_cf_chl_opt|/cdn-cgi/challenge-platform", re.I)
# nginx, Go's net/http and Apache, when a TLS port receives plain HTTP.
_PLAIN_HTTP = re.compile(
    r"""the\ plain\ HTTP\ request\ was\ sent\ to\ HTTPS\ port
      | \AClient\ sent\ an\ HTTP\ request\ to\ an\ HTTPS\ server
      | you(?:'|&\#39;)re\ speaking\ plain\ HTTP\ to\ an\ SSL-enabled\ server\ port
    """,
    re.I | re.X,
)
_TAG = re.compile(r"<[^<>]*>")


def embedded_errors(text: str, depth: int = 0) -> Iterator[ErrorFields]:
    """Errors inside a message, outermost first: as JSON, escaped JSON, printed by Python, or cut short.

    Gateways put the original answer into their own message, as in
    `litellm.InternalServerError: AnthropicException - b'{"type":"error",...}'`.
    """
    found = next(filter(None, map(_first_error, _variants(text[:MAX_EMBEDDED]))), None)
    if found is None:
        return
    yield found
    if depth < _MAX_DEPTH and found.message is not None:
        yield from embedded_errors(found.message, depth + 1)


def is_html(text: str) -> bool:
    start = text[:1000].lstrip().lower()
    return start.startswith(("<!doctype html", "<html", "<head", "<body")) or (
        start.startswith("<") and "<html" in start
    )


def is_challenge(headers: Mapping[str, str], text: str) -> bool:
    """Whether an edge demands a browser (Cloudflare's challenge page)."""
    mitigated = headers.get("cf-mitigated", "").strip().lower() == "challenge"
    return mitigated or (is_html(text) and _CHALLENGE.search(text[:MAX_EMBEDDED]) is not None)


def is_plain_http_complaint(text: str) -> bool:
    """Whether a server's error page says that a TLS port received plain HTTP.

    JSON does not count: a gateway's error may quote anything.
    """
    return not text.lstrip().startswith("{") and _PLAIN_HTTP.search(text[:_MAX_TITLE_AT]) is not None


def page_words(text: str) -> str:
    """The beginning of a page's text, without its tags."""
    return " ".join(_TAG.sub(" ", text[:_MAX_TITLE_AT]).split())[:_MAX_WORDS]


def html_title(text: str) -> str | None:
    """The title of a page, or its first heading, on one line."""
    match = _TITLE.search(text[:_MAX_TITLE_AT])
    words = _TAG.sub(" ", match.group(2)).split() if match else []
    return " ".join(words) or None


def _variants(text: str) -> Iterator[str]:
    """`text`, then with one and two levels of backslashes removed."""
    yield text
    for _ in range(2):
        unescaped = _ESCAPED.sub(r"\1", text)
        if unescaped == text:
            return
        text = unescaped
        yield text


def _first_error(text: str) -> ErrorFields | None:
    """The first typed error object in `text`; where none can be read, the first type that it mentions."""
    for brace in islice(_OBJECT.finditer(text), _MAX_OBJECTS):
        fields = read_error(_value_at(text, brace.start()))
        if fields is not None and fields.type is not None:
            return fields
    mention = _TYPE_MENTION.search(text)
    return ErrorFields(type=mention.group(1)) if mention else None


def _value_at(text: str, start: int) -> object:
    """The JSON object, or the dict as Python prints it, that begins at `start`; None if neither."""
    for candidate in (text[start:], _TOKEN.sub(_token_as_json, text[start:])):
        try:
            return json.JSONDecoder(strict=False).raw_decode(candidate)[0]
        except (ValueError, RecursionError):
            continue
    return None


def _token_as_json(token: re.Match[str]) -> str:
    if token["word"]:
        return _WORDS[token["word"]]
    body = token["single"] if token["single"] is not None else token["double"]
    return json.dumps(re.sub(r"\\(.)", lambda escape: _ESCAPES.get(escape[1], escape[1]), body, flags=re.S))
