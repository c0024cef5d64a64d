"""Which file system a path is on: SQLite's write-ahead log needs memory that all processes share."""

from __future__ import annotations

import re
from pathlib import Path

from claude_tui.store.faults import SharedFileSystemError

__all__ = ["MOUNTS", "file_system_of", "require_local"]

MOUNTS = Path("/proc/self/mountinfo")

_NETWORK = {
    "nfs": "NFS",
    "nfs4": "NFS",
    "cifs": "SMB",
    "smb3": "SMB",
    "smbfs": "SMB",
    "afs": "AFS",
    "ceph": "Ceph",
    "fuse": "FUSE",
    "virtiofs": "FUSE",
}
# The root of a rootless container, which is local, so that processes can share memory.
_LOCAL_FUSE = frozenset({"fuse.fuse-overlayfs", "fuse.fuse-overlay"})
_OCTAL = re.compile(r"\\([0-7]{3})")


def require_local(path: Path, mounts: Path = MOUNTS) -> None:
    """Raises SharedFileSystemError when `path` is, or would be, on NFS, SMB, FUSE or the like.

    On systems without a table of mounts (macOS), nothing is refused.
    """
    kind = file_system_of(path, mounts)
    name = _network_name(kind) if kind is not None else None
    if name is not None:
        raise SharedFileSystemError(path, name)


def _network_name(kind: str) -> str | None:
    if kind in _LOCAL_FUSE:
        return None
    return _NETWORK.get("fuse" if kind.startswith("fuse.") else kind)


def file_system_of(path: Path, mounts: Path = MOUNTS) -> str | None:
    """The type of the file system at `path`, as the kernel names it; None if that is unknown."""
    try:
        table = mounts.read_text(encoding="utf-8", errors="surrogateescape")
        place = path.resolve()
    except (OSError, RuntimeError):
        return None
    found: tuple[int, str] | None = None
    for row in table.splitlines():
        mounted = _mount(row)
        # Of several at one mount point, the last one covers the others.
        if mounted and place.is_relative_to(mounted[0]) and len(mounted[0].parts) >= (found or (0, ""))[0]:
            found = len(mounted[0].parts), mounted[1]
    return found[1] if found is not None else None


def _mount(row: str) -> tuple[Path, str] | None:
    """Mount point and type of a row of `mountinfo`: six fields and more, `-`, type, source, options."""
    first, separator, last = row.partition(" - ")
    fields, kind = first.split(" "), last.split(" ")[0]
    if not separator or len(fields) < 6:
        return None
    return Path(_OCTAL.sub(lambda found: chr(int(found[1], 8)), fields[4])), kind
