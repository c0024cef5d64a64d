"""The names of sides, causes and steps in the dialogs and the report of a drill."""

from __future__ import annotations

from claude_tui.drills.fitting import step_title
from claude_tui.model.verdict import Cause, Side
from claude_tui.runbook import Runbook

__all__ = ["CAUSES", "SIDES", "answer_text", "cause_text", "step_text"]

SIDES = (Side.THEM, Side.US, Side.PATH, Side.NONE)
"""The possible sides, in the order of the dialog."""

_CAUSES = {
    Cause.PROVIDER_OUTAGE: "the API is down",
    Cause.PROVIDER_OVERLOADED: "the API is overloaded",
    Cause.PROVIDER_ERRORS: "errors inside the API, now and then",
    Cause.PROVIDER_SLOW: "the API is slow",
    Cause.PROVIDER_NOTICE: "only the status page reports trouble",
    Cause.RATE_LIMITED: "our rate limit",
    Cause.SPEND_LIMIT: "our spend limit, or billing",
    Cause.KEY_REJECTED: "our key is not accepted",
    Cause.NOT_PERMITTED: "not permitted, or blocked at the edge",
    Cause.BAD_REQUEST: "our requests are wrong",
    Cause.MODEL_UNAVAILABLE: "the model is not available",
    Cause.NETWORK: "the network, or what sits in between",
    Cause.HEALTHY: "nothing is wrong with the API",
}
CAUSES = tuple(_CAUSES)
"""The possible causes, in the order of the dialog."""


def cause_text(cause: Cause) -> str:
    """`the API is overloaded`."""
    return _CAUSES.get(cause, "unknown")


def answer_text(side: Side | None, cause: Cause | None) -> str:
    """`theirs: the API is overloaded`; `no answer`."""
    words = (side.owner if side is not None else "", cause_text(cause) if cause is not None else "")
    return ": ".join(word for word in words if word) or "no answer"


def step_text(step: str, runbook: Runbook) -> tuple[str, str]:
    """The titles of `playbook.step` and of its playbook."""
    playbook, _, ident = step.partition(".")
    title = step_title(step, runbook)
    return (title, runbook.playbooks[playbook].title) if title is not None else (ident, playbook)
