"""The names of failures and of kinds of failures, from the error table."""

from __future__ import annotations

from claude_tui.knowledge import Knowledge, knowledge
from claude_tui.model.observation import FailureKind, Observation, Outcome

__all__ = ["error_name", "failure_brief", "failure_name", "failure_words"]

# In lists the outcome comes before the exact failure: `network: connection refused`.
_OUTCOME_FIRST = frozenset({Outcome.NETWORK, Outcome.TIMEOUT})
# The API does not send these error types; for a spend limit it sends that of a rate limit.
_UNHELPFUL_TYPE = frozenset(
    {
        Outcome.TIMEOUT,
        Outcome.NETWORK,
        Outcome.INVALID_RESPONSE,
        Outcome.TRUNCATED_STREAM,
        Outcome.SPEND_LIMIT,
    }
)


def failure_words(failure: Observation | FailureKind, table: Knowledge | None = None) -> str:
    """Short, for a list: `529 overloaded`, `404 model not found`, `network: connection refused`."""
    table = table or knowledge()
    if isinstance(failure, Observation):
        known = table.of(failure)
    else:
        known = table.row(failure.outcome, failure.http_status, failure.error_type)
    outcome = table.general(failure.outcome).short
    exact = None if known.general else known.short
    if exact is None and (outcome is None or failure.outcome in _OUTCOME_FIRST | {Outcome.INVALID_RESPONSE}):
        exact = _type_words(failure.error_type) if failure.error_type else None
    if exact is not None and outcome is not None and failure.outcome in _OUTCOME_FIRST and exact != outcome:
        exact = f"{outcome}: {exact}"
    return _with_status(failure, exact or outcome or failure.outcome.value.replace("_", " "))


def failure_brief(failure: Observation | FailureKind, table: Knowledge | None = None) -> str:
    """As short as possible, for a headline: `529 overloaded`, `connection refused`."""
    table = table or knowledge()
    words, general = failure_words(failure, table), table.general(failure.outcome)
    if words == general.short and general.plural is not None:
        return general.plural
    return words.removeprefix(f"{general.short}: ")


def failure_name(failure: Observation | FailureKind, table: Knowledge | None = None) -> str:
    """Exact, for a sentence: `529 overloaded_error`, `400 spend limit`, `network: connection refused`."""
    table = table or knowledge()
    if not failure.error_type or failure.outcome in _UNHELPFUL_TYPE:
        return failure_words(failure, table)
    return _with_status(failure, error_name(failure.outcome, failure.error_type, table))


def error_name(outcome: Outcome, error_type: str, table: Knowledge | None = None) -> str:
    """The error type; if it is too vague, with its meaning: `api_error (overloaded)`.

    A gateway's 500 api_error that wraps an overload must not look like a server error.
    """
    table = table or knowledge()
    meant = table.general(outcome).short
    return f"{error_type} ({meant})" if meant and table.recogniser.is_vague(error_type) else error_type


def _type_words(error_type: str) -> str:
    return "api error" if error_type == "api_error" else error_type.removesuffix("_error").replace("_", " ")


def _with_status(failure: Observation | FailureKind, words: str) -> str:
    return words if failure.http_status is None else f"{failure.http_status} {words}"
