"""The HTTP client of the probes without HTTP/2: 1.4 MB that nothing here uses, as the SDK speaks 1.1 too."""

from __future__ import annotations

from claude_tui.probes.optional_imports import absent

with absent("httpcore2._async.http2", "httpcore2._sync.http2"):
    import httpcore2
    import httpx2

__all__ = ["httpcore2", "httpx2"]
