"""Finds the error in the body that a server, an edge or a gateway sent."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice

__all__ = [
    "ErrorFields",
    "embedded_errors",
    "event_error",
    "html_title",
    "is_challenge",
    "is_html",
    "is_plain_http_complaint",
    "load_json",
    "read_error",
]

MAX_PARSED = 1_000_000
_MAX_EMBEDDED = 20_000
_MAX_OBJECTS = 12
_MAX_DEPTH = 4
_MAX_TITLE_AT = 8_000
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


@dataclass(frozen=True, slots=True)
class ErrorFields:
    """The fields of an error object, not yet cleaned; None where absent."""

    type: str | None = None
    """The error type, such as `overloaded_error`."""
    code: str | None = None
    """A more specific code, always text."""
    message: str | None = None
    """The text for people."""
    request_id: str | None = None
    """The id in the body, where it has one."""


def load_json(text: str | bytes, limit: int = MAX_PARSED) -> object:
    """The JSON value of `text`. Raises ValueError, also when longer than `limit` or nested too deeply."""
    if len(text) > limit:
        raise ValueError(f"longer than {limit}")
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def read_error(data: object) -> ErrorFields | None:
    """The error in a decoded body, or None where there is none.

    Shapes: the API's own envelope; the same without the outer type; the bare error object;
    OpenAI's (`code` beside `type`); `{"error": "text"}`, `{"detail": ...}` and `{"message": ...}`.
    """
    if not isinstance(data, dict):
        return None
    request_id = _text(data.get("request_id"))
    for inner in (data.get("error"), data.get("detail")):
        if isinstance(inner, str) and inner:
            return ErrorFields(code=_code(data), message=_text(inner), request_id=request_id)
        if isinstance(inner, dict):
            found = read_error(inner) if isinstance(inner.get("error"), dict) else _fields(inner)
            return found and replace(found, request_id=request_id or found.request_id)
    error_type = data.get("type")
    is_bare = "message" in data and error_type != "error"
    return _fields(data) if is_bare or str(error_type).endswith("_error") else None


def embedded_errors(text: str, depth: int = 0) -> Iterator[ErrorFields]:
    """Errors inside a message, outermost first: as JSON, escaped JSON, printed by Python, or cut short.

    Gateways put the original answer into their own message, as in
    `litellm.InternalServerError: AnthropicException - b'{"type":"error",...}'`.
    """
    found = next(filter(None, map(_first_error, _variants(text[:_MAX_EMBEDDED]))), None)
    if found is None:
        return
    yield found
    if depth < _MAX_DEPTH and found.message is not None:
        yield from embedded_errors(found.message, depth + 1)


def event_error(text: str) -> ErrorFields | None:
    """The first error in a body that is a stream of events, or None."""
    for line in text[:_MAX_EMBEDDED].splitlines():
        if line.startswith("data:"):
            try:
                fields = read_error(load_json(line.removeprefix("data:")))
            except ValueError:
                continue
            if fields is not None:
                return fields
    return None


def is_html(text: str) -> bool:
    start = text[:1000].lstrip().lower()
    return start.startswith(("<!doctype html", "<html", "<head", "<body")) or (
        start.startswith("<") and "<html" in start
    )


def is_challenge(headers: Mapping[str, str], text: str) -> bool:
    """Whether an edge demands a browser (Cloudflare's challenge page)."""
    mitigated = headers.get("cf-mitigated", "").strip().lower() == "challenge"
    return mitigated or (is_html(text) and _CHALLENGE.search(text[:_MAX_EMBEDDED]) is not None)


def is_plain_http_complaint(text: str) -> bool:
    """Whether a server's error page says that a TLS port received plain HTTP.

    JSON does not count: a gateway's error may quote anything.
    """
    return not text.lstrip().startswith("{") and _PLAIN_HTTP.search(text[:_MAX_TITLE_AT]) is not None


def html_title(text: str) -> str | None:
    """The title of a page, or its first heading, on one line."""
    match = _TITLE.search(text[:_MAX_TITLE_AT])
    words = _TAG.sub(" ", match.group(2)).split() if match else []
    return " ".join(words) or None


def _fields(error: dict[str, object]) -> ErrorFields:
    return ErrorFields(
        type=_text(error.get("type")),
        code=_code(error),
        message=_text(error.get("message")),
        request_id=_text(error.get("request_id")),
    )


def _code(error: dict[str, object]) -> str | None:
    """`details.error_code` of the API, else OpenAI's `code` unless that is only a status."""
    details = error.get("details")
    if isinstance(details, dict) and (code := _text(details.get("error_code"))):
        return code
    code = _text(error.get("error_code")) or _text(error.get("code"))
    return None if code is None or code.isdigit() else code


def _text(value: object) -> str | None:
    # LiteLLM prints absent values as the word None.
    return value[:_MAX_EMBEDDED] if isinstance(value, str) and value.strip() and value != "None" else None


def _variants(text: str) -> Iterator[str]:
    """`text`, then with one and two levels of backslashes taken off."""
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
