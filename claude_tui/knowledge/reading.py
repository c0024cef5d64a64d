"""From the text of `errors.toml` to values, or an error that says which entries are wrong and how."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from string import Formatter
from typing import TypeVar

from claude_tui.knowledge.values import (
    PLACEHOLDERS,
    Advice,
    ErrorRow,
    Knowledge,
    KnowledgeError,
    Reach,
)
from claude_tui.model.observation import Outcome
from claude_tui.model.retry import RetryPolicy
from claude_tui.model.toml_table import Table
from claude_tui.model.verdict import Cause, Side

__all__ = ["parse_knowledge"]

T = TypeVar("T")
MAX_JITTER = 1.0


def parse_knowledge(text: str, origin: str) -> Knowledge:
    """The table in `text`. Raises KnowledgeError, naming `origin`, the entry and what was expected."""
    top = Table.of_text(text, origin, KnowledgeError)
    retries = {name: _policy(table, name) for name, table in top.named("retry").items()}
    advice = _by_id(top, "advice", lambda table, name: _advice(table, name, retries))
    rows = _by_id(top, "error", lambda table, name: _row(table, name, advice))
    top.done()
    top.check()
    _check_whole(top, tuple(rows.values()))
    return Knowledge(tuple(rows.values()), advice, retries)


def _by_id(top: Table, key: str, read: Callable[[Table, str], T | None]) -> dict[str, T]:
    found: dict[str, T | None] = {}
    for table in top.tables(key):
        name = table.text("id")
        if table.sound("id"):
            # Of rows by the dozen, a name is easier to find than a number.
            table.path = f'{key} "{name}"'
        if name in found and table.sound("id"):
            table.wrong("", "the id is given twice")
        found[name] = read(table, name)
        table.done()
    if not found and top.sound(key):
        top.wrong(key, "no entries", f"tables, each headed [[{key}]]")
    return {name: each for name, each in found.items() if each is not None}


def _policy(table: Table, name: str) -> RetryPolicy:
    policy = RetryPolicy(
        name=name,
        words=table.text("words"),
        retries=table.whole("retries", 0, at_most=20),
        first_s=table.number("first_s", 0.0, at_least=0, at_most=3600),
        factor=table.number("factor", 0.0, at_least=0, at_most=10),
        most_s=table.number("most_s", 0.0, at_least=0, at_most=86_400),
        jitter=table.number("jitter", 0.0, at_least=0, at_most=MAX_JITTER),
        honours_retry_after=table.flag("honours_retry_after", False),
    )
    if policy.worthwhile and not (0 < policy.first_s <= policy.most_s and policy.factor >= 1):
        table.wrong("", "retries without waits", "0 < first_s <= most_s and factor >= 1")
    table.done()
    return policy


def _advice(table: Table, name: str, retries: Mapping[str, RetryPolicy]) -> Advice:
    return Advice(
        id=name,
        cause=table.choice("cause", Cause),
        side=table.choice("side", Side),
        template=_template(table),
        next=table.text("next"),
        retry=retries.get(table.one_of("retry", retries)) if table.has("retry") else None,
        given_opening=table.text("opening", "") if table.has("opening") else None,
    )


def _template(table: Table) -> str:
    says = table.text("says")
    try:
        used = {field for _, field, _, _ in Formatter().parse(says) if field is not None}
    except ValueError as error:
        table.wrong("says", str(error), "braces round names only")
        return says
    for unknown in sorted(used - PLACEHOLDERS):
        table.wrong("says", f"{{{unknown}}}", "one of " + ", ".join(sorted(PLACEHOLDERS)))
    return says


def _row(table: Table, name: str, advice: Mapping[str, Advice]) -> ErrorRow | None:
    advised = advice.get(table.one_of("advice", advice))
    outcome, meaning = table.choice("outcome", Outcome), table.text("meaning")
    status, reach = table.whole("status", 0, at_most=999), table.choice("reach", Reach, Reach.ANSWERED)
    kind = table.text("type") if table.has("type") else None
    code = table.text("code") if table.has("code") else None
    sdk_retries = table.flag("sdk_retries", False)
    if advised is None:
        return None
    return ErrorRow(name, outcome, advised, meaning, status or None, kind, code, reach, sdk_retries)


def _check_whole(top: Table, rows: tuple[ErrorRow, ...]) -> None:
    """Every failure must find a row, and no two rows may be for the same error."""
    seen: dict[tuple[object, ...], str] = {}
    for row in rows:
        marks = (row.outcome, row.status, row.type, row.code)
        if marks in seen:
            top.wrong("error", f'"{row.id}" is for the same error as "{seen[marks]}"')
        seen[marks] = row.id
    covered = {row.outcome for row in rows if row.bare}
    for outcome in Outcome:
        if outcome.failed and outcome not in covered:
            top.wrong(
                "error", f'none with outcome "{outcome.value}" and nothing else', "one for each failure"
            )
    top.check()
