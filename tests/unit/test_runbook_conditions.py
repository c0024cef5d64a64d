"""Expressions over facts: read strictly, evaluated in three values, never as code."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.runbook.conditions import ConditionError, FactKind, Type, Value, parse

KINDS = {
    "cause": FactKind(Type.TEXT, ("overloaded", "limited", "fine")),
    "says": FactKind(Type.TEXT),
    "left": FactKind(Type.NUMBER),
    "masked": FactKind(Type.FLAG),
}
KNOWN: dict[str, Value | None] = {
    "cause": "limited",
    "says": "Prompt is TOO long",
    "left": 0.15,
    "masked": False,
}
NOTHING: dict[str, Value | None] = {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('cause == "limited"', True),
        ("cause == 'limited'", True),
        ('cause != "limited"', False),
        ('cause in ["overloaded", "limited"]', True),
        ('cause not in ["overloaded", "limited"]', False),
        ("left < 0.2", True),
        ("left >= 0.15 and left <= 0.15", True),
        ("left == 0.15", True),
        ("left > -1", True),
        ("left in [0.1, 0.15]", True),
        ("masked", False),
        ("not masked", True),
        ("masked == false", True),
        ('says contains "too LONG"', True),
        ('says contains "short"', False),
        ('cause == "fine" or left < 0.2 and not masked', True),
        ('(cause == "fine" or left < 0.2) and masked', False),
        ("not (left < 0.2)", False),
        ("left is known", True),
        ("left is unknown", False),
    ],
)
def test_what_holds(text: str, expected: bool) -> None:
    assert parse(text, KINDS).holds(KNOWN) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("left < 0.2", None),
        ("not masked", None),
        ('cause in ["fine"]', None),
        ("left is unknown", True),
        ("left is known and left < 0.2", False),
        ("left is unknown or left < 0.2", True),
        ('left < 0.2 or cause == "fine"', None),
    ],
)
def test_what_is_not_known_is_neither_true_nor_false(text: str, expected: bool | None) -> None:
    assert parse(text, KINDS).holds(NOTHING) is expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('casue == "fine"', 'no fact "casue" (did you mean "cause"?)'),
        ('cause == "over loaded"', 'cause is never "over loaded" (did you mean "overloaded"?)'),
        ("cause == 5", "cause is text, and 5 is not"),
        ('left == "much"', 'left is a number, and "much" is not'),
        ("left", "left is a number: compare it with something"),
        ('cause < "fine"', "< is for numbers; cause is text"),
        ('left contains "1"', "left is a number"),
        ("masked contains true", "`contains` is for text"),
        ("cause ==", "ends where a value is expected"),
        ("", "ends where the name of a fact is expected"),
        ('cause == "fine" cause', "unexpected cause"),
        ('(cause == "fine"', "expected )"),
        ('cause in "fine"', "expected ["),
        ("left is", "expected `known` or `unknown`"),
        ('cause not "fine"', "expected `in` after `cause not`"),
        ("and masked", "expected the name of a fact, not and"),
        ("left < masked", "expected a value, not masked"),
        ("__import__('os')", 'no fact "__import__"'),
        ("left; left", "invalid from ';"),
        ("not " * 30 + "masked", "nested more than 20 deep"),
        ("masked or " * 100 + "masked", "more than 500 characters"),
    ],
)
def test_what_cannot_be_used_says_why(text: str, reason: str) -> None:
    with pytest.raises(ConditionError) as caught:
        parse(text, KINDS)
    assert reason in str(caught.value)


def test_names_in_order_of_mention() -> None:
    assert parse('left < 1 and (masked or cause == "fine") and left > 0', KINDS).names == (
        "left",
        "masked",
        "cause",
    )


@given(st.text(max_size=80))
def test_any_text_has_a_value_or_is_refused_with_a_reason(text: str) -> None:
    try:
        found: object = parse(text, KINDS).holds(KNOWN)
    except ConditionError as error:
        found = str(error)
    assert found in {True, False, None} or (isinstance(found, str) and found)


@given(st.sampled_from([True, False, None]), st.sampled_from([True, False, None]))
def test_de_morgan_in_three_values(one: bool | None, other: bool | None) -> None:
    kinds = {name: FactKind(Type.FLAG) for name in "ab"}
    values = {"a": one, "b": other}
    left = parse("not (a and b)", kinds).holds(values)
    assert left is parse("not a or not b", kinds).holds(values)
