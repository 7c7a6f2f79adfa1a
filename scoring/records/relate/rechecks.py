"""Which finding a re-check is about: the one that it names, else the only one that is open on its day."""

from __future__ import annotations

from functools import lru_cache

import ibis
import ibis.expr.types as ir
from duckdb import DuckDBPyConnection as Connection

from scoring.entities import RelationSet
from scoring.records.relate.steps import CANDIDATES, HELD_POWERS, MadeTable, is_empty, make, step

MOST_CHECKS = 24
"""Re-checks of one enterprise and field that are attributed one after the other."""


def relate_checks(connection: Connection, relations: RelationSet) -> MadeTable:
    """Makes the checks: (enterprise_id, check_id, finding_id, open_then).

    ``finding_id`` is null where several findings were open on the day of the check.

    Args:
        connection: Connection with ``candidates``.
        relations: The set of relations.

    Returns:
        The step whose table holds them.
    """
    first = _first_steps(relations)
    for made in first:
        make(connection, made)
    checks = first[-1]
    for place in range(MOST_CHECKS):
        if is_empty(connection, f"waiting_checks WHERE place = {place}"):
            break
        following = _round(relations, place)
        for made in following:
            make(connection, made)
        checks = following[-1]
    return checks


@lru_cache(maxsize=8)
def _first_steps(relations: RelationSet) -> tuple[MadeTable, ...]:
    named = step("named_checks", _named_checks(relations).union(_resting_orders(relations)).distinct())
    findings = step("findings_0", _first_findings(named.table, relations))
    waiting = step("waiting_checks", _waiting_checks(named.table, relations))
    powers = step("powers_used", _powers_used(relations)), step("powers_present", _powers_present(relations))
    checks = step("checks_0", named.table.mutate(open_then=ibis.literal(1, type="int64")))
    return named, findings, waiting, *powers, checks


@lru_cache(maxsize=8 * MOST_CHECKS)
def _round(relations: RelationSet, place: int) -> tuple[MadeTable, ...]:
    """The steps that attribute the checks of one place: they see what the earlier ones have closed."""
    if place:
        _attributed_before, findings, checks = _round(relations, place - 1)
    else:
        _named, findings, *_others, checks = _first_steps(relations)
    waiting, used, present = (made.table for made in _first_steps(relations)[2:5])
    attributed = step(
        f"attributed_{place + 1}",
        _attributed(waiting.filter(waiting.place == place), findings.table, used, present),
    )
    of_round = attributed.table.select(*checks.table.columns)
    return (
        attributed,
        step(f"findings_{place + 1}", _findings_after(findings.table, attributed.table)),
        step(f"checks_{place + 1}", checks.table.union(of_round)),
    )


def passing(relations: RelationSet) -> list[str]:
    """Results with which a re-check is passed, or a debt settled."""
    results = {*relations.rechecks.passed}
    for settled in relations.settles:
        results.update(settled.results)
    return sorted(results)


def _named_checks(relations: RelationSet) -> ir.Table:
    """(enterprise_id, check_id, finding_id): what names what it closes, by its id or its number."""
    by, closed_kinds = [*relations.rechecks.by], [*relations.rechecks.kinds]
    for settled in relations.settles:
        by += settled.by
        closed_kinds += settled.kinds
    naming = CANDIDATES.filter(CANDIDATES.refers_to.notnull() & CANDIDATES.kind.isin(by))
    check = naming.select(
        owner="enterprise_id", check_id="record_id", named="refers_to", named_number="refers_number"
    )
    closed = CANDIDATES.view().filter(lambda c: c.kind.isin(closed_kinds))
    same = [
        check.owner == closed.enterprise_id,
        check.check_id != closed.record_id,
        check.named.isin([closed.record_id, closed.own_id])
        | (check.named_number == closed.number).fill_null(False),
    ]
    pairs = check.inner_join(closed, same)
    by_check = pairs.group_by(enterprise_id=pairs.owner, check_id=pairs.check_id).agg(
        finding_id=pairs.record_id.min(), several=pairs.record_id.nunique()
    )
    # One number may stand on several findings of a visit: which of them is meant is then unknown.
    return by_check.filter(by_check.several == 1).drop("several")


def _resting_orders(relations: RelationSet) -> ir.Table:
    """(enterprise_id, check_id, finding_id): orders that rest on the only finding of a visit in their matter.

    An order to mend repeats the finding: once it is carried out the finding is mended, and a re-check of
    the one is one of the other.
    """
    rechecks = relations.rechecks
    orders = relations.orders
    order = CANDIDATES.filter(
        CANDIDATES.kind.isin(orders) & CANDIDATES.refers_to.isnull() & ~CANDIDATES.falls
    )
    order = order.select(
        owner="enterprise_id",
        check_id="record_id",
        basis="basis",
        order_matter="given_matter",
        ordered_on="dated_on",
    )
    visits = CANDIDATES.view()
    is_finding = visits.kind.isin([kind for kind in rechecks.kinds if kind not in orders])
    is_finding &= visits.result.isin(rechecks.findings)
    visits = visits.filter(is_finding & ~visits.falls & (visits.occasion != "followup").fill_null(True))
    rests = (order.basis == visits.number) | (order.order_matter == visits.given_matter)
    same = [
        order.owner == visits.enterprise_id,
        rests.fill_null(False),
        (visits.dated_on <= order.ordered_on).fill_null(False),
    ]
    pairs = order.inner_join(visits, same)
    by_order = pairs.group_by(enterprise_id=pairs.owner, check_id=pairs.check_id).agg(
        finding_id=pairs.record_id.min(), several=pairs.record_id.nunique()
    )
    return by_order.filter(by_order.several == 1).drop("several")


def _first_findings(named: ir.Table, relations: RelationSet) -> ir.Table:
    """Findings that no re-check made, with the day on which a named check or a report closes them."""
    c = CANDIDATES
    is_finding = c.kind.isin(relations.rechecks.kinds) & c.result.isin(relations.rechecks.findings)
    without = c.kind.isin([*relations.rechecks.without_result]) & c.result.isnull()
    is_finding = is_finding.fill_null(False) | without.fill_null(False)
    # A follow-up is a finding of its own only where it is unknown what it checks.
    is_first = (c.occasion != "followup").fill_null(True)
    first = c.filter(is_finding & is_first & c.dated_on.notnull())
    # What is about a finding that is on record is none of its own.
    first = first.anti_join(
        named, [first.enterprise_id == named.enterprise_id, first.record_id == named.check_id]
    )
    of_check = CANDIDATES.view().filter(lambda p: ~p.falls & p.dated_on.notnull())
    same = [named.enterprise_id == of_check.enterprise_id, named.check_id == of_check.record_id]
    of_finding = named.inner_join(of_check, same)
    is_passed = of_finding.result.isin(passing(relations)).fill_null(False)
    of_finding = of_finding.group_by(of=named.enterprise_id, finding=named.finding_id).agg(
        named_on=ibis.cases((is_passed, of_finding.dated_on)).min(),
        again_on=ibis.cases((~is_passed, of_finding.dated_on)).max(),
    )
    joined = first.left_join(
        of_finding, [first.enterprise_id == of_finding.of, first.record_id == of_finding.finding]
    )
    # Whoever looked since and was not content, or gave the order to mend, has answered the report.
    is_answered = (joined.again_on >= joined.mended_on).fill_null(False)
    reported_on = ibis.cases((~is_answered, joined.report_due_on))
    return joined.select(
        enterprise_id=joined.enterprise_id,
        field=joined.field,
        finding_id=joined.record_id,
        office=joined.office,
        has_fallen=joined.falls,
        found_on=joined.dated_on,
        mended_on=joined.mended_on,
        closed_on=ibis.least(
            ibis.coalesce(joined.named_on, reported_on), ibis.coalesce(reported_on, joined.named_on)
        ),
    )


def _waiting_checks(named: ir.Table, relations: RelationSet) -> ir.Table:
    """Follow-ups and checks of documents that name nothing, in order by enterprise and field."""
    c, rechecks = CANDIDATES, relations.rechecks
    is_check = (c.occasion == "followup").fill_null(False) | (c.kind == "mending_check")
    is_check &= c.kind.isin(rechecks.by) & c.result.isin([*rechecks.passed, *rechecks.findings])
    checks = c.filter(is_check & ~c.falls & c.dated_on.notnull())
    unnamed = checks.anti_join(
        named, [checks.enterprise_id == named.enterprise_id, checks.record_id == named.check_id]
    )
    in_order = ibis.window(
        group_by=[unnamed.enterprise_id, unnamed.field], order_by=[unnamed.dated_on, unnamed.record_id]
    )
    return unnamed.select(
        enterprise_id=unnamed.enterprise_id,
        field=unnamed.field,
        check_id=unnamed.record_id,
        checker=unnamed.office,
        checked_on=unnamed.dated_on,
        is_passed=unnamed.result.isin(rechecks.passed),
        place=ibis.row_number().over(in_order).cast("int64"),
    )


def _powers_used(relations: RelationSet) -> ir.Table:
    """(enterprise_id, record_id, power): by whose powers a record may have been made on its day."""
    c = _of_rechecks(relations)
    own = c.select("enterprise_id", "record_id", power="office")
    return own.union(_held_on_their_day(c)).distinct()


def _powers_present(relations: RelationSet) -> ir.Table:
    """(enterprise_id, record_id, power): whose powers the authority of a record holds on its day.

    What it has handed on it does not hold itself.
    """
    c = _of_rechecks(relations)
    handed = HELD_POWERS.view()
    away = c.semi_join(
        handed,
        [
            c.office == handed.power,
            c.field == handed.field,
            handed.begins <= c.dated_on,
            c.dated_on < handed.until,
        ],
    ).select(of="enterprise_id", away_id="record_id")
    kept = c.anti_join(away, [c.enterprise_id == away.of, c.record_id == away.away_id])
    return kept.select("enterprise_id", "record_id", power="office").union(_held_on_their_day(c)).distinct()


def _of_rechecks(relations: RelationSet) -> ir.Table:
    kinds = sorted({*relations.rechecks.kinds, *relations.rechecks.by})
    return CANDIDATES.filter(CANDIDATES.kind.isin(kinds) & CANDIDATES.office.notnull())


def _held_on_their_day(c: ir.Table) -> ir.Table:
    held = HELD_POWERS
    on_day = [
        c.office == held.holder,
        c.field == held.field,
        held.begins <= c.dated_on,
        c.dated_on < held.until,
    ]
    return c.inner_join(held, on_day).select(c.enterprise_id, c.record_id, held.power)


def _attributed(check: ir.Table, findings: ir.Table, used: ir.Table, present: ir.Table) -> ir.Table:
    """The checks with the only finding that is open on their day, null if there is none or several."""
    held = present.rename(holder_of="enterprise_id", holding_id="record_id", held="power")
    holding = check.left_join(
        held, [check.enterprise_id == held.holder_of, check.check_id == held.holding_id]
    )
    of_finding = used.rename(used_by="enterprise_id", used_in="record_id")
    finding = findings.rename(owner="enterprise_id", of_field="field")
    finding = finding.left_join(
        of_finding, [finding.owner == of_finding.used_by, finding.finding_id == of_finding.used_in]
    ).drop("used_by", "used_in")
    open_then = [
        holding.enterprise_id == finding.owner,
        holding.field.identical_to(finding.of_field),
        finding.found_on <= holding.checked_on,
        finding.closed_on.isnull() | (finding.closed_on > holding.checked_on),
        # The same authority, or the one that holds on the day the power by which the finding was made.
        (holding.checker == finding.office).fill_null(False)
        | (holding.held == finding.power).fill_null(False),
    ]
    # Only the inner join goes by a hash of the enterprise: an outer one would compare each with each.
    pairs = holding.inner_join(finding, open_then)
    standing = ibis.cases((~pairs.has_fallen, pairs.finding_id))
    by_pair = pairs.group_by(owner=pairs.enterprise_id, paired_id=pairs.check_id).agg(
        standing=standing.nunique(), only=standing.min(), gone=pairs.finding_id.min()
    )
    same = [check.enterprise_id == by_pair.owner, check.check_id == by_pair.paired_id]
    by_check = check.left_join(by_pair, same).drop("owner", "paired_id")
    by_check = by_check.mutate(open_then=by_check.standing.fill_null(0)).drop("standing")
    # What fell is mended by nothing, but a check that was not passed is no new finding by its falling.
    failed_alone = (by_check.open_then == 0) & ~by_check.is_passed
    attributed = ibis.cases((by_check.open_then == 1, by_check.only), (failed_alone, by_check.gone))
    return by_check.mutate(finding_id=attributed).drop("only", "gone")


def _findings_after(findings: ir.Table, attributed: ir.Table) -> ir.Table:
    """The findings once some checks are attributed: those passed are closed, other failed ones are new."""
    checked = attributed.filter(attributed.finding_id.notnull()).select(
        of="enterprise_id", finding="finding_id", day="checked_on", passed="is_passed"
    )
    same = [findings.enterprise_id == checked.of, findings.finding_id == checked.finding]
    joined = findings.left_join(checked, same)
    columns = {name: joined[name] for name in findings.columns}
    answered = (~joined.passed & (joined.day >= joined.mended_on)).fill_null(False)
    closed_on = ibis.cases((joined.passed.fill_null(False), joined.day), (~answered, joined.closed_on))
    kept = joined.select(**{**columns, "closed_on": closed_on})
    new = attributed.filter(~attributed.is_passed & attributed.finding_id.isnull()).select(
        enterprise_id="enterprise_id",
        field="field",
        finding_id="check_id",
        office="checker",
        has_fallen=ibis.literal(False),
        found_on="checked_on",
        mended_on=ibis.null("date"),
        closed_on=ibis.null("date"),
    )
    return kept.union(new.select(*kept.columns))
