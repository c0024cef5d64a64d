"""Request ids that the proxy has seen, as digests: what tells that OTLP reports the same call again."""

from __future__ import annotations

from collections import deque
from hashlib import blake2b

__all__ = ["DIGEST_BYTES", "SeenIds", "digest"]

DIGEST_BYTES = 8
"""With 100,000 ids in the window, one of a billion calls is taken for another."""


def digest(request_id: str) -> bytes:
    """What stands for a request id."""
    return blake2b(request_id.encode("utf-8", "surrogatepass"), digest_size=DIGEST_BYTES).digest()


class SeenIds:
    """The newest `most` digests."""

    def __init__(self, most: int = 200_000) -> None:
        self._most = most
        self._order: deque[bytes] = deque()
        self._ids: set[bytes] = set()

    def add(self, digests: bytes) -> None:
        """Adds digests that stand one behind the other."""
        for start in range(0, len(digests) - DIGEST_BYTES + 1, DIGEST_BYTES):
            each = digests[start : start + DIGEST_BYTES]
            if each in self._ids:
                continue
            self._ids.add(each)
            self._order.append(each)
            if len(self._order) > self._most:
                self._ids.discard(self._order.popleft())

    def __contains__(self, request_id: object) -> bool:
        return isinstance(request_id, str) and digest(request_id) in self._ids

    def __len__(self) -> int:
        return len(self._ids)
