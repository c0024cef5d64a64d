"""What the SDK's models share with their bases, and what they do not."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from claude_tui.probes.pydantic_sharing import shared_class_attributes

with shared_class_attributes():

    class Base(BaseModel):
        model_config = ConfigDict(extra="allow")
        known: ClassVar[int] = 1

    class Same(Base):
        text: str

    class Other(Base):
        model_config = ConfigDict(extra="forbid")
        more: ClassVar[int] = 2
        text: str


class Later(Base):
    text: str


def test_what_equals_the_bases_is_the_bases() -> None:
    assert Same.model_config is Base.model_config
    assert Same.__class_vars__ is Base.__class_vars__
    assert Same.__pydantic_generic_metadata__ is Base.__pydantic_generic_metadata__


def test_what_differs_is_the_models_own() -> None:
    assert Other.model_config["extra"] == "forbid"
    assert Other.__class_vars__ == {"known", "more"}
    assert Base.model_config["extra"] == "allow"
    assert Base.__class_vars__ == {"known"}


def test_the_models_work() -> None:
    assert Same.model_validate({"text": "a", "further": 1}).model_dump() == {"text": "a", "further": 1}
    assert Other(text="a").text == "a"


def test_afterwards_models_are_built_as_usual() -> None:
    assert Later.model_config == Base.model_config
    assert Later.model_config is not Base.model_config
