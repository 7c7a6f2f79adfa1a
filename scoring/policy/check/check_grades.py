"""Checks of derived grades: they count or what they are made of, and a table of tiers has one answer for all."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise, product

from scoring.policy.check.subject import Subject
from scoring.policy.language.measures import levels
from scoring.policy.language.schema import MODEL, Indicator, Policy
from scoring.policy.language.selection import UNKNOWN
from scoring.policy.language.tiers import Tiers
from scoring.policy.read.finding import Finding, TomlPath


def check_components(subject: Subject) -> Iterator[Finding]:
    """Of a derived grade and the records that it is made of one counts, never both.

    The two grades of a table of tiers do: the plan puts one beside the other (its section 11(1)).
    """
    relations = subject.law.relations if subject.law else None
    if relations is None:
        return
    counting = [(path, indicator) for path, indicator in subject.indicators() if _counts(indicator, subject)]
    tiers = subject.policy.tiers
    of_tiers = {tiers.rows, tiers.columns} if tiers else set()
    for rule, (toml_path, graded) in product(relations.contains, counting):
        if not set(graded.select.kind) & set(rule.grades):
            continue
        for _path, component in counting:
            kinds = sorted(set(component.select.kind) & set(rule.kinds))
            both_of_tiers = {graded.id, component.id} <= of_tiers
            if kinds and not both_of_tiers and (not rule.same_field or _share_a_field(graded, component)):
                yield subject.finding(
                    "grade_and_component", toml_path, indicator=graded.id, other=component.id, kind=kinds[0]
                )
                break


def _counts(indicator: Indicator, subject: Subject) -> bool:
    """Whether an indicator can move points or a band."""
    policy = subject.policy
    limits = (*policy.caps, *policy.vetoes)
    tested = {condition.indicator for limit in limits for condition in (*limit.all, *limit.any)}
    gives = any([indicator.unknown, *indicator.points_by_value])
    return indicator.aggregate != MODEL and (gives or indicator.id in tested)


def _share_a_field(graded: Indicator, component: Indicator) -> bool:
    """Whether a component can be of the field of a grade, which is the one that its kind has."""
    if graded.select.field is None or component.select.field is None:
        return component.select.field is None
    return bool(set(graded.select.field) & set(component.select.field))


def check_tiers(subject: Subject) -> Iterator[Finding]:
    """A table of tiers looks at two newest grades, and has a band for every pair but that of two unknown ones."""
    tiers, policy = subject.policy.tiers, subject.policy
    if tiers is None:
        return
    by_id = {indicator.id: indicator for indicator in policy.indicators}
    for toml_key in ("rows", "columns"):
        indicator = by_id.get(getattr(tiers, toml_key))
        if indicator is None or indicator.aggregate != "latest" or indicator.of != "grade":
            yield subject.finding("tiers_measure", ("tiers", toml_key), name=getattr(tiers, toml_key))
            return
    rows, columns = _grades(by_id[tiers.rows]), _grades(by_id[tiers.columns])
    bands = {band.id for band in policy.bands}
    for row, column in product([*rows, UNKNOWN], [*columns, UNKNOWN]):
        band = tiers.table.get(row, {}).get(column)
        if band not in bands and (band is not None or {row, column} != {UNKNOWN}):
            yield subject.finding("tiers_incomplete", _row_path(tiers, row), row=row, column=column)
            return
    yield from _check_order(subject, tiers, rows, columns)


def _row_path(tiers: Tiers, row: str) -> TomlPath:
    return ("tiers", "table", row) if row in tiers.table else ("tiers", "table")


def _grades(indicator: Indicator) -> list[str]:
    """The grades of an indicator, from the best to the worst."""
    by_code = levels("grade", indicator.select.kind)
    return [
        code for code in sorted(by_code, key=by_code.__getitem__) if indicator.select.takes("result", code)
    ]


def _check_order(subject: Subject, tiers: Tiers, rows: list[str], columns: list[str]) -> Iterator[Finding]:
    """A worse grade is never in a better band, and a barred pair in none better than the next column."""
    place = _places(subject.policy)
    for row, (better, worse) in product([*rows, UNKNOWN], list(pairwise(columns))):
        if place[tiers.table[row][worse]] < place[tiers.table[row][better]]:
            yield subject.finding("tiers_order", _row_path(tiers, row), row=row, column=worse)
    for column, (better, worse) in product([*columns, UNKNOWN], list(pairwise(rows))):
        if place[tiers.table[worse][column]] < place[tiers.table[better][column]]:
            yield subject.finding("tiers_order", _row_path(tiers, worse), row=worse, column=column)
    for position, barred in enumerate(tiers.bars or ()):
        following = columns[columns.index(barred.column) + 1 :] if barred.column in columns else []
        if barred.row not in rows or not following:
            yield subject.finding(
                "tiers_bar_unknown", ("tiers", "bars", position), row=barred.row, column=barred.column
            )
        elif place[tiers.table[barred.row][barred.column]] < place[tiers.table[barred.row][following[0]]]:
            yield subject.finding(
                "tiers_barred",
                _row_path(tiers, barred.row),
                row=barred.row,
                column=barred.column,
                worse=following[0],
            )


def _places(policy: Policy) -> dict[str, int]:
    return {band.id: place for place, band in enumerate(policy.bands)}
