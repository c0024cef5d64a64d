"""Makes sure that a screen closes only once, whatever messages still arrive for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual._context import active_message_pump
from textual.await_complete import AwaitComplete
from textual.screen import Screen

from claude_tui.tui.boundary import Contained

if TYPE_CHECKING:
    from textual.geometry import Size
    from textual.message import Message

    # A mixin, as Textual takes the styles and bindings of a class from its first base that is a node.
    _Base = Screen[Any]
else:
    _Base = Contained

__all__ = ["ClosesOnce"]


class ClosesOnce(_Base):
    """A mixin for every screen.

    Textual 8.2 removes a dismissed screen from its stack at once, but still delivers what is in the screen's
    queue. A second `dismiss` then closes whatever screen is in front by now, or fails at the dashboard. Here
    it is ignored, as are messages that the user or the screen's widgets had already sent.
    """

    SCREEN_NAME: ClassVar[str] = "screen"
    """The name of the screen in notices."""

    def on_unmount(self) -> None:
        self._styles_cache.clear()  # as every `LinePanel` does

    def dismiss(self, result: Any = None) -> AwaitComplete:
        """Close with a result. Ignored if the screen is not in front, as it has closed already."""
        if self.app.screen is not self:
            return AwaitComplete()
        left: AwaitComplete = super().dismiss(result)
        return left

    def _refresh_layout(self, size: Size | None = None, scroll: bool = False) -> None:
        # Textual lays a screen out in whichever pump is at work, often the app's; a fault is the screen's.
        at_work = active_message_pump.set(self)
        try:
            super()._refresh_layout(size, scroll)
        finally:
            active_message_pump.reset(at_work)

    @property
    def has_closed(self) -> bool:
        return self not in self.app.screen_stack

    async def _dispatch_message(self, message: Message) -> None:
        # Messages from the user or from widgets bubble; Textual's own housekeeping does not.
        if not (message.bubble and self.has_closed):
            await super()._dispatch_message(message)
