"""What ``sise audit verify`` says beside its findings: lawful deletions, and how much is anchored."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from scoring.cli.options import tell
from scoring.entities import Lang
from scoring.rules.wording import say
from scoring.store.audit.deletions import LawfulDeletion
from scoring.store.audit.verify import AuditReport


def report_as_json(report: AuditReport, lang: Lang) -> dict[str, Any]:
    """A report as JSON."""
    return {
        "events": report.events,
        "rows": report.rows,
        "root": report.root.hex(),
        "anchored": report.anchored,
        "anchored_at": report.anchored_at or None,
        "deletions": [
            {**asdict(deletion), "entry": deletion.entry._asdict(), "text": deletion_sentence(deletion, lang)}
            for deletion in report.deletions
        ],
        "findings": [asdict(finding) | {"text": finding.text(lang)} for finding in report.findings],
    }


def deletion_sentence(deletion: LawfulDeletion, lang: Lang) -> str:
    """One lawful deletion as a sentence."""
    entry = {"event": deletion.entry.seq, "at": deletion.entry.at, "actor": deletion.entry.actor}
    counts = {"records": deletion.records, "versions": deletion.versions}
    return say(lang, "a_deletion", day=deletion.day, rules="; ".join(deletion.rules), **entry, **counts)


def tell_anchored(report: AuditReport, lang: Lang, *, given: bool) -> None:
    """Says how much of the log a published checkpoint covers."""
    if not given:
        tell(lang, "a_unanchored")
    # What contradicts its checkpoint is anchored nowhere.
    elif all(finding.what not in ("older", "forked") for finding in report.findings):
        last_day = report.anchored_at[:10] or "—"
        rest = report.events - report.anchored
        tell(lang, "a_anchored", anchored=report.anchored, events=report.events, last=last_day, rest=rest)
