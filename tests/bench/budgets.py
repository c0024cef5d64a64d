"""The budgets of the design, measured: python -m tests.bench.budgets [--quick]

Every figure stands beside its reference, measured in the same run, because machines differ: a bare
Textual app for the first frame, bare Python for --version, btop and htop (where Debian's packages
are installed) for bytes and CPU at 1 Hz. Linux, by hand; only bytes per second is asserted in the tests.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.program import Program

SETTLE_S = 8.0
BARE_APP = """
from textual.app import App
from textual.widgets import Static
class Bare(App):
    def compose(self):
        yield Static("bare-app-is-up")
Bare().run()
"""
CLAUDE_TOP = (sys.executable, "-m", "claude_tui")


@dataclass(frozen=True)
class Row:
    what: str
    figure: str
    budget: str
    reference: str
    kept: bool | None


@contextmanager
def simulator(scenario: str) -> Iterator[dict[str, str]]:
    """A simulator in a process of its own; yields the environment that points at it."""
    process = subprocess.Popen(
        [*CLAUDE_TOP, "simulate", scenario], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    try:
        base_url = next(line.split()[-1] for line in process.stdout if line.startswith("base URL"))
        yield {
            "ANTHROPIC_BASE_URL": base_url,
            "CLAUDE_TOP_STATUS_URL": base_url,
            "ANTHROPIC_API_KEY": "sk-ant-api03-bench-no-real-key",
        }
    finally:
        process.terminate()
        process.wait()


def median_of(measure: Callable[[], float], runs: int) -> float:
    measure()
    return statistics.median(measure() for _ in range(runs))


def run_s(command: Sequence[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def frame_s(command: Sequence[str], sign: bytes, env: dict[str, str]) -> float:
    """Seconds from process start until `sign`, the last thing drawn, is on the wire."""
    with Program(command, env=env) as program:
        return program.wait_for(sign)


def version_row(runs: int) -> Row:
    script = shutil.which("claude-top") or str(Path(sys.executable).with_name("claude-top"))
    bare = median_of(lambda: run_s([sys.executable, "-c", "pass"]), runs)
    version = median_of(lambda: run_s([script, "--version"]), runs)
    over_ms = (version - bare) * 1000
    return Row(
        "claude-top --version",
        f"+{over_ms:.0f} ms",
        "+60 ms",
        f"python -c pass {bare * 1000:.0f} ms",
        over_ms <= 60,
    )


def first_frame_row(runs: int, env: dict[str, str]) -> Row:
    ratios, ours = [], []
    for _ in range(runs):
        bare = frame_s([sys.executable, "-c", BARE_APP], b"bare-app-is-up", {})
        ours.append(frame_s(CLAUDE_TOP, b"quit", env))
        ratios.append(ours[-1] / bare)
    ratio = statistics.median(ratios)
    return Row(
        "first full frame",
        f"{statistics.median(ours):.2f} s = {ratio:.1f}x",
        "2x",
        "the bare app",
        ratio <= 2.0,
    )


@dataclass(frozen=True)
class Load:
    bytes_per_s: float
    cpu_percent: float
    rss_mb: float


def load_of(command: Sequence[str], seconds: float, env: dict[str, str]) -> Load:
    with Program(command, env=env) as program:
        program.read_for(SETTLE_S)
        cpu, began = program.cpu_s(), time.monotonic()
        written = program.read_for(seconds)
        span = time.monotonic() - began
        return Load(written / span, 100 * (program.cpu_s() - cpu) / span, program.rss_mb())


def load_rows(seconds: float, env: dict[str, str]) -> list[Row]:
    rows = []
    references = [(name, load_of([name], seconds, {})) for name in ("btop", "htop") if shutil.which(name)]
    words = {
        figure: ", ".join(f"{name} {getattr(load, figure):.1f}" for name, load in references)
        or "not installed"
        for figure in ("bytes_per_s", "cpu_percent", "rss_mb")
    }
    with simulator("overload") as trouble:
        ours = load_of(CLAUDE_TOP, seconds, env | trouble)
    without_sdk = load_of(CLAUDE_TOP, min(seconds, 5), env | {"ANTHROPIC_BASE_URL": "http://127.0.0.1:9"})
    rows.append(
        Row(
            "bytes per second",
            f"{ours.bytes_per_s:.0f}",
            "3000",
            words["bytes_per_s"],
            ours.bytes_per_s <= 3000,
        )
    )
    rows.append(
        Row("CPU of a core", f"{ours.cpu_percent:.1f} %", "2 %", words["cpu_percent"], ours.cpu_percent <= 2)
    )
    rows.append(
        Row("memory, SDK loaded", f"{ours.rss_mb:.0f} MB", "120 MB", words["rss_mb"], ours.rss_mb <= 120)
    )
    rows.append(
        Row(
            "memory, before",
            f"{without_sdk.rss_mb:.0f} MB",
            "70 MB",
            "no key, so no SDK",
            without_sdk.rss_mb <= 70,
        )
    )
    return rows


def key_row(presses: int, env: dict[str, str]) -> Row:
    """From a key to its repaint, a whole screen, while probes run.

    The way back is not counted: a terminal program has to wait after `escape`, which begins every
    other key's sequence too.
    """
    delays = []
    with simulator("overload") as trouble, Program(CLAUDE_TOP, env=env | trouble) as program:
        program.read_for(SETTLE_S)
        for press in range(presses):
            program.read_for(0.08 + 0.037 * (press % 5))
            start, began = len(program.output), time.perf_counter()
            program.type(b"?")
            program.wait_for(b"Help", timeout_s=5, start=start)
            delays.append(1000 * (time.perf_counter() - began))
            program.read_for(0.1)
            start = len(program.output)
            program.type(b"\x1b")
            program.wait_for(b"Headroom", timeout_s=5, start=start)
            program.read_for(0.1)
    p99 = sorted(delays)[int(0.99 * (len(delays) - 1))]
    return Row(
        "key to repaint, p99",
        f"{p99:.0f} ms",
        "50 ms",
        f"median {statistics.median(delays):.0f} ms",
        p99 < 50,
    )


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--quick", action="store_true", help="fewer runs, shorter spans")
    quick = arguments.parse_args().quick
    home = tempfile.mkdtemp(prefix="claude-top-bench-")
    env = {
        "CLAUDE_TOP_DATA_DIR": home,
        "CLAUDE_TOP_STATUS_URL": "http://127.0.0.1:9",
        "COLORTERM": "truecolor",
    }
    for variable in [name for name in os.environ if name.startswith(("ANTHROPIC_", "CLAUDE_TOP_"))]:
        del os.environ[variable]
    rows = [version_row(5 if quick else 15), first_frame_row(3 if quick else 9, env)]
    rows += load_rows(10 if quick else 30, env)
    rows.append(key_row(40 if quick else 150, env))
    shutil.rmtree(home, ignore_errors=True)
    for row in rows:
        mark = {True: "✓", False: "✗", None: " "}[row.kept]
        print(f"{mark} {row.what:<24}{row.figure:>18}   at most {row.budget:<10} beside {row.reference}")
    return 0 if all(row.kept is not False for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
