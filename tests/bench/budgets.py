"""Measures the budgets of the design: python -m tests.bench.budgets [--quick] [--write]

Every figure stands beside its reference, measured in the same run, because machines differ: a bare
Textual app for the first frame, bare Python for --version, btop and htop (where Debian's packages are
installed) for bytes and CPU at 1 Hz. Collector and viewer watch one store, with an open incident and ten
calls a second of own traffic; so does the program that keys are pressed in. Linux, by hand; only bytes per
second is asserted in the tests. `--write` makes the page `budgets` of the manual of it: on an idle machine,
please. It takes about a quarter of an hour.
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
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from claude_tui.simulator.sockets import free_port
from tests.bench import growth, work
from tests.bench.program import Program
from tests.bench.table import PAGE, Row, Section, measured, page, printed

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
FIRING = "verdict-p1", "verdict-p2", "verdict-p3", "traffic-overloaded"
ALERTS = 3
MOST_MB = {"collector, no traffic": 115, "collector, traffic": 115, "viewer, traffic": 60, "agent": 95}
FRAME_SIGNS = b"quit", b"LIVE"
START_METHOD = (
    "Medians of several starts. A command is compared with bare Python. The dashboard is compared with a "
    "Textual app with one Static: until the last part of its first frame is written (every panel and key is "
    "in its place, and keys are accepted), and until it shows the recorded data."
)
LOAD_METHOD = (
    "All programs run at the same time on terminals of 120x40, measured for {seconds} s after the first "
    "{settle}. With traffic means {calls:g} calls a second, an open incident and an overload; collector and "
    "viewer share a store. CPU is a percentage of one core, and at most btop's in the same run, or 2% with "
    "traffic."
)
KEY_METHOD = (
    "From a key press to the last part of a completely new screen, while probes run and traffic arrives."
)


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


def median_of(measure: Callable[[], float], runs: int) -> float:
    measure()
    return statistics.median(measure() for _ in range(runs))


def run_s(command: Sequence[str], env: Mapping[str, str]) -> float:
    began = time.perf_counter()
    found = subprocess.run(command, capture_output=True, check=False, env={**os.environ, **env})
    spent = time.perf_counter() - began
    if not found.stdout:
        raise RuntimeError(f"{' '.join(command)} says nothing")
    return spent


def frames_s(command: Sequence[str], signs: Sequence[bytes], env: dict[str, str]) -> list[float]:
    """Seconds from process start until each of `signs`, which come in this order, is on the wire."""
    with Program(command, env=env) as program:
        return [program.wait_for(sign) for sign in signs]


def command_rows(words: str, runs: int, env: Mapping[str, str]) -> Iterator[Row]:
    """How long a command takes, compared with a Python that does nothing."""
    script = str(Path(sys.executable).with_name("claude-top"))
    bare = median_of(lambda: run_s([sys.executable, "-c", "print(1)"], env), runs)
    spent = median_of(lambda: run_s([script, words], env), runs)
    yield Row.at_most(f"claude-top {words}, over python", (spent - bare) * 1000, 60, "ms")
    yield Row("python -c 'print(1)', for comparison", f"{bare * 1000:.0f} ms")


def start_rows(runs: int, env: dict[str, str]) -> Iterator[Row]:
    """How long a command takes, and how long the dashboard takes to its first frame."""
    yield from command_rows("--version", runs, env)
    frames_s(CLAUDE_TOP, FRAME_SIGNS, env)  # compiles what has not been compiled yet
    bares, firsts, read = [], [], []
    for _ in range(runs * 2 // 3):
        bare, *_ = frames_s([sys.executable, "-c", BARE_APP], [b"bare-app-is-up"], {})
        first, filled = frames_s(CLAUDE_TOP, FRAME_SIGNS, env)
        bares.append(bare)
        firsts.append(first / bare)
        read.append(filled / bare)
    yield Row.at_most("first frame, relative to the bare app's", statistics.median(firsts), 1.5, "x", 1)
    yield Row("the same, with the recorded data", f"{statistics.median(read):.1f} x")
    yield Row("first frame of a bare app", f"{statistics.median(bares):.2f} s")


@dataclass(frozen=True)
class Load:
    bytes_per_s: float
    cpu_percent: float
    rss_mb: float


@dataclass
class Watched:
    """A program whose terminal is read in a thread for as long as it runs."""

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
    """What programs cost that run at the same time, each started a while after the previous one."""
    with ExitStack() as stack:
        watched = []
        for name, command, env in commands:
            watched.append(Watched(name, stack.enter_context(Program(command, env=env))))
            # The first one has to become the collector, and must not block on a full terminal.
            watched[-1].program.read_for(START_S)
        threads = [threading.Thread(target=process.run, args=(settle_s, seconds)) for process in watched]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return {process.name: process.load for process in watched if process.load is not None}


def load_rows(settle_s: float, seconds: float, home: str, env: dict[str, str]) -> Iterator[Row]:
    """Collector, viewer and programs for comparison in one run, with an open incident and traffic."""
    tools: list[tuple[str, Sequence[str], dict[str, str]]] = [
        (name, [name], {}) for name in ("btop", "htop") if shutil.which(name)
    ]
    with ExitStack() as stack:
        rules = Path(home, "alerts.toml")
        rules.write_text("".join(f'[rules.{name}]\nfor = "1s"\n' for name in FIRING))
        here = env | {
            "CLAUDE_TOP_AUTO_DECLARE": "true",
            "CLAUDE_TOP_INCIDENT_AFTER_S": "1",
            "CLAUDE_TOP_ALERT_RULES": str(rules),
        }
        busy = stack.enter_context(simulator("overload", f"{home}/traffic", CALLS_PER_S, env))
        agents = stack.enter_context(simulator("overload", f"{home}/agent"))
        receivers = stack.enter_context(simulator("overload", f"{home}/receiver"))
        plain = stack.enter_context(simulator("overload", f"{home}/plain"))
        healthy = stack.enter_context(simulator("healthy", f"{home}/healthy"))
        otlp = {"CLAUDE_TOP_TRAFFIC_OTLP": f"127.0.0.1:{free_port()}"}
        found = loads(
            [
                ("collector, healthy", CLAUDE_TOP, here | healthy),
                ("collector, no traffic", CLAUDE_TOP, here | plain),
                ("collector, traffic", CLAUDE_TOP, here | busy),
                ("viewer, traffic", CLAUDE_TOP, here | busy),
                ("agent", (*CLAUDE_TOP, "agent"), here | agents),
                ("agent with receiver", (*CLAUDE_TOP, "agent"), here | receivers | otlp),
                *tools,
            ],
            settle_s,
            seconds,
        )
        firing = alerts_firing(here | busy)
        status_line = measured("", "", lambda: command_rows("statusline", 9, here | busy)).rows
    yield Row("alerts firing during the run", f"{firing}", f"at least {ALERTS}", firing >= ALERTS)
    for name in ("collector, healthy", "collector, no traffic", "collector, traffic", "viewer, traffic"):
        yield Row.at_most(f"{name}: terminal", found[name].bytes_per_s, 1024, "B/s")
    yield from (Row(f"{name}: terminal", f"{found[name].bytes_per_s:,.0f} B/s") for name, _, _ in tools)
    btop = found["btop"].cpu_percent if "btop" in found else None
    for name, load in found.items():
        most = 2.0 if name.endswith(" traffic") and "no" not in name else btop
        if most is None or name in {tool for tool, _, _ in tools}:
            yield Row(f"{name}: CPU", f"{load.cpu_percent:.2f} %")
        else:
            yield Row.at_most(f"{name}: CPU", load.cpu_percent, round(most, 2), "%", 2)
    for name, load in found.items():
        if (most_mb := MOST_MB.get(name)) is not None:
            yield Row.at_most(f"{name}: memory", load.rss_mb, most_mb, "MB", 1)
        else:
            yield Row(f"{name}: memory", f"{load.rss_mb:.1f} MB")
    yield from status_line


def alerts_firing(env: Mapping[str, str]) -> int:
    """How many alerts fire, according to the collector's last record."""
    command, surroundings = [*CLAUDE_TOP, "alerts", "list"], {**os.environ, **env}
    listed = subprocess.run(command, env=surroundings, capture_output=True, text=True, check=False)
    return sum(line.split()[:1] == ["firing"] for line in listed.stdout.splitlines())


def key_rows(presses: int, home: str, env: dict[str, str]) -> Iterator[Row]:
    """From a key to its repaint of the whole screen, while probes run and traffic arrives.

    The way back is not measured: a terminal program has to wait after `escape`, which also begins the
    sequences of other keys.
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
    yield Row.at_most("key to repaint, p99", p99, 50, "ms")
    yield Row("key to repaint, median", f"{statistics.median(delays):.0f} ms")


def sections(home: str, env: dict[str, str], nginx: str | None, *, quick: bool) -> Iterator[Section]:
    settle_s, seconds = (20, 15) if quick else (70, 60)
    yield measured("Starting", START_METHOD, lambda: start_rows(5 if quick else 15, env))
    method = LOAD_METHOD.format(calls=CALLS_PER_S, seconds=seconds, settle=settle_s)
    yield measured("Running", method, lambda: load_rows(settle_s, seconds, home, env))
    yield measured("Keys", KEY_METHOD, lambda: key_rows(40 if quick else 150, home, env))
    yield measured("Work that a frame waits for", work.PURE_METHOD, work.pure_rows)
    count = 160_000 if quick else 1_600_000
    yield measured("90 days of history", work.HISTORY_METHOD, lambda: work.history_rows(count))
    yield measured("The proxy", work.PROXY_METHOD, lambda: work.proxy_rows(nginx, quick=quick))
    yield measured("Growth", growth.METHOD, growth.rows)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer runs, shorter spans, less history")
    parser.add_argument("--write", action="store_true", help="write the manual's page")
    parser.add_argument("--nginx", default=shutil.which("nginx"), metavar="PROGRAM")
    options = parser.parse_args()
    began, load = datetime.now(UTC), os.getloadavg()[0]
    home = tempfile.mkdtemp(prefix="claude-top-bench-")
    env = {
        "CLAUDE_TOP_DATA_DIR": home,
        "CLAUDE_TOP_STATUS_URL": "http://127.0.0.1:9",
        "COLORTERM": "truecolor",
    }
    # Without the settings and the key of the person who measures.
    for variable in [name for name in os.environ if name.startswith(("ANTHROPIC_", "CLAUDE_TOP_", "XDG_"))]:
        del os.environ[variable]
    os.environ["HOME"] = home
    found = []
    try:
        for section in sections(home, env, options.nginx, quick=options.quick):
            print(printed([section]), flush=True)
            found.append(section)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    if options.write:
        PAGE.write_text(page(found, began, load), "utf-8")
        print(f"\nwritten: {PAGE}")
    return 0 if all(row.kept is not False for section in found for row in section.rows) else 1


if __name__ == "__main__":
    sys.exit(main())
