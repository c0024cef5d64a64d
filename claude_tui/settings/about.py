"""What a setting is: its meaning, its kind, where it may be set, and where a value came from."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields
from typing import TYPE_CHECKING

from claude_tui.settings.kinds import Kind

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["About", "Declared", "Origin", "declared_in"]

PREFIX = "CLAUDE_TOP_"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value came from: `kind` is flag, environment, file or default."""

    kind: str = "default"
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}".rstrip()


@dataclass(frozen=True, slots=True)
class About:
    """What there is to say of a setting beside its type and default.

    `variable` replaces the name derived from the key; `also` are weaker variables of others.
    `in_words` describes a default that depends on the system. `section` begins a group of settings.
    """

    doc: str
    kind: Kind
    flag: str | None = None
    metavar: str = ""
    variable: str | None = None
    also: tuple[str, ...] = ()
    in_words: str = ""
    section: str = ""


@dataclass(frozen=True, slots=True)
class Declared:
    """One setting. `default` is None where it depends on the system; `variables` go strongest first."""

    key: str
    default: object
    about: About

    @property
    def variables(self) -> tuple[str, ...]:
        return (self.about.variable or f"{PREFIX}{self.key.upper()}", *self.about.also)


def declared_in(settings: type[DataclassInstance]) -> tuple[Declared, ...]:
    """The fields that have an About, in their order. Annotations must have been read at run time."""
    return tuple(
        Declared(each.name, None if each.default is MISSING else each.default, about)
        for each in fields(settings)
        if (about := _about(each.type)) is not None
    )


def _about(annotation: object) -> About | None:
    return next((each for each in getattr(annotation, "__metadata__", ()) if isinstance(each, About)), None)
