"""Finds the error that a gateway wrapped in its own message."""

from __future__ import annotations

import re
from dataclasses import replace

from claude_tui.knowledge.recognition import Recogniser
from claude_tui.probes.error_body import embedded_errors
from claude_tui.probes.error_shapes import ErrorFields

__all__ = ["original_error"]

_GATEWAY_WORDS = re.compile(
    r"\blitellm\b|\b\w{1,40}(?:Exception|Error) - |\bError code: \d{3} - |\blast error\b", re.I
)
_GATEWAY_CLASS = re.compile(r"\blitellm\.(?:exceptions\.)?(\w{1,40}): ")
_WRAPPER = re.compile(r"\blitellm\.(?:exceptions\.)?\w{1,40}: \w{1,40}Exception\b")
_OVERLOADED = re.compile(r"\boverloaded\b", re.I)


def original_error(fields: ErrorFields, recogniser: Recogniser) -> ErrorFields:
    """The error inside the message of `fields`; `fields` itself if there is none.

    A specific error of the API itself is not searched.
    """
    message = fields.message or ""
    is_known = recogniser.knows_type(fields.type)
    if is_known and not recogniser.is_vague(fields.type) and not _GATEWAY_WORDS.search(message):
        return fields
    for inner in embedded_errors(message):
        if recogniser.knows_type(inner.type):
            fields = replace(
                inner,
                message=_with_wrapper(inner.message, message) if inner.message else message,
                request_id=inner.request_id or fields.request_id,
                status=fields.status,
            )
    return replace(fields, type=_type_of_class(fields, message, recogniser) or fields.type)


def _with_wrapper(inner: str, outer: str) -> str:
    """The original text, and the gateway's exception that wrapped it."""
    wrapper = _WRAPPER.search(outer)
    return f"{inner} ({wrapper[0]})" if wrapper is not None and wrapper[0] not in inner else inner


def _type_of_class(fields: ErrorFields, message: str, recogniser: Recogniser) -> str | None:
    """The type that LiteLLM's exception class stands for, if nothing else of the original error remains."""
    named = _GATEWAY_CLASS.search(message)
    if named is None or not recogniser.is_vague(fields.type) or _OVERLOADED.search(message):
        return None
    return recogniser.type_of_gateway_class(named[1])
