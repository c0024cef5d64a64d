"""Digests of the request ids that the proxy has seen, to recognise calls that OTLP reports as well."""

from __future__ import annotations

from hashlib import blake2b

from claude_tui.model.traffic import RolledUp
from claude_tui.traffic.recent import RecentNumbers

__all__ = ["DIGEST_BYTES", "PRESENCE", "RequestIdDigests", "digest"]

DIGEST_BYTES = 8
"""With 100,000 ids in the window, one in a billion calls is mistaken for another."""


def digest(request_id: str) -> bytes:
    """The digest of a request id."""
    return blake2b(request_id.encode("utf-8", "surrogatepass"), digest_size=DIGEST_BYTES).digest()


PRESENCE = RolledUp(None, (), digest("a proxy has started"))
"""What a proxy records when it starts, so that its first calls are waited for as well."""


class RequestIdDigests:
    """The newest digests: the last `most`, and up to twice as many."""

    def __init__(self, most: int = 200_000) -> None:
        self._known = RecentNumbers(most)

    def add(self, digests: bytes) -> None:
        """Adds concatenated digests."""
        for start in range(0, len(digests) - DIGEST_BYTES + 1, DIGEST_BYTES):
            self._known.add(int.from_bytes(digests[start : start + DIGEST_BYTES], "big"))

    def __contains__(self, request_id: object) -> bool:
        return isinstance(request_id, str) and int.from_bytes(digest(request_id), "big") in self._known

    def __len__(self) -> int:
        return len(self._known)
