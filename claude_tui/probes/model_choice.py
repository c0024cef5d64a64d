"""Chooses the model to probe if none is set."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache

from claude_tui.model.provider import Catalogue, ModelInfo

__all__ = ["newest_active", "newest_active_haiku"]

_OLDEST = datetime.min.replace(tzinfo=UTC)
_RELEASE = re.compile(r"[-@:]v?(20\d{6})\b|[-@]latest\b|-v\d+(:\d+)?\Z")
# Ids of any other form are ignored.
_POSSIBLE = re.compile(r"[A-Za-z0-9._:@/\-]{1,200}")
_VERSION = re.compile(r"(?<![a-z0-9])\d{1,2}(?![a-z0-9])")


def newest_active_haiku(catalogue: Catalogue) -> str | None:
    """The id of the newest haiku that is active when the list was read, or None."""
    return newest_active(catalogue, "haiku")


# Called several times a second with the same list.
@lru_cache(maxsize=16)
def newest_active(catalogue: Catalogue, family: str) -> str | None:
    """The id of the newest model of a family that is active when the list was read, or None.

    A server that states no lifecycle has only active models. Newest is by `created_at`; if a
    candidate lacks it, or all share one as behind some gateways, by the version in the id.
    """
    candidates = [model for model in catalogue.models if _is_active(model, family, catalogue.fetched_at)]
    dated = all(model.created_at is not None for model in candidates)
    newest = max(candidates, key=lambda model: _age_key(model, dated=dated), default=None)
    return newest.id if newest else None


def _is_active(model: ModelInfo, family: str, now: datetime) -> bool:
    active = model.lifecycle is None or model.lifecycle.strip().lower() == "active"
    is_served = model.retires_at is None or model.retires_at > now
    return family in model.id.lower() and active and is_served and _POSSIBLE.fullmatch(model.id) is not None


def _age_key(model: ModelInfo, *, dated: bool) -> tuple[datetime, tuple[int, ...], str, int]:
    model_id = model.id.lower()
    release = _RELEASE.search(model_id)
    version = tuple(int(number) for number in _VERSION.findall(_RELEASE.sub("", model_id)))
    created = model.created_at if dated and model.created_at else _OLDEST
    # Of two names of one model, the shorter is the alias, which does not go out of date.
    return created, version, (release[1] or "") if release else "", -len(model_id)
