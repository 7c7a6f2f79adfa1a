"""What counted on a day: the rules that drop a record, in order, as one expression.

The snapshot is written once. The batch filters by it; an explanation asks it which rule dropped which record. Every rule
is a comparison of dates or codes with the case's own columns, so the expression holds no date of the run.
"""

from __future__ import annotations

from collections.abc import Iterator

import ibis
import ibis.expr.types as ir

from scoring.entities import codes
from scoring.policy.finality import FinalityProfile

SAME_ACT = "same_act"
NOT_KNOWN = "not_known"
IDENTITY = ("case_id", "record_id", "known_on")
_MEASURED = ("kind", "field", "result", "severity", "info_class", "scope", "amount_fen", "value_x100", "authority", "act_rank")


def exclusion_rules(t: ir.Table, finality: FinalityProfile) -> Iterator[tuple[str, ir.BooleanValue]]:
    """The rules in order of precedence, as (exclusion code, condition that drops the record); never null."""
    yield NOT_KNOWN, t.known_on.notnull() & (t.known_on > t.as_of)
    yield "superseded", t.known_until.notnull() & (t.known_until <= t.as_of)
    yield "no_date", t.dated_on.isnull() | t.known_on.isnull()
    yield "not_yet", t.dated_on.notnull() & (t.dated_on > t.as_of)
    yield "withdrawn", t.withdrawn_on.notnull() & (t.withdrawn_on <= t.as_of)
    yield "restored", t.restored_on.notnull() & (t.restored_on <= t.as_of)
    yield "expired", t.publish_until.notnull() & (t.publish_until < t.as_of)
    yield "annulled", _one_of(t.contest, finality.void_contests)
    yield "contested", _one_of(t.contest, finality.held_contests)
    decision = _one_of(t.kind, finality.kinds)
    if not finality.summary_counts:
        yield "summary", decision & _summary(t, finality)
    yield "not_final", decision & ~_final(t, finality)


def with_dates(records: ir.Table) -> ir.Table:
    """Adds ``dated_on``: the day a record ages from, ``decided_on`` or else ``occurred_on``."""
    return records.mutate(dated_on=ibis.coalesce(records.decided_on, records.occurred_on))


def snapshot(records: ir.Table, finality: FinalityProfile) -> ir.Table:
    """Records that count on their case's ``as_of``, with ``age`` in days and ``level`` of severity (1 to 3).

    Args:
        records: Case records: the canonical columns with ``case_id``, ``as_of``, ``lapsed_by`` and ``act_rank``.
        finality: When a decision counts as final.
    """
    dated = with_dates(records)
    counted = dated.filter([~condition for _, condition in exclusion_rules(dated, finality)])
    return counted.select(*[c for c in counted.columns if c in (*IDENTITY, *_MEASURED)], **_measures(counted))


def with_measures(dated: ir.Table) -> ir.Table:
    """Adds ``age`` (days, the day itself is 0), ``level`` (severity 1 to 3), ``act_key`` (the act, where shared) and ``own``."""
    return dated.mutate(**_measures(dated))


def _measures(dated: ir.Table) -> dict[str, ir.Value]:
    levels = [(dated.severity == code, int(str(attributes["level"]))) for code, attributes in codes()["severities"].items()]
    return {
        "age": dated.as_of.delta(dated.dated_on, unit="day").cast("int32"),
        "level": ibis.cases(*levels).cast("int32"),
        "act_key": ibis.cases((dated.act_rank > 0, dated.act_id)),
        "own": dated.scope.isnull() | (dated.scope == "own"),     # sources rarely say that their records are the enterprise's own
    }


def gravest_of_acts(counted: ir.Table) -> ir.Table:
    """Marks with ``keep`` the record that counts for points: of one act the gravest that is in the snapshot.

    ``act_rank`` orders the records of an act by gravity (0: the act has this record only). Only shared acts are
    grouped; a window over all rows would cost three times the whole aggregation.
    """
    best = (
        counted.filter(counted.act_key.notnull())
        .group_by(best_case=lambda t: t.case_id, best_act=lambda t: t.act_key)
        .agg(best_rank=lambda t: t.act_rank.min())
    )
    joined = counted.left_join(best, [counted.case_id == best.best_case, counted.act_key == best.best_act])
    keep = (joined.act_rank == 0) | (joined.act_rank == joined.best_rank).fill_null(False)
    kept = [c for c in counted.columns if c in (*IDENTITY, *_MEASURED, "age", "level", "own")]
    return joined.select(*kept, keep=keep, keep_own=keep & joined.own)


def _one_of(column: ir.StringValue, values: tuple[str, ...]) -> ir.BooleanValue:
    if not values:
        return ibis.literal(False)
    return column.notnull() & (column == values[0] if len(values) == 1 else column.isin(values))


def _final(t: ir.Table, finality: FinalityProfile) -> ir.BooleanValue:
    """Final by its own date, or presumed once the period for review and lawsuit has run out."""
    served = ibis.coalesce(t.served_on, t.decided_on)       # never from the day of the deed: no period runs from it
    presumed = (served <= t.lapsed_by).fill_null(False) & (t.contest.isnull() | _one_of(t.contest, finality.presumed_contests))
    return ibis.ifelse(t.final_on.notnull(), t.final_on <= t.as_of, presumed)


def _summary(t: ir.Table, finality: FinalityProfile) -> ir.BooleanValue:
    """Summary procedure, or procedure unknown with a warning only or a fine that the summary procedure allows."""
    slight = t.severity.isnull() | (t.severity == "minor")
    small = ibis.ifelse(
        t.amount_fen.isnull(),
        (t.severity == "minor").fill_null(False),
        (t.amount_fen <= finality.small_fine_fen) & slight,
    )
    ordinary = t.procedure.notnull() & (t.procedure == "ordinary")
    return (t.procedure.notnull() & (t.procedure == "summary")) | (~ordinary & small)
