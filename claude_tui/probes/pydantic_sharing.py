"""Shares what pydantic copies for each class of the SDK's models: 0.8 MB of equal dicts and sets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# The SDK depends on it, so it is installed wherever the SDK is.
from pydantic import BaseModel

__all__ = ["shared_class_attributes"]

_HOOK = "__pydantic_init_subclass__"
# Equal in nearly all of 1,400 models, and read only once a class exists.
_COPIED = ("__class_vars__", "__pydantic_generic_metadata__", "model_config")


@contextmanager
def shared_class_attributes() -> Iterator[None]:
    """Within it, new model classes share attributes that are equal to those of their base.

    The hook is pydantic's own for subclasses. A model that overrides it is left as it is.
    """
    before = BaseModel.__dict__[_HOOK]
    setattr(BaseModel, _HOOK, classmethod(_share))
    try:
        yield
    finally:
        setattr(BaseModel, _HOOK, before)


def _share(model: type[Any], /, **_: Any) -> None:
    base = model.__mro__[1]
    for name in _COPIED:
        inherited = getattr(base, name, None)
        if inherited is not None and vars(model).get(name) == inherited:
            setattr(model, name, inherited)
