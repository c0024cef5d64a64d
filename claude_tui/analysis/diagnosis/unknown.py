"""The verdict if nothing, or too little, is known."""

from __future__ import annotations

from claude_tui.analysis.diagnosis.context import DiagnosisContext
from claude_tui.analysis.diagnosis.evidence import answers_in, named
from claude_tui.analysis.diagnosis.finding import Finding
from claude_tui.knowledge import knowledge
from claude_tui.model.observation import Source
from claude_tui.model.verdict import Evidence, EvidenceKind

__all__ = ["capitalized", "models_evidence", "unknown"]


def unknown(advice: str, *evidence: Evidence | None, what: str | None = None) -> Finding:
    return Finding(
        advice=knowledge().advice[advice],
        confidence=0.0,
        evidence=evidence,
        words={"what": what},
    )


def models_evidence(context: DiagnosisContext) -> Evidence | None:
    """The state of the model list while messages cannot be probed."""
    newest = context.newest(Source.MODELS)
    if newest is None or context.is_stale(Source.MODELS):
        return None
    if newest.failed:
        clause = f"The last model list failed with {named(newest)}"
    elif newest.error_type is not None:
        clause = f"The API answers without a key (HTTP {newest.http_status})"
    else:
        clause = f"{capitalized(answers_in(context, Source.MODELS))}, which says nothing about inference"
    return Evidence(EvidenceKind.ANSWERS, (clause,), observations=(newest,))


def capitalized(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
