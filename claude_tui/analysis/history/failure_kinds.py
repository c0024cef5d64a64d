"""Kinds of failure: which row of the Errors panel each is, whose it may be, and how it reads."""

from __future__ import annotations

from dataclasses import dataclass

from claude_tui.model.observation import Observation, Outcome, Source

__all__ = ["ERROR_CLASSES", "ErrorClass", "FailureKind", "class_of", "failure_name", "failure_words"]


@dataclass(frozen=True, slots=True)
class ErrorClass:
    """One row of the Errors panel. It is bad from 3 failures that are `bad_share` of the requests."""

    key: str
    label: str
    outcomes: frozenset[Outcome]
    bad_share: float


def _row(key: str, label: str, bad_share: float, *outcomes: Outcome) -> ErrorClass:
    return ErrorClass(key, label, frozenset(outcomes), bad_share)


ERROR_CLASSES = (
    _row("overloaded", "529 overloaded", 0.02, Outcome.OVERLOADED),
    _row("server_error", "500 api error", 0.05, Outcome.SERVER_ERROR),
    _row("rate_limited", "429 rate limit", 0.0, Outcome.RATE_LIMITED),
    _row("timeout", "timeouts", 0.05, Outcome.TIMEOUT),
    _row(
        "yours",
        "4xx yours",
        0.05,
        Outcome.SPEND_LIMIT,
        Outcome.KEY_REJECTED,
        Outcome.NOT_PERMITTED,
        Outcome.BAD_REQUEST,
        Outcome.MODEL_NOT_FOUND,
    ),
    _row("network", "network", 0.05, Outcome.NETWORK),
    _row("bad_answer", "bad answer", 0.05, Outcome.INVALID_RESPONSE, Outcome.TRUNCATED_STREAM),
)
"""The rows, in the order of the screen. Every Outcome but `ok` is in exactly one."""

_CLASS_OF = {outcome: row for row in ERROR_CLASSES for outcome in row.outcomes}

# Where the server's own type says less than what we know, or where there was no answer to carry one:
# for those the type is the probe's own word, such as `refused` or `html_page`.
_OWN_WORDS = {
    Outcome.OVERLOADED: "overloaded",
    Outcome.RATE_LIMITED: "rate limit",
    Outcome.SPEND_LIMIT: "spend limit",
    Outcome.MODEL_NOT_FOUND: "model not found",
    Outcome.TIMEOUT: "timeout",
    Outcome.NETWORK: "network",
    Outcome.INVALID_RESPONSE: "invalid response",
    Outcome.TRUNCATED_STREAM: "truncated stream",
}

# What the probes call a failure that no server named, in the words of somebody who is tired.
_FAULT_WORDS = {
    "dns": "name not resolved",
    "dns_timeout": "name lookup hangs",
    "refused": "connection refused",
    "unreachable": "host unreachable",
    "connect": "cannot connect",
    "connect_timeout": "connecting hangs",
    "proxy": "proxy failed",
    "proxy_timeout": "proxy hangs",
    "proxy_setting": "proxy setting unusable",
    "tls_expired": "certificate expired",
    "tls_untrusted": "certificate untrusted",
    "tls_hostname": "certificate of another host",
    "tls_handshake": "TLS failed",
    "tls_timeout": "TLS hangs",
    "not_tls": "plain HTTP, not TLS",
    "needs_tls": "TLS wanted, not plain HTTP",
    "closed": "connection closed",
    "cut_short": "answer cut short",
    "read_timeout": "no answer in time",
}


@dataclass(frozen=True, slots=True, eq=False)
class FailureKind:
    """What failures are counted by. Compared by identity, so that a Counter over thousands stays quick."""

    source: Source
    outcome: Outcome
    http_status: int | None
    error_type: str | None

    @classmethod
    def of(cls, observation: Observation) -> FailureKind:
        return cls(observation.source, observation.outcome, observation.http_status, observation.error_type)


def class_of(outcome: Outcome) -> ErrorClass:
    """The row of a failed outcome."""
    return _CLASS_OF[outcome]


_NO_ANSWER = frozenset({Outcome.TIMEOUT, Outcome.NETWORK, Outcome.INVALID_RESPONSE, Outcome.TRUNCATED_STREAM})


def failure_words(failure: FailureKind | Observation) -> str:
    """Short, for a list: `529 overloaded`, `404 model not found`, `network: connection refused`."""
    own = _OWN_WORDS.get(failure.outcome)
    kind = _type_words(failure.error_type or failure.outcome.value)
    if own is None or (failure.outcome is Outcome.INVALID_RESPONSE and failure.error_type):
        return _with_status(failure, kind)
    if failure.outcome in {Outcome.NETWORK, Outcome.TIMEOUT} and kind != own:
        own = f"{own}: {kind}"
    return _with_status(failure, own)


def failure_name(failure: FailureKind | Observation) -> str:
    """Exact, for a sentence: `529 overloaded_error`, `400 spend limit`, `network: connection refused`."""
    words = failure_words(failure)
    if not failure.error_type or failure.outcome in _NO_ANSWER | {Outcome.SPEND_LIMIT}:
        return words
    # A gateway's 500 api_error that is an overload inside must not read like a server error.
    own = _OWN_WORDS.get(failure.outcome)
    masked = own is not None and failure.error_type == "api_error"
    return (
        f"{_with_status(failure, failure.error_type)} ({own})"
        if masked
        else _with_status(failure, failure.error_type)
    )


def _type_words(error_type: str) -> str:
    if error_type in _FAULT_WORDS:
        return _FAULT_WORDS[error_type]
    return "api error" if error_type == "api_error" else error_type.removesuffix("_error").replace("_", " ")


def _with_status(failure: FailureKind | Observation, words: str) -> str:
    return words if failure.http_status is None else f"{failure.http_status} {words}"
