"""Which objects the garbage collector traverses."""

from __future__ import annotations

import gc

__all__ = ["keep_for_good"]


def keep_for_good() -> None:
    """Excludes all existing objects from collections from now on.

    A full collection waits until there are a quarter as many new objects as the last one found. `freeze` does
    not change that number: without the second step, garbage would wait for as many objects as were frozen.
    """
    gc.freeze()
    gc.collect()
