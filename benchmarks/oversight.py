"""The figures and the search of supervision over a great store: each one's milliseconds, for several who ask.

A small district is scored and then copied within the store, so that the tables which figures read have
as many rows as those of a great one. The copies are sound in nothing but their number.
"""

from __future__ import annotations

import json
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.processes import say
from scoring.administration.figures.colours_over_time import colours_over_time
from scoring.administration.figures.filters import FigureFilters
from scoring.administration.figures.month_figures import StatementScope, month_figures
from scoring.administration.figures.movers import movers
from scoring.administration.figures.objection_counts import objection_counts
from scoring.administration.figures.overdue_clocks import overdue_clocks
from scoring.administration.figures.visit_counts import visits_of_year
from scoring.administration.results.reader import ResultsReader
from scoring.administration.results.search import EnterpriseSearch
from scoring.analysis.synthetic import DistrictPlan, write_district
from scoring.policy.load import load_policy
from scoring.records.map.sources import SourceSpec
from scoring.store.facts.importing import import_source
from scoring.store.people.accounts import add_account
from scoring.store.people.grants import Grant
from scoring.store.standing.assessing import score_store
from scoring.store.standing.colour_counts import recount_colours
from scoring.store.tables import migrate
from scoring.store.tables.database import Database

Found = dict[str, dict[str, float]]
DAY, ACTOR, SMALL, REPEAT = date(2026, 9, 30), "bench", 2_000, 7
MOMENT = datetime(2026, 9, 30, 4, tzinfo=UTC)
MOST_MS = 300
"""What each figure may take."""
MOST_MS_OF_SEARCH, PAGE = 50, 50
"""What a page of the search may take, and how many enterprises it shows."""
SUPERVISOR = Grant("", "supervisor", "")
ASKED: Mapping[str, Mapping[str, Any]] = {
    "everything": {},
    "one district": {"area": "330802"},
    "a grant for a district": {"grants": [Grant("", "supervisor", "", frozenset({"330802"}))]},
    "a department": {"grants": [Grant("", "supervisor", "", None, frozenset({"330802-market"}))]},
    "food": {"field": "food"},
}
"""Who asks, and what for."""
SEARCHES: Mapping[str, EnterpriseSearch] = {
    "everybody": EnterpriseSearch(),
    "one word": EnterpriseSearch("餐饮"),
    "two words": EnterpriseSearch("柯城 餐饮"),
    "an area and a name": EnterpriseSearch("柯城区建筑"),
    "the end of a code": EnterpriseSearch("8R"),
    "nothing of the kind": EnterpriseSearch("没有这样的企业"),
    "a colour": EnterpriseSearch(colour="red"),
    "a colour in a district": EnterpriseSearch(colour="yellow", area="330802"),
    "a field": EnterpriseSearch(field="food"),
    "a field and a colour": EnterpriseSearch(field="food", colour="yellow"),
    "the worst": EnterpriseSearch(order="worst"),
    "the worst of a word": EnterpriseSearch("餐饮", order="worst"),
    "a grant for a district": EnterpriseSearch(
        "餐饮", within=(Grant("", "supervisor", "", frozenset({"330802"})),)
    ),
}
"""What is looked for."""


def run(enterprises: int, folder: Path) -> Found:
    """Milliseconds of each figure on SQLite, the middle one of several runs."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        store = str(Path(scratch) / "sise.db")
        say("a small district …")
        _small_store(store, Path(scratch) / "district")
        say("its copies …")
        _multiplied(store, enterprises // SMALL)
        figures = _measured(store)
    print(json.dumps(figures, indent=2))
    return figures


def _small_store(store: str, folder: Path) -> None:
    """A store with a district, scored once."""
    write_district(DistrictPlan(enterprises=SMALL, as_of=DAY), folder)
    database, clock = Database(store), lambda: MOMENT
    migrate.create(database)
    add_account(database, ACTOR, "", ACTOR, clock)
    import_source(database, SourceSpec("canonical", folder), ACTOR, clock)
    score_store(database, load_policy("quzhou-demo", DAY), DAY, ACTOR, clock)
    database.close()


def _multiplied(store: str, times: int) -> None:
    """Copies the rows that figures read, each with ids and numbers of its own."""
    raw = sqlite3.connect(store)
    raw.execute("PRAGMA synchronous = OFF")
    # Everybody's first result waits; here it is in effect, as after the stock was taken over.
    raw.execute("UPDATE assessment SET state = 'in_effect', proposal = NULL")
    raw.execute("UPDATE standing SET in_effect = latest, proposed = 0")
    raw.execute(
        "UPDATE standing SET (band, colour) = "
        "(SELECT band, colour FROM assessment WHERE number = standing.latest)"
    )
    most = int(raw.execute("SELECT max(number) FROM assessment").fetchone()[0])
    for table, changed in _changes(most).items():
        columns = [row[1] for row in raw.execute(f"PRAGMA table_info({table})")]
        values = ", ".join(changed.get(column, column) for column in columns)
        source = f"SELECT * FROM {table} WHERE enterprise_id NOT LIKE '%#%'"
        raw.execute(f"CREATE TEMP TABLE first AS {source}")
        for copy in range(1, times):
            raw.execute(f"INSERT INTO {table} SELECT {values.format(copy=copy)} FROM first")
        raw.execute("DROP TABLE first")
    raw.execute(f"UPDATE visit_spread SET enterprises = enterprises * {times}, joint = joint * {times}")
    _lived(raw)
    raw.commit()
    raw.execute("ANALYZE")
    raw.commit()
    raw.close()
    database = Database(store)
    with database.write() as connection:
        recount_colours(connection, "quzhou-demo")
    database.close()
    _months_before(store)


def _changes(most: int) -> dict[str, dict[str, str]]:
    """By table what is otherwise in a copy."""
    enterprise, number = "enterprise_id || '#{copy}'", f"number + {{copy}} * {most}"
    return {
        "directory": {"enterprise_id": enterprise},
        "standing": {
            "enterprise_id": enterprise,
            "in_effect": f"in_effect + {{copy}} * {most}",
            "latest": f"latest + {{copy}} * {most}",
        },
        "assessment": {"enterprise_id": enterprise, "number": number},
        "visit": {"enterprise_id": enterprise, "record_id": "record_id || '#{copy}'"},
        "often_visited": {"enterprise_id": enterprise},
    }


def _lived(raw: sqlite3.Connection) -> None:
    """A year in which 3,000 objections were opened, most of them answered."""
    records = raw.execute(
        "SELECT enterprise_id, record_id FROM record_version WHERE kind = 'inspection' LIMIT 3000"
    ).fetchall()
    for number, (enterprise_id, record_id) in enumerate(records, start=1):
        opened = f"2026-{1 + number % 9:02}-{1 + number % 28:02}"
        _step(raw, number, enterprise_id, record_id, "objection", None, None, opened)
        if number % 10:
            kept = '{"outcome":"withdrawn"}' if number % 3 == 0 else '{"outcome":"rejected"}'
            _step(raw, number + 10_000, enterprise_id, record_id, "answer", number, kept, opened)


def _step(raw: sqlite3.Connection, number: int, *row: object) -> None:
    enterprise_id, record_id, kind, answers, content, day = row
    raw.execute(
        "INSERT INTO step (number, policy_id, enterprise_id, kind, record_id, answers, content, actor, "
        "done_on, seq, ground, event, salt, digest) "
        "VALUES (?, 'quzhou-demo', ?, ?, ?, ?, ?, 'bench', ?, 0, '', 0, x'', x'')",
        (number, enterprise_id, kind, record_id, answers, content, day),
    )


def _months_before(store: str) -> None:
    """Counts of eleven months before, and a move of three in a hundred enterprises in each of them."""
    raw = sqlite3.connect(store)
    for back in range(1, 12):
        month = f"{2026 - (back > 8)}-{(9 - back - 1) % 12 + 1:02}"
        raw.execute(
            "INSERT INTO colour_month SELECT policy_id, ?, field, area, band, enterprises, event "
            "FROM colour_month WHERE month = '2026-09'",
            (month,),
        )
        raw.execute(
            "INSERT INTO colour_move SELECT latest, policy_id, enterprise_id, ?, "
            "CASE band WHEN 'B' THEN 'C' ELSE 'B' END, band FROM standing "
            "WHERE band IS NOT NULL AND latest % 33 = ?",
            (f"{month}-15", back),
        )
    raw.commit()
    raw.execute("ANALYZE")
    raw.commit()
    raw.close()


def _measured(store: str) -> Found:
    reader, figures = ResultsReader(store), Found()
    version = reader.current().version
    with reader.database.read() as connection:
        for who, asked in ASKED.items():
            given = {"grants": [SUPERVISOR], "start": "2025-10", "end": "2026-09", "day": DAY, **asked}
            filters = FigureFilters(**given)
            calls: dict[str, Callable[[], object]] = {
                "colours": partial(colours_over_time, connection, version.policy.id, filters),
                "movers": partial(movers, connection, version.policy, filters),
                "visits": partial(visits_of_year, connection, version.policy, filters),
                "clocks": partial(overdue_clocks, connection, version, filters),
                "objections": partial(objection_counts, connection, filters),
            }
            figures[who] = {name: _milliseconds(call) for name, call in calls.items()}
            say(f"{who}: {figures[who]}")
        scope = StatementScope("2026-08", "330802", None)
        took = _milliseconds(lambda: month_figures(connection, version, scope))
        figures["statement"] = {"month": took}
        policy_id = version.policy.id
        figures["search"] = {
            name: _milliseconds(partial(search.page, connection, policy_id, PAGE, 0))
            for name, search in SEARCHES.items()
        }
        say(f"search: {figures['search']}")
    reader.database.close()
    # A statement is made once; the figures are asked for again and again.
    slowest = max(max(figures[who].values()) for who in ASKED)
    figures["in all"] = {
        "slowest": slowest,
        "allowed": MOST_MS,
        "slowest search": max(figures["search"].values()),
        "allowed of a search": MOST_MS_OF_SEARCH,
    }
    return figures


def _milliseconds(call: Callable[[], object]) -> float:
    """Milliseconds of the processor, the middle one of several runs after a first."""
    call()
    taken = []
    for _ in range(REPEAT):
        begun = time.process_time()
        call()
        taken.append(1000 * (time.process_time() - begun))
    return round(statistics.median(taken), 1)
