"""The settings that each command takes as flags."""

from __future__ import annotations

from argparse import SUPPRESS, ArgumentParser

from claude_tui.settings import CONFIG_FLAG, DECLARED

__all__ = ["ALL_SETTINGS", "FLAGS_OF", "add_flags", "flag_of"]

_TARGET = ("base_url", "model", "status_urls")
_AGENT = ("name", *_TARGET, "data_dir", "log_level")
ALL_SETTINGS = tuple(declared.key for declared in DECLARED if declared.about.flag)
"""The keys of all settings that have a flag."""
_NOT_IN_DRILL = ("name", "base_url", "status_urls")
FLAGS_OF: dict[str, tuple[str, ...]] = {
    "dashboard": ("config", *ALL_SETTINGS),
    "check": ("config", *_TARGET),
    "agent": ("config", *_AGENT),
    "simulate": ("config", "data_dir"),
    "uptime": ("config", "name", "base_url", "data_dir"),
    "report": ("config", "name", "base_url", "data_dir"),
    "proxy": ("config", "data_dir", "log_level"),
    "serve": ("config", *(setting for setting in ALL_SETTINGS if setting != "mouse")),
    "traffic": ("config", "name", "base_url", "data_dir"),
    "runbook": ("config", *_TARGET),
    "manual": (),
    "completion": (),
    "doctor": ("config", *ALL_SETTINGS),
    "statusline": ("config", "base_url", "data_dir"),
    "drill": ("config", *(setting for setting in ALL_SETTINGS if setting not in _NOT_IN_DRILL)),
    "drill list": ("config", "data_dir"),
    "drill scores": ("config", "data_dir"),
    "alerts test": ("config", "name", "base_url"),
    "alerts list": ("config", "base_url", "data_dir"),
    "incidents": ("config", "base_url", "data_dir"),
    "incidents list": ("config", "base_url", "data_dir"),
    "incidents show": ("config", "base_url", "data_dir"),
    "incidents export": ("config", "base_url", "data_dir"),
    "incidents import": ("config", "base_url", "data_dir"),
    **dict.fromkeys(
        ("postmortem", *(f"postmortem {action}" for action in ("list", "show", "new", "edit", "export"))),
        ("config", "base_url", "data_dir"),
    ),
    "postmortem lint": (),
    "record": (),
    "record export": ("config", "name", "base_url", "data_dir"),
    "replay": (
        "config",
        "name",
        "base_url",
        "data_dir",
        "theme",
        "symbols",
        "layout",
        "mouse",
        "log_level",
    ),
    "config path": ("config",),
    "config show": ("config", *ALL_SETTINGS),
    "config init": ("config",),
}
"""The settings that each command takes: any other flag is rejected, not ignored."""


def flag_of(key: str) -> str:
    return next(
        (setting.about.flag for setting in DECLARED if setting.key == key and setting.about.flag), CONFIG_FLAG
    )


def add_flags(parser: ArgumentParser, command: str) -> None:
    """The settings that `command` takes. SUPPRESS: a flag before the command counts as one after it."""
    allowed = FLAGS_OF[command]
    group = parser.add_argument_group("settings")
    if "config" in allowed:
        group.add_argument(
            CONFIG_FLAG,
            dest="set_config",
            default=SUPPRESS,
            metavar="FILE",
            help="the settings file to read",
        )
    for declared in DECLARED:
        if declared.key in allowed and declared.about.flag and declared.default is True:
            group.add_argument(
                declared.about.flag,
                dest=f"set_{declared.key}",
                default=SUPPRESS,
                action="store_const",
                const="false",
                help=_phrase(declared.about.doc.rpartition("; false ")[2]),
            )
        elif declared.key in allowed and declared.about.flag:
            group.add_argument(
                declared.about.flag,
                dest=f"set_{declared.key}",
                default=SUPPRESS,
                metavar=declared.about.metavar,
                help=_phrase(declared.about.doc),
            )
    if "symbols" in allowed and command != "config show":
        group.add_argument(
            "--ascii",
            dest="set_symbols",
            action="store_const",
            const="ascii",
            default=SUPPRESS,
            help="the same as --symbols ascii",
        )


def _phrase(sentence: str) -> str:
    """A sentence in the style of argparse: no capital, no full stop, `%` doubled."""
    return f"{sentence[0].lower()}{sentence[1:]}".rstrip(".").replace("%", "%%")
