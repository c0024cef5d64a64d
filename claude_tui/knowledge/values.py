"""The rows of the table of errors, and how the row of an error is found."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from claude_tui.model.errors import ConfigError
from claude_tui.model.observation import Observation, Outcome
from claude_tui.model.retry import RetryPolicy
from claude_tui.model.verdict import Cause, Side

__all__ = ["PLACEHOLDERS", "Advice", "ErrorRow", "Knowledge", "KnowledgeError", "Reach"]

PLACEHOLDERS = frozenset({"status", "type", "bucket", "model", "host", "what", "ttft", "ratio"})
"""What `Advice.says` may leave to be filled in."""

_OPENINGS = {
    Side.THEM: "It’s them.",
    Side.US: "It’s us.",
    Side.PATH: "It’s the network between us and the API.",
    Side.UNCLEAR: "Unclear.",
    Side.NONE: "All is well.",
}
_PLACE = re.compile(r"\{(\w+)\}")


class KnowledgeError(ConfigError):
    """The table of errors cannot be used."""


class Reach(StrEnum):
    """How far a failed exchange came."""

    ANSWERED = "answered"
    CUT = "cut"
    NO_ANSWER = "no_answer"
    UNREACHED = "unreached"
    FOREIGN = "foreign"
    UNSENT = "unsent"


@dataclass(frozen=True, slots=True, eq=False)
class Advice:
    """What a verdict says: whose it is, in one line, and the next step. `says` has `PLACEHOLDERS`."""

    id: str
    cause: Cause
    side: Side
    template: str
    next: str
    retry: RetryPolicy | None = None
    given_opening: str | None = None
    """How the summary begins, where the side does not say it."""

    @property
    def opening(self) -> str:
        """How the summary begins: whose it is."""
        if self.given_opening is not None:
            return self.given_opening
        return "Unknown." if self.cause is Cause.UNKNOWN else _OPENINGS[self.side]

    def summary(self, **facts: str | None) -> str:
        """Opening and template, with the facts filled in; an unknown fact goes with the brackets round it."""
        return f"{self.opening} {self._statement(facts)}".strip()

    def _statement(self, facts: Mapping[str, str | None]) -> str:
        known = {name: fact for name, fact in facts.items() if fact}
        template = f" {self.template}"
        for name in PLACEHOLDERS - known.keys():
            template = _without(template, name)
        filled = _PLACE.sub(lambda match: known[match[1]], template).strip()
        return "" if filled == "." else filled


def _without(template: str, name: str) -> str:
    hole = f"{{{name}}}"
    for around in (f" ({hole})", f"({hole}, ", f", {hole}", f": {hole}", f" {hole}"):
        template = template.replace(around, "(" if around.startswith("(") else "")
    return template


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """One kind of error. None in `status`, `type` or `code` means any; `code` may end in `*`."""

    id: str
    outcome: Outcome
    advice: Advice
    meaning: str
    status: int | None = None
    type: str | None = None
    code: str | None = None
    reach: Reach = Reach.ANSWERED
    sdk_retries: bool = False

    @property
    def whose(self) -> Side:
        return self.advice.side

    @property
    def cause(self) -> Cause:
        return self.advice.cause

    @property
    def what_to_do(self) -> str:
        return self.advice.next

    @property
    def retry(self) -> RetryPolicy | None:
        return self.advice.retry

    @property
    def bare(self) -> bool:
        """Whether it is for whatever no other row of its outcome is for."""
        return self.status is None and self.type is None and self.code is None

    def rank(self, status: int | None, error_type: str | None, code: str | None) -> int:
        """How well it fits: a code says more than a type, a type more than a status. 0 when it does not."""
        score = 1
        marks = ((self.code, code, 8), (self.type, error_type, 4), (self.status, status, 2))
        for mine, theirs, weight in marks:
            if mine is None:
                continue
            if not _agree(mine, theirs):
                return 0
            score += weight
        return score


def _agree(mine: str | int, theirs: str | int | None) -> bool:
    if isinstance(mine, str) and mine.endswith("*"):
        return isinstance(theirs, str) and theirs.startswith(mine[:-1])
    return mine == theirs


@dataclass(frozen=True, eq=False)
class Knowledge:
    """The whole table. `advice` by id."""

    errors: tuple[ErrorRow, ...]
    advice: Mapping[str, Advice]
    retries: Mapping[str, RetryPolicy]

    @lru_cache(maxsize=1024)  # noqa: B019 (there is one table, and it lives as long as the program)
    def row(
        self,
        outcome: Outcome,
        status: int | None = None,
        error_type: str | None = None,
        code: str | None = None,
    ) -> ErrorRow:
        """The row of a failed outcome that names most of an error's marks. KeyError for `ok`."""
        ranked = [(row.rank(status, error_type, code), row) for row in self.errors if row.outcome is outcome]
        if not ranked:
            raise KeyError(outcome)
        return max(ranked, key=lambda pair: pair[0])[1]

    def of(self, observation: Observation) -> ErrorRow:
        """The row of a failed observation."""
        return self.row(
            observation.outcome, observation.http_status, observation.error_type, observation.error_code
        )
