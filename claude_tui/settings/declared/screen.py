"""Settings of the history, the screen and the log."""

from dataclasses import dataclass
from pathlib import Path

from claude_tui.model.arrangement import HIDEABLE, Preset
from claude_tui.settings import kinds
from claude_tui.settings.about import setting, setting_from
from claude_tui.settings.places import Places

__all__ = ["ScreenSettings"]


def _data_dir() -> Path:
    return Places.of_user().data_dir


@dataclass(frozen=True, kw_only=True, init=False, repr=False, eq=False)
class ScreenSettings:
    """The history, the screen and the log."""

    data_dir: Path = setting_from(
        _data_dir,
        "Where the history is kept.",
        kinds.path(expected="a directory"),
        flag="--data-dir",
        metavar="DIR",
        in_words="the user's data directory",
        section="History and screen",
    )
    retention_days: int = setting(90, "Days of history to keep.", kinds.whole(1, 3650))
    theme: str = setting(
        "dark",
        "The colour theme: dark, light, high-contrast, ansi, mono or another.",
        kinds.slug(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", expected="a theme name"),
        flag="--theme",
        metavar="THEME",
    )
    symbols: str = setting(
        "auto",
        "What to draw with: braille, block or ascii. `auto` decides by locale and terminal.",
        kinds.slug("auto|braille|block|ascii", expected="auto, braille, block or ascii"),
        flag="--symbols",
        metavar="SET",
    )
    layout: str = setting(
        Preset.TRIAGE.value,
        "How the dashboard is arranged: triage, traffic (your own calls large) or quiet.",
        kinds.one_of(Preset, expected="one of these"),
        flag="--layout",
        metavar="NAME",
    )
    hidden_panels: tuple[str, ...] = setting(
        (),
        "Panels that the dashboard does not show; V changes it on screen.",
        kinds.listed(
            kinds.one_of(HIDEABLE, expected="a panel"),
            expected='a list of panels such as ["status", "latency"]',
            empty=True,
        ),
    )
    mouse: bool = setting(
        True,
        "Whether panels, rows and keys can be clicked; false leaves the mouse to the terminal, to select "
        "text with it.",
        kinds.truth(),
        flag="--no-mouse",
    )
    log_level: str = setting(
        "info",
        "What is logged: off, error, warning, info (failures of probes, verdicts, pages) or debug (all).",
        kinds.slug(r"off|error|warning|info|debug", expected="off, error, warning, info or debug"),
        flag="--log-level",
        metavar="LEVEL",
        section="The program's log",
    )
    log_file: Path | None = setting(
        None,
        "The log of everything but single commands such as `check`; empty for the system's place.",
        kinds.path(expected="the path of a file", empty=True),
        in_words="the system's place for logs",
    )
    log_size_kb: int = setting(
        1_000,
        "Kilobytes after which a new log file is started; the three before it are kept.",
        kinds.whole(16, 1_000_000),
    )
