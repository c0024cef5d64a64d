"""What people ask of the collector: rows in the store, each carried out once by the collecting process."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from claude_tui.model.request import ActionRequest
from claude_tui.store import ACTION_REQUESTS, Store

__all__ = ["STALE_AFTER", "Requests"]

CarryOut = Callable[[ActionRequest], Awaitable[None]]

STALE_AFTER = timedelta(seconds=30)
"""A process that takes over ignores requests older than this."""

_HANDLED = "action requests handled"


class Requests:
    """Used in the engine's thread only, except for `added`, and `resume` before the start."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._last = 0
        self._done: set[str] = set()

    def resume(self) -> None:
        """Continues after the last request that any process has handled."""
        body = self._store.kept(_HANDLED) or b""
        self._last = max(int(body) if body.isdigit() else 0, self._last)

    def done(self, request: ActionRequest) -> None:
        """Records that this process has carried out its own request at once."""
        self._done.add(request.id)

    def added(self) -> list[tuple[int, ActionRequest]]:
        """The requests since the last call of `handle`. It reads the store, in any thread."""
        return self._store.entries_after(ACTION_REQUESTS, self._last)

    async def handle(
        self, added: Sequence[tuple[int, ActionRequest]], carry_out: CarryOut, now: datetime
    ) -> bool:
        """Carries out the requests in `added`. Returns whether there were any.

        The position is stored only afterwards, so a request may be carried out again if the process is killed
        in between: `carry_out` must be idempotent.
        """
        asked = False
        for _, request in added:
            own = request.id in self._done
            self._done.discard(request.id)
            if not own and now - request.at <= STALE_AFTER:
                asked = True
                await carry_out(request)
        if added:
            self._last = added[-1][0]
            self._store.keep(_HANDLED, b"%d" % self._last)
        return asked
