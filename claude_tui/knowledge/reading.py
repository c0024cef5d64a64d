"""Parses `errors.toml` strictly: an invalid entry is an error, never partly used."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from string import Formatter
from typing import TypeVar

from claude_tui.knowledge.table import Knowledge
from claude_tui.knowledge.values import (
    PLACEHOLDERS,
    SENTENCE_PLACEHOLDERS,
    Advice,
    BreakPoint,
    ErrorClass,
    KnowledgeError,
    KnownError,
    Pattern,
    Reach,
    Recognition,
)
from claude_tui.model.observation import Outcome
from claude_tui.model.retry import RetryPolicy
from claude_tui.model.toml_table import Table
from claude_tui.model.verdict import Cause, Side

__all__ = ["parse_knowledge"]

T = TypeVar("T")
MAX_JITTER = 1.0
MAX_PATTERN = 700


def parse_knowledge(text: str, origin: str, *, proven: bool = False) -> Knowledge:
    """The table in `text`. Raises KnowledgeError, naming `origin`, the entry and what was expected.

    `proven` says that the patterns of this very text are known to be valid, as checking them takes long.
    """
    top = Table.of_text(text, origin, KnowledgeError)
    retries = {name: _policy(table, name) for name, table in top.named("retry").items()}
    advice = _by_id(top, "advice", lambda table, name: _advice(table, name, retries))
    breaks = _by_id(top, "break", lambda table, name: BreakPoint(name, table.text("words")))
    classes = _by_id(top, "class", _class)
    rows = _by_id(top, "error", lambda table, name: _error(table, name, advice, breaks, proven=proven))
    top.done()
    top.check()
    _check_classes(top, classes)
    _check_whole(top, rows)
    _check_recognition(top, rows)
    top.check()
    return Knowledge(tuple(rows.values()), advice, retries, tuple(classes.values()), tuple(breaks.values()))


def _by_id(top: Table, key: str, read: Callable[[Table, str], T | None]) -> dict[str, T]:
    found: dict[str, T | None] = {}
    for table in top.tables(key):
        name = table.text("id")
        if table.sound("id"):
            # Among dozens of rows, a name is easier to find than an index.
            table.path = f'{key} "{name}"'
        if name in found and table.sound("id"):
            table.wrong("", "the id occurs twice")
        found[name] = read(table, name)
        table.done()
    if not found and top.sound(key):
        top.wrong(key, "no entries", f"tables, each headed [[{key}]]")
    return {name: entry for name, entry in found.items() if entry is not None}


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
        template=_template(table, "says", table.text("says"), PLACEHOLDERS),
        next=table.text("next"),
        then=table.text("then", ""),
        retry=retries.get(table.one_of("retry", retries)) if table.has("retry") else None,
        given_opening=table.text("opening", "") if table.has("opening") else None,
        given_brief=_template(table, "brief", table.text("brief", ""), PLACEHOLDERS) or None,
        hides_cause=table.flag("hides_cause", False),
    )


def _template(table: Table, key: str, template: str, allowed: frozenset[str]) -> str:
    """The template; reports a problem for each unknown placeholder."""
    try:
        used = {field for _, field, _, _ in Formatter().parse(template) if field is not None}
    except ValueError as error:
        table.wrong(key, str(error), "braces only around names")
        return template
    for unknown in sorted(used - allowed):
        table.wrong(key, f"{{{unknown}}}", "one of " + ", ".join(sorted(allowed)))
    return template


def _class(table: Table, name: str) -> ErrorClass:
    known = {outcome.value: outcome for outcome in Outcome if outcome.failed}
    words = table.strings("outcomes", allowed=known)
    outcomes = frozenset(known[word] for word in words if word in known)
    status = table.whole("status", at_least=100, at_most=599) if table.has("status") else None
    bad_share = table.number("bad_share", at_least=0, at_most=1)
    return ErrorClass(name, table.text("label"), status, bad_share, outcomes)


def _error(
    table: Table, name: str, advice: Mapping[str, Advice], breaks: Mapping[str, BreakPoint], *, proven: bool
) -> KnownError | None:
    advised = advice.get(table.one_of("advice", advice))
    sentences = _sentences(table.table("sentence"))
    fields = {
        "outcome": table.choice("outcome", Outcome),
        "meaning": table.text("meaning"),
        "status": table.whole("status", 0, at_most=999) or None,
        "type": _optional(table, "type"),
        "code": _optional(table, "code"),
        "reach": table.choice("reach", Reach, Reach.ANSWERED),
        "sdk_retries": table.flag("sdk_retries", False),
        "recognition": _recognition(table, proven=proven),
        "short": _optional(table, "short"),
        "plural": _optional(table, "plural"),
        "break_point": breaks.get(table.one_of("broken_at", breaks)) if table.has("broken_at") else None,
    }
    if advised is None:
        return None
    return KnownError(id=name, advice=advised, sentences=sentences, **fields)  # type: ignore[arg-type]


def _optional(table: Table, key: str) -> str | None:
    return table.text(key) if table.has(key) else None


def _sentences(table: Table) -> dict[str, str]:
    return {
        situation: _template(table, situation, table.text(situation), SENTENCE_PLACEHOLDERS)
        for situation in table.data
    }


def _recognition(table: Table, *, proven: bool) -> Recognition:
    return Recognition(
        types=table.strings("types", ()),
        codes=table.strings("codes", ()),
        untyped=table.strings("untyped", ()),
        plain=table.flag("plain", False),
        message=_pattern(table, "message", proven=proven),
        words=_words(table, "words", proven=proven),
        of_gateway=table.flag("of_gateway", False),
        instead_of=table.strings("instead_of", ()),
        vague=table.flag("vague", False),
        gateway_classes=table.strings("gateway_classes", ()),
    )


def _pattern(table: Table, key: str, *, proven: bool) -> Pattern | None:
    text = _optional(table, key)
    if not text:
        return None
    if not proven and (fault := _fault(text)):
        table.unfit(key, f"a regular expression ({fault})")
        return None
    return Pattern(text)


def _words(table: Table, key: str, *, proven: bool) -> Pattern | None:
    """A list of patterns as one."""
    texts = table.strings(key, (), expected="a list of regular expressions", most=MAX_PATTERN)
    if not texts:
        return None
    if not proven and (fault := next(filter(None, map(_fault, texts)), "")):
        table.unfit(key, f"a list of regular expressions ({fault})")
        return None
    return Pattern("|".join(f"(?:{text})" for text in texts))


def _fault(text: str) -> str:
    """Why `text` is not a regular expression; "" if it is one."""
    try:
        re.compile(text, re.IGNORECASE)
    except re.error as error:
        return str(error)
    return ""


def _check_whole(top: Table, rows: Mapping[str, KnownError]) -> None:
    """Checks that every failed outcome has a general entry, and that no two entries match the same error."""
    first: dict[tuple[object, ...], str] = {}
    for row in rows.values():
        marks = (row.outcome, row.status, row.type, row.code, row.recognition.words)
        if marks in first:
            top.wrong("error", f'"{row.id}" is for the same error as "{first[marks]}"')
        first[marks] = row.id
    covered = {row.outcome for row in rows.values() if row.general}
    for outcome in Outcome:
        if outcome.failed and outcome not in covered:
            top.wrong(
                "error", f'none with outcome "{outcome.value}" and nothing else', "one for each failure"
            )


def _check_classes(top: Table, classes: Mapping[str, ErrorClass]) -> None:
    for outcome in Outcome:
        found = [name for name, error_class in classes.items() if outcome in error_class.outcomes]
        if outcome.failed and len(found) != 1:
            given = " and ".join(found) or "no class"
            top.wrong("class", f'outcome "{outcome.value}" is in {given}', "one class")


def _check_recognition(top: Table, rows: Mapping[str, KnownError]) -> None:
    """Checks that each code, type or status means exactly one outcome, and that every status means one."""
    meanings: dict[tuple[str, str], KnownError] = {}
    for row in rows.values():
        marks = [("type", mark) for mark in row.types] + [("code", mark) for mark in row.codes]
        marks += [("status", mark) for mark in row.recognition.untyped]
        for kind, mark in marks:
            other = meanings.setdefault((kind, mark), row)
            if other.outcome is not row.outcome:
                top.wrong("error", f'{kind} "{mark}" means both "{other.id}" and "{row.id}"', "one of them")
        for unknown in sorted(set(row.recognition.instead_of) - set(rows)):
            top.wrong("error", f'"{row.id}" is instead_of "{unknown}"', "the id of an error")
        if row.recognition.gateway_classes and not row.types:
            top.wrong("error", f'"{row.id}" has gateway_classes without a type', "a type")
    for rest in ("4xx", "5xx", "xxx"):
        if ("status", rest) not in meanings:
            top.wrong("error", f'none with untyped "{rest}"', "one")
