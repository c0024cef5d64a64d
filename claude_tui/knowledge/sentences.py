"""Known error sentences, and which parts of an error message may be kept.

An error may repeat what was sent, quoted or not, and no rule separates an application's words from a
server's. So only known text is kept: three consecutive words or signs of a message that also occur in a
sentence of `sentences.toml`, which covers new combinations of known parts. A number needs a match on
both sides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources

from claude_tui.knowledge.values import KnowledgeError
from claude_tui.model.toml_table import Table

__all__ = ["ELLIPSIS", "Sentences", "parse_sentences", "sentences"]

ELLIPSIS = "…"
NUMBER, DATE, TIME, PATH, MODEL = "{n}", "{date}", "{time}", "{path}", "{model}"
_EDGE = ""
# A model is known by the words of its name: an application may put any others around "claude".
_TOKEN = re.compile(
    r"""
      (?P<slot>\{(?:n|date|time|path|model)\})
    | (?P<model>(?:(?:us|eu|ap|apac|au|jp|ca|global|anthropic|bedrock|vertex|vertex_ai|openrouter)[./]){0,4}
        claude(?:[.-](?:opus|sonnet|haiku|fable|mythos|instant|latest|fast|thinking|preview|v?\d{1,8})){1,9}
        (?:@(?:\d{8}|default|latest))?(?::\w{1,20})?(?![\w@-]|[.:]\w))
    | (?P<date>\d{4}-\d\d-\d\d(?![\w-]))
    | (?P<time>\d\d:\d\d(?::\d\d)?(?![\w:]))
    | (?P<number>\d+(?:[,_]\d{3})*(?:\.\d+)?(?!\w))
    | (?P<word>[^\W_](?:\w|[./'’-](?=\w)|\[\d+\])*)
    | \S
    """,
    re.IGNORECASE | re.VERBOSE | re.ASCII,
)
# Fewer words are meaningless once something is left out.
_LEAST_WORDS = 2
_MOST_DIGITS = 9
_MOST_INDEX_DIGITS = 6
_LOOKED_AT = 2_000


@dataclass(frozen=True, slots=True)
class _Token:
    """A word or a sign of a message."""

    start: int
    """Where it begins in the message."""
    end: int
    """Where it ends."""
    shown: str
    """What is shown if it is known."""
    forms: tuple[str, ...]
    """The forms that may match a known sentence; empty if it is in none."""


class Sentences:
    """The known sentences, and the names of fields and values that may stand in them."""

    def __init__(self, known: Iterable[str], names: Iterable[str]) -> None:
        self._names = frozenset(name.lower() for name in names)
        self._triples: set[tuple[str, str, str]] = set()
        for sentence in known:
            self._learn(sentence)

    def kept(self, message: str) -> str | None:
        """The message with unknown parts replaced by an ellipsis; None if all of it is unknown."""
        message = message[:_LOOKED_AT]
        tokens = [self._token(match) for match in _TOKEN.finditer(message)]
        known = self._known(tokens)
        words = sum(
            is_word for token, is_word in zip(tokens, known, strict=True) if token.shown[:1].isalpha()
        )
        if not tokens or (not all(known) and words < _LEAST_WORDS):
            return None
        parts: list[str] = []
        at = 0
        for token, is_known in zip(tokens, known, strict=True):
            shown = token.shown if is_known else ELLIPSIS
            if is_known or parts[-1:] != [ELLIPSIS]:
                parts += [message[at : token.start], shown]
            at = token.end
        kept = "".join(parts).strip()
        return kept + '"' if kept.count('"') % 2 else kept

    def _learn(self, sentence: str) -> None:
        parts = sentence.split(ELLIPSIS)
        for number, part in enumerate(parts):
            line = [match[0].lower() for match in _TOKEN.finditer(part)]
            if number == 0:
                line.insert(0, _EDGE)
            if number == len(parts) - 1:
                line.append(_EDGE)
            self._triples.update(zip(line, line[1:], line[2:], strict=False))

    def _known(self, tokens: list[_Token]) -> list[bool]:
        """Which of the tokens are part of a known triple."""
        edge = _Token(0, 0, "", (_EDGE,))
        line = [edge, *tokens, edge]
        triples = [self._is_known(*line[at : at + 3]) for at in range(len(line) - 2)]
        for at, token in enumerate(tokens, start=1):
            # A number could be private: the words before and after it must both be known.
            if token.forms == (NUMBER,) and not (triples[at - 1] and (at == 1 or triples[at - 2])):
                around = slice(max(at - 2, 0), at + 1)
                triples[around] = [False] * len(triples[around])
        known = [False] * len(line)
        for at, is_known in enumerate(triples):
            if is_known:
                known[at : at + 3] = True, True, True
        return known[1:-1]

    def _is_known(self, first: _Token, second: _Token, third: _Token) -> bool:
        return any(
            (one, two, three) in self._triples
            for one in first.forms
            for two in second.forms
            for three in third.forms
        )

    def _token(self, match: re.Match[str]) -> _Token:
        kind, text = match.lastgroup, match[0]
        word = text.lower()
        shown = text
        forms: tuple[str, ...] = (word,)
        if kind == "slot":
            forms = ()
        elif kind == "number":
            forms = (NUMBER,) if sum(character.isdigit() for character in word) <= _MOST_DIGITS else ()
        elif kind in {"date", "time", "model"}:
            forms = ({"date": DATE, "time": TIME, "model": MODEL}[kind],)
        elif kind == "word" and (path := self._path(text)) is not None:
            shown, forms = path, (word, PATH) if path == text else (PATH,)
        return _Token(match.start(), match.end(), shown, forms)

    def _path(self, text: str) -> str | None:
        """A name of the API, or the known beginning of a path of names and indices; None for other words."""
        if text.lower() in self._names:
            return text
        parts = re.split(r"([.\[\]]+)", text)
        if len(parts) == 1 or parts[0].lower() not in self._names:
            return None
        for at in range(2, len(parts), 2):
            part = parts[at].lower()
            is_index = part.isdigit() and len(part) <= _MOST_INDEX_DIGITS
            if part and not is_index and part not in self._names:
                return "".join(parts[:at]) + ELLIPSIS
        return text


def parse_sentences(text: str, origin: str) -> Sentences:
    """The sentences in `text`. Raises KnowledgeError, naming `origin`, the key and what was expected."""
    top = Table.of_text(text, origin, KnowledgeError)
    known = [sentence for key in ("api", "gateways", "own") for sentence in top.strings(key, most=1_000)]
    names = top.strings("names")
    top.done()
    top.check()
    return Sentences(known, names)


@cache
def sentences() -> Sentences:
    """What is shipped with the program, read once."""
    text = resources.files(__package__).joinpath("sentences.toml").read_text("utf-8")
    return parse_sentences(text, "sentences.toml")
