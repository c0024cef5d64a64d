"""What the garbage collector goes through."""

from __future__ import annotations

import gc

__all__ = ["keep_for_good"]


def keep_for_good() -> None:
    """From now on collections leave out all objects that exist.

    A full collection is put off until there are a quarter as many new objects as the last one found. `freeze`
    does not change that number: without the second step, garbage waits for as many as were frozen.
    """
    gc.freeze()
    gc.collect()
