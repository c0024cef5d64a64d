"""Plays the tour repeatedly at twenty times its speed, with traffic: what grows, and what stays open.

python -m tests.bench.soak [--minutes 60] [--speed 20]

The first sixth of the time is for warming up: growth counts from then on. "Tasks" are the kernel's: threads.

Descriptors are mostly the sockets of the calls that are open at the moment. The applications, the proxy
and the simulator run in the process, so each call has four, and their number rises and falls with every
tour, from 27 to 75 in all. What leaks stays open, and raises the mean. From third to third the mean differs
by less than one without any leak; the median of a tenth, compared before, by more than 2 in one hour of ten.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import claude_tui
from tests.bench.program import Program
from tests.bench.table import Row, measured, printed

METHOD = (
    "The demo on a terminal of 120x40, playing the tour repeatedly. Growth is the difference between the "
    "medians of the last tenth and of the first tenth after warming up; of descriptors, between the means "
    "of the last third and of the first third. The store is predicted from its growth in the first third."
)
_SCENARIOS = Path(claude_tui.__file__).parent / "simulator" / "scenarios"
# No fraction of a tour, which lasts 15 s at the usual speed: samples fall on all moments of it.
_SAMPLE_S = 5.7
_MOST_GROWTH_MB = 5.0


@dataclass(frozen=True, slots=True)
class Sample:
    """The program at one moment."""

    memory_mb: float
    """Resident memory."""
    descriptors: int
    """Open files and sockets."""
    threads: int
    """The kernel's tasks."""
    stored_kb: float
    """All files of the store."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--speed", type=float, default=20.0)
    options = parser.parse_args()
    title = f"Soak: {options.minutes:g} minutes at {options.speed:g} times the speed"
    section = measured(title, METHOD, lambda: soaked(options.minutes * 60, options.speed))
    print(printed([section]))
    return 0 if all(row.kept is not False for row in section.rows) else 1


def soaked(seconds: float, speed: float) -> Iterator[Row]:
    with tempfile.TemporaryDirectory(prefix="claude-top-soak-") as name:
        home = Path(name)
        scenario = home / "tours.toml"
        scenario.write_text(tours(int(seconds * speed / 300) + 2), "utf-8")
        samples = list(_watched(scenario, home, seconds, speed))
    warm = samples[len(samples) // 6 :]
    tenth = max(len(warm) // 10, 1)
    first, last = warm[:tenth], warm[-tenth:]

    def grown(name: str) -> float:
        before, after = (
            statistics.median(getattr(sample, name) for sample in part) for part in (first, last)
        )
        return after - before

    yield Row("tours played", f"{seconds * speed / 300:,.0f}")
    yield Row("memory after warming up", f"{statistics.median(sample.memory_mb for sample in first):.1f} MB")
    yield Row.at_most("growth of memory after that", grown("memory_mb"), _MOST_GROWTH_MB, "MB", 1)
    yield from _descriptors(warm)
    yield Row.at_most("growth of threads", grown("threads"), 2, "")
    yield from _stored(warm)


def _descriptors(warm: list[Sample]) -> Iterator[Row]:
    third = max(len(warm) // 3, 1)
    first, last = ([sample.descriptors for sample in part] for part in (warm[:third], warm[-third:]))
    for when, found in (("at first", first), ("at the end", last)):
        yield Row(f"open descriptors {when}", f"{min(found)} to {max(found)}")
    growth = statistics.fmean(last) - statistics.fmean(first)
    yield Row.at_most("growth of open descriptors", growth, 2, "", 1)


def _stored(warm: list[Sample]) -> Iterator[Row]:
    third = max(len(warm) // 3, 1)
    start, then, end = (warm[index].stored_kb for index in (0, third, -1))
    predicted = start + (then - start) * len(warm) / third
    yield Row.at_most("store at the end, relative to the prediction", end / predicted, 1.2, "x", 2)
    yield Row("store at the end", f"{end / 1024:.1f} MB")


def tours(count: int) -> str:
    """A scenario of this many tours, one after the other, with the page updates of each."""
    whole = (_SCENARIOS / "tour.toml").read_text("utf-8")
    start, rest = whole.index("\n[[phase]]\n"), whole.index("\n[[incident]]\n")
    phases, incident = whole[start:rest], whole[rest:]
    # The last phase has no end.
    phases = phases.replace('name = "all is well again"', 'name = "all is well again"\nfor_s = 60')
    named = re.compile(r'^(name|phase) = "([^"]*)"', re.MULTILINE)
    played = [named.sub(rf'\1 = "\2, {number}"', phases) for number in range(count)]
    # One post in ten tours: the page would list hundreds.
    posts = [named.sub(rf'\1 = "\2, {number}"', incident) for number in range(0, count, 10)]
    return 'title = "the tour, over and over"\n\n' + "\n".join([*played, *posts])


def _watched(scenario: Path, home: Path, seconds: float, speed: float) -> Iterator[Sample]:
    command = [sys.executable, "-m", "claude_tui", "--demo", str(scenario), "--speed", f"{speed:g}"]
    places = {"HOME": str(home), "TMPDIR": str(home), "XDG_CONFIG_HOME": str(home / "config")}
    with Program(command, env=places) as program:
        program.wait_for(b"Headroom")
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            program.read_for(_SAMPLE_S)
            program.output.clear()
            if program.process.poll() is not None:
                raise RuntimeError(f"the program ended with {program.process.returncode}")
            yield _sample(program, home)
        program.type(b"qq")


def _sample(program: Program, home: Path) -> Sample:
    process = Path(f"/proc/{program.process.pid}")
    stored = sum(path.stat().st_size for path in home.rglob("*.db*") if path.exists())
    descriptors, threads = (sum(1 for _ in (process / name).iterdir()) for name in ("fd", "task"))
    return Sample(program.rss_mb(), descriptors, threads, stored / 1024)


if __name__ == "__main__":
    sys.exit(main())
