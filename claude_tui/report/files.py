"""Writes a report, all or nothing, without replacing an existing file."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from claude_tui.report.values import ReportError

__all__ = ["write_file"]


def write_file(path: Path, text: str, *, force: bool) -> None:
    """Writes a file. Raises ReportError if it exists (unless `force`), or cannot be written."""
    beside = path.with_name(f".{path.name[:100]}.{secrets.token_hex(6)}")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            if force:
                beside.replace(path)
            else:
                # Unlike a rename, a link never replaces what is there.
                path.hardlink_to(beside)
        finally:
            with contextlib.suppress(FileNotFoundError):
                beside.unlink()
    except FileExistsError:
        raise ReportError(f"{path} is there already and was left as it is; --force replaces it") from None
    except OSError as error:
        raise ReportError(f"{path} cannot be written: {error.strerror}") from error
