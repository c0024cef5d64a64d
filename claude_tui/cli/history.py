"""The history of the target, opened for commands that read it or add to it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from claude_tui.cli.console import say

if TYPE_CHECKING:
    from claude_tui.settings import Settings
    from claude_tui.store import Store

__all__ = ["open_history", "say_problem"]


@contextlib.contextmanager
def open_history(
    settings: Settings, *, create: bool = False, read_only: bool = False
) -> Iterator[Store | None]:
    """The store of this target; None if there is none and `create` is not set.

    Raises StoreError for a file that is not a store, for one of a later version, and with `read_only` for
    one that cannot be read.
    """
    from claude_tui.engine import store_name
    from claude_tui.probes.credentials import Credentials
    from claude_tui.store import Store, is_there

    credentials = Credentials.from_environ(os.environ, base_url=settings.base_url)
    name = store_name(credentials)
    if not is_there(settings.data_dir / name) and not create:
        yield None
        return
    _require_known(settings.data_dir, name)
    # A problem with a store that is only read ends the command, and is reported once.
    on_problem = _say_nothing if read_only else say_problem
    store = Store.open(settings.data_dir, name, now=_now(), on_problem=on_problem, read_only=read_only)
    try:
        try:
            yield store
        finally:
            # It behaved like an empty store, so the output is wrong.
            if read_only and store.unreadable is not None:
                raise store.unreadable from None
        if read_only:
            say_problem(store.problem)
    finally:
        store.close()


def _require_known(directory: Path, name: str) -> None:
    """Raises NewerStoreError for a store that this version must leave alone."""
    from claude_tui.store import Store

    store = Store.open(directory, name, now=_now(), read_only=True)
    try:
        store.data_version()
        if store.refusal is not None:
            raise store.refusal
    finally:
        store.close()


def _now() -> datetime:
    return datetime.now(UTC)


def _say_nothing(_: str | None) -> None: ...


def say_problem(problem: str | None) -> None:
    if problem is not None:
        say(problem)
