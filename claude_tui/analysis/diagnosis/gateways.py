"""Failures behind a gateway: unless the API is seen to answer, either of the two may have failed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from claude_tui.analysis.diagnosis.attribution import limit_named
from claude_tui.analysis.diagnosis.context import DiagnosisContext
from claude_tui.knowledge import Advice, knowledge
from claude_tui.model.gateway import behind_cloudflare, is_gateway, platform_of
from claude_tui.model.observation import Observation, Outcome

__all__ = ["api_or_gateway", "whose_words"]

# The answers of a gateway whose API does not answer.
_RELAYED = frozenset({408, 499, 502, 504})
# A content network cannot reach the server behind it, which is the gateway if this is its own network.
_NO_ORIGIN = range(521, 531)
# Failures whose type the API names; a gateway may remove it, or write one that nobody knows.
_TYPED = frozenset({Outcome.SERVER_ERROR, Outcome.BAD_REQUEST})
# The names of our limits in the answers of the API; the clouds have their own, which others use too.
_API_LIMIT = "rate_limit_error"
# What any server on the way may do to a response of the API.
_ON_THE_WAY = frozenset({Outcome.TRUNCATED_STREAM, Outcome.TIMEOUT, Outcome.INVALID_RESPONSE})
# What either of them may answer: a rejected key, and a response without the API's form.
_BY_WHOMEVER = frozenset({Outcome.KEY_REJECTED, Outcome.INVALID_RESPONSE})
_ORGANISATION = re.compile(r"\borgani[sz]ation\b", re.IGNORECASE)
_API_ID = "req_"
_QUOTED = "HTTP "
# The second is in the JSON of the edge itself.
_CDN_IDS = ("cf-ray ", _CDN_JSON_ID := "ray_id ")
_UNCLEAR = {
    "errors": "gateway_or_api",
    "errors_no_answer": "gateway_silent",
    "errors_streams": "gateway_streams",
    "errors_stalled": "gateway_streams",
    "errors_odd": "gateway_odd",
    "unreachable": "gateway_unreachable",
    "too_large": "too_large_gateway",
    "request": "request_gateway",
    "rate_limited": "limit_of_either",
}


def whose_words(context: DiagnosisContext, failures: Sequence[Observation], advice: Advice) -> Advice:
    """The advice for `failures`: of the gateway or the API, if nothing tells which of them failed.

    A status page that reports a problem with the API tells.
    """
    if advice.id not in _UNCLEAR or context.page_report.troubled:
        return advice
    unclear = sum(api_or_gateway(context, failure) for failure in failures)
    return knowledge().advice[_UNCLEAR[advice.id]] if 2 * unclear > len(failures) else advice


def api_or_gateway(context: DiagnosisContext, failure: Observation) -> bool:
    """Whether this failure may be the gateway's as well as the API's."""
    if context.facts.stands_for_api or not is_gateway(failure.target):
        return False
    status = failure.http_status
    if status is not None and (
        (status < 400 and failure.outcome in _ON_THE_WAY)
        or (status in _NO_ORIGIN and not _has_api_id(failure))
    ):
        return True
    if _sent_by_api(failure):
        return False
    if status is None or status in _RELAYED or failure.outcome in _BY_WHOMEVER:
        return True
    if failure.outcome is Outcome.RATE_LIMITED:
        named = failure.error_type == _API_LIMIT or platform_of(failure.target) is not None
        return not named and not _states_limits(failure)
    return failure.outcome in _TYPED and not knowledge().recogniser.knows_type(failure.error_type)


def _sent_by_api(failure: Observation) -> bool:
    """Whether the answer has an id that the API assigns, or the mark of its edge.

    The edge's network serves gateways too: its mark says nothing about them, nor on JSON that neither sends.
    """
    if _has_api_id(failure):
        return True
    request_id = failure.request_id or ""
    marked = request_id.startswith(_CDN_IDS) or ("server", "cloudflare") in failure.headers
    by_edge = request_id.startswith(_CDN_JSON_ID) or not _has_form_of_its_own(failure)
    return marked and by_edge and not behind_cloudflare(failure.target)


def _has_form_of_its_own(failure: Observation) -> bool:
    """Whether it is JSON without a type that the API sends; pages and texts are quoted after their status."""
    message = failure.message or _QUOTED
    return not message.startswith(_QUOTED) and not knowledge().recogniser.knows_type(failure.error_type)


def _states_limits(failure: Observation) -> bool:
    """Whether the answer states which limit of ours it is: by headers, or in words."""
    message = failure.message or ""
    if limit_named(message) is not None or _ORGANISATION.search(message):
        return True
    return bool(failure.windows) or any(
        not limit.bucket.startswith("gateway") for limit in failure.rate_limits
    )


def _has_api_id(failure: Observation) -> bool:
    return (failure.request_id or "").startswith(_API_ID)
