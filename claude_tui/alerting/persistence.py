"""The ledger in force, and how it reaches the disk without holding anything up."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol

from claude_tui.alerting.delivery.abandonable import AbandonableThread
from claude_tui.alerting.ledger import Ledger, decode, encode, noted, reopened
from claude_tui.model.alert import AlertEntry
from claude_tui.model.text import Redactor

__all__ = ["NoStateBackend", "StateBackend", "StateHolder"]

LOAD_TIMEOUT_S = 5.0
SAVE_TIMEOUT_S = 2.0


class StateBackend(Protocol):
    """Where the state is kept. Both are called in a thread of their own, one at a time.

    They may raise whatever a disk gives cause for: that is told, and the pages go out all the same.
    """

    def load(self) -> bytes | None:
        """What was saved last; None when nothing was."""

    def save(self, state: bytes) -> None:
        """Returns when `state` will outlive the program."""

    def set_aside(self, state: bytes) -> None:
        """Keeps what cannot be read under another name, before `save` replaces it."""


class NoStateBackend:
    """Keeps nothing: for a demo, and where there is no disk."""

    def load(self) -> bytes | None:
        return None

    def save(self, state: bytes) -> None:
        """`state` is gone when the program ends."""
        del state

    def set_aside(self, state: bytes) -> None:
        """Nothing was kept, so there is nothing to read."""
        del state


class StateHolder:
    """Holds the ledger."""

    def __init__(self, backend: StateBackend, redactor: Redactor) -> None:
        self.ledger = Ledger()
        self._load_problem: str | None = None
        self._save_problem: str | None = None
        self._keeper = backend
        self._redactor = redactor
        self._saved: Ledger | None = None
        self._lock = asyncio.Lock()
        self._loading: AbandonableThread[bytes | None] = AbandonableThread("alert state")
        self._saving: AbandonableThread[None] = AbandonableThread("alert state")

    @property
    def problem(self) -> str | None:
        """What is wrong with keeping it, in words. What was not read stays a problem of this run."""
        return self._save_problem or self._load_problem

    async def load(self) -> None:
        """What an earlier run left. What cannot be read is set aside, and told; all begins anew."""
        try:
            raw = await self._loading.call(self._keeper.load, LOAD_TIMEOUT_S)
            self.ledger = self._read(raw) if raw is not None else self.ledger
        except Exception as error:  # noqa: BLE001 - no disk and no file may keep alerts from going out
            self._load_problem = self._redactor.clean(
                f"alert state could not be read: {_words(error)}; pages of what goes on may come twice", 200
            )

    def _read(self, raw: bytes) -> Ledger:
        try:
            return reopened(decode(raw))
        except ValueError:
            self._keeper.set_aside(raw)
            raise

    async def save(self) -> None:
        """Returns when the ledger of now, or a newer one, is safe, or that has failed."""
        async with self._lock:
            ledger = self.ledger
            if ledger is self._saved:
                return
            state = encode(ledger)
            try:
                await self._saving.call(lambda: self._keeper.save(state), SAVE_TIMEOUT_S, queue=True)
            except Exception as error:  # noqa: BLE001 - as above
                self._save_problem = self._redactor.clean(
                    f"alert state could not be saved: {_words(error)}", 200
                )
            else:
                self._saved = ledger
                self._save_problem = None

    def note(self, entries: Iterable[AlertEntry]) -> None:
        self.ledger = noted(self.ledger, entries)

    def change(self, **values: object) -> None:
        self.ledger = replace(self.ledger, **values)  # type: ignore[arg-type]


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "the disk does not answer"
    return str(error) or type(error).__name__
