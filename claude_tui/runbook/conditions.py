"""Small expressions over named facts, such as `cause == "rate_limited" and limits_low`.

    expression   and, or, not, ( )
    comparison   name == value    !=  <  <=  >  >=    name in [value, ...]    name not in [value, ...]
                 name contains "part"    (text, ignoring case)
                 name is known    name is unknown
                 name             (a fact that is true or false)
    value        "text" or 'text', a number, true, false

Expressions are parsed and checked when a file is loaded, and never evaluated as code. An unknown fact
makes a comparison unknown, which `and` and `or` treat as in three-valued logic.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from claude_tui.model.errors import ClaudeTopError
from claude_tui.model.nearest import hint

__all__ = ["Condition", "ConditionError", "FactKind", "Type", "Value", "parse"]

Value = str | float | bool
Values = Mapping[str, Value | None]

_MAX_LENGTH = 500
_MAX_DEPTH = 20
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>"[^"\n]*"|'[^'\n]*')
      | (?P<number>-?\d+(?:\.\d+)?)
      | (?P<name>[A-Za-z_]\w*)
      | (?P<mark>==|!=|<=|>=|[<>()\[\],])
    )""",
    re.X,
)
_KEYWORDS = frozenset({"and", "or", "not", "in", "is", "contains", "known", "unknown", "true", "false"})
_ORDERINGS = frozenset({"<", "<=", ">", ">="})


class ConditionError(ClaudeTopError):
    """An expression is invalid."""


class Type(Enum):
    TEXT = "text"
    NUMBER = "a number"
    FLAG = "true or false"


@dataclass(frozen=True, slots=True)
class FactKind:
    """The type of a fact. `choices` are its possible values, if there are only a few."""

    type: Type
    choices: tuple[str, ...] = ()


class _Test(Protocol):
    def holds(self, values: Values) -> bool | None: ...


@dataclass(frozen=True, slots=True)
class Condition:
    """A parsed expression. `names` are the facts it refers to, in order of first mention."""

    text: str
    names: tuple[str, ...]
    test: _Test

    def holds(self, values: Values) -> bool | None:
        """Whether it holds; None if an unknown fact leaves that open."""
        return self.test.holds(values)


@dataclass(frozen=True, slots=True)
class _Compare:
    name: str
    operator: str
    value: Value

    def holds(self, values: Values) -> bool | None:
        actual = values.get(self.name)
        if actual is None:
            return None
        if isinstance(actual, str) and isinstance(self.value, str):
            if self.operator == "contains":
                return self.value.casefold() in actual.casefold()
            return (actual == self.value) is (self.operator == "==")
        return _ordered(float(actual), self.operator, float(self.value))


def _ordered(actual: float, operator: str, value: float) -> bool:
    return {
        "==": actual == value,
        "!=": actual != value,
        "<": actual < value,
        "<=": actual <= value,
        ">": actual > value,
        ">=": actual >= value,
    }[operator]


@dataclass(frozen=True, slots=True)
class _Known:
    name: str
    wanted: bool

    def holds(self, values: Values) -> bool:
        return (values.get(self.name) is not None) is self.wanted


@dataclass(frozen=True, slots=True)
class _Not:
    test: _Test

    def holds(self, values: Values) -> bool | None:
        found = self.test.holds(values)
        return None if found is None else not found


@dataclass(frozen=True, slots=True)
class _AndOr:
    """`and` or `or`. `decides` is the operand value that decides alone: False for `and`, True for `or`."""

    tests: tuple[_Test, ...]
    decides: bool

    def holds(self, values: Values) -> bool | None:
        found = [test.holds(values) for test in self.tests]
        if self.decides in found:
            return self.decides
        return None if None in found else not self.decides


def parse(text: str, kinds: Mapping[str, FactKind]) -> Condition:
    """The condition in `text`. `kinds` are the facts it may refer to. Raises ConditionError."""
    if len(text) > _MAX_LENGTH:
        raise ConditionError(f"more than {_MAX_LENGTH} characters")
    parser = _Parser(_tokens(text), kinds)
    test = parser.disjunction()
    parser.end()
    return Condition(text, tuple(dict.fromkeys(parser.names)), test)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


def _tokens(text: str) -> list[_Token]:
    tokens, at = [], 0
    stripped = text.rstrip()
    while at < len(stripped):
        found = _TOKEN.match(stripped, at)
        if found is None:
            raise ConditionError(f"invalid from {stripped[at:].strip()[:20]!r} on")
        kind = found.lastgroup or ""
        value = found[kind]
        tokens.append(_Token("word" if kind == "name" and value in _KEYWORDS else kind, value))
        at = found.end()
    return tokens


class _Parser:
    """Recursive descent: disjunction (or) > conjunction (and) > negation (not) > comparison."""

    def __init__(self, tokens: list[_Token], kinds: Mapping[str, FactKind]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0
        self._kinds = kinds
        self.names: list[str] = []

    def disjunction(self) -> _Test:
        return self._operands("or", self._conjunction)

    def _conjunction(self) -> _Test:
        return self._operands("and", self._negation)

    def _operands(self, word: str, part: Callable[[], _Test]) -> _Test:
        tests: list[_Test] = [part()]
        while self._accept("word", word):
            tests.append(part())
        return tests[0] if len(tests) == 1 else _AndOr(tuple(tests), decides=word == "or")

    def _negation(self) -> _Test:
        if self._accept("word", "not"):
            return self._nested(lambda: _Not(self._negation()))
        if self._accept("mark", "("):
            inner = self._nested(self.disjunction)
            self._expect(")")
            return inner
        return self._comparison()

    def _nested(self, part: Callable[[], _Test]) -> _Test:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise ConditionError(f"nested more than {_MAX_DEPTH} deep")
        test = part()
        self._depth -= 1
        return test

    def _comparison(self) -> _Test:
        name = self._name()
        if self._accept("word", "is"):
            return self._is_known(name)
        if self._accept("word", "not"):
            if not self._accept("word", "in"):
                raise ConditionError(f"expected `in` after `{name} not`")
            return _Not(self._is_in(name))
        if self._accept("word", "in"):
            return self._is_in(name)
        operator = self._operator()
        if operator is None:
            return self._flag(name)
        return self._compared(name, operator)

    def _name(self) -> str:
        token = self._next("the name of a fact")
        if token.kind != "name":
            raise ConditionError(f"expected the name of a fact, not {token.text}")
        if token.text not in self._kinds:
            raise ConditionError(f'no fact "{token.text}"{hint(token.text, self._kinds)}')
        self.names.append(token.text)
        return token.text

    def _operator(self) -> str | None:
        token = self._tokens[self._at] if self._at < len(self._tokens) else None
        if token is None or token.text not in {"==", "!=", "contains", *_ORDERINGS} or token.kind == "text":
            return None
        self._at += 1
        return token.text

    def _is_known(self, name: str) -> _Test:
        if self._accept("word", "known"):
            return _Known(name, True)
        if self._accept("word", "unknown"):
            return _Known(name, False)
        raise ConditionError(f"expected `known` or `unknown` after `{name} is`")

    def _is_in(self, name: str) -> _Test:
        self._expect("[")
        tests = [self._compared(name, "==")]
        while self._accept("mark", ","):
            tests.append(self._compared(name, "=="))
        self._expect("]")
        return _AndOr(tuple(tests), decides=True)

    def _flag(self, name: str) -> _Test:
        if self._kinds[name].type is not Type.FLAG:
            raise ConditionError(f"{name} is {self._kinds[name].type.value}: compare it with something")
        return _Compare(name, "==", True)

    def _compared(self, name: str, operator: str) -> _Test:
        kind, token = self._kinds[name], self._next("a value")
        value, given = _value(token)
        if given is not kind.type:
            raise ConditionError(f"{name} is {kind.type.value}, and {token.text} is not")
        if operator == "contains" and kind.type is not Type.TEXT:
            raise ConditionError(f"`contains` is for text; {name} is {kind.type.value}")
        if operator in _ORDERINGS and kind.type is not Type.NUMBER:
            raise ConditionError(f"{operator} is for numbers; {name} is {kind.type.value}")
        if kind.choices and operator != "contains" and value not in kind.choices:
            near = hint(str(value), kind.choices)
            raise ConditionError(f"{name} is never {token.text}{near}: one of {', '.join(kind.choices)}")
        return _Compare(name, operator, value)

    def _accept(self, kind: str, text: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at] == _Token(kind, text):
            self._at += 1
            return True
        return False

    def _expect(self, mark: str) -> None:
        if not self._accept("mark", mark):
            raise ConditionError(f"expected {mark}")

    def _next(self, expected: str) -> _Token:
        if self._at >= len(self._tokens):
            raise ConditionError(f"ends where {expected} is expected")
        self._at += 1
        return self._tokens[self._at - 1]

    def end(self) -> None:
        if self._at < len(self._tokens):
            raise ConditionError(f"unexpected {self._tokens[self._at].text}")


def _value(token: _Token) -> tuple[Value, Type]:
    if token.kind == "text":
        return token.text[1:-1], Type.TEXT
    if token.kind == "number":
        return float(token.text), Type.NUMBER
    if token.kind == "word" and token.text in {"true", "false"}:
        return token.text == "true", Type.FLAG
    raise ConditionError(f"expected a value, not {token.text}")
