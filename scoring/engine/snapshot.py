"""What counted on a day: the rules that drop a record, in order, as one expression.

The snapshot is written once. The batch filters by it; an explanation asks it which rule dropped which record. Every rule
is a comparison of dates or codes with the case's own columns, so the expression holds no date of the run.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import ibis
import ibis.expr.types as ir

from scoring.entities import code_number
from scoring.policy.finality import FinalityProfile
from scoring.policy.retention import Scope, limits, use_rules
from scoring.workdays import lapsed_if_served_by

SAME_ACT = "same_act"
NOT_KNOWN = "not_known"
SINCE = "since__"
"""Prefix of the case columns that hold the oldest day which a rule of use lets count."""
_MEASURED = (
    "case_id", "record_id", "known_on", "act_id", "act_rank", "kind", "field", "result", "severity", "info_class", "amount_fen",
    "value_x100", "authority",
)


def exclusion_rules(t: ir.Table, finality: FinalityProfile) -> Iterator[tuple[str, ir.BooleanValue]]:
    """The rules in order of precedence, as (exclusion code, condition under which the record stays).

    A condition may be null only where an earlier rule drops the record.
    """
    yield NOT_KNOWN, t.known_on.isnull() | (t.known_on <= t.as_of)
    yield "superseded", t.known_until.isnull() | (t.known_until > t.as_of)
    yield "no_date", t.dated_on.notnull() & t.known_on.notnull()
    yield "not_yet", t.dated_on <= t.as_of
    yield "withdrawn", t.withdrawn_on.isnull() | (t.withdrawn_on > t.as_of)
    yield "restored", t.restored_on.isnull() | (t.restored_on > t.as_of)
    yield "expired", t.publish_until.isnull() | (t.publish_until >= t.as_of)
    for _, rule in use_rules(finality.retention):
        yield rule.id, ~_about(t, rule) | (t.dated_on >= t[SINCE + rule.id])
    yield "annulled", _none_of(t.contest, "contest", finality.void_contests)
    yield "contested", _none_of(t.contest, "contest", finality.held_contests)
    for never in finality.never:
        ended = t.result.isin([code_number("result", result) for result in never.unless]).fill_null(False)
        yield never.id, _none_of(t.kind, "kind", never.kinds) | ended
    other = _none_of(t.kind, "kind", finality.kinds)
    if not finality.summary_counts:
        yield "summary", other | ~_summary(t, finality)
    yield "not_final", other | _final(t, finality)


def with_dates(records: ir.Table) -> ir.Table:
    """Adds ``dated_on``: the day a record ages from, ``decided_on`` or else ``occurred_on``."""
    return records.mutate(dated_on=ibis.coalesce(records.decided_on, records.occurred_on))


def snapshot(records: ir.Table, finality: FinalityProfile) -> ir.Table:
    """Records that count on their case's ``as_of``, with ``age`` in days and ``own`` (not a branch's).

    Args:
        records: Case records: the canonical columns with ``case_id``, ``act_rank`` and the case's ``days``; codes as
            numbers (``entities.code_number``), which compare four times faster than text.
        finality: When a decision counts as final.
    """
    dated = with_dates(records)
    counted = dated.filter([stays for _, stays in exclusion_rules(dated, finality)])
    return counted.select(*[c for c in counted.columns if c in _MEASURED], **measures(counted))


def measures(dated: ir.Table) -> dict[str, ir.Value]:
    """``age`` in days (the day itself is 0) and ``own``: a record whose source says nothing is the enterprise's own."""
    return {
        "age": dated.as_of.delta(dated.dated_on, unit="day").cast("int32"),
        "own": dated.scope.isnull() | (dated.scope == code_number("scope", "own")),
    }


def gravest_of_acts(shared: ir.Table) -> ir.Table:
    """Marks with ``keep`` the record that counts for points: of one act the gravest that is in the snapshot.

    Args:
        shared: Records of the snapshot whose act has several (``act_rank`` > 0, in order of gravity).
    """
    best = shared.group_by(best_case=shared.case_id, best_act=shared.act_id).agg(best_rank=shared.act_rank.min())
    joined = shared.inner_join(best, [shared.case_id == best.best_case, shared.act_id == best.best_act])
    return joined.select(*shared.columns, keep=joined.act_rank == joined.best_rank)


def days(finality: FinalityProfile) -> list[str]:
    """Case columns that hold days: the law of a day is a column of the case, so the expression holds no date and no calendar."""
    return ["as_of", "lapsed_by", *(SINCE + rule.id for _, rule in use_rules(finality.retention))]


def days_of(finality: FinalityProfile, as_of: date) -> dict[str, date]:
    """Those columns for one ``as_of``: the day, the latest service date of decisions presumed final on it, the law in force on it."""
    since = {SINCE + rule_id: oldest for rule_id, oldest in limits(finality.retention, as_of).items()}
    return {"as_of": as_of, "lapsed_by": lapsed_if_served_by(as_of, finality.months), **since}


def _about(t: ir.Table, rule: Scope) -> ir.BooleanValue:
    """Whether a rule of retention is about the record; never null."""
    about = t.kind.isin([code_number("kind", kind) for kind in rule.kinds])
    if rule.classes is not None:
        info_class = ibis.coalesce(t.info_class, t.severity)
        about &= info_class.isin([code_number("severity", name) for name in rule.classes]).fill_null(False)
    if rule.fields is not None:
        about &= t.field.isin([code_number("field", name) for name in rule.fields]).fill_null(False)
    return about


def _none_of(column: ir.IntegerValue, name: str, values: tuple[str, ...]) -> ir.BooleanValue:
    numbers = [code_number(name, value) for value in values]
    if not numbers:
        return ibis.literal(True)
    return column.isnull() | (column != numbers[0] if len(numbers) == 1 else column.notin(numbers))


def _final(t: ir.Table, finality: FinalityProfile) -> ir.BooleanValue:
    """Final by its own date, or presumed once the period for review and lawsuit has run out; it never runs from ``occurred_on``."""
    served = (ibis.coalesce(t.served_on, t.decided_on) <= t.lapsed_by).fill_null(False)
    presumed = [code_number("contest", value) for value in finality.presumed_contests]
    return ibis.ifelse(t.final_on.notnull(), t.final_on <= t.as_of, served & (t.contest.isnull() | t.contest.isin(presumed)))


def _summary(t: ir.Table, finality: FinalityProfile) -> ir.BooleanValue:
    """Summary procedure, or procedure unknown with a warning only or a fine that the summary procedure allows."""
    minor = (t.severity == code_number("severity", "minor")).fill_null(False)
    small = ibis.ifelse(t.amount_fen.isnull(), minor, t.amount_fen <= finality.small_fine_fen)
    ordinary = (t.procedure == code_number("procedure", "ordinary")).fill_null(False)
    return (t.procedure == code_number("procedure", "summary")).fill_null(False) | (~ordinary & small)
