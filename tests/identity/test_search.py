"""A search finds what a look at every enterprise would find, in the order that was asked for, however many there are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import select
from stores import StoreHarness

from scoring.administration.results import search
from scoring.administration.results.search import EnterpriseSearch, words_of
from scoring.store.people.grants import Grant
from scoring.store.tables.orm import Assessment, Standing
from scoring.store.tables.orm_access import DirectoryEntry

KECHENG = [Grant("", "supervisor", "t", areas=frozenset({"330802"}))]
SEARCHES = [
    EnterpriseSearch(text, colour, area, field, order, within)  # type: ignore[arg-type]
    for text in ("", "虚构", "柯城 餐饮", "9133-0802", "柯城区有限公司", "没有的名字", "__")
    for colour in (None, "green", "none")
    for area in (None, "330802")
    for field in (None, "food")
    for order in ("code", "best", "worst")
    for within in (None, KECHENG)
]


def everybody(store: StoreHarness) -> list[dict[str, Any]]:
    """Every enterprise with what a search may ask for."""
    query = (
        select(
            Standing.enterprise_id,
            Standing.colour,
            Standing.band,
            DirectoryEntry.spelled,
            DirectoryEntry.area,
            Assessment.points,
            Assessment.fields,
        )
        .join(DirectoryEntry, DirectoryEntry.enterprise_id == Standing.enterprise_id)
        .outerjoin(Assessment, Assessment.number == Standing.in_effect)
    )
    with store.database.read() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def is_meant(row: dict[str, Any], wanted: EnterpriseSearch) -> bool:
    """Whether an enterprise is looked for, asked in Python."""
    words = words_of(wanted.text)
    if wanted.text and not words:
        return False
    for word in words:
        is_long = len(word) >= search.LONG and not word.isascii()
        rest, has = row["spelled"], True
        for part in word if is_long else [word]:
            _, found, rest = rest.partition(part)
            has = has and bool(found)
        if not has:
            return False
    areas = [area for area in (wanted.area, "330802" if wanted.within else None) if area]
    fields = [code for code, *_ in json.loads(row["fields"] or "[]")]
    return (
        (wanted.colour is None or (row["colour"] or "none") == wanted.colour)
        and all((row["area"] or "").startswith(area) for area in areas)
        and (wanted.field is None or wanted.field in fields)
    )


def in_order(rows: Sequence[dict[str, Any]], order: str) -> list[str]:
    """The ids of some enterprises in the order that was asked for."""
    by_code = sorted(rows, key=lambda row: row["enterprise_id"])
    rated = [row for row in by_code if row["points"] is not None]
    if order != "code":
        rated.sort(key=lambda row: (row["points"], row["enterprise_id"]), reverse=order == "best")
    return [row["enterprise_id"] for row in [*rated, *(row for row in by_code if row["points"] is None)]]


@pytest.mark.parametrize("most", [0, 7, 10_000])
def test_it_finds_what_is_meant(store: StoreHarness, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """All kinds of searches, page after page; of more than are counted it is told that there are more."""
    monkeypatch.setattr(search, "MOST_COUNTED", most)
    rows = everybody(store)
    wrong = []
    for wanted in SEARCHES:
        expected = in_order([row for row in rows if is_meant(row, wanted)], wanted.order)
        with store.database.read() as connection:
            pages = [wanted.page(connection, store.version.policy.id, 40, start) for start in (0, 40, 9_000)]
        given = [*pages[0].ids, *pages[1].ids, *pages[2].ids]
        totals = {page.total for page in pages}
        if (given, totals) != (expected[:80], {min(len(expected), most + 1)}):
            wrong.append((wanted, len(expected), totals))
    assert [] == wrong
