"""The budgets of the design, measured: python -m tests.bench.budgets [--quick]

Every figure stands beside its reference, measured in the same run, because machines differ: a bare
Textual app for the first frame, bare Python for --version, btop and htop (where Debian's packages are
installed) for bytes and CPU at 1 Hz. Collector and viewer watch one store, with an open incident and ten
calls a second of own traffic; so does the program that keys are pressed in. Linux, by hand; only bytes per
second is asserted in the tests.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from claude_tui.simulator.sockets import free_port
from tests.bench.program import Program

SETTLE_S = 8.0
START_S = 4.0
CALLS_PER_S = 10.0
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
def simulator(
    scenario: str, home: str, calls_per_s: float = 0, env: Mapping[str, str] | None = None
) -> Iterator[dict[str, str]]:
    """A simulator in a process of its own; yields the environment that points at it.

    With `calls_per_s`, own traffic is recorded in the data directory `home`.
    """
    load = ["--load", f"{calls_per_s:g}"] if calls_per_s else []
    surroundings = {**os.environ, **(env or {}), "CLAUDE_TOP_DATA_DIR": home}
    process = subprocess.Popen(
        [*CLAUDE_TOP, "simulate", scenario, *load],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=surroundings,
    )
    assert process.stdout is not None
    try:
        base_url = next(line.split()[-1] for line in process.stdout if line.startswith("base URL"))
        yield {
            "ANTHROPIC_BASE_URL": base_url,
            "CLAUDE_TOP_STATUS_URL": base_url,
            "ANTHROPIC_API_KEY": "sk-ant-api03-bench-no-real-key",
            "CLAUDE_TOP_DATA_DIR": home,
        }
    finally:
        process.terminate()
        process.wait()


def run_s(command: Sequence[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def frame_s(command: Sequence[str], sign: bytes, env: dict[str, str]) -> float:
    """Seconds from process start until `sign`, the last thing drawn, is on the wire."""
    with Program(command, env=env) as program:
        return program.wait_for(sign)


def over_bare_row(argument: str, runs: int) -> Row:
    """What a command that is run all the time takes more than bare Python, run by run in turn."""
    script = shutil.which("claude-top") or str(Path(sys.executable).with_name("claude-top"))
    pairs = [(run_s([sys.executable, "-c", "pass"]), run_s([script, argument])) for _ in range(runs)]
    bare, took = (statistics.median(each) for each in zip(*pairs, strict=True))
    over_ms = (took - bare) * 1000
    return Row(
        f"claude-top {argument}",
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
    figure = f"{statistics.median(ours):.2f} s = {ratio:.1f}x"
    return Row("first full frame", figure, "1.5x", "the bare app", ratio <= 1.5)


@dataclass(frozen=True)
class Load:
    bytes_per_s: float
    cpu_percent: float
    rss_mb: float


@dataclass
class Watched:
    """A program whose terminal is read in a thread, as long as it runs."""

    name: str
    program: Program
    load: Load | None = None

    def run(self, settle_s: float, seconds: float) -> None:
        self.program.read_for(settle_s)
        cpu, began = self.program.cpu_s(), time.monotonic()
        written = self.program.read_for(seconds)
        span = time.monotonic() - began
        cpu = 100 * (self.program.cpu_s() - cpu) / span
        self.load = Load(written / span, cpu, self.program.rss_mb())


def loads(
    commands: Sequence[tuple[str, Sequence[str], dict[str, str]]], settle_s: float, seconds: float
) -> dict[str, Load]:
    """What programs cost that run at the same time, each started a while after the one before."""
    with ExitStack() as stack:
        watched = []
        for name, command, env in commands:
            watched.append(Watched(name, stack.enter_context(Program(command, env=env))))
            # The first one is to be the collector, and is not to wait with a full terminal.
            watched[-1].program.read_for(START_S)
        threads = [threading.Thread(target=each.run, args=(settle_s, seconds)) for each in watched]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return {each.name: each.load for each in watched if each.load is not None}


def load_rows(settle_s: float, seconds: float, home: str, env: dict[str, str]) -> list[Row]:
    """Collector, viewer and what stands beside them, with an open incident and traffic, in one run."""
    tools = [(name, [name], {}) for name in ("btop", "htop") if shutil.which(name)]
    with (
        simulator("overload", f"{home}/traffic", CALLS_PER_S, env) as busy,
        simulator("overload", f"{home}/agent") as agents,
        simulator("overload", f"{home}/receiver") as receivers,
        simulator("overload", f"{home}/plain") as plain,
    ):
        here = env | {"CLAUDE_TOP_AUTO_DECLARE": "true", "CLAUDE_TOP_INCIDENT_AFTER_S": "1"}
        found = loads(
            [
                ("plain", CLAUDE_TOP, here | plain),
                ("collector", CLAUDE_TOP, here | busy),
                ("viewer", CLAUDE_TOP, here | busy),
                ("agent", (*CLAUDE_TOP, "agent"), here | agents),
                (
                    "receiver",
                    (*CLAUDE_TOP, "agent"),
                    here | receivers | {"CLAUDE_TOP_TRAFFIC_OTLP": f"127.0.0.1:{free_port()}"},
                ),
                *tools,
            ],
            settle_s,
            seconds,
        )
    words = {
        figure: ", ".join(f"{name} {getattr(found[name], figure):.1f}" for name, _, _ in tools)
        or "not installed"
        for figure in ("bytes_per_s", "cpu_percent", "rss_mb")
    }
    btop = found["btop"].cpu_percent if "btop" in found else None
    rows = []
    for name, most_mb in (("plain", 115), ("collector", 115), ("viewer", 60)):
        load = found[name]
        what = "collector, no traffic" if name == "plain" else f"{name}, traffic"
        rows.append(
            Row(
                f"{what}: terminal",
                f"{load.bytes_per_s:.0f} B/s",
                "1024 B/s",
                words["bytes_per_s"],
                load.bytes_per_s <= 1024,
            )
        )
        most = btop if name == "plain" else 2.0
        rows.append(
            Row(
                f"{what}: CPU",
                f"{load.cpu_percent:.1f} %",
                "btop's" if name == "plain" else "2 %",
                words["cpu_percent"],
                None if most is None else load.cpu_percent <= most,
            )
        )
        rows.append(memory_row(what, load, most_mb, words["rss_mb"]))
    rows.append(memory_row("agent", found["agent"], 95, words["rss_mb"]))
    rows.append(memory_row("agent with receiver", found["receiver"], None, words["rss_mb"]))
    return rows


def memory_row(what: str, load: Load, most_mb: int | None, beside: str) -> Row:
    kept = None if most_mb is None else load.rss_mb <= most_mb
    return Row(f"{what}: memory", f"{load.rss_mb:.0f} MB", f"{most_mb or '-'} MB", beside, kept)


def key_row(presses: int, home: str, env: dict[str, str]) -> Row:
    """From a key to its repaint, a whole screen, while probes run and traffic comes.

    The way back is not counted: a terminal program has to wait after `escape`, which begins every
    other key's sequence too.
    """
    delays = []
    with (
        simulator("overload", f"{home}/keys", CALLS_PER_S, env) as trouble,
        Program(CLAUDE_TOP, env=env | trouble) as program,
    ):
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
    runs = 5 if quick else 15
    rows = [
        *(over_bare_row(each, runs) for each in ("--version", "statusline")),
        first_frame_row(3 if quick else 9, env),
    ]
    rows += load_rows(20 if quick else 70, 15 if quick else 60, home, env)
    rows.append(key_row(40 if quick else 150, home, env))
    shutil.rmtree(home, ignore_errors=True)
    for row in rows:
        mark = {True: "✓", False: "✗", None: " "}[row.kept]
        print(f"{mark} {row.what:<32}{row.figure:>15}   at most {row.budget:<10} beside {row.reference}")
    return 0 if all(row.kept is not False for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
