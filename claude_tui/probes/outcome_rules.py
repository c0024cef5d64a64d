"""What error types, codes, words and statuses mean: the one table of error knowledge of the probes."""

from __future__ import annotations

import re
from dataclasses import replace

from claude_tui.model.observation import Outcome
from claude_tui.probes.error_body import ErrorFields, embedded_errors

__all__ = ["original_error", "outcome_of", "outcome_of_status"]

_BY_TYPE = {
    "overloaded_error": Outcome.OVERLOADED,
    "api_error": Outcome.SERVER_ERROR,
    "timeout_error": Outcome.SERVER_ERROR,
    "rate_limit_error": Outcome.RATE_LIMITED,
    "billing_error": Outcome.SPEND_LIMIT,
    "authentication_error": Outcome.KEY_REJECTED,
    "permission_error": Outcome.NOT_PERMITTED,
    "not_found_error": Outcome.BAD_REQUEST,
    "invalid_request_error": Outcome.BAD_REQUEST,
    "conflict_error": Outcome.BAD_REQUEST,
    "request_too_large": Outcome.BAD_REQUEST,
    "memory_precondition_failed_error": Outcome.BAD_REQUEST,
    "memory_path_conflict_error": Outcome.BAD_REQUEST,
    # Words of gateways and OpenAI-compatible servers.
    "auth_error": Outcome.KEY_REJECTED,
    "expired_key": Outcome.KEY_REJECTED,
    "bad_request_error": Outcome.BAD_REQUEST,
    "budget_exceeded": Outcome.SPEND_LIMIT,
    "insufficient_quota": Outcome.SPEND_LIMIT,
    "throttling_error": Outcome.RATE_LIMITED,
    "server_error": Outcome.SERVER_ERROR,
    "internal_server_error": Outcome.SERVER_ERROR,
}
_BY_CODE = {
    "rate_limit_error": Outcome.RATE_LIMITED,
    "rate_limit_exceeded": Outcome.RATE_LIMITED,
    "ramp_limit_exceeded": Outcome.RATE_LIMITED,
    "throttling": Outcome.RATE_LIMITED,
    "overloaded_error": Outcome.OVERLOADED,
    "insufficient_quota": Outcome.SPEND_LIMIT,
    "linked_organization_billing_unavailable": Outcome.SPEND_LIMIT,
    "invalid_api_key": Outcome.KEY_REJECTED,
    "model_not_found": Outcome.MODEL_NOT_FOUND,
    "organization_on_hold": Outcome.NOT_PERMITTED,
    "request_body_timeout": Outcome.TIMEOUT,
}
_BY_STATUS = {
    401: Outcome.KEY_REJECTED,
    402: Outcome.SPEND_LIMIT,
    403: Outcome.INVALID_RESPONSE,
    404: Outcome.INVALID_RESPONSE,
    407: Outcome.INVALID_RESPONSE,
    408: Outcome.TIMEOUT,
    429: Outcome.RATE_LIMITED,
    511: Outcome.INVALID_RESPONSE,
    529: Outcome.OVERLOADED,
}
# LiteLLM's name of the failure, for when it leaves nothing else of the original.
_BY_GATEWAY_CLASS = {
    "RateLimitError": "rate_limit_error",
    "AuthenticationError": "authentication_error",
    "PermissionDeniedError": "permission_error",
    "BadRequestError": "invalid_request_error",
    "ContextWindowExceededError": "invalid_request_error",
    "BudgetExceededError": "billing_error",
}
_VAGUE_TYPES = frozenset({None, "api_error", "server_error", "internal_server_error"})
_OURS_TO_SPEND = frozenset({"rate_limit_error", "invalid_request_error", "billing_error"})

_GATEWAY_WORDS = re.compile(r"\blitellm\b|\b\w{1,40}(?:Exception|Error) - |\bError code: \d{3} - ", re.I)
_GATEWAY_CLASS = re.compile(r"\blitellm\.(?:exceptions\.)?(\w{1,40}): ")
_OVERLOADED = re.compile(r"\boverloaded\b", re.I)
_NAMES_MODEL = re.compile(r"\bmodels?\b|\bclaude-\w", re.I)
_SPEND = re.compile(
    r"""specified\ +(?:\w+\ +){0,2}API\ +usage\ +limits   # 400, a limit the organization set itself
      | credit\ +balance\ +is\ +too\ +low                 # 400, prepaid credit is used up
      | \bspend(?:ing)?\ +(?:limit|cap)\b
    """,
    re.I | re.X,
)


def outcome_of(fields: ErrorFields, status: int) -> Outcome:
    """By code, then type, then words, then status. A stream's error has no status of its own: give 500."""
    code, message = fields.code or "", fields.message or ""
    if code.startswith("cmek_"):
        return Outcome.BAD_REQUEST
    if code.endswith("spend_limit_reached") or (fields.type in _OURS_TO_SPEND and _SPEND.search(message)):
        return Outcome.SPEND_LIMIT
    if code in _BY_CODE:
        return _BY_CODE[code]
    outcome = _outcome_of_type(fields.type) or outcome_of_status(status)
    if outcome is Outcome.SERVER_ERROR and _OVERLOADED.search(message):
        return Outcome.OVERLOADED
    is_missing = fields.type == "not_found_error" or (status == 404 and outcome is Outcome.INVALID_RESPONSE)
    return Outcome.MODEL_NOT_FOUND if is_missing and _NAMES_MODEL.search(message) else outcome


def outcome_of_status(status: int) -> Outcome:
    """What a status alone says. 403 and 404 are no verdict of the API, which sends a type with them."""
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if 400 <= status < 500:
        return Outcome.BAD_REQUEST
    return Outcome.SERVER_ERROR if 500 <= status < 600 else Outcome.INVALID_RESPONSE


def original_error(fields: ErrorFields) -> ErrorFields:
    """The error that a gateway wrapped into its own message; `fields` itself where it wrapped none.

    Nothing is looked for inside an error of the API's own that already says enough.
    """
    message = fields.message or ""
    if fields.type in _BY_TYPE and fields.type not in _VAGUE_TYPES and not _GATEWAY_WORDS.search(message):
        return fields
    for inner in embedded_errors(message):
        if inner.type in _BY_TYPE:
            fields = replace(
                inner, message=inner.message or message, request_id=inner.request_id or fields.request_id
            )
    named = _GATEWAY_CLASS.search(message)
    if (
        named
        and fields.type in _VAGUE_TYPES
        and named[1] in _BY_GATEWAY_CLASS
        and not _OVERLOADED.search(message)
    ):
        return replace(fields, type=_BY_GATEWAY_CLASS[named[1]])
    return fields


def _outcome_of_type(error_type: str | None) -> Outcome | None:
    if error_type is not None and error_type.endswith("_access_denied"):
        return Outcome.NOT_PERMITTED
    return _BY_TYPE.get(error_type or "")
