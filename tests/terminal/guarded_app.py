"""A small app under `hangup.run` for test_hangup.py. Arguments: a file to mark the end in, and what hangs.

That is nothing, "stuck" (the backend), "hung" (the preparation), "disk" (the removal of files) or "screen"
(with the keys s and f); "nohup" ignores SIGHUP. Beside the file it keeps another, `left`, while it runs.
"""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path

from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.widgets import Static

from claude_tui.tui import hangup

# Longer than any test waits.
HANGS_S = 600.0
PATIENT_S = 60.0


class GuardedApp(App[None]):
    BINDINGS = [
        Binding("q", "quit"),
        Binding("ctrl+z", "suspend_process"),
        Binding("s", "stall"),
        Binding("f", "flood"),
    ]

    def compose(self) -> ComposeResult:
        yield Static("READY")

    def on_mount(self) -> None:
        # As the program does: what Textual draws by itself then may be nothing.
        self.app_resume_signal.subscribe(self, lambda _: self.call_later(self.screen.refresh, layout=True))

    def action_stall(self) -> None:
        time.sleep(HANGS_S)

    def action_flood(self) -> None:
        assert self._driver is not None
        for _ in range(200):
            self._driver.write("x" * 4000)


def main(mark: Path, mode: str) -> int:
    if mode == "nohup":
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    left = mark.with_name("left")

    def prepare() -> hangup.Session:
        left.write_text("must not outlive the process")
        if mode == "hung":
            sys.stdout.write("READY")
            sys.stdout.flush()
            time.sleep(HANGS_S)
        return hangup.Session(GuardedApp(), stop)

    def stop() -> None:
        if mode == "stuck":
            time.sleep(HANGS_S)
        mark.write_text("stopped")

    def discard() -> None:
        left.unlink(missing_ok=True)
        if mode == "disk":
            time.sleep(HANGS_S)

    # Where nothing hangs the watchdog has nothing to do, however busy the machine.
    return hangup.run(prepare, discard, deadline_s=PATIENT_S if mode in ("", "nohup") else hangup.DEADLINE_S)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
