"""Reads the error object of a decoded body, in the shapes of the API, of clouds and of gateways.

- The API: `{"type": "error", "error": {"type", "message", "details": {"error_code"}}, "request_id"}`, also
  without the envelope, and in a list with one object.
- OpenAI and its relatives: `code` beside `type`; OpenRouter adds `metadata.raw`, the upstream's own words.
- `{"error": "title", "message": "sentence"}`, `{"detail": ...}`, `{"message": ...}`, and
  `{"code": 401, "msg": ...}`.
- Problem details (RFC 9457): `title`, `detail`, `status`; Cloudflare adds `error_name` and `ray_id`.
- Google: `status` is a word such as PERMISSION_DENIED, and `details` has a `reason`.
- AWS: `{"__type": ..., "message": ...}`, often with the type in a header only (see `classify`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

__all__ = ["MAX_EMBEDDED", "ErrorFields", "event_error", "load_json", "read_error"]

MAX_PARSED = 1_000_000
MAX_EMBEDDED = 20_000
_MAX_DEPTH = 4

# The keys under which a response has its error object, or a list of them.
_INNER = ("error", "errors", "detail", "fault", "base_resp", "Error", "ResponseMetadata")
_TITLES = (
    "message",
    "Message",
    "msg",
    "error_msg",
    "errorMessage",
    "errorMsg",
    "errmsg",
    "error_message",
    "status_msg",
    "faultstring",
    "title",
    "error",
)
_SENTENCES = ("message", "msg", "detail", "error_description", "description", "reason", "hint", "details")
_TYPES = ("type", "__type", "errorType", "Code")
_CODES = ("error_code", "code", "errorCode", "errorcode", "errcode", "error_name", "status_code")
_STATUSES = (
    "code",
    "status",
    "statusCode",
    "status_code",
    "http_status",
    "httpStatus",
    "errcode",
    "errorCode",
)
_IDS = ("request_id", "requestId", "RequestId", "requestID", "ray_id", "trace_id", "traceId")
_DENIALS = {"failure", "failed", "fail", "error"}
# A word in capitals, as Google's APIs state it.
_STATUS_WORD = re.compile(r"[A-Z]{2,}(?:_[A-Z]+)*\Z")
# Printed forms of an absent value.
_NO_VALUE = frozenset({"None", "null", "<nil>", "nil", "undefined"})

_Object = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ErrorFields:
    """The fields of an error object, not yet cleaned; None if absent."""

    type: str | None = None
    """The error type, such as `overloaded_error`."""
    code: str | None = None
    """A more specific code, always text."""
    message: str | None = None
    """The text for people; title and sentence if the response has both."""
    request_id: str | None = None
    """The id in the body, with its name unless that is `request_id`."""
    status: int | None = None
    """The HTTP status that the body itself states."""
    edge: bool = False
    """Whether an edge in front of the server claims the error as its own."""


def load_json(text: str | bytes, limit: int = MAX_PARSED) -> object:
    """The JSON value of `text`. Raises ValueError, also when longer than `limit` or nested too deeply."""
    if len(text) > limit:
        raise ValueError(f"longer than {limit}")
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def read_error(data: object, depth: int = 0) -> ErrorFields | None:
    """The error in a decoded body, or None if there is none."""
    data = _only_object(data)
    if not isinstance(data, dict) or depth > _MAX_DEPTH:
        return None
    for key in _INNER:
        inner = _only_object(data.get(key))
        if isinstance(inner, str) and inner.strip():
            return _fields(data)
        if isinstance(inner, dict) and inner and (found := _inside(inner, data, depth)) is not None:
            return found
    return _fields(data) if _is_error(data) else None


def event_error(text: str) -> ErrorFields | None:
    """The first error in a body that is a stream of events, or None."""
    for line in text[:MAX_EMBEDDED].splitlines():
        if line.startswith("data:"):
            try:
                fields = read_error(load_json(line.removeprefix("data:")))
            except ValueError:
                continue
            if fields is not None:
                return fields
    return None


def _only_object(value: object) -> object:
    """The object in a list with one object; of several errors, which say the same, the first."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return value[0]
    return value


def _inside(inner: _Object, outer: _Object, depth: int) -> ErrorFields | None:
    """The error in `inner`, completed by the fields beside it."""
    found = read_error(inner, depth + 1) if any(key in inner for key in _INNER) else None
    found = found or _fields(inner)
    if found.message is None and found.type is None and found.code is None and found.status is None:
        return None
    beside = _fields({key: value for key, value in outer.items() if key not in (*_INNER, "type")})
    return replace(
        found,
        code=found.code or beside.code,
        message=_both(beside.message, found.message) if beside.message else found.message,
        request_id=beside.request_id or found.request_id,
        status=found.status or beside.status,
        edge=found.edge or beside.edge,
    )


def _is_error(data: _Object) -> bool:
    """Whether an object without an inner error is one itself."""
    error_type = data.get("type")
    if error_type == "error":
        return _text(data.get("message")) is not None
    if str(error_type).endswith("_error") or _text(data.get("__type")):
        return True
    if _text(data.get("message")) or _text(data.get("Message")):
        return True
    status = _status(data)
    has_title = any(_text(data.get(key)) for key in _TITLES)
    refused = data.get("success") is False or str(data.get("status")).lower() in _DENIALS
    return has_title and (refused or _code(data) is not None or (status is not None and status >= 400))


def _fields(error: _Object) -> ErrorFields:
    titles = (text for key in _TITLES if (text := _text(error.get(key))))
    title = next(titles, None)
    sentence = next((text for key in _SENTENCES if (text := _text(error.get(key))) and text != title), None)
    word = error.get("status")
    status_word = word if isinstance(word, str) and _STATUS_WORD.match(word) else None
    message = _both(_both(_where(error), _both(_text(error.get("error")), title)), sentence)
    error_type, code = _type(error) or status_word, _code(error)
    if error_type is not None and error_type.isdigit():
        error_type, code = None, code or _code_text(error_type)
    return ErrorFields(
        type=error_type,
        code=code,
        message=_both(message, _raw(error)),
        request_id=_id(error),
        status=_status(error),
        edge=error.get("cloudflare_error") is True,
    )


def _where(error: _Object) -> str | None:
    """The field that a validator complains about: `{"loc": ["body", "max_tokens"], "msg": ...}`."""
    loc = error.get("loc")
    return _text(str(loc[-1])) if isinstance(loc, list) and loc else None


def _both(title: str | None, sentence: str | None) -> str | None:
    """Title and sentence as one text, unless one contains the other."""
    if not title or not sentence:
        return title or sentence
    if title.casefold() in sentence.casefold():
        return sentence
    return title if sentence.casefold() in title.casefold() else f"{title}: {sentence}"[:MAX_EMBEDDED]


def _raw(error: _Object) -> str | None:
    """OpenRouter's copy of what the upstream said."""
    metadata = error.get("metadata")
    raw = metadata.get("raw") if isinstance(metadata, dict) else None
    if isinstance(raw, dict):
        return json.dumps(raw, ensure_ascii=False)[:MAX_EMBEDDED]
    return _text(raw)


def _type(error: _Object) -> str | None:
    """The type, without the namespace of AWS; the type of problem details is a URL and does not count."""
    for key in _TYPES:
        text = _text(error.get(key))
        if text is not None and "://" not in text and not text.startswith("about:"):
            return text.rpartition("#")[2].partition(":")[0] if key == "__type" else text
    return None


def _code(error: _Object) -> str | None:
    """`details.error_code` of the API, the `reason` of Google, else a code unless it is only a status."""
    details = _only_object(error.get("details"))
    inner = error.get("innererror")
    for holder, keys in ((details, ("error_code", "reason")), (error, _CODES), (inner, ("code",))):
        if isinstance(holder, dict):
            for key in keys:
                code = _code_text(holder.get(key))
                if code is not None:
                    return code
    return None


def _code_text(value: object) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    text = _text(value)
    if text is None or _number(text) is None:
        return text
    # Business codes have more digits than a status.
    return text if len(text) >= 4 and text.isdigit() else None


def _status(error: _Object) -> int | None:
    for key in _STATUSES:
        number = _number(error.get(key))
        if number is not None and 400 <= number <= 599:
            return number
    return None


def _number(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    if isinstance(value, int):
        return value
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else None


def _id(error: _Object) -> str | None:
    for key in _IDS:
        text = _text(error.get(key))
        if text is not None:
            return text if key.lower().replace("_", "") == "requestid" else f"{key} {text}"
    return None


def _text(value: object) -> str | None:
    return (
        value[:MAX_EMBEDDED] if isinstance(value, str) and value.strip() and value not in _NO_VALUE else None
    )
