"""Sources into the store: once, whole, in any order, and nothing that a map does not name."""

from __future__ import annotations

import csv
import shutil
import sqlite3
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from stores import StoreHarness, ready

from scoring.errors import InputError
from scoring.store.tables.database import Database


def test_the_same_file_twice_changes_nothing(empty: StoreHarness, district: Path) -> None:
    """A second import of the same folder adds no version, no run and no log entry, and says so."""
    first = empty.take(district)
    before = empty.digest(), empty.count("import_run"), empty.count("audit_event")
    again = empty.take(district)
    assert first.changed and not again.changed
    assert first.enterprises + first.records == again.known
    assert before == (empty.digest(), empty.count("import_run"), empty.count("audit_event"))


def halves(district: Path, folder: Path) -> tuple[Path, Path]:
    """Two folders whose records overlap by half; both list every enterprise."""
    records = pd.read_parquet(district / "records.parquet", dtype_backend="pyarrow")
    third = len(records) // 3
    for half_name, half in (("one", records[: 2 * third]), ("two", records[third:])):
        (folder / half_name).mkdir()
        (folder / half_name / "enterprises.parquet").write_bytes(
            (district / "enterprises.parquet").read_bytes()
        )
        half.to_parquet(folder / half_name / "records.parquet", index=False)
    return folder / "one", folder / "two"


def test_overlapping_files_merge(
    empty: StoreHarness, district: Path, tmp_path: Path, scored_file: Path
) -> None:
    """Two files that overlap give the facts and colours of the one file that holds both,
    whichever comes first.
    """
    first_half, second_half = halves(district, tmp_path)
    empty.take(second_half)
    empty.take(first_half)
    empty.score()
    empty.adopt()
    with sqlite3.connect(f"file:{scored_file}?mode=ro", uri=True) as whole:
        expected = whole.execute(
            "SELECT enterprise_id, colour, band, proposed FROM standing ORDER BY 1"
        ).fetchall()
        facts = whole.execute("SELECT count(*) FROM record_version").fetchone()[0]
    with empty.database.read() as connection:
        standings = connection.exec_driver_sql(
            "SELECT enterprise_id, colour, band, proposed FROM standing ORDER BY 1"
        ).all()
    # One database gives truth values, the other numbers.
    plain = lambda standing: (*standing[:3], bool(standing[3]))
    assert list(map(plain, expected)) == list(map(plain, sorted(standings)))
    assert facts == empty.count("record_version")


def canonical(
    folder: Path, folder_name: str, enterprises: list[dict[str, str]], records: list[dict[str, str]]
) -> Path:
    """A canonical folder of CSV files."""
    (folder / folder_name).mkdir()
    for table_name, table_rows in (("enterprises", enterprises), ("records", records)):
        if table_rows:
            with (folder / folder_name / f"{table_name}.csv").open(
                "w", encoding="utf-8", newline=""
            ) as csv_file:
                writer = csv.DictWriter(csv_file, list(table_rows[0]))
                writer.writeheader()
                writer.writerows(table_rows)
    return folder / folder_name


WHO = {"enterprise_id": "demo:1", "name": "虚构一号", "entity_type": "company"}
WHAT = {
    "record_id": "r1",
    "enterprise_id": "demo:1",
    "kind": "inspection",
    "result": "problem",
    "occurred_on": "2026-05-01",
    "known_on": "2026-05-02",
}


def test_a_contradiction_is_refused(empty: StoreHarness, tmp_path: Path) -> None:
    """A row with the id and day of a stored version and other content is refused as a conflict;
    the stored one stays.
    """
    empty.take(canonical(tmp_path, "a", [WHO], [WHAT]))
    again = empty.take(canonical(tmp_path, "b", [], [WHAT | {"result": "violation"}]))
    assert again.counts is not None
    assert {"conflict": 1} == again.counts.rejected_by
    with empty.database.read() as connection:
        assert [("problem",)] == [
            tuple(row) for row in connection.exec_driver_sql("SELECT result FROM record_version")
        ]


def test_records_find_stored_enterprises(empty: StoreHarness, tmp_path: Path) -> None:
    """A file of records alone is taken in where the store knows the enterprise,
    and refused where it does not.
    """
    empty.take(canonical(tmp_path, "a", [WHO], []))
    imported = empty.take(
        canonical(tmp_path, "b", [], [WHAT, WHAT | {"record_id": "r2", "enterprise_id": "demo:2"}])
    )
    assert imported.counts is not None
    assert (1, {"unknown_enterprise": 1}) == (imported.records, imported.counts.rejected_by)


def test_what_the_law_has_deleted_is_not_taken_in(empty: StoreHarness, tmp_path: Path) -> None:
    """A penalty older than its time of keeping is refused at the door;
    one day younger it is taken in.
    """
    old = WHAT | {
        "kind": "administrative_penalty",
        "severity": "general",
        "result": "",
        "occurred_on": "2021-09-29",
    }
    young = old | {"record_id": "r2", "occurred_on": "2021-09-30"}
    imported = empty.take(canonical(tmp_path, "a", [WHO], [old, young]))
    assert imported.counts is not None
    assert (1, {"retention_over": 1}) == (imported.records, imported.counts.rejected_by)


def test_a_damaged_file_changes_nothing(empty: StoreHarness, district: Path, tmp_path: Path) -> None:
    """A damaged file is a clear error and leaves the store as it was."""
    before = empty.digest(), empty.count("audit_event")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "records.parquet").write_bytes((district / "records.parquet").read_bytes()[:5000])
    with pytest.raises(InputError):
        empty.take(tmp_path / "bad")
    assert before == (empty.digest(), empty.count("audit_event"))


def test_what_no_map_names_is_never_read(empty: StoreHarness, tmp_path: Path) -> None:
    """A column that the map does not name does not reach the database, in any table."""
    (tmp_path / "own.toml").write_text(
        'id = "own"\nstatus = "assumed"\ncovers = ["inspection"]\ntitle = { zh = "自", en = "own" }\nnote = { zh = "", en = "" }\n'
        'create_enterprises = true\n[files.rows]\npath = "rows.csv"\n[[enterprises]]\nfrom = "rows"\n[enterprises.columns]\n'
        'enterprise_id = { column = "id" }\nname = { column = "name" }\n[[emit]]\nfrom = "rows"\n[emit.columns]\n'
        'record_id = { column = "no" }\nenterprise_id = { column = "id" }\nkind = { constant = "inspection" }\n'
        'occurred_on = { column = "day" }\nknown_on = { column = "day" }\n',
        encoding="utf-8",
    )
    (tmp_path / "rows.csv").write_text(
        "id,name,no,day,phone\ndemo:1,虚构,n1,2026-05-01,13800000000\n", encoding="utf-8"
    )
    imported = empty.take(tmp_path / "rows.csv", str(tmp_path / "own.toml"))
    assert (1, 1) == (imported.enterprises, imported.records)
    with empty.database.read() as connection:
        for table in ("enterprise_version", "record_version", "import_run", "audit_event", "source_map"):
            assert "13800000000" not in str(connection.exec_driver_sql(f"SELECT * FROM {table}").all())


CREATES = (
    'id = "own"\nstatus = "assumed"\ncovers = ["inspection"]\ntitle = { zh = "自", en = "own" }\nnote = { zh = "", en = "" }\n'
    'create_enterprises = true\n[files.rows]\npath = "rows.csv"\n[[enterprises]]\nfrom = "rows"\n[enterprises.columns]\n'
    'enterprise_id = { column = "id" }\nname = { constant = "created" }\n[[emit]]\nfrom = "rows"\n[emit.columns]\n'
    'record_id = { column = "no" }\nenterprise_id = { column = "id" }\nkind = { constant = "inspection" }\n'
    'occurred_on = { column = "day" }\nknown_on = { column = "day" }\n'
)


@pytest.mark.parametrize("listed_first", [True, False])
def test_a_listed_enterprise_takes_the_place_of_a_created_one(
    empty: StoreHarness, tmp_path: Path, listed_first: bool
) -> None:
    """The order in which a record creates an enterprise and a register lists it does not matter:
    the listed one is scored.
    """
    (tmp_path / "own.toml").write_text(CREATES, encoding="utf-8")
    (tmp_path / "rows.csv").write_text("id,no,day\ndemo:1,n1,2026-05-01\n", encoding="utf-8")
    sources = [
        (canonical(tmp_path, "a", [WHO], []), "canonical"),
        (tmp_path / "rows.csv", str(tmp_path / "own.toml")),
    ]
    for folder, source in sources if listed_first else sources[::-1]:
        counts = empty.take(folder, source).counts
        assert counts is not None and 0 == counts.rejected
    empty.score()
    assert "虚构一号" == empty.standing("demo:1")["name"]
    assert date(2026, 9, 30) == empty.latest("demo:1")["as_of"]


def test_a_register_without_days_is_listed_anew(empty: StoreHarness, tmp_path: Path) -> None:
    """A register without days read again: what changed is a version of that day, what did not is
    there, and yesterday stays as it was.
    """
    empty.take(canonical(tmp_path, "a", [WHO], []))
    empty.go_to(date(2026, 10, 1))
    new = canonical(tmp_path, "b", [WHO | {"status": "revoked"}, WHO | {"enterprise_id": "demo:2"}], [])
    assert (2, 0) == ((imported := empty.take(new)).enterprises, imported.known)
    with empty.database.read() as connection:
        query = "SELECT status, known_on FROM enterprise_version WHERE enterprise_id = 'demo:1' ORDER BY seq"
        versions = connection.exec_driver_sql(query).all()
    assert [(None, "None"), ("revoked", "2026-10-01")] == [
        (version[0], str(version[1])) for version in versions
    ]
    assert not empty.take(new).changed


def test_an_occasion_told_later_is_no_contradiction(
    empty: StoreHarness, district: Path, tmp_path: Path
) -> None:
    """Facts of before their source told why a visit took place are the same facts; another
    occasion is a contradiction.
    """

    def given(name: str, occasion: Callable[[pd.Series], object]) -> Path:
        """A copy of the district whose records tell other occasions."""
        folder = tmp_path / name
        shutil.copytree(district, folder)
        rows = pd.read_parquet(folder / "records.parquet")
        rows.assign(occasion=occasion(rows["occasion"])).to_parquet(folder / "records.parquet", index=False)
        return folder

    first = empty.take(given("silent", lambda occasions: pd.Series(None, index=occasions.index, dtype="str")))
    assert first.records > 0
    again = empty.take(given("telling", lambda occasions: occasions))
    assert (0, first.counts.rejected) == (again.records, again.counts.rejected)
    fresh = Database(str(tmp_path / "other.db"))
    other = StoreHarness(fresh)
    ready(fresh, other.clock)
    other.take(given("same", lambda occasions: occasions))
    contradicted = other.take(given("changed", lambda occasions: occasions.replace("random", "campaign")))
    assert contradicted.counts.rejected > first.counts.rejected
    fresh.close()
