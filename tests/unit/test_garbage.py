"""Garbage in cycles goes soon, however much there is that is kept for good."""

from __future__ import annotations

import gc
import subprocess
import sys

import pytest

from claude_tui.model.garbage import collection_paused

# In a process of its own, as all that exists is frozen.
_PROGRAM = """
import gc
from collections import deque
from claude_tui.model.garbage import freeze_existing

class Drawn:
    pass

kept = [[number] for number in range(300_000)]
gc.collect()
freeze_existing()
gc.set_threshold(700, 5, 1)
shown, most = deque(), 0
for number in range(100_000):
    drawn = Drawn()
    drawn.itself = drawn
    shown.append(drawn)
    if len(shown) > 3000:
        shown.popleft()
    if number % 500 == 0:
        most = max(most, len(gc.get_objects()))
print(most)
"""


def test_what_holds_itself_is_collected_although_there_is_much_that_stays() -> None:
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 30_000


@pytest.mark.parametrize("enabled", [True, False])
def test_a_pause_leaves_it_as_it_was(enabled: bool) -> None:
    before = gc.isenabled()
    (gc.enable if enabled else gc.disable)()
    try:
        with collection_paused():
            assert not gc.isenabled()
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if before else gc.disable)()
