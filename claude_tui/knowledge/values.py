"""The entries of the error table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache

from claude_tui.model.errors import ConfigError
from claude_tui.model.observation import Outcome
from claude_tui.model.retry import RetryPolicy
from claude_tui.model.verdict import Cause, Side

__all__ = [
    "PLACEHOLDERS",
    "SENTENCE_PLACEHOLDERS",
    "Advice",
    "BreakPoint",
    "ErrorClass",
    "KnowledgeError",
    "KnownError",
    "Pattern",
    "Reach",
    "Recognition",
    "matches",
]

PLACEHOLDERS = frozenset(
    {"status", "type", "bucket", "model", "host", "what", "ttft", "ratio", "key", "some"}
)
"""The placeholders that `Advice.template` may contain."""
SENTENCE_PLACEHOLDERS = frozenset({"host", "limit", "peer", "proxy", "tls", "words"})
"""The placeholders that a sentence of the probes may contain."""

_OPENINGS = {
    Side.THEM: "It's them.",
    Side.US: "It's us.",
    Side.PATH: "It's the network.",
    Side.UNCLEAR: "Unclear.",
    Side.NONE: "All is well.",
}
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class KnowledgeError(ConfigError):
    """The error table is invalid."""


class Reach(StrEnum):
    """How far a failed exchange got."""

    ANSWERED = "answered"
    CUT = "cut"
    NO_ANSWER = "no_answer"
    UNREACHED = "unreached"
    FOREIGN = "foreign"
    UNSENT = "unsent"


@dataclass(frozen=True, slots=True, eq=False)
class Advice:
    """What a verdict says about a cause: whose problem it is, what is happening, and the next step."""

    id: str
    """The name by which entries refer to it."""
    cause: Cause
    """The verdict's cause."""
    side: Side
    """Whose problem it is."""
    template: str
    """What is happening, in one line, with `PLACEHOLDERS` in braces."""
    next: str
    """The next step, in the imperative; so short that no screen of 80 columns cuts it."""
    then: str = ""
    """What else to do, or what to do next; left out if there is no space."""
    retry: RetryPolicy | None = None
    """None if there is no request to retry."""
    given_opening: str | None = None
    """How the summary begins; None for the usual words for the side."""
    given_brief: str | None = None
    """A shorter template, for places where the other one is too long."""
    hides_cause: bool = False
    """Whether a gateway says this after failures of any other kind, which are then the cause."""

    @property
    def opening(self) -> str:
        """How the summary begins: whose problem it is."""
        if self.given_opening is not None:
            return self.given_opening
        return "Unknown." if self.cause is Cause.UNKNOWN else _OPENINGS[self.side]

    @property
    def steps(self) -> str:
        """The next step, and what else to do."""
        return f"{self.next}; {self.then}" if self.then else self.next

    def summary(self, **facts: str | None) -> str:
        """Opening and template, with the facts filled in; an unknown fact is removed with its brackets.

        A host in brackets is also removed if `what` names it.
        """
        return f"{self.opening} {_filled(self.template, facts)}".strip()

    def brief(self, **facts: str | None) -> str:
        """The short form of the summary, if the table has one."""
        given = self.template if self.given_brief is None else self.given_brief
        return f"{self.opening} {_filled(given, facts)}".strip()


def _filled(template: str, facts: Mapping[str, str | None]) -> str:
    known = {"some": "Some", **{name: fact for name, fact in facts.items() if fact}}
    if "({host})" in template and known.get("host", "") in known.get("what", ""):
        known.pop("host", None)
    template = f" {template}"
    for name in PLACEHOLDERS - known.keys():
        template = _without(template, name)
    filled = _PLACEHOLDER.sub(lambda match: known[match[1]], template).strip()
    return "" if filled == "." else filled


def _without(template: str, name: str) -> str:
    placeholder = f"{{{name}}}"
    for part in (
        f" ({placeholder})",
        f"({placeholder}, ",
        f", {placeholder}",
        f": {placeholder}",
        f" {placeholder}",
    ):
        template = template.replace(part, "(" if part.startswith("(") else "")
    return template


@dataclass(frozen=True, slots=True)
class ErrorClass:
    """One row of the Errors panel: the failures of `outcomes`."""

    key: str
    words: str
    """What it is called, without a status."""
    status: int | None
    """The HTTP status that these failures usually have; None if they have none."""
    bad_share: float
    """The row is bad if at least 3 failures exceed this share of the requests."""
    outcomes: frozenset[Outcome]
    """The outcomes that are counted in it."""

    @property
    def label(self) -> str:
        """`529 overloaded`, or `timeouts`."""
        return self.words if self.status is None else f"{self.status} {self.words}"

    def label_for(self, statuses: Mapping[int | None, int]) -> str:
        """The label of failures counted by HTTP status: a 529 that a gateway wraps is a `500 overloaded`.

        It has no status if none is that of most failures, and for streams that failed after a 200.
        """
        if self.status is None or 2 * statuses.get(self.status, 0) >= sum(statuses.values()):
            return self.label
        only = next(iter(statuses)) if len(statuses) == 1 else None
        return f"{only} {self.words}" if only is not None and only >= 400 else self.words


@dataclass(frozen=True, slots=True)
class BreakPoint:
    """A point at which an exchange can break, and its description."""

    id: str
    words: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression that ignores case.

    It is compiled when first searched for: there are over a hundred, and the first frame needs none.
    """

    text: str

    def found_in(self, message: str) -> bool:
        return _compiled(self.text).search(message) is not None


@cache
def _compiled(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Recognition:
    """How a response is recognised as one kind of error, beyond the type and code of its entry."""

    types: tuple[str, ...] = ()
    """Further error types that mean it."""
    codes: tuple[str, ...] = ()
    """Further error codes that mean it."""
    untyped: tuple[str, ...] = ()
    """Statuses that mean it without a known code or type; `4xx`, `5xx` and `xxx` stand for all others."""
    plain: bool = False
    """Whether those statuses also count in a response without JSON."""
    message: Pattern | None = None
    """An error in `instead_of` becomes this one when its message matches."""
    words: Pattern | None = None
    """The same, but the entry is for errors with such a message alone."""
    of_gateway: bool = False
    """Whether only a gateway says so: from the provider itself the same words mean something else."""
    instead_of: tuple[str, ...] = ()
    """Ids of entries; a general entry stands for its whole outcome. With `words`, none means any error."""
    vague: bool = False
    """Whether gateways use its types for any error that they wrap."""
    gateway_classes: tuple[str, ...] = ()
    """LiteLLM's exception classes for it."""


@dataclass(frozen=True, slots=True)
class KnownError:
    """One kind of error. None in `status`, `type` or `code` means any."""

    id: str
    """The name by which other entries refer to it."""
    outcome: Outcome
    """The class that it belongs to."""
    advice: Advice
    """What a verdict says about it."""
    meaning: str
    """What it means, in one sentence."""
    status: int | None = None
    """The HTTP status."""
    type: str | None = None
    """May begin or end with `*`. Unless the API answered, it is one of the probes' own types."""
    code: str | None = None
    """May begin or end with `*`."""
    reach: Reach = Reach.ANSWERED
    """How far the request got."""
    sdk_retries: bool = False
    """Whether the official SDK retries it by itself."""
    recognition: Recognition = Recognition()
    """How a response is recognised as this error, beyond its type and code."""
    short: str | None = None
    """The name in lists: of the outcome in a general entry, else of this error."""
    plural: str | None = None
    """The name in evidence, after a count; only in general entries."""
    sentences: Mapping[str, str] = field(default_factory=dict, hash=False)
    """What the probes report in each situation."""
    break_point: BreakPoint | None = None
    """Where the exchange broke; None if it was complete."""

    @property
    def side(self) -> Side:
        return self.advice.side

    @property
    def cause(self) -> Cause:
        return self.advice.cause

    @property
    def steps(self) -> str:
        return self.advice.steps

    @property
    def retry(self) -> RetryPolicy | None:
        return self.advice.retry

    @property
    def general(self) -> bool:
        """Whether it matches whatever no other entry of its outcome does."""
        named = (self.status, self.type, self.code, self.recognition.words)
        return all(mark is None for mark in named)

    @property
    def types(self) -> tuple[str, ...]:
        """The types that servers send for this error, its own first; none if no server answered."""
        own = (self.type,) if self.type is not None and self.reach is Reach.ANSWERED else ()
        return (*own, *self.recognition.types)

    @property
    def codes(self) -> tuple[str, ...]:
        own = (self.code,) if self.code is not None else ()
        return (*own, *self.recognition.codes)

    def sentence(self, situation: str, **facts: object) -> str:
        """What happened, as a sentence with the facts filled in. Raises KeyError for an unknown situation."""
        return self.sentences[situation].format(**facts)

    def rank(
        self, status: int | None, error_type: str | None, code: str | None, message: str | None = None
    ) -> int:
        """How specifically it matches: code, words, type, status, in this order. 0 for no match."""
        score = 1
        if self.code is not None:
            if code is None or not any(matches(known, code) for known in self.codes):
                return 0
            score += 16
        if self.recognition.words is not None:
            if message is None or not self.recognition.words.found_in(message):
                return 0
            score += 8
        if self.type is not None:
            if error_type is None or not matches(self.type, error_type):
                return 0
            score += 4
        if self.status is not None:
            if status != self.status:
                return 0
            score += 2
        return score


def matches(pattern: str, text: str) -> bool:
    """Whether `text` matches `pattern`, in which `*` stands for any beginning or end."""
    if pattern.endswith("*"):
        return text.startswith(pattern[:-1])
    return text.endswith(pattern[1:]) if pattern.startswith("*") else text == pattern
