"""The peers of the benchmark give our result, row by row; else a ratio would compare different work."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks import figures, peers
from benchmarks.measure import AS_OF, LATER
from benchmarks.peers import APRIL, JULY, by_hand_outputs, hand_written, with_pandas
from scoring.analysis.synthetic import DistrictPlan, write_district
from scoring.assess.folder import score_sources
from scoring.engine import results
from scoring.engine.duckdb import Clustered, DuckEngine
from scoring.engine.results import DecidedRows
from scoring.entities import codes
from scoring.policy.law.retention import oldest_used
from scoring.policy.load import load_policy
from scoring.records.intake import id_ranges, read_sources
from scoring.records.map.sources import SourceSpec

COLUMNS = ["enterprise_id", "points", "band", "colour", "gate"]
KINDS = frozenset(codes()["kinds"])
DAYS = {APRIL: AS_OF, JULY: LATER}
NEW_LAW = [
    "unsubstantiated",
    "minor_unpublished",
    "unclassed",
    "ndrc36_minor",
    "ndrc36_general",
    "ndrc36_any",
    "zhejiang_five_years",
    "samr44_listing",
    "spc_default_listing",
]
ENDS = ["publish_until", "restored_on", "withdrawn_on", "known_until"]


class Scored(NamedTuple):
    """A clustered district and what the engine makes of it."""

    policy: str
    as_of: date
    clustered: Path
    wide: pa.Table
    rows: list[dict[str, object]]
    excluded: dict[str, int]


def _minor_penalties_that_count(records: pd.DataFrame, as_of: date) -> None:
    """Upheld at once and published, which chance rarely brings; every fourth is not."""
    chosen = records.index[records.kind == "administrative_penalty"][::10]
    for column, value in {"severity": "minor", "contest": "none", "procedure": "ordinary"}.items():
        records.loc[chosen, column] = value
    records.loc[chosen, ["decided_on", "occurred_on", "served_on", "final_on", "known_on"]] = (
        as_of - timedelta(days=30)
    )
    records.loc[chosen, ENDS] = None
    records.loc[chosen, "info_class"] = None
    published = [n % 4 > 0 for n in range(len(chosen))]
    records.loc[chosen[published], "publish_until"] = as_of + timedelta(days=30)


def _accidents_of_a_gravity(records: pd.DataFrame) -> None:
    """The kept versions ask for the gravity of an accident, which records had before they said its level."""
    chosen = records.index[records.kind == "accident"]
    records.loc[chosen, "severity"] = [("minor", "general", "serious")[n % 3] for n in range(len(chosen))]


def _findings_in_every_field(records: pd.DataFrame, as_of: date) -> None:
    """Open problems of every field, some of them several at one enterprise."""
    chosen = records.index[(records.kind == "inspection") & (records.result == "no_problem")][::20]
    records.loc[chosen, "field"] = [
        list(codes()["fields"])[n % len(codes()["fields"])] for n in range(len(chosen))
    ]
    records.loc[chosen, "result"] = "problem"
    records.loc[chosen, ["decided_on", "occurred_on", "known_on"]] = as_of - timedelta(days=40)
    records.loc[chosen, ENDS] = None


def _classes_unlike_severities(records: pd.DataFrame, as_of: date) -> None:
    """Grave penalties of a slighter class, published and final, half of them out of use by it, all in the window of their gravity; the
    last three of no class at all.
    """
    chosen = records.index[records.kind == "administrative_penalty"][5::10]
    ages = {"minor": [80, 100], "general": [300, 400]}
    for n, row in enumerate(chosen):
        info_class = ("minor", "general")[n % 2]
        day = as_of - timedelta(days=ages[info_class][n // 2 % 2])
        records.loc[row, ["severity", "info_class", "contest", "procedure"]] = [
            "serious",
            info_class,
            "none",
            "ordinary",
        ]
        records.loc[row, ["decided_on", "occurred_on", "served_on", "final_on", "known_on"]] = day
    records.loc[chosen, ENDS] = None
    records.loc[chosen, "publish_until"] = as_of + timedelta(days=30)
    records.loc[chosen[-3:], ["severity", "info_class"]] = None


def _acts_that_outlived_their_use(records: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Acts of two records, the graver of which has run out, is not substantiated or is looked at by nobody: it must not displace."""
    graver = [
        ("serious_violation_listing", 1300, None),
        ("judgment_default", 900, None),
        ("rectification_order", 2200, None),
        ("administrative_penalty", 1300, None),
        ("complaint", 20, "pending"),
        ("utility_arrears", 20, None),
        ("annual_report", 20, "no_problem"),
    ]
    slighter = records.index[records.kind == "rectification_order"][: 40 * len(graver)]
    copies = records.loc[slighter].copy()
    for n, (row, copy) in enumerate(zip(slighter, copies.index, strict=True)):
        kind, age, result = graver[n % len(graver)]
        records.loc[row, ["act_id", "severity"]] = [f"act-{n}", "general"]
        records.loc[row, ["decided_on", "occurred_on", "known_on"]] = as_of - timedelta(days=9)
        copies.loc[copy, ["act_id", "severity", "kind", "result", "record_id", "contest", "procedure"]] = [
            f"act-{n}",
            "serious",
            kind,
            result,
            f"graver-{n}",
            "none",
            "ordinary",
        ]
        copies.loc[copy, ["decided_on", "occurred_on", "served_on", "final_on", "known_on"]] = (
            as_of - timedelta(days=age)
        )
    records.loc[slighter, ENDS] = None
    copies[ENDS] = None
    return pd.concat([records, copies], ignore_index=True)


@pytest.fixture(scope="module", params=[APRIL, JULY])
def scored(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Scored:
    """A synthetic district of 2,000 enterprises with what chance rarely brings, clustered, and our result as rows of the peers' columns."""
    policy, as_of = str(request.param), DAYS[request.param]
    folder = tmp_path_factory.mktemp("district")
    write_district(DistrictPlan(enterprises=2_000, as_of=as_of), folder / "unsorted")
    records = pd.read_parquet(path := folder / "unsorted" / "records.parquet")
    _minor_penalties_that_count(records, as_of)
    _accidents_of_a_gravity(records)
    _findings_in_every_field(records, as_of)
    _classes_unlike_severities(records, as_of)
    _acts_that_outlived_their_use(records, as_of).to_parquet(path)
    (folder / "clustered").mkdir()
    read_sources([SourceSpec("canonical", folder / "unsorted")], folder / "clustered")
    version = load_policy(policy, as_of)
    files = Clustered(
        folder / "clustered" / "enterprises.parquet", folder / "clustered" / "records.parquet", KINDS
    )
    with DuckEngine() as engine:
        tables = engine.files(files)
        wide = pa.concat_tables(engine.batch(version, as_of, KINDS, tables, id_ranges(files.enterprises)))
        excluded = engine.exclusions(version, as_of, tables)
    scores = results.scores(DecidedRows.of(wide, version.policy), version)
    rows: list[dict[str, object]] = (
        scores.rename_columns({"status_reason": "gate"}).select(COLUMNS).to_pylist()
    )
    return Scored(policy, as_of, folder / "clustered", wide, rows, excluded)


def _by_hand(scored: Scored) -> list[dict[str, object]]:
    tables = hand_written(scored.clustered, scored.as_of, scored.policy)
    rows: list[dict[str, object]] = pa.concat_tables(tables).sort_by("enterprise_id").to_pylist()
    return rows


def test_hand_written_sql_gives_our_result(scored: Scored) -> None:
    """The hand-written SQL gives the same points, band, colour and gate for every enterprise."""
    assert scored.rows == _by_hand(scored)


@pytest.mark.parametrize("scored", [APRIL], indirect=True)
def test_pandas_gives_our_result(scored: Scored) -> None:
    """pandas gives the same points, band, colour and gate for every enterprise under the version it knows."""
    frame = with_pandas(scored.clustered, scored.as_of).astype(object)
    assert scored.rows == frame.where(frame.notna(), None).to_dict("records")


@pytest.mark.parametrize("scored", [APRIL], indirect=True)
def test_polars_gives_our_result(scored: Scored) -> None:
    """Polars gives the same points, band, colour and gate for every enterprise under the version it knows."""
    pytest.importorskip("polars")
    from benchmarks.by_polars import with_polars

    assert scored.rows == with_polars(scored.clustered, scored.as_of).sort("enterprise_id").to_dicts()


@pytest.mark.parametrize("scored", [APRIL], indirect=True)
def test_hand_written_outputs_are_ours(scored: Scored, tmp_path: Path) -> None:
    """The hand-written SQL writes the same scores and contributions, columns and all, in whatever order."""
    (tmp_path / "peer").mkdir()
    count = by_hand_outputs(scored.clustered, scored.as_of, tmp_path / "peer")
    source, version = SourceSpec("canonical", scored.clustered), load_policy(APRIL, scored.as_of)
    score_sources([source], version, scored.as_of, tmp_path / "ours")
    assert count == len(scored.rows)
    orders = {
        "scores.parquet": [("enterprise_id", "ascending")],
        "contributions.parquet": [("enterprise_id", "ascending"), ("indicator_id", "ascending")],
    }
    for name, order in orders.items():
        theirs, ours = (pq.read_table(tmp_path / of / name).sort_by(order) for of in ("peer", "ours"))
        assert (ours.schema, ours.to_pylist()) == (theirs.schema, theirs.to_pylist())


@pytest.mark.parametrize("scored", [APRIL], indirect=True)
def test_outputs_have_something_in_every_column(scored: Scored) -> None:
    """The comparison means something: limits, several reasons, ends of the scale and partial coverage are all there."""
    version = load_policy(APRIL, scored.as_of)
    decided = DecidedRows.of(scored.wide, version.policy)
    scores, contributions = results.scores(decided, version), results.contributions(decided)
    columns = {name: scores.column(name).to_pylist() for name in ("reasons", "vetoes", "caps", "coverage")}
    assert max(map(len, columns["reasons"])) == results.TOP_REASONS
    assert {rule.id for rule in version.policy.caps} == {rule for caps in columns["caps"] for rule in caps}
    assert {rule.id for rule in version.policy.vetoes} == {
        rule for rules in columns["vetoes"] for rule in rules
    }
    assert len(set(columns["coverage"])) > 3
    assert results.SCALE_LIMIT in contributions.column("indicator_id").to_pylist()


@pytest.mark.parametrize("months", peers.USES)
def test_each_use_period_decides_something(
    scored: Scored, months: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without one of the use periods the hand-written SQL gives another result: the comparison would notice."""
    monkeypatch.setattr(
        peers, "oldest_used", lambda day, n: date(1900, 1, 1) if n == months else oldest_used(day, n)
    )
    assert scored.rows != _by_hand(scored)


def test_every_indicator_is_exercised(scored: Scored) -> None:
    """The comparison means something: every indicator gives points to somebody, every rule takes effect, every new law drops something."""
    version, wide = load_policy(scored.policy, scored.as_of), scored.wide.to_pandas()
    silent = [
        i.id
        for i in version.policy.indicators
        if any(b.points for b in i.bins) and not wide[f"p__{i.id}"].any()
    ]
    unused = [c for c in wide.columns if c.startswith(("cap__", "veto__")) and not wide[c].any()]
    idle = [code for code in NEW_LAW if not scored.excluded.get(code)]
    assert ([], [], []) == (silent, unused, idle)


RUNS = {
    "ours": [
        {"seconds": 4.0, "cpu": 6.0, "megabytes": 300},
        {"seconds": 9.0, "cpu": 8.0, "megabytes": 310},
        {"seconds": 5.0, "cpu": 6.0, "megabytes": 290},
    ],
    "peer": [
        {"seconds": 2.0, "cpu": 3.0, "megabytes": 900},
        {"seconds": 3.0, "cpu": 2.0, "megabytes": 950},
        {"seconds": 2.0, "cpu": 2.0, "megabytes": 910},
    ],
}


def test_ratios_are_of_runs_of_the_same_turn() -> None:
    """A ratio is of two runs of one turn, of one figure; a sum may stand below, and what was not measured is left out."""
    by_wall = figures.ratios(RUNS, ["ours / peer", "ours / peer + peer", "ours / absent"], figures.WALL)
    assert by_wall == {
        "ours / peer": {"median": 2.5, "min": 2.0, "max": 3.0},
        "ours / peer + peer": {"median": 1.25, "min": 1.0, "max": 1.5},
    }
    assert figures.ratios(RUNS, ["ours / peer"], figures.PROCESSOR)["ours / peer"]["median"] == 3.0


def test_the_table_tells_every_figure(capsys: pytest.CaptureFixture[str]) -> None:
    """Printed are processor and clock with how far they spread, and the most memory; kept is the same, with the number of runs."""
    kept = figures.report("3 enterprises", RUNS, ["ours / peer"])
    printed = [line.split() for line in capsys.readouterr().out.splitlines() if line]
    assert ["ours", "6.00", "(6.00–8.00)", "5.00", "(4.00–9.00)", "310", "3"] in printed
    assert ["ours", "/", "peer", "3.00", "(2.00–4.00)", "2.50", "(2.00–3.00)"] in printed
    assert kept["measures"]["peer"] == {  # type: ignore[index]
        "runs": 3,
        "seconds": {"median": 2.0, "min": 2.0, "max": 3.0},
        "cpu": {"median": 2.0, "min": 2.0, "max": 3.0},
        "megabytes": {"median": 910, "min": 900, "max": 950},
    }


def test_circumstances_name_no_place() -> None:
    """What is kept of the machine says what it is, and nothing of where the project lies."""
    circumstances = figures.circumstances()
    assert {"date", "command", "machine", "processor", "cores", "memory_megabytes", "duckdb"} <= set(
        circumstances
    )
    assert str(Path.cwd()) not in str(circumstances)
