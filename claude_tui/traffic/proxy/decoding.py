"""Unpacks a copy of a response: gzip and deflate always, brotli and zstd if their packages are installed.

Clients such as Claude Code accept all four. The first two are bounded in `probes.body`, the others here.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any, Protocol

from claude_tui.probes.body import PIECE, Decoder
from claude_tui.probes.transport_errors import BodyError

__all__ = ["Decoding", "decoding_of"]

# The guard against bombs is the ratio (see `answer_reader`), as long streams are legitimate.
_NO_LIMIT = 1 << 50
# A zstd block has at least 4 bytes and at most 128 kB of output, so this many bytes expand to less than 8 MB.
_ZSTD_SLICE = 256
_ZSTD_WINDOW = 8 << 20


class Decoding(Protocol):
    """Unpacks a body that arrives in pieces."""

    @property
    def produced(self) -> int:
        """Bytes of output so far; 0 for a body that is not packed."""

    def decode(self, data: bytes) -> Iterator[bytes]:
        """The output that `data` adds, in pieces. Raises BodyError."""


def decoding_of(codings: Sequence[str]) -> Decoding:
    """The unpacker for `codings`. Raises BodyError for too many of them."""
    if list(codings) == ["br"] and (module := _installed("brotli")) is not None:
        return _Brotli(module)
    if list(codings) == ["zstd"] and (module := _installed("zstandard")) is not None:
        return _Zstd(module)
    return Decoder(codings, _NO_LIMIT)


def _installed(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


class _Brotli:
    def __init__(self, module: Any) -> None:
        self.produced = 0
        self._error = module.error
        self._unpacker = module.Decompressor()

    def decode(self, data: bytes) -> Iterator[bytes]:
        try:
            while True:
                piece = self._unpacker.process(data, output_buffer_limit=PIECE)
                data = b""
                self.produced += len(piece)
                if piece:
                    yield piece
                elif self._unpacker.can_accept_more_data() or self._unpacker.is_finished():
                    return
        except self._error as error:
            raise BodyError.undecodable("br", str(error)) from error


class _Zstd:
    def __init__(self, module: Any) -> None:
        self.produced = 0
        self._error = module.ZstdError
        self._unpacker = module.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()

    def decode(self, data: bytes) -> Iterator[bytes]:
        try:
            for start in range(0, len(data), _ZSTD_SLICE):
                if self._unpacker.eof:
                    return
                piece = self._unpacker.decompress(data[start : start + _ZSTD_SLICE])
                self.produced += len(piece)
                if piece:
                    yield piece
        except self._error as error:
            raise BodyError.undecodable("zstd", str(error)) from error
