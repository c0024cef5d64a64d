"""How a screen leaves: once, whatever still comes for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakKeyDictionary

from textual.await_complete import AwaitComplete
from textual.screen import Screen

from claude_tui.tui.boundary import Contained

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.message import Message

    # A mixin: Textual takes the styles and bindings of a class from its first base that is a node.
    _Base = Screen[Any]
else:
    _Base = Contained

__all__ = ["LeavesOnce", "TypedKeys"]


class LeavesOnce(_Base):
    """Mixin of every screen.

    Textual 8.2 takes a screen that is dismissed off its stack at once, but delivers what still waits in its
    queue, and a second `dismiss` takes away whatever is in front by then, or fails at the dashboard. Here it
    is ignored, and so is what the person or the widgets of the screen sent before they could know.
    """

    CALLED: ClassVar[str] = "screen"
    """What a notice calls it."""

    def dismiss(self, result: Any = None) -> AwaitComplete:
        """Leave with a result. Ignored when it is not in front: it has left, or is not what was answered."""
        if self.app.screen is not self:
            return AwaitComplete()
        left: AwaitComplete = super().dismiss(result)
        return left

    @property
    def has_left(self) -> bool:
        return self not in self.app.screen_stack

    async def _dispatch_message(self, message: Message) -> None:
        # All that bubbles comes from the person or from a widget; Textual's own housekeeping does not.
        if not (message.bubble and self.has_left):
            await super()._dispatch_message(message)


class TypedKeys:
    """Tells the second of two Enters, at a dialog that the first has closed, from one at the screen beneath.

    A key goes from the app to what has the focus, and comes back to the app, which looks for it among the
    bindings of the screen that is in front by then.
    """

    def __init__(self) -> None:
        self._typed_at: WeakKeyDictionary[events.Key, Screen[Any]] = WeakKeyDictionary()
        self._before = ""

    def is_too_late(self, key: events.Key, stack: Sequence[Screen[Any]]) -> bool:
        """Whether `key` comes back a second time for a screen that has left `stack` meanwhile."""
        if not key.is_forwarded:
            self._typed_at[key] = stack[-1]
            return False
        screen = self._typed_at.get(key)
        repeated, self._before = key.key == self._before, key.key
        return repeated and screen is not None and screen not in stack
