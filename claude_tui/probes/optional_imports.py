"""Imports a library as if an optional module that it looks for were not installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["without_modules"]


@contextmanager
def without_modules(*names: str) -> Iterator[None]:
    """Within it, importing one of the modules `names` raises ImportError, unless it is loaded already.

    Afterwards they can be imported as usual. Name only modules that nothing else imports, as it affects other
    threads too.
    """
    hidden = [name for name in names if name not in sys.modules]
    # The import system treats None as "known not to exist".
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            if sys.modules.get(name, name) is None:
                del sys.modules[name]
