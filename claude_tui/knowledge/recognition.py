"""Recognises an error response: by its code, then its type, then its status, finally its message."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from claude_tui.knowledge.values import KnownError, Pattern, matches

__all__ = ["Recogniser"]


# The error is described at the beginning; a server may send any amount of text.
_LOOKED_AT = 4_000


class Recogniser:
    """Finds the entry of an error from a server's response, before its outcome is known."""

    def __init__(self, errors: Iterable[KnownError]) -> None:
        errors = tuple(errors)
        self._by_id = {error.id: error for error in errors}
        self._by_code = _index(errors, lambda error: error.codes)
        self._by_type = _index(errors, lambda error: error.types)
        self._by_status = _index(errors, lambda error: error.recognition.untyped)
        self._by_message = [error for error in errors if error.recognition.message is not None]
        self._by_words = [error for error in errors if error.recognition.words is not None]
        self._types_of_classes = {
            name: error.types[0] for error in errors for name in error.recognition.gateway_classes
        }
        self._vague = frozenset(kind for error in errors if error.recognition.vague for kind in error.types)

    def recognised(
        self, status: int, error_type: str | None, code: str | None, message: str, *, gateway: bool = False
    ) -> KnownError:
        """The error of an unsuccessful response; `gateway`: the address is not the provider's own."""
        message = message[:_LOOKED_AT]
        by_code = _look_up(self._by_code, code) if code else None
        if by_code is not None and by_code.code is not None:
            return by_code
        found = by_code or (_look_up(self._by_type, error_type) if error_type else None)
        if found is None:
            found = self.of_status(status)
        for entries in (self._by_message, self._by_words):
            found = next(
                (
                    error
                    for error in entries
                    if (gateway or not error.recognition.of_gateway)
                    and self._is_rather(error, found, message)
                ),
                found,
            )
        return found

    def of_status(self, status: int) -> KnownError:
        """The error that a status alone means."""
        marks = (str(status), f"{status // 100}xx", "xxx")
        return next(self._by_status[mark] for mark in marks if mark in self._by_status)

    def counts_without_json(self, status: int) -> bool:
        """Whether a 4xx status keeps its meaning in a response that is not JSON."""
        error = self._by_status.get(str(status))
        return error is not None and error.recognition.plain

    def knows_type(self, error_type: str | None) -> bool:
        return error_type is not None and _look_up(self._by_type, error_type) is not None

    def is_vague(self, error_type: str | None) -> bool:
        """Whether the type is so generic that the original error may be inside the message."""
        return error_type is None or error_type in self._vague

    def type_of_gateway_class(self, name: str) -> str | None:
        return self._types_of_classes.get(name)

    def _is_rather(self, error: KnownError, found: KnownError, message: str) -> bool:
        pattern, recognition = _pattern_of(error), error.recognition
        allowed = any(
            found is other or (other.general and found.outcome is other.outcome)
            for other in (self._by_id[name] for name in recognition.instead_of)
        )
        anything = recognition.words is not None and not recognition.instead_of
        return (allowed or anything) and pattern is not None and pattern.found_in(message)


def _pattern_of(error: KnownError) -> Pattern | None:
    return error.recognition.message or error.recognition.words


def _index(
    errors: Iterable[KnownError], marks_of: Callable[[KnownError], Iterable[str]]
) -> Mapping[str, KnownError]:
    index: dict[str, KnownError] = {}
    for error in errors:
        for mark in marks_of(error):
            index.setdefault(mark, error)
    return index


def _look_up(index: Mapping[str, KnownError], text: str) -> KnownError | None:
    """The entry with exactly this key, else the first whose pattern matches."""
    exact = index.get(text)
    return exact or next(
        (error for mark, error in index.items() if "*" in mark and matches(mark, text)), None
    )
