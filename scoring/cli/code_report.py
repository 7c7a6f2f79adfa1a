"""What is said of codes after a scoring, and after they were issued apart."""

from __future__ import annotations

from scoring.cli.options import clock, tell
from scoring.entities import Lang
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import both
from scoring.store.standing.code_issuing import CodeCounts
from scoring.store.standing.code_records import without_code
from scoring.store.tables.database import Database
from scoring.store.tables.writing import day_in_china


def tell_codes(store: Database, version: ResolvedPolicy, counts: CodeCounts, lang: Lang) -> None:
    """Says what became of codes, or why none is issued."""
    if counts:
        tell(lang, "codes_issued", **{name: f"{number:,}" for name, number in vars(counts).items()})
    reason = None
    if store.codes is None:
        reason = "why_no_office"
    elif not store.codes.shows_colours(version):
        reason = "why_opaque"
    elif store.codes.desk(day_in_china(clock())) is None:
        reason = "why_no_key"
    if reason:
        tell(lang, "codes_not_issued", reason=both(reason))
        return
    with store.read() as connection:
        missing = without_code(connection, version.policy.id)
    if missing:
        tell(lang, "codes_missing", n=f"{missing:,}")
