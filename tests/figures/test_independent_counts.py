"""The five figures against counts of another make: pandas over the facts, the assessments and the steps themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
import pytest
from figure_stores import VERSION, FigureStore, departments

from scoring.administration.figures.filters import FigureFilters, shown_area
from scoring.administration.figures.visit_counts import outside_cap, visits_of_period, visits_of_year
from scoring.administration.figures.whole_figures import Figures, figures_of
from scoring.entities.authorities import register
from scoring.store.people.grants import Grant

Tables = Mapping[str, pd.DataFrame]
DAY = date(2026, 10, 30)
EVERYWHERE = Grant("", "supervisor", "")
CASES: Mapping[str, dict[str, Any]] = {
    "all": {},
    "a year before": {"start": "2025-01", "end": "2025-12"},
    "some months": {"start": "2026-03", "end": "2026-08"},
    "one month": {"start": "2026-09", "end": "2026-09"},
    "a district": {"area": "330802"},
    "a town": {"area": "330802-T02"},
    "food": {"field": "food"},
    "a grant for a district": {"grants": [Grant("", "supervisor", "", frozenset({"330881"}))]},
    "a grant for a department": {"grants": [Grant("", "supervisor", "", None, departments("ecology"))]},
    "two grants": {
        "grants": [
            Grant("", "supervisor", "", frozenset({"330802-T01"}), departments("market")),
            Grant("", "supervisor", "", frozenset({"330881"}), None),
        ]
    },
    "food of a department": {
        "field": "food",
        "grants": [Grant("", "supervisor", "", None, departments("market"))],
    },
    "fire of another department": {
        "field": "fire",
        "grants": [Grant("", "supervisor", "", None, departments("market"))],
    },
    "nothing": {"grants": []},
}
"""What is asked about, by what is special in it."""
FIELDS_OF = {"330802-market": {"food"}, "330802-ecology": set()}
"""Of the two fields of the policy those in which a department has the power."""


@pytest.fixture(params=CASES)
def filters(request: pytest.FixtureRequest) -> FigureFilters:
    """One of the cases."""
    given = {"grants": [EVERYWHERE], "start": "2025-11", "end": "2026-10", "day": DAY}
    return FigureFilters(**{**given, **CASES[request.param]})


@pytest.fixture
def figures(shown: FigureStore, filters: FigureFilters) -> Figures:
    """The figures of the program."""
    with shown.database.read() as connection:
        return figures_of(connection, VERSION, filters)


def lies_in(area: Any, outer: str | None) -> bool:
    """Whether an area is another one or lies in it, for the areas of the store."""
    return outer is None or (isinstance(area, str) and (area == outer or area.startswith(outer)))


def holds(grant: Grant, area: Any) -> bool:
    """Whether a grant holds in an area."""
    return grant.areas is None or any(lies_in(area, one) for one in grant.areas)


def may_count(filters: FigureFilters, area: Any, office: str | None) -> bool:
    """Whether what an office did in an area may be counted; ``None``: it is about the whole result."""
    if not lies_in(area, filters.area):
        return False
    return any(
        holds(grant, area) and (office is None or grant.departments is None or office in grant.departments)
        for grant in filters.grants
    )


def may_see_field(filters: FigureFilters, area: Any, field: str) -> bool:
    """Whether grades in a field may be counted in an area."""
    if not lies_in(area, filters.area):
        return False
    for grant in filters.grants:
        own = set().union(*(FIELDS_OF[code] for code in grant.departments or ()))
        if holds(grant, area) and (grant.departments is None or field in own):
            return True
    return False


def areas_of(tables: Tables) -> Mapping[str, str]:
    """Where each enterprise is supervised."""
    versions = tables["enterprise_version"].sort_values("seq")
    return dict(zip(versions["enterprise_id"], versions["supervised_by"], strict=True))


def in_effect(tables: Tables, event: int) -> pd.DataFrame:
    """The assessments in effect after an entry of the log, one for each enterprise."""
    assessments = tables["assessment"]
    then = assessments[(assessments["state"] == "in_effect") & (assessments["event"] <= event)]
    return then.sort_values("number").drop_duplicates("enterprise_id", keep="last")


def test_colours_by_month_area_and_field(figures: Figures, filters: FigureFilters, tables: Tables) -> None:
    """Every count of a month is that of the assessments in effect after its last batch."""
    runs, where = tables["score_run"].sort_values("event"), areas_of(tables)
    whole: dict[str, dict[str, int]] = {}
    by_area: dict[str, dict[str, dict[str, int]]] = {}
    by_field: dict[str, dict[str, dict[str, int]]] = {}
    for month, event in runs.groupby(runs["as_of"].dt.strftime("%Y-%m"))["event"].max().items():
        if not filters.start <= str(month) <= filters.end:
            continue
        for row in in_effect(tables, int(event)).itertuples():
            area, grades = where[str(row.enterprise_id)], dict(row.by_field)
            for field, band in grades.items():
                if may_see_field(filters, area, field):
                    add(by_field.setdefault(field, {}), month, band)
            counted = row.band if filters.field is None else grades.get(filters.field)
            is_seen = may_count(filters, area, None)
            if filters.field is not None:
                is_seen = filters.field in grades and may_see_field(filters, area, filters.field)
            if is_seen:
                add(whole, month, counted)
                add(by_area.setdefault(shown_area(area, filters.area), {}), month, counted)
    assert plain(figures.colours.whole) == plain(whole)
    assert {area: plain(months) for area, months in figures.colours.by_area.items()} == by_area
    assert {field: plain(months) for field, months in figures.colours.by_field.items()} == by_field


def add(counts: dict[Any, dict[Any, int]], month: Any, band: Any) -> None:
    """Counts one enterprise."""
    bands = counts.setdefault(month, {})
    bands[band or ""] = bands.get(band or "", 0) + 1


def plain(counts: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    """Counts without what is none."""
    return {month: {band: n for band, n in bands.items() if n} for month, bands in counts.items()}


def test_movers(figures: Figures, filters: FigureFilters, tables: Tables) -> None:
    """Who moved is who had another band at the end than the first one of the period."""
    where, ranks = areas_of(tables), {band.id: n for n, band in enumerate(VERSION.policy.bands)}
    assessments = tables["assessment"]
    effective = assessments[assessments["state"] == "in_effect"].sort_values("number")
    moved: dict[str, int] = {}
    for enterprise_id, rows in effective.groupby("enterprise_id"):
        before = rows[rows["as_of"] < pd.Timestamp(filters.first_day)]
        inside = rows[rows["as_of"].between(str(filters.first_day), str(filters.last_day))]
        bands = [*before["band"].tail(1), *inside["band"]]
        rated = [band for band in bands if isinstance(band, str)]
        fields = rows[rows["as_of"] <= pd.Timestamp(filters.last_day)]["by_field"].tail(1).tolist()
        is_active = filters.field is None or (fields and filters.field in fields[0])
        if not rated or not isinstance(bands[-1], str) or not is_active:
            continue
        steps = ranks[rated[0]] - ranks[bands[-1]]
        if steps and may_count(filters, where[str(enterprise_id)], None):
            moved[str(enterprise_id)] = steps
    assert {mover.enterprise_id: mover.steps for mover in figures.movers.page} == moved
    assert figures.movers.total == len(moved)
    assert {steps: n for steps, n in figures.movers.counts.items() if n} == counted(moved.values())


def counted(values: Any) -> dict[Any, int]:
    """How often each value is there."""
    return {value: int(n) for value, n in pd.Series(list(values), dtype=object).value_counts().items()}


def visits_of(tables: Tables, filters: FigureFilters, start: date, end: date) -> pd.DataFrame:
    """The visits that may be counted, one row for each record, by its latest version."""
    records = tables["record_version"].sort_values(["known_on", "seq"], na_position="first")
    latest = records.drop_duplicates("record_id", keep="last")
    visits = latest[(latest["kind"] == "inspection") & latest["withdrawn_on"].isna()].copy()
    visits["day"] = visits["occurred_on"].fillna(visits["decided_on"])
    visits["office"] = [register().office_of(name) or name for name in visits["authority"]]
    offices_there = visits.groupby(["enterprise_id", "day"])["office"].transform("nunique")
    visits["joint"] = offices_there > 1
    is_hidden = visits["masked_from"].notna()
    where = areas_of(tables)
    pairs = zip(visits["enterprise_id"], visits["office"], strict=True)
    visits["may"] = [may_count(filters, where[who], office) for who, office in pairs]
    in_period = visits["day"].between(str(start), str(end))
    kept = visits[~is_hidden & visits["may"] & in_period]
    return kept[kept["field"] == filters.field] if filters.field else kept


def test_visits_by_authority(figures: Figures, filters: FigureFilters, tables: Tables) -> None:
    """Visits are days of an authority at an enterprise; of all together a day is one visit."""
    year = filters.last_day.year
    visits = visits_of(tables, filters, date(year, 1, 1), date(year, 12, 31))
    once = visits.drop_duplicates(["office", "enterprise_id", "day"])
    assert list(figures.visits.by_office) == sorted(once["office"].unique())
    for office, rows in once.groupby("office"):
        check_visits(figures.visits.by_office[str(office)], rows)
    check_visits(figures.visits.whole, once.drop_duplicates(["enterprise_id", "day"]))


def check_visits(told: Any, rows: pd.DataFrame) -> None:
    """Compares the counts of an authority with its visits."""
    times = rows.groupby("enterprise_id").size().clip(upper=4)
    assert {n: count for n, count in told.enterprises.items() if count} == counted(times)
    assert (told.visits, told.joint) == (len(rows), int(rows["joint"].sum()))


def test_who_is_over_the_cap(figures: Figures, filters: FigureFilters, tables: Tables) -> None:
    """Over the cap is whom an authority visited in a field more often than the grade there allows."""
    year = filters.last_day.year
    visits = visits_of(tables, filters, date(year, 1, 1), date(year, 12, 31))
    planned = visits[~visits["occasion"].isin(["triggered", "followup"])]
    once = planned.fillna({"field": ""}).drop_duplicates(["office", "enterprise_id", "field", "day"])
    assessments = tables["assessment"]
    by_then = assessments[
        (assessments["state"] == "in_effect") & (assessments["as_of"] <= pd.Timestamp(year, 12, 31))
    ]
    result = by_then.sort_values("number").drop_duplicates("enterprise_id", keep="last")
    grades = {row.enterprise_id: row for row in result.itertuples()}
    expected = []
    for (who, office, field), rows in once.groupby(["enterprise_id", "office", "field"]):
        grade = grades.get(who)
        band = None if grade is None else grade.by_field.get(field, grade.band)
        cap = VERSION.policy.supervision[band].annual_cap if isinstance(band, str) else None
        if cap is not None and len(rows) > cap:
            expected.append((who, office, field, len(rows), cap, band))
    over = figures.visits.over_cap
    assert expected == [(o.enterprise_id, o.office, o.field, o.visits, o.cap, o.band) for o in over]


def test_visits_outside_the_cap(shown: FigureStore, filters: FigureFilters, tables: Tables) -> None:
    """The exceptions of the period, by ground and authority."""
    visits = visits_of(tables, filters, filters.first_day, filters.last_day)
    with shown.database.read() as connection:
        grounds = outside_cap(connection, filters, filters.first_day)
    for ground, offices in grounds.items():
        rows = visits[visits["occasion"] == ground].drop_duplicates(["office", "enterprise_id", "day"])
        assert dict(offices) == counted(rows["office"])


def test_a_year_is_counted_alike_in_two_ways(shown: FigureStore, filters: FigureFilters) -> None:
    """What is kept of a year is what counting its visits gives."""
    whole_year = replace(filters, end=f"{filters.last_day.year}-12")
    since, policy = date(filters.last_day.year, 1, 1), VERSION.policy
    none_at_all = {band: one.model_copy(update={"annual_cap": 0}) for band, one in policy.supervision.items()}
    for caps in (policy.supervision, none_at_all, {}):
        capped = policy.model_copy(update={"supervision": caps})
        with shown.database.read() as connection:
            kept = visits_of_year(connection, capped, filters)
            assert kept == visits_of_period(connection, capped, whole_year, since)


def office_of_record(tables: Tables, record_id: str) -> str:
    """Who made a record."""
    records = tables["record_version"]
    name = records[records["record_id"] == record_id].sort_values("seq")["authority"].iloc[-1]
    return register().office_of(name) or name


def test_objections_and_clocks(figures: Figures, filters: FigureFilters, tables: Tables) -> None:
    """Opened, answered, upheld and overdue, from the steps themselves."""
    steps, where = tables["step"], areas_of(tables)
    records = tables["record_version"].sort_values("seq").drop_duplicates("record_id", keep="last")
    fields = dict(zip(records["record_id"], records["field"], strict=True))
    expected: dict[str, list[int]] = {}
    late: dict[str, int] = {}
    for opened in steps[(steps["kind"] == "objection") & steps["answers"].isna()].itertuples():
        office = office_of_record(tables, str(opened.record_id))
        if not may_count(filters, where[str(opened.enterprise_id)], office):
            continue
        if filters.field and fields[opened.record_id] != filters.field:
            continue
        answers = steps[(steps["answers"] == opened.number) & (steps["kind"] == "answer")]
        begun = within(opened.done_on, filters)
        done = bool(len(answers)) and within(answers["done_on"].iloc[0], filters)
        right = done and '"withdrawn"' in answers["content"].iloc[0]
        if begun or done:
            counts = expected.setdefault(office, [0, 0, 0])
            expected[office] = [n + more for n, more in zip(counts, (begun, done, right), strict=True)]
        if not len(answers):
            late[office] = late.get(office, 0) + 1
    told = {k: [v.opened, v.answered, v.upheld] for k, v in figures.objections.items()}
    assert told == expected
    assert dict(figures.clocks.counts.get("objection", {})) == late


def within(day: Any, filters: FigureFilters) -> bool:
    """Whether a day is in the period."""
    return bool(pd.Timestamp(filters.first_day) <= day <= pd.Timestamp(filters.last_day))


@pytest.mark.parametrize(
    "is_there",
    [
        lambda figures: figures.movers.total >= 2,
        lambda figures: len(figures.visits.over_cap) >= 4,
        lambda figures: figures.visits.whole.joint >= 10,
        lambda figures: any(one.upheld for one in figures.objections.values()),
        lambda figures: figures.clocks.clocks,
        lambda figures: len(figures.colours.months) == 4,
    ],
)
def test_there_is_something_to_count(shown: FigureStore, is_there: Callable[[Figures], Any]) -> None:
    """The store has some of everything, so that no figure agrees for being empty."""
    filters = FigureFilters([EVERYWHERE], "2025-11", "2026-10", DAY)
    with shown.database.read() as connection:
        assert is_there(figures_of(connection, VERSION, filters))
