"""What the garbage collector goes through, and how often."""

from __future__ import annotations

import gc

__all__ = ["collect_often", "keep_for_good"]

# Objects made and not freed before a collection of the youngest, and collections before one of the older.
_THRESHOLDS = 700, 5, 1


def keep_for_good() -> None:
    """From now on collections leave out all objects that exist.

    A full collection is put off until there are a quarter as many new objects as the last one found. `freeze`
    does not change that number: without the second step, garbage waits for as many as were frozen.
    """
    gc.freeze()
    gc.collect()


def collect_often() -> None:
    """Has garbage collected within minutes in a program that makes little of it.

    What Textual draws is in cycles: its strips keep themselves in their own caches. With Python's thresholds
    the oldest of it waits for half an hour, which is 7 MB.
    """
    gc.set_threshold(*_THRESHOLDS)
    gc.enable()
