"""The scores of all drills: a file with a line for each, to which lines are only ever appended."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from claude_tui.drills.record import Score
from claude_tui.model.json_values import from_json, sound
from claude_tui.store.files import make_inner_directory, open_beside

__all__ = ["SCHEMA", "add", "as_json", "choose", "of_same", "read", "score_file"]

SCHEMA = "claude-top/drill-score@1"
_MOST_BYTES = 20_000_000


def score_file(data_dir: Path) -> Path:
    """The file with the scores."""
    return data_dir / "drills" / "scores.jsonl"


def as_json(score: Score) -> str:
    """The score as one line; unknown values are null."""
    values = {key: _plain(value) for key, value in asdict(score).items()}
    return json.dumps({"schema": SCHEMA, **values}, ensure_ascii=False, separators=(",", ":"))


def _plain(value: object) -> object:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def add(file: Path, score: Score) -> None:
    """Adds a score, and waits until it is on the disk. Raises OSError."""
    make_inner_directory(file.parent)
    descriptor = open_beside(file, os.O_APPEND)
    try:
        # After a line that a crash cut short, the next one begins on a new line.
        os.write(descriptor, f"{_after_torn(file)}{as_json(score)}\n".encode("utf-8", "replace"))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _after_torn(file: Path) -> str:
    with file.open("rb") as read:
        size = read.seek(0, os.SEEK_END)
        if not size:
            return ""
        read.seek(size - 1)
        return "" if read.read(1) == b"\n" else "\n"


def read(file: Path) -> tuple[tuple[Score, ...], int]:
    """The scores, oldest first, and how many lines could not be read. Raises OSError."""
    try:
        with file.open("rb") as opened:
            lines = opened.read(_MOST_BYTES).splitlines()
    except FileNotFoundError:
        return (), 0
    found: list[Score] = []
    unread = 0
    for line in lines:
        if not line.strip():
            continue
        try:
            found.append(_score(line))
        except ValueError:
            unread += 1
    return tuple(sorted(found, key=lambda score: score.at)), unread


def _score(line: bytes) -> Score:
    """Raises ValueError for a line that is not a score."""
    try:
        data = json.loads(line)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise ValueError("not the score of a drill")
    score: Score = sound(from_json(Score, line))
    return score


def of_same(scores: Iterable[Score], scenario: str) -> tuple[Score, ...]:
    """The scores of one scenario, oldest first."""
    return tuple(score for score in scores if score.scenario == scenario)


def choose(names: Sequence[str], scores: Iterable[Score], random: Random) -> str:
    """One of the names, at random among those that were played least often."""
    played = [score.scenario for score in scores]
    least = min(played.count(name) for name in names)
    return random.choice([name for name in names if played.count(name) == least])
