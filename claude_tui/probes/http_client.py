"""Imports httpx2 without HTTP/2, which takes 1.4 MB and is not used, as the SDK speaks HTTP/1.1 too."""

from __future__ import annotations

from claude_tui.probes.optional_imports import without_modules

with without_modules("httpcore2._async.http2", "httpcore2._sync.http2"):
    import httpcore2
    import httpx2

__all__ = ["httpcore2", "httpx2"]
