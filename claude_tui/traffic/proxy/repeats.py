"""Recognises calls that repeat one whose response asked for a wait, by a digest of the request.

The digest is keyed with random bytes of this process, is never written anywhere, and reveals nothing about
the request. It is dropped with the repeat, or once many other calls have been asked to wait.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from hashlib import blake2b

__all__ = ["Repeats", "Sent"]

_DIGEST_BYTES = 16
# Tolerance for clock error, and for the time from here to the client.
_SLACK_S = 0.1


class Sent:
    """The digest of what one call has sent so far."""

    def __init__(self, key: bytes, whose: str, what: str) -> None:
        self._hash = blake2b(
            f"{whose}\n{what}\n".encode("utf-8", "replace"), key=key, digest_size=_DIGEST_BYTES
        )

    def feed(self, piece: bytes) -> None:
        self._hash.update(piece)

    def digest(self) -> bytes:
        return self._hash.digest()


class Repeats:
    """The calls of one worker that were asked to wait, the newest `most` of them. Instants are monotonic."""

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._key = os.urandom(32)
        self._until: OrderedDict[bytes, float] = OrderedDict()

    def begun(self, whose: str, what: str) -> Sent:
        """The digest to feed with the body of a call of the application `whose`."""
        return Sent(self._key, whose, what)

    def asked_to_wait(self, sent: bytes, until: float) -> None:
        """Records that the response to a call asked it to wait until an instant."""
        self._until[sent] = until
        self._until.move_to_end(sent)
        if len(self._until) > self._most:
            self._until.popitem(last=False)

    def is_early(self, sent: bytes, began: float) -> bool | None:
        """Whether a call began before the wait was over; None if it does not repeat one."""
        until = self._until.pop(sent, None)
        return None if until is None else began < until - _SLACK_S
