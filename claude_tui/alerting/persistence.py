"""The current ledger, and how it is saved without blocking the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Protocol

from claude_tui.alerting.delivery.abandonable import AbandonableThread
from claude_tui.alerting.ledger import (
    Ledger,
    added_entries,
    decode,
    differ_only_in_figures,
    encode,
    noted,
    reopened,
)
from claude_tui.model.alert import AlertEntry
from claude_tui.model.text import Redactor

__all__ = ["NoStateBackend", "StateBackend", "StateHolder"]

LOAD_TIMEOUT_S = 5.0
SAVE_TIMEOUT_S = 2.0
_SENT_TWICE = "notifications about ongoing problems may be sent twice"


class StateBackend(Protocol):
    """Where the alert state is saved. Methods are called in a thread of their own, one at a time.

    They may raise any exception: it is reported as a problem, and notifications are sent all the same.
    """

    def load(self) -> bytes | None:
        """The state that was saved last; None when there is none."""

    def save(self, state: bytes, entries: Sequence[AlertEntry], *, essential: bool) -> None:
        """Returns once `state` is durable.

        `entries` are those of the journal that are new since the last save. Without `essential` the state
        differs from the last one in figures and in the instant of the evaluation only.
        """

    def set_aside(self, state: bytes) -> None:
        """Keeps unreadable state under another name, before `save` replaces it."""


class NoStateBackend:
    """Saves nothing: for a demo, and without a disk."""

    def load(self) -> bytes | None:
        return None

    def save(self, state: bytes, entries: Sequence[AlertEntry], *, essential: bool) -> None:
        """Does nothing: `state` is lost when the program ends."""
        del state, entries, essential

    def set_aside(self, state: bytes) -> None:
        """Does nothing: `load` never returns anything unreadable."""
        del state


class StateHolder:
    """Holds the current ledger, and loads and saves it through a StateBackend."""

    def __init__(self, backend: StateBackend, redactor: Redactor) -> None:
        self.ledger = Ledger()
        self._load_problem: str | None = None
        self._save_problem: str | None = None
        self._backend = backend
        self._redactor = redactor
        self._saved: Ledger | None = None
        self._lock = asyncio.Lock()
        self._loading: AbandonableThread[bytes | None] = AbandonableThread("alert state")
        self._saving: AbandonableThread[None] = AbandonableThread("alert state")

    @property
    def problem(self) -> str | None:
        """Why the state could not be saved or loaded.

        A failed load remains a problem until the program ends.
        """
        return self._save_problem or self._load_problem

    async def load(self) -> None:
        """Loads the ledger of an earlier run.

        An unreadable one is set aside and reported; the ledger is then empty.
        """
        try:
            raw = await self._loading.call(self._backend.load, LOAD_TIMEOUT_S)
            self.ledger = self._read(raw) if raw is not None else self.ledger
        except Exception as error:  # noqa: BLE001 - neither a disk nor a file may stop notifications
            self._load_problem = self._redactor.clean(
                f"alert state could not be read: {_words(error)}; {_SENT_TWICE}",
                200,
            )

    def _read(self, raw: bytes) -> Ledger:
        try:
            self._saved = decode(raw)
            return reopened(self._saved)
        except ValueError:
            self._backend.set_aside(raw)
            raise

    async def save(self) -> None:
        """Returns once the current ledger, or a newer one, is saved; a failure is reported by `problem`."""
        async with self._lock:
            ledger = self.ledger
            if ledger is self._saved:
                return
            state, saved = encode(ledger), self._saved
            entries = added_entries(saved, ledger)
            essential = saved is None or not differ_only_in_figures(saved, ledger)

            def save() -> None:
                self._backend.save(state, entries, essential=essential)

            try:
                await self._saving.call(save, SAVE_TIMEOUT_S, queue=True)
            except Exception as error:  # noqa: BLE001 - as above
                self._save_problem = self._redactor.clean(
                    f"alert state could not be saved: {_words(error)}", 200
                )
            else:
                self._saved = ledger
                self._save_problem = None

    def note(self, entries: Iterable[AlertEntry]) -> None:
        """Adds entries to the journal."""
        self.ledger = noted(self.ledger, entries)

    def change(self, **values: object) -> None:
        """Replaces fields of the ledger."""
        self.ledger = replace(self.ledger, **values)  # type: ignore[arg-type]


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "the disk does not respond"
    return str(error) or type(error).__name__
