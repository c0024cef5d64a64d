"""From the text of `errors.toml` to values, or an error that says which entry is wrong and how."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from string import Formatter
from typing import NoReturn, TypeVar

from claude_tui.knowledge.values import (
    PLACEHOLDERS,
    Advice,
    ErrorRow,
    Knowledge,
    KnowledgeError,
    Reach,
    RetryPolicy,
)
from claude_tui.model.observation import Outcome
from claude_tui.model.verdict import Cause, Side

__all__ = ["parse_knowledge"]

T = TypeVar("T")
E = TypeVar("E", bound=Enum)
MAX_JITTER = 1.0


class _Entry:
    """One table of the file, read key by key; what is left over at the end is unknown."""

    def __init__(self, origin: str, name: str, table: object) -> None:
        self.place = f"{origin}: {name}"
        if not isinstance(table, dict):
            self.fail(repr(table), "a table")
        self._left: dict[str, object] = dict(table)

    def fail(self, given: str, expected: str) -> NoReturn:
        raise KnowledgeError(f"{self.place}: {given}, expected {expected}")

    def text(self, key: str, default: str | None = None) -> str:
        value = self._left.pop(key, default)
        if not isinstance(value, str) or not value.strip():
            self.fail(f"{key} is {value!r}", "text")
        return value

    def maybe_text(self, key: str) -> str | None:
        return self.text(key) if key in self._left else None

    def number(self, key: str, low: float, high: float) -> float:
        value = self._left.pop(key, low)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            self.fail(f"{key} is {value!r}", f"a number from {low:g} to {high:g}")
        return float(value)

    def whole(self, key: str, low: int, high: int) -> int:
        value = self.number(key, low, high)
        if not value.is_integer():
            self.fail(f"{key} is {value!r}", "a whole number")
        return int(value)

    def opening(self) -> str | None:
        """May be empty: the template then says all."""
        value = self._left.pop("opening", None)
        if value is not None and not isinstance(value, str):
            self.fail(f"opening is {value!r}", "text")
        return value

    def flag(self, key: str) -> bool:
        value = self._left.pop(key, False)
        if not isinstance(value, bool):
            self.fail(f"{key} is {value!r}", "true or false")
        return value

    def word(self, key: str, words: type[E], default: E | None = None) -> E:
        value = self._left.pop(key, default.value if default is not None else None)
        known = {str(word.value): word for word in words}
        if value not in known:
            self.fail(f"{key} is {value!r}", "one of " + ", ".join(known))
        return known[str(value)]

    def named(self, key: str, among: Mapping[str, T]) -> T:
        name = self.text(key)
        if name not in among:
            self.fail(f"{key} is {name!r}", "one of " + ", ".join(among))
        return among[name]

    def maybe_named(self, key: str, among: Mapping[str, T]) -> T | None:
        return self.named(key, among) if key in self._left else None

    def end(self) -> None:
        if self._left:
            self.fail("unknown key " + ", ".join(map(repr, self._left)), "only keys explained in the file")


def parse_knowledge(text: str, origin: str) -> Knowledge:
    """The table in `text`. Raises KnowledgeError, naming `origin`, the entry and what was expected."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise KnowledgeError(f"{origin}: not TOML ({error})") from error
    if unknown := set(data) - {"retry", "advice", "error"}:
        raise KnowledgeError(f"{origin}: unknown table {min(unknown)!r}, expected retry, advice or error")
    policies = data.get("retry", {})
    if not isinstance(policies, dict):
        raise KnowledgeError(f"{origin}: retry is {policies!r}, expected tables [retry.NAME]")
    retries = {
        name: _policy(_Entry(origin, f"retry.{name}", table), name) for name, table in policies.items()
    }
    advice = _by_id(_each(data, "advice", origin), origin, lambda entry, name: _advice(entry, name, retries))
    rows = _by_id(_each(data, "error", origin), origin, lambda entry, name: _row(entry, name, advice))
    _check_whole(origin, tuple(rows.values()))
    return Knowledge(tuple(rows.values()), advice, retries)


def _each(data: Mapping[str, object], key: str, origin: str) -> Iterator[tuple[str, _Entry]]:
    tables = data.get(key, [])
    if not isinstance(tables, list):
        raise KnowledgeError(f"{origin}: {key} is {tables!r}, expected tables [[{key}]]")
    for number, table in enumerate(tables, start=1):
        entry = _Entry(origin, f"{key} {number}", table)
        name = entry.text("id")
        entry.place = f"{origin}: {key} {name!r}"
        yield name, entry


def _by_id(
    entries: Iterator[tuple[str, _Entry]], origin: str, read: Callable[[_Entry, str], T]
) -> dict[str, T]:
    found: dict[str, T] = {}
    for name, entry in entries:
        if name in found:
            entry.fail("the id is given twice", "ids of their own")
        found[name] = read(entry, name)
        entry.end()
    if not found:
        raise KnowledgeError(f"{origin}: no entries, expected [[advice]] and [[error]]")
    return found


def _policy(entry: _Entry, name: str) -> RetryPolicy:
    policy = RetryPolicy(
        name=name,
        words=entry.text("words"),
        attempts=entry.whole("attempts", 0, 20),
        first_s=entry.number("first_s", 0, 3600),
        factor=entry.number("factor", 0, 10),
        most_s=entry.number("most_s", 0, 86_400),
        jitter=entry.number("jitter", 0, MAX_JITTER),
        honours_retry_after=entry.flag("honours_retry_after"),
    )
    if policy.worthwhile and not (0 < policy.first_s <= policy.most_s and policy.factor >= 1):
        entry.fail("attempts without waits", "0 < first_s <= most_s and factor >= 1")
    entry.end()
    return policy


def _advice(entry: _Entry, name: str, retries: Mapping[str, RetryPolicy]) -> Advice:
    says = entry.text("says")
    try:
        used = {field for _, field, _, _ in Formatter().parse(says) if field is not None}
    except ValueError as error:
        entry.fail(f"says: {error}", "braces round names only")
    if unknown := used - PLACEHOLDERS:
        entry.fail(f"says: {{{min(unknown)}}}", "one of " + ", ".join(sorted(PLACEHOLDERS)))
    return Advice(
        id=name,
        cause=entry.word("cause", Cause),
        side=entry.word("side", Side),
        template=says,
        next=entry.text("next"),
        retry=entry.maybe_named("retry", retries),
        given_opening=entry.opening(),
    )


def _row(entry: _Entry, name: str, advice: Mapping[str, Advice]) -> ErrorRow:
    return ErrorRow(
        id=name,
        outcome=entry.word("outcome", Outcome),
        advice=entry.named("advice", advice),
        meaning=entry.text("meaning"),
        status=entry.whole("status", 0, 999) or None,
        type=entry.maybe_text("type"),
        code=entry.maybe_text("code"),
        reach=entry.word("reach", Reach, Reach.ANSWERED),
        sdk_retries=entry.flag("sdk_retries"),
    )


def _check_whole(origin: str, rows: tuple[ErrorRow, ...]) -> None:
    """Every failure must find a row, and no two rows may be for the same error."""
    seen: dict[tuple[object, ...], str] = {}
    for row in rows:
        marks = (row.outcome, row.status, row.type, row.code)
        if marks in seen:
            raise KnowledgeError(f"{origin}: error {row.id!r} is for the same error as {seen[marks]!r}")
        seen[marks] = row.id
    covered = {row.outcome for row in rows if row.bare}
    for outcome in Outcome:
        if outcome.failed and outcome not in covered:
            raise KnowledgeError(
                f"{origin}: no error with outcome {outcome.value!r} and nothing else, expected one"
            )
