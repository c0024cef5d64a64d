"""Garbage in cycles goes soon, however much there is that is kept for good."""

from __future__ import annotations

import subprocess
import sys

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
