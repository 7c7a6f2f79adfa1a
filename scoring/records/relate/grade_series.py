"""Grades of one series: the newest known alone counts, and an adverse one may turn out to be void."""

from __future__ import annotations

from functools import cache

import ibis
from duckdb import DuckDBPyConnection as Connection

from scoring.records.relate.steps import FALLEN, GRADES, MadeTable, make, step


def relate_grades(connection: Connection) -> tuple[MadeTable, MadeTable]:
    """Makes the grades with a partner and the records that may have made one void.

    Of a series of plain grades each has the day on which a newer one is known; any other series is looked
    at anew each day, and so is an adverse grade of an enterprise of which some record fell.

    Args:
        connection: Connection with ``grades`` and ``fallen``.

    Returns:
        The steps of (enterprise_id, record_id, series, replaced_on, related) and of
        (enterprise_id, record_id).
    """
    steps = _steps()
    for made in steps:
        make(connection, made)
    return steps


@cache
def _steps() -> tuple[MadeTable, MadeTable]:
    in_series = [GRADES.enterprise_id, GRADES.series]
    whole = ibis.window(group_by=in_series)
    newest_first = ibis.window(
        group_by=in_series,
        order_by=[GRADES.dated_on.desc(), GRADES.known_on.desc(), GRADES.record_id.desc()],
        preceding=(None, 1),
    )
    counts_from = ibis.greatest(GRADES.dated_on, GRADES.known_on)
    graded = GRADES.mutate(
        replaced_on=counts_from.min().over(newest_first),
        all_plain=GRADES.is_plain.cast("int32").min().over(whole),
        any_adverse=GRADES.is_adverse.cast("int32").max().over(whole),
        members=GRADES.count().over(whole),
    )
    hit = FALLEN.select(of="enterprise_id").distinct()
    joined = graded.left_join(hit, graded.enterprise_id == hit.of)
    may_be_void = joined.of.notnull() & (joined.any_adverse == 1)
    several = joined.members > 1
    anew = may_be_void | (several & (joined.all_plain == 0))
    series = joined.select(
        enterprise_id=joined.enterprise_id,
        record_id=joined.record_id,
        series=joined.series,
        replaced_on=ibis.cases((~anew, joined.replaced_on)),
        related=ibis.ifelse(anew, 1, 0).cast("int32"),
    )
    adverse = GRADES.filter(GRADES.is_adverse).select(of="enterprise_id").distinct()
    fallen = FALLEN.semi_join(adverse, FALLEN.enterprise_id == adverse.of)
    return step("grade_series", series), step("fallen_of_graded", fallen)
