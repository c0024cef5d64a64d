"""One key at a time: each is delivered once the previous one has taken effect."""

from __future__ import annotations

from collections import deque
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from textual import events

from claude_tui.tui.boundary import FaultBoundary

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from textual.app import App
    from textual.message_pump import MessagePump
    from textual.screen import Screen

__all__ = ["TypedOrder", "TypesInOrder"]

# A removed widget takes its queue with it, including what waited there for a key to be handled.
_GIVEN_UP_AFTER_S = 0.5

Typed = events.InputEvent | events.Paste


class TypedOrder:
    """Keeps typed keys in order when a slow connection delivers several in one read.

    Textual 8.2 sends a key to the focused widget, from where it bubbles back to the app, which only then
    looks for a binding. Later keys would meanwhile reach the old focus: of `ana TAB ben`, all letters would
    go into the first field. Here they wait until the previous key has gone all the way.
    """

    def __init__(self, app: App[Any], deliver: Callable[[Typed], Awaitable[None]]) -> None:
        self._app = app
        self._deliver = deliver
        self._waiting: deque[Typed] = deque()
        self._under_way: events.Key | None = None
        self._typed_on: WeakKeyDictionary[events.Key, Screen[Any]] = WeakKeyDictionary()
        self._before = ""

    def must_wait(self, event: Typed) -> bool:
        """Whether `event`, which has just been typed, has to wait; it is then delivered in its turn."""
        if isinstance(event, events.Key):
            self._typed_on[event] = self._app.screen_stack[-1]
        if self._under_way is None:
            return False
        if not self._waiting:
            self._app.set_timer(_GIVEN_UP_AFTER_S, partial(self._key_done, self._under_way))
        self._waiting.append(event)
        return True

    def is_too_late(self, key: events.Key) -> bool:
        """Whether a repeated `key` was meant for a screen that has closed since.

        An example is the second of two Enters for a dialog that the first one has closed: it is not for the
        screen beneath.
        """
        screen = self._typed_on.get(key)
        repeated = key.key == self._before
        if key.is_forwarded:
            self._before = key.key
        return repeated and screen is not None and screen not in self._app.screen_stack

    def follow(self, key: events.Key) -> None:
        """Hold further keys until `key`, which has just been put into a queue, has gone all the way."""
        self._under_way = key
        self._follow_bubbling(self._app.focused or self._app.screen, key, self._app.screen)

    def give_up(self) -> None:
        """Stop waiting for the key that is under way."""
        if self._under_way is not None:
            self._app.call_later(self._key_done, self._under_way)

    def _follow_bubbling(self, pump: MessagePump | None, key: events.Key, screen: Screen[Any]) -> None:
        """Follow `key` from queue to queue up to the app."""
        while pump is not None and pump is not self._app:
            if pump.call_later(self._follow_bubbling, pump._parent, key, screen):
                return
            pump = pump._parent
        self._app.call_later(self._wait_for_screen, key, screen)

    async def _wait_for_screen(self, key: events.Key, screen: Screen[Any]) -> None:
        """Wait until a screen that `key` has opened is ready."""
        opened = self._app.screen
        if opened is screen or not opened.call_later(self._app.call_later, self._key_done, key):
            await self._key_done(key)

    async def _key_done(self, key: events.Key) -> None:
        if self._under_way is not key:
            return
        self._under_way = None
        while self._waiting and self._under_way is None:
            await self._deliver(self._waiting.popleft())


class TypesInOrder(FaultBoundary):
    """An app that delivers one key at a time."""

    @cached_property
    def _typed(self) -> TypedOrder:
        return TypedOrder(self, self._deliver)

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, Typed):
            if event.is_forwarded or not self._typed.must_wait(event):
                await self._deliver(event)
        else:
            await super().on_event(event)

    async def _deliver(self, event: Typed) -> None:
        if not isinstance(event, events.Key):
            await super().on_event(event)
        elif not self._typed.is_too_late(event):
            has_bubbled = event.is_forwarded
            await super().on_event(event)
            if not has_bubbled:
                self._typed.follow(event)

    def contain(self, error: Exception, at_fault: MessagePump, *, harmless: bool) -> None:
        self._typed.give_up()  # what failed while it handled a key does not pass it on
        super().contain(error, at_fault, harmless=harmless)
