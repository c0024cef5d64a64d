"""Reads a recording into a store of its own, line by line, and rejects invalid ones."""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from claude_tui.engine.recording import KINDS, SCHEMA, Header, RecordingError, reader
from claude_tui.model.json_values import from_plain, sound
from claude_tui.model.limits import LARGEST_FIGURE, LARGEST_WHOLE
from claude_tui.model.text import inert, truncate

if TYPE_CHECKING:
    from claude_tui.store import Store

__all__ = ["read_header", "read_recording"]

# The longest line holds the state of alerting, about 100 KB.
_LONGEST = 20_000_000
# A store keeps unwritten records in memory, and drops the oldest of too many.
_BATCH = 2000
_WRITE_WITHIN_S = 30.0
_TORN = (EOFError, zlib.error, OSError, ValueError)


def read_header(path: Path) -> Header:
    """The header of a recording. Raises RecordingError."""
    with _opened(path) as file:
        return _header(path, file)


def read_recording(path: Path, store: Store, progress: Callable[[float], None] = lambda _: None) -> Header:
    """Adds the recording to `store`, which must be empty. Raises RecordingError with the line."""
    with _opened(path) as file:
        header = _header(path, file)
        total, counts = sum(header.counts.values()), Counter[str]()
        for number, kind, value in _lines(path, file, total):
            store.write(value)
            counts[kind] += 1
            if number % _BATCH == 0:
                _flush(path, store)
                progress(number / max(total, 1))
    if counts != Counter(header.counts):
        raise _refused(path, total + 2, "the lines do not add up to what the header says")
    _flush(path, store)
    progress(1.0)
    return header


def _opened(path: Path) -> IO[bytes]:
    try:
        if not path.is_file() and path.exists():
            # The file is opened more than once, and a pipe may have no end.
            raise RecordingError(f"{path} cannot be read: it is not a file")
        return reader(path)
    except OSError as error:
        raise RecordingError(f"{path} cannot be read: {error.strerror or error}") from error


def _flush(path: Path, store: Store) -> None:
    if not store.flush(_WRITE_WITHIN_S) or store.problem is not None:
        raise RecordingError(f"{path} cannot be unpacked: {store.problem or 'the disk is too slow'}")


def _header(path: Path, file: IO[bytes]) -> Header:
    table = _line(path, file, 1)
    schema = table.get("schema") if table is not None else None
    if table is None or not isinstance(schema, str) or not schema.startswith("claude-top/recording@"):
        raise _refused(path, 1, "this is not a claude-top recording")
    if schema != SCHEMA:
        raise _refused(path, 1, f"it is of {truncate(schema)}, and this version reads {SCHEMA}")
    counts = table.pop("counts", None)
    if not isinstance(counts, dict) or not all(
        kind in KINDS and type(count) is int and count >= 0 for kind, count in counts.items()
    ):
        raise _refused(path, 1, "the header does not say how many lines of which kind there are")
    try:
        header: Header = sound(from_plain(Header, table))
    except ValueError as error:
        raise _refused(path, 1, f"the header cannot be read: {truncate(str(error))}") from None
    if header.since > header.until:
        raise _refused(path, 1, "it ends before it begins")
    header.counts.update(counts)
    return header


def _lines(path: Path, file: IO[bytes], total: int) -> Iterator[tuple[int, str, Any]]:
    """The number, kind and value of each line between the first and the last."""
    number = 1
    while (table := _line(path, file, number := number + 1)) is not None:
        if "end" in table:
            if number != total + 2:
                raise _refused(path, number, f"it ends here, but {total} lines were announced")
            if _line(path, file, number + 1) is not None:
                raise _refused(path, number + 1, "something follows the end")
            return
        (kind, value), *more = table.items() or [("", None)]
        if more or kind not in KINDS:
            raise _refused(path, number, f"expected an object with one of {', '.join(KINDS)}")
        try:
            yield (
                number,
                kind,
                sound(from_plain(KINDS[kind], value), _inert, whole=LARGEST_WHOLE, figure=LARGEST_FIGURE),
            )
        except ValueError as error:
            raise _refused(path, number, truncate(str(error))) from None
    raise _refused(path, number, "it ends too soon: the file is truncated")


def _line(path: Path, file: IO[bytes], number: int) -> dict[str, Any] | None:
    """One line as an object; None at the end of the file."""
    try:
        raw = file.readline(_LONGEST + 1)
    except _TORN as error:
        raise _refused(path, number, f"the file is truncated or damaged: {error}") from None
    except Exception as error:
        # The optional zstd package raises an exception type of its own.
        if type(error).__name__ != "ZstdError":
            raise
        raise _refused(path, number, f"the file is truncated or damaged: {error}") from None
    if not raw:
        return None
    if len(raw) > _LONGEST:
        raise _refused(path, number, "the line is too long")
    try:
        table = json.loads(raw, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise _refused(
            path, number, "this is not JSON" if raw.endswith(b"\n") else "the line is truncated"
        ) from None
    if not isinstance(table, dict):
        raise _refused(path, number, "expected an object")
    return table


def _refuse_constant(name: str) -> None:
    """Rejects NaN and infinities, which JSON does not have."""
    raise ValueError(name)


def _inert(text: str) -> str:
    return inert(text, _LONGEST, keep_newlines=True)


def _refused(path: Path, number: int, why: str) -> RecordingError:
    return RecordingError(f"{path}, line {number}: {why}")
