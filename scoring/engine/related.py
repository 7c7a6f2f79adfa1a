"""What relations between records mean on a day: void, replaced, mended, ended or disputed with others.

Linking has found out who stands to whom (``entities.LINKED_COLUMNS``); what follows from it depends on
the day, and so it is worked out here, of the few records that have a partner (``related``). The order
is fixed: withdrawn, annulled, masked; contains; replaces; closes; matter.
"""

from __future__ import annotations

from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir

from scoring.engine.cells import among
from scoring.engine.snapshot import (
    BELIEVED_AFTER,
    age,
    annulled,
    dropped,
    exclusion_rules,
    masked,
    none_of,
    numbers,
    on_the_spot,
    reported,
    restored,
    state_of,
    why_dropped,
    with_dates,
    withdrawn,
)
from scoring.entities import RelationSet, code_number
from scoring.policy.law.applied import Law
from scoring.policy.law.retention import use_rules

CONTAINED, REPLACED, SAME_FINDING = "contained", "replaced", "same_finding"
MATTER_DISPUTED, MATTER_ENDED = "matter_disputed", "matter_ended"


def with_standing(related: ir.Table, law: Law, relations: RelationSet) -> ir.Table:
    """Adds ``excluded``, ``state`` and ``age`` to records with a partner.

    Args:
        related: Case records that have one; of a case all of them.
        law: The law that applies.
        relations: Its set of relations.

    Returns:
        The versions that are believed and dated on the day, one of each record.
    """
    dated = with_dates(related, law)
    rules = [rule.stays for rule in exclusion_rules(dated, law) if rule.code in BELIEVED_AFTER]
    believed = dated.filter(rules)
    believed = believed.mutate(why=why_dropped(believed, law), age=age(believed))
    believed = believed.mutate(**_own_end(believed, law, relations))
    voided = _voided(believed, relations)
    with_void = _joined(believed, voided, ["case_id", "record_id"])
    with_void = with_void.mutate(is_void=with_void.has_fallen | with_void.was_restored | with_void.contained)
    graded = with_void.mutate(is_replaced=_is_replaced(with_void, relations))
    rechecked = _with_rechecks(graded, relations)
    return _with_matters(rechecked, relations)


def _own_end(t: ir.Table, law: Law, relations: RelationSet) -> dict[str, ir.Value]:
    """What has become of each record by itself, and how its grade speaks."""
    use_rule_ids = {"expired", *(rule.id for _instrument, rule in use_rules(law.instruments))}
    use_rules_of_day = [rule for rule in exclusion_rules(t, law) if rule.code in use_rule_ids]
    days = (
        ibis.cases((withdrawn(t), t.withdrawn_on)),
        ibis.cases((masked(t), t.masked_from)),
        ibis.cases((annulled(t, law), t.known_on)),
        ibis.cases((restored(t), t.restored_on)),
    )
    # The greatest of the days that there are; what engines make of nulls among them differs.
    long_ago = ibis.date(1, 1, 1)
    fell_on = reduce(ibis.greatest, [ibis.coalesce(day, long_ago) for day in days])
    return {
        "has_fallen": withdrawn(t) | masked(t) | annulled(t, law),
        "was_restored": restored(t),
        "fell_on": fell_on.nullif(long_ago),
        "taken_back_on": ibis.cases((withdrawn(t), t.withdrawn_on), (annulled(t, law), t.known_on)),
        "is_held": ~none_of(t.contest, "contest", law.finality.held_contests),
        # Whatever else has become of it: that its use is over is not undone by masking or contesting it.
        "has_lapsed": reduce(or_, [dropped(t, rule).fill_null(False) for rule in use_rules_of_day]),
        "badness": _badness(t, relations),
    }


def _badness(t: ir.Table, relations: RelationSet) -> ir.IntegerValue:
    """How bad a grade is: the greater, the worse; a lower score is worse."""
    grades = relations.grades
    order = [(t.result == code_number("result", code), place) for place, code in enumerate(grades.order)]
    level = ibis.cases(*((is_code, _int(place)) for is_code, place in order))
    return ibis.coalesce(level, (-t.value_x100).cast("int64"), _int(0)).cast("int64")


def _is_adverse(t: ir.Table, relations: RelationSet) -> ir.BooleanValue:
    """Whether a grade speaks against the enterprise."""
    grades = relations.grades
    is_low = (t.value_x100 < grades.adverse_below_x100).fill_null(False)
    by_result = among(t.result, numbers("result", grades.adverse)).fill_null(False)
    return among(t.kind, numbers("kind", grades.kinds)) & (by_result | (is_low & t.result.isnull()))


def _voided(t: ir.Table, relations: RelationSet) -> ir.Table:
    """(case_id, record_id) of adverse grades, something of which has fallen or was restored after them."""
    adverse = t.filter(_is_adverse(t, relations))
    grade = adverse.select("case_id", "record_id", "kind", "field", "dated_on", "inherited_from")
    gone = t.filter(t.fell_on.notnull())
    of_grade = gone.select(
        gone_case=gone.case_id,
        gone_id=gone.record_id,
        gone_kind=gone.kind,
        gone_field=gone.field,
        gone_dated_on=gone.dated_on,
        gone_on=gone.fell_on,
        gone_from=gone.inherited_from,
        gone_here_on=gone.inherited_on,
    )
    contained = []
    for rule in relations.contains:
        matches = among(grade.kind, numbers("kind", rule.grades))
        matches &= among(of_grade.gone_kind, numbers("kind", rule.kinds))
        if rule.same_field:
            matches &= (grade.field == of_grade.gone_field).fill_null(False)
        contained.append(matches)
    conditions = [
        grade.case_id == of_grade.gone_case,
        grade.record_id != of_grade.gone_id,
        of_grade.gone_dated_on <= grade.dated_on,
        of_grade.gone_on > grade.dated_on,
        # A grade of before the succession knew nothing of what followed with it.
        of_grade.gone_from.identical_to(grade.inherited_from)
        | (of_grade.gone_here_on <= grade.dated_on).fill_null(of_grade.gone_from.isnull()),
        reduce(or_, contained) if contained else ibis.literal(False),
    ]
    joined = grade.inner_join(of_grade, conditions)
    return joined.select("case_id", "record_id").distinct().mutate(contained=ibis.literal(True))


def _is_replaced(t: ir.Table, relations: RelationSet) -> ir.BooleanValue:
    """Whether a newer grade of its series stands in its place.

    A void grade gives the older one back, unless that says worse: nothing that falls may cost.
    """
    newest_first = ibis.window(
        group_by=[t.case_id, t.series],
        order_by=[t.dated_on.desc(), t.known_on.desc(), t.record_id.desc()],
        preceding=(None, 1),
    )
    newer_stands = (~t.is_void).cast("int32").max().over(newest_first)
    mildest_void = ibis.cases((t.is_void & ~t.is_held, t.badness)).min().over(newest_first)
    # One that was contested weighed nothing: of what it gives back, only what is adverse could cost.
    held_void = (t.is_void & t.is_held).cast("int32").max().over(newest_first)
    could_cost = (t.badness > mildest_void).fill_null(False) | (
        (held_void == 1) & _is_adverse(t, relations)
    ).fill_null(False)
    replaced = (newer_stands == 1).fill_null(False) | could_cost
    return t.series.notnull() & replaced


def _with_rechecks(t: ir.Table, relations: RelationSet) -> ir.Table:
    """Adds ``state``: mended on the spot, at the last re-check, or as reported while nobody came."""
    results = {*relations.rechecks.passed}
    for settled in relations.settles:
        results.update(settled.results)
    checks = t.filter(t.recheck_of.notnull() & ~t.has_fallen)
    passed = among(checks.result, numbers("result", results)).fill_null(False)
    # An order is carried out or it is not, but no visit: one that is open costs by itself.
    looked = passed | ~among(checks.kind, numbers("kind", relations.orders)).fill_null(False)
    by_finding = (
        checks.mutate(passed_age=ibis.cases((passed, checks.age)), visit_age=ibis.cases((looked, checks.age)))
        .group_by(checked_case="case_id", checked_id="recheck_of")
        .agg(last_age=lambda c: c.visit_age.min(), last_passed=lambda c: c.passed_age.min())
    )
    joined = t.left_join(
        by_finding, [t.case_id == by_finding.checked_case, t.record_id == by_finding.checked_id]
    )
    joined = _of_findings(joined.select(*t.drop("state").columns, "last_age", "last_passed"), relations)
    # Of the checks of the last day one that was passed counts.
    is_passed = (joined.last_passed == joined.last_age).fill_null(False)
    checked_since = (joined.last_age <= joined.as_of.delta(joined.mended_on, unit="day")).fill_null(False)
    is_reported = reported(joined) & ~checked_since
    spot = on_the_spot(joined, relations)
    mended_age = ibis.cases(
        (is_passed, joined.last_passed),
        (is_reported, joined.as_of.delta(joined.mended_on, unit="day").cast(joined.age.type())),
        (spot, joined.age),
    )
    joined = joined.mutate(mended=(spot | is_passed | is_reported).fill_null(False), mended_age=mended_age)
    joined = _mended_with_finding(joined, relations)
    state = state_of(joined, relations, joined.mended)
    return joined.mutate(state=state).drop("last_age", "last_passed", "mended")


def _mended_with_finding(t: ir.Table, relations: RelationSet) -> ir.Table:
    """The rows, with orders that repeat a finding mended where that was mended since."""
    finding = t.filter(t.mended & ~among(t.kind, numbers("kind", relations.orders))).select(
        mended_case="case_id", mended_id="record_id", finding_mended_age="mended_age"
    )
    joined = t.left_join(finding, [t.case_id == finding.mended_case, t.recheck_of == finding.mended_id])
    since = (joined.finding_mended_age <= joined.age).fill_null(False)
    repeats = among(joined.kind, numbers("kind", relations.orders)).fill_null(False) & since
    return joined.select(*t.drop("mended", "mended_age").columns, mended=joined.mended | repeats)


def _of_findings(t: ir.Table, relations: RelationSet) -> ir.Table:
    """Adds ``same_finding``: whether a check that was not passed is about a finding on record.

    It adds no second one: the finding stays open, or has an end of its own.
    """
    finding = t.select(found_case="case_id", found_id="record_id")
    joined = t.left_join(finding, [t.case_id == finding.found_case, t.recheck_of == finding.found_id])
    # An order is a decision of its own: of its matter the record that costs most counts.
    visits = set(relations.rechecks.kinds) - set(relations.orders)
    is_finding = among(joined.kind, numbers("kind", visits))
    not_passed = ~among(joined.result, numbers("result", relations.rechecks.passed)).fill_null(False)
    again = joined.found_id.notnull() & is_finding.fill_null(False) & not_passed
    return joined.select(*t.columns, same_finding=again)


def _with_matters(t: ir.Table, relations: RelationSet) -> ir.Table:
    """Adds ``excluded``: the first rule that drops the record, its matter's among them."""
    own_end = set(relations.matter.own_end)
    in_matter = t.filter(t.matter.notnull())
    by_matter = in_matter.group_by(of_case="case_id", of_matter="matter").agg(
        taken_back=lambda m: m.taken_back_on.max(),
        any_restored=lambda m: m.was_restored.cast("int32").max(),
        any_lapsed=lambda m: m.has_lapsed.cast("int32").max(),
    )
    joined = t.left_join(by_matter, [t.case_id == by_matter.of_case, t.matter == by_matter.of_matter])
    joined = joined.select(*t.columns, "taken_back", "any_restored", "any_lapsed")
    # Of one decision that two files report each copy ends with the other, a list entry too.
    by_decision = in_matter.group_by(
        copy_case="case_id",
        copy_matter="matter",
        copy_kind="kind",
        copy_dated_on="dated_on",
        copy_from="inherited_from",
    ).agg(copy_restored=lambda m: m.was_restored.cast("int32").max())
    same_decision = [
        joined.case_id == by_decision.copy_case,
        joined.matter == by_decision.copy_matter,
        joined.kind == by_decision.copy_kind,
        joined.dated_on == by_decision.copy_dated_on,
        # One list may name both firms of a merger on one day: removal of the one is not that of the other.
        joined.inherited_from.identical_to(by_decision.copy_from),
    ]
    joined = joined.left_join(by_decision, same_decision).select(*joined.columns, "copy_restored")
    confirmed = (joined.confirmed_on >= joined.taken_back) & (joined.confirmed_on <= joined.as_of)
    disputed = (joined.dated_on <= joined.taken_back) & ~confirmed.fill_null(False)
    # A list is left by a decision of its own; what a decision rests on lapses with it, another decision does not.
    ends = ~among(joined.kind, numbers("kind", own_end))
    lapses = ~among(joined.kind, numbers("kind", own_end | set(relations.matter.decisions)))
    ended = (ends & (joined.any_restored == 1)) | (lapses & (joined.any_lapsed == 1))
    ended |= joined.copy_restored == 1
    excluded = ibis.cases(
        (joined.why.notnull(), joined.why),
        (joined.contained.fill_null(False), CONTAINED),
        (joined.is_replaced, REPLACED),
        (joined.same_finding, SAME_FINDING),
        (ended.fill_null(False), MATTER_ENDED),
        (disputed.fill_null(False), MATTER_DISPUTED),
    )
    return joined.mutate(excluded=excluded)


def _joined(t: ir.Table, flags: ir.Table, keys: list[str]) -> ir.Table:
    """The rows with the flag ``contained``, false where the other table has none."""
    renamed = flags.rename({f"flag_{key}": key for key in keys})
    conditions = [t[key] == renamed[f"flag_{key}"] for key in keys]
    joined = t.left_join(renamed, conditions)
    return joined.select(*t.columns, contained=joined.contained.fill_null(False))


def _int(number: int) -> ir.IntegerScalar:
    return ibis.literal(number, type="int64")
