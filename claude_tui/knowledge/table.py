"""The error table, and how the entry of a failure is found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from claude_tui.knowledge.recognition import Recogniser
from claude_tui.knowledge.values import Advice, BreakPoint, ErrorClass, KnownError, Reach
from claude_tui.model.gateway import is_gateway
from claude_tui.model.observation import Observation, Outcome
from claude_tui.model.retry import RetryPolicy

__all__ = ["Knowledge"]


@dataclass(frozen=True, eq=False)
class Knowledge:
    """The error table."""

    errors: tuple[KnownError, ...]
    """The entries, in the order of the file."""
    advice: Mapping[str, Advice]
    """By id."""
    retries: Mapping[str, RetryPolicy]
    """By name."""
    classes: tuple[ErrorClass, ...]
    """The rows of the Errors panel, in the order of the screen. Every failed outcome is in exactly one."""
    break_points: tuple[BreakPoint, ...]
    """Where an exchange can break."""

    @lru_cache(maxsize=4096)  # noqa: B019 (there is one table, and it lives as long as the program)
    def row(
        self,
        outcome: Outcome,
        status: int | None = None,
        error_type: str | None = None,
        code: str | None = None,
        message: str | None = None,
        gateway: bool = False,
    ) -> KnownError:
        """The most specific entry of a failed outcome that matches. Raises KeyError for `ok`."""
        ranked = [
            (row.rank(status, error_type, code, message), row)
            for row in self.errors
            if row.outcome is outcome and (gateway or not row.recognition.of_gateway)
        ]
        if not ranked:
            raise KeyError(outcome)
        best = max(ranked, key=lambda pair: pair[0])[1]
        if best.recognition.words is None:
            return best
        # A message that leads to the same advice says no more than type and status.
        wordless = [pair for pair in ranked if pair[1].recognition.words is None]
        plain = max(wordless, key=lambda pair: pair[0])[1]
        return plain if plain.advice is best.advice else best

    def of(self, observation: Observation) -> KnownError:
        """The entry of a failed observation. The probes' own messages do not come from a server."""
        own = observation.http_status is None or observation.error_type in self._own_types
        return self.row(
            observation.outcome,
            observation.http_status,
            observation.error_type,
            observation.error_code,
            None if own else observation.message,
            is_gateway(observation.target),
        )

    def general(self, outcome: Outcome) -> KnownError:
        """The entry of a failed outcome that matches whatever no other entry does."""
        return self.row(outcome)

    def own(self, error_type: str) -> KnownError:
        """The entry of one of the probes' own error types. Raises KeyError when there is none."""
        return self._own_types[error_type]

    def class_of(self, outcome: Outcome) -> ErrorClass:
        """The row of the Errors panel that a failed outcome is counted in."""
        return self._class_of[outcome]

    @cached_property
    def recogniser(self) -> Recogniser:
        return Recogniser(self.errors)

    @cached_property
    def _own_types(self) -> Mapping[str, KnownError]:
        return {row.type: row for row in self.errors if row.type and row.reach is not Reach.ANSWERED}

    @cached_property
    def _class_of(self) -> Mapping[Outcome, ErrorClass]:
        return {outcome: error_class for error_class in self.classes for outcome in error_class.outcomes}
