"""What counted on a day: the rules that drop a record, in order, as one expression.

The snapshot is written once. The batch filters by it; an explanation asks it which rule dropped
which record. Every rule is a comparison of dates or codes with the case's own columns, so the
expression holds no date of the run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import reduce
from operator import and_, or_
from typing import NamedTuple

import ibis
import ibis.expr.types as ir

from scoring.engine.cells import Cells, among
from scoring.entities import RelationSet, code_number
from scoring.policy.law.applied import Law
from scoring.policy.law.finality import Never
from scoring.policy.law.retention import Scope, UsePeriod, use_rules
from scoring.workdays import due_if_reported_by, lapsed_if_served_by, require_day

SAME_ACT = "same_act"
NOT_KNOWN = "not_known"
BELIEVED_AFTER = (NOT_KNOWN, "superseded", "no_date", "not_yet")
"""Rules that drop a version which is not believed, or has no date or no place before the day."""
SINCE = "since__"
"""Prefix of the case columns that hold the oldest day which a rule of use lets count."""
_MEASURED = (
    "case_id",
    "record_id",
    "known_on",
    "act_id",
    "act_rank",
    "severity",
    "result",
    "amount_fen",
    "value_x100",
    "authority",
    "matter",
    "matter_rank",
)


class Exclusion(NamedTuple):
    """One rule of the snapshot.

    Attributes:
        code: What an explanation knows it by.
        kinds: Numbers of the kinds that it is about; ``None``: all.
        stays: Whether a record stays; null only where an earlier rule drops the record.
        oldest: For a rule of use the day from which on it lets records count, null for those that it
            is not about; ``None`` for other rules.
    """

    code: str
    kinds: frozenset[int] | None
    stays: ir.BooleanValue
    oldest: ir.DateValue | None = None


def exclusion_rules(t: ir.Table, law: Law) -> Iterator[Exclusion]:
    """The rules in order of precedence."""
    yield Exclusion(NOT_KNOWN, None, t.known_on.isnull() | (t.known_on <= t.as_of))
    yield Exclusion("superseded", None, t.known_until.isnull() | (t.known_until > t.as_of))
    yield Exclusion("no_date", None, t.dated_on.notnull() & t.known_on.notnull())
    yield Exclusion("not_yet", None, t.dated_on <= t.as_of)
    yield Exclusion("withdrawn", None, ~withdrawn(t))
    yield Exclusion("masked", None, ~masked(t))
    yield Exclusion("restored", None, ~restored(t))
    yield Exclusion("expired", None, t.publish_until.isnull() | (t.publish_until >= t.as_of))
    for _instrument, use_period in use_rules(law.instruments):
        yield _use_over(t, use_period)
    if law.relations is not None:
        replaced = (t.replaced_on <= t.as_of) & (t.related == 0)
        yield Exclusion("replaced", None, ~replaced.fill_null(False))
    yield Exclusion("annulled", None, ~annulled(t, law))
    yield Exclusion("contested", None, none_of(t.contest, "contest", law.finality.held_contests))
    for never in law.finality.never:
        yield Exclusion(never.id, numbers("kind", never.kinds), _counts_after_all(t, never))
    decisions = numbers("kind", law.finality.kinds)
    if not law.finality.summary_counts:
        yield Exclusion("summary", decisions, ~_summary(t, law))
    yield Exclusion("not_final", decisions, _final(t, law))


def _counts_after_all(t: ir.Table, never: Never) -> ir.BooleanValue:
    """Whether a record counts though it is of a kind that never does."""
    record_class = ibis.coalesce(t.info_class, t.severity)
    known = {"publish_until": t.publish_until.notnull(), "class": record_class.notnull()}
    reasons = [known[name] for name in never.unless_known or ()]
    if never.unless:
        reasons.append(among(t.result, numbers("result", never.unless)).fill_null(False))
    counts = reduce(or_, reasons)
    if never.classes is None:
        return counts
    return counts | ~among(record_class, numbers("severity", never.classes)).fill_null(False)


def withdrawn(t: ir.Table) -> ir.BooleanValue:
    """Whether its authority has taken the record back."""
    return (t.withdrawn_on <= t.as_of).fill_null(False)


def masked(t: ir.Table) -> ir.BooleanValue:
    """Whether a court in restructuring hides the record."""
    ended = (t.masked_until <= t.as_of).fill_null(False)
    return (t.masked_from <= t.as_of).fill_null(False) & ~ended


def restored(t: ir.Table) -> ir.BooleanValue:
    """Whether the record is restored."""
    return (t.restored_on <= t.as_of).fill_null(False)


def annulled(t: ir.Table, law: Law) -> ir.BooleanValue:
    """Whether the record was annulled."""
    return ~none_of(t.contest, "contest", law.finality.void_contests)


def _use_over(t: ir.Table, rule: UsePeriod) -> Exclusion:
    """The rule that a period of use is over (NDRC Order 36 and the orders before and beside it)."""
    is_about, oldest_day = _about(t, rule), t[SINCE + rule.id]
    kinds = numbers("kind", rule.kinds)
    if is_about is None:
        return Exclusion(rule.id, kinds, t.dated_on >= oldest_day, oldest_day)
    return Exclusion(
        rule.id, kinds, ~is_about | (t.dated_on >= oldest_day), ibis.cases((is_about, oldest_day))
    )


def why_dropped(t: ir.Table, law: Law) -> ir.StringValue:
    """Code of the first rule that drops the record, null if none does."""
    return ibis.cases(*((dropped(t, exclusion), exclusion.code) for exclusion in exclusion_rules(t, law)))


def dropped(t: ir.Table, exclusion: Exclusion) -> ir.BooleanValue:
    """Whether a rule drops the record, of the kinds that it is about."""
    if exclusion.kinds is None:
        return ~exclusion.stays
    return among(t.kind, exclusion.kinds) & ~exclusion.stays


def _stays(t: ir.Table, law: Law) -> list[ir.BooleanValue]:
    """Conditions under which no rule drops the record.

    The rules about some kinds are one CASE by kind, so that a record passes over those of others;
    tested one after the other on every record they would cost five times as much. The rules of use
    together compare with one day.
    """
    exclusions = list(exclusion_rules(t, law))
    common = [exclusion.stays for exclusion in exclusions if exclusion.kinds is None]
    branches = []
    for places, kinds in _kinds_by_rules(exclusions).items():
        branches.append((among(t.kind, kinds), _all_stay(t, [exclusions[place] for place in places])))
    return [*common, ibis.cases(*branches, else_=ibis.literal(True))] if branches else common


def _kinds_by_rules(rules: Sequence[Exclusion]) -> dict[tuple[int, ...], list[int]]:
    """Kinds that the same rules are about, by the places of those rules in the sequence."""
    rules_of_kind: dict[int, list[int]] = {}
    for place, exclusion in enumerate(rules):
        for kind in sorted(exclusion.kinds or ()):
            rules_of_kind.setdefault(kind, []).append(place)
    kinds_by_rules: dict[tuple[int, ...], list[int]] = {}
    for kind in sorted(rules_of_kind):
        kinds_by_rules.setdefault(tuple(rules_of_kind[kind]), []).append(kind)
    return kinds_by_rules


def _all_stay(t: ir.Table, rules: Sequence[Exclusion]) -> ir.BooleanValue:
    oldest = [exclusion.oldest for exclusion in rules if exclusion.oldest is not None]
    # Spark refuses GREATEST of a single column, so two are compared at a time.
    in_use = [(t.dated_on >= reduce(ibis.greatest, oldest)).fill_null(True)] if oldest else []
    return reduce(and_, [*in_use, *(exclusion.stays for exclusion in rules if exclusion.oldest is None)])


def with_dates(records: ir.Table, law: Law) -> ir.Table:
    """Adds ``dated_on``: the day a record ages from, ``decided_on`` or else ``occurred_on``.

    Under a set of relations ``state`` is there too: that of a record which stands in no relation but
    that of its re-check.
    """
    dated = records.mutate(dated_on=ibis.coalesce(records.decided_on, records.occurred_on))
    if law.relations is None:
        return dated
    mended = on_the_spot(dated, law.relations) | reported(dated) | (dated.closed_on <= dated.as_of)
    return dated.mutate(state=state_of(dated, law.relations, mended))


def on_the_spot(t: ir.Table, relations: RelationSet) -> ir.BooleanValue:
    """Whether a finding was mended on the spot."""
    return among(t.result, numbers("result", relations.rechecks.on_the_spot)).fill_null(False)


def reported(t: ir.Table) -> ir.BooleanValue:
    """Whether a finding was reported as mended, and its authority had time to look."""
    return (t.mended_on <= t.recheck_by).fill_null(False)


def state_of(t: ir.Table, relations: RelationSet, mended: ir.BooleanValue) -> ir.IntegerValue:
    """Number of the state of a record: how a finding stands, and whether a visit agreed with a statement."""
    is_open, is_mended, is_agreed = (
        ibis.literal(code_number("state", code), type="int32") for code in ("open", "mended", "agreed")
    )
    if relations.agreements is None:
        return ibis.ifelse(mended.fill_null(False), is_mended, is_open)
    stated = among(t.kind, numbers("kind", relations.agreements.kinds))
    agreed = stated & (t.closed_on <= t.as_of).fill_null(False)
    return ibis.cases((agreed, is_agreed), (~stated & mended.fill_null(False), is_mended), else_=is_open)


def snapshot(records: ir.Table, law: Law, cells: Cells) -> ir.Table:
    """Records that count on their case's ``as_of``, with ``age`` in days and ``cell``.

    Args:
        records: Case records: the canonical columns with ``case_id``, ``act_rank`` and the case's
            ``days``; codes as numbers (``entities.code_number``), which compare four times faster
            than text.
        law: When a decision counts as final, and how long it may be used.
        cells: What the policy's indicators tell apart.
    """
    dated = with_dates(records, law)
    counted = dated.filter(_stays(dated, law))
    measured = [column for column in counted.columns if column in _MEASURED]
    return counted.select(*measured, age=age(counted), cell=cells.of(counted, age(counted)))


def left_out(records: ir.Table, law: Law) -> ir.Table:
    """(excluded): the rule by which each record that does not count is left out."""
    dated = with_dates(records, law)
    # Which rule it is takes long to say: only those that some rule drops are asked.
    stays = reduce(and_, _stays(dated, law)).fill_null(False)
    return dated.filter(~stays).select(excluded=lambda t: why_dropped(t, law))


def age(dated: ir.Table) -> ir.IntegerValue:
    """Days since the record's date; the day itself is 0."""
    return dated.as_of.delta(dated.dated_on, unit="day").cast("int32")


def gravest_of_acts(shared: ir.Table) -> ir.Table:
    """Marks with ``keep`` the record that counts for points: the gravest of its act in the snapshot.

    Args:
        shared: Records of the snapshot whose act has several (``act_rank`` > 0, in order of
            gravity).
    """
    best = shared.group_by(best_case=shared.case_id, best_act=shared.act_id).agg(
        best_rank=shared.act_rank.min()
    )
    same_act = [shared.case_id == best.best_case, shared.act_id == best.best_act]
    joined = shared.inner_join(best, same_act)
    return joined.select(*shared.columns, keep=joined.act_rank == joined.best_rank)


def days(law: Law) -> list[str]:
    """Case columns that hold days.

    The law of a day is a column of the case, so the expression holds no date and no calendar.
    """
    recheck_day = [] if law.relations is None else ["recheck_by"]
    return [
        "as_of",
        "lapsed_by",
        *recheck_day,
        *(SINCE + use_period.id for _instrument, use_period in use_rules(law.instruments)),
    ]


def days_of(law: Law, as_of: date) -> dict[str, date]:
    """Those columns for one ``as_of``.

    They are the day, the latest service date of decisions presumed final on it, under a set of
    relations the latest day of a report of mending that nobody has looked at in time, and for every
    rule of use the oldest day that it lets count.

    Raises:
        UsageError: The day is far from every calendar.
    """
    require_day(as_of)
    oldest_by_rule = {SINCE + rule_id: oldest_day for rule_id, oldest_day in law.limits(as_of).items()}
    case_days = {"as_of": as_of, "lapsed_by": lapsed_if_served_by(as_of, law.finality.months)}
    if law.relations is not None:
        case_days["recheck_by"] = due_if_reported_by(as_of, law.relations.rechecks.workdays)
    return {**case_days, **oldest_by_rule}


def _about(t: ir.Table, rule: Scope) -> ir.BooleanValue | None:
    """Whether a rule of retention is about a record of its kinds, by class and field.

    Never null, ``None``: about each of them.
    """
    conditions = []
    if rule.classes is not None:
        # Where a source gives no class, the severity stands for it: both have the same codes.
        record_class = ibis.coalesce(t.info_class, t.severity)
        conditions.append(among(record_class, numbers("severity", rule.classes)))
    if rule.fields is not None:
        conditions.append(among(t.field, numbers("field", rule.fields)))
    return reduce(and_, conditions).fill_null(False) if conditions else None


def numbers(column: str, values: Iterable[str]) -> frozenset[int]:
    """Numbers of some codes of a column."""
    return frozenset(code_number(column, code) for code in values)


def none_of(column: ir.IntegerValue, name: str, values: tuple[str, ...]) -> ir.BooleanValue:
    """Whether a code is none of these; a null is none."""
    if not values:
        return ibis.literal(True)
    return column.isnull() | ~among(column, numbers(name, values))


def _final(t: ir.Table, law: Law) -> ir.BooleanValue:
    """Final by its own date, or presumed once the period for review and lawsuit has run out."""
    # The period runs from service (Administrative Litigation Law art. 46), never from ``occurred_on``.
    served = (ibis.coalesce(t.served_on, t.decided_on) <= t.lapsed_by).fill_null(False)
    presumed = among(t.contest, numbers("contest", law.finality.presumed_contests))
    lapsed = served & (t.contest.isnull() | presumed)
    is_final = ibis.ifelse(t.final_on.notnull(), t.final_on <= t.as_of, lapsed)
    if not law.finality.no_sooner_contests:
        return is_final
    waits = among(t.contest, numbers("contest", law.finality.no_sooner_contests)).fill_null(False)
    return is_final & (served | ~waits)


def _summary(t: ir.Table, law: Law) -> ir.BooleanValue:
    """Summary procedure, or of unknown procedure with what that procedure allows.

    It allows a warning, or a small fine.
    """
    minor = (t.severity == code_number("severity", "minor")).fill_null(False)
    small = ibis.ifelse(t.amount_fen.isnull(), minor, t.amount_fen <= law.finality.small_fine_fen)
    ordinary = (t.procedure == code_number("procedure", "ordinary")).fill_null(False)
    summary = (t.procedure == code_number("procedure", "summary")).fill_null(False)
    return summary | (~ordinary & small)
