"""The table of the budgets as a page of the manual."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from tests.bench.table import Row, measured, page, printed

AT = datetime(2026, 11, 27, 20, 0, tzinfo=UTC)


def rows() -> Iterator[Row]:
    yield Row.at_most("collector with ten calls a second, an incident: memory", 1113.25, 1115, "MB", 1)
    yield Row.at_most("key to repaint, p99", 51.2, 50, "ms")
    yield Row("btop: terminal", "7,389 B/s")


def test_the_page_fits_the_manual_and_tells_what_is_kept() -> None:
    text = page([measured("Running", "All at the same time. " * 9, rows)], AT, 0.3)
    assert all(len(line) <= 80 for line in text.splitlines())
    assert text.startswith("# Budgets")
    assert "2026-11-27" in text
    assert [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ")] == [
        "",
        "✓",
        "✗",
        "",
    ]


def test_what_fails_is_reported_and_the_rest_stays() -> None:
    def failing() -> Iterator[Row]:
        yield from rows()
        raise RuntimeError("no simulator")

    section = measured("Running", "", failing)
    assert len(section.rows) == 4
    assert section.rows[-1].kept is False
    assert "no simulator" in printed([section])
