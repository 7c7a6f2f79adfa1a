"""The second month: what an export says anew of what the store holds, and how contradictions are settled."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

from stores import ACTOR, StoreHarness

from scoring.entities import RECORD_COLUMNS
from scoring.store.facts.importing import Imported, Lists
from scoring.store.standing.assessing import score_store

CASES = Path(__file__).resolve().parents[1] / "cases"
ENTERPRISE = "91330802YY00000010"
HEADER = "CF_XDR_MC,CF_XDR_LB,CF_XDR_SHXYM,CF_WSH,CF_CFLB,CF_JDRQ,CF_GSJZQ,CF_NR_FK,CF_CFJG"


def export(folder: Path, *rows: tuple[str, str, str]) -> Path:
    """An export of penalties: number, day and fine (in 10,000 yuan) of each."""
    folder.mkdir()
    lines = [
        f"虚构,法人,{ENTERPRISE},罚〔2026〕{number}号,罚款,{day},2027-05-11,{fine},局"
        for number, day, fine in rows
    ]
    (folder / "处罚.csv").write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return folder


def take(
    store: StoreHarness, folder: Path, source: str = "shuanggong", *, accept: bool = False
) -> tuple[Imported, list[dict[str, str]]]:
    """Imports a folder, and what the import lists as said anew."""
    file = folder.parent / f"{folder.name}-changes.csv"
    file.unlink(missing_ok=True)
    imported = store.take(folder, source, lists=Lists(changes=file), accept_corrections=accept)
    if not file.exists():
        return imported, []
    with file.open(encoding="utf-8-sig", newline="") as listed:
        return imported, list(csv.DictReader(listed))


def versions(store: StoreHarness) -> list[tuple[object, ...]]:
    query = "SELECT amount_fen, known_on, restored_on, ground FROM record_version ORDER BY seq"
    with store.database.read() as connection:
        return [(row[0], *map(str, row[1:])) for row in connection.exec_driver_sql(query)]


def test_the_same_penalty_written_otherwise_stays_restored(empty: StoreHarness) -> None:
    """An export that writes its days otherwise brings nothing new, and a restoration ends what it ended."""
    take(empty, CASES / "re-export" / "jan")
    with empty.database.read() as connection:
        record_id = connection.exec_driver_sql("SELECT record_id FROM record_version").scalar_one()
    day = date(2026, 9, 30)
    empty.enter(empty.facts.end("restored", str(record_id), day, "信用修复", "修复1号"))
    imported, _ = take(empty, CASES / "re-export" / "feb_slash")
    assert (0, 0) == (imported.records, imported.counts.rejected if imported.counts else None)
    assert ["None", "2026-09-30"] == [version[2] for version in versions(empty)]


def test_what_is_new_is_listed(empty: StoreHarness, tmp_path: Path) -> None:
    """Of a first import nothing is listed as new; of the next one each record that was not there."""
    first = take(empty, export(tmp_path / "a", ("1", "2026-03-10", "1")))
    second = take(empty, export(tmp_path / "b", ("1", "2026/3/10", "1"), ("2", "2026-03-11", "2")))
    assert ([], 0) == (first[1], first[0].changes.new)
    assert (1, 1, "new", "3") == (
        second[0].records,
        second[0].changes.new,
        second[1][0]["what"],
        second[1][0]["row"],
    )


def test_a_contradiction_names_both_versions_and_the_command(empty: StoreHarness, tmp_path: Path) -> None:
    """A row that says something else of a record is refused; column, both values and the command are listed."""
    take(empty, export(tmp_path / "a", ("1", "2026-03-10", "1")))
    imported, listed = take(empty, export(tmp_path / "b", ("1", "2026-03-10", "3")))
    assert (0, 1) == (imported.records, imported.changes.conflicting)
    assert [("conflict", "amount_fen", "1000000", "3000000")] == [
        (row["what"], row["column"], row["before"], row["after"]) for row in listed
    ]
    assert listed[0]["settle_by"].startswith("sise record correct ")
    assert "amount_fen=3000000" in listed[0]["settle_by"]


def test_accepted_corrections_are_versions_on_the_ground_of_the_file(
    empty: StoreHarness, tmp_path: Path
) -> None:
    """Accepted, the row is a version of the day of the import with file and row as ground, once, and keeps a restoration."""
    take(empty, export(tmp_path / "a", ("1", "2026-03-10", "1")))
    with empty.database.read() as connection:
        record_id = connection.exec_driver_sql("SELECT record_id FROM record_version").scalar_one()
    empty.go_to(date(2026, 10, 5))
    empty.enter(empty.facts.end("restored", str(record_id), date(2026, 10, 5), "信用修复", "修复1号"))
    empty.go_to(date(2026, 10, 8))
    second = export(tmp_path / "b", ("1", "2026-03-10", "3"))
    imported, listed = take(empty, second, accept=True)
    assert (1, 1, 0) == (imported.corrections, imported.changes.changed, imported.changes.conflicting)
    assert ["changed"] == [row["what"] for row in listed]
    assert (3_000_000, "2026-10-08", "2026-10-05", "处罚.csv:2") == versions(empty)[-1]
    assert not take(empty, export(tmp_path / "c", ("1", "2026/03/10", "3")))[0].changed
    assert 3 == empty.count("record_version")


def test_a_file_that_goes_back_says_something_new(empty: StoreHarness, tmp_path: Path) -> None:
    """After an accepted correction the first value again is a contradiction, and accepted a correction; any number of times."""
    first = export(tmp_path / "first", ("1", "2026-03-10", "1"))
    other = export(tmp_path / "other", ("1", "2026-03-10", "3"))
    again = export(tmp_path / "again", ("1", "2026/3/10", "1"))
    take(empty, first)
    for number, folder in enumerate((other, first, other, again)):
        empty.go_to(date(2026, 10, 5 + number // 2))
        if number:  # the very same file was imported before
            assert not take(empty, folder)[0].changed
        imported, listed = take(empty, folder, accept=True)
        assert (1, ["changed"]) == (imported.corrections, [row["what"] for row in listed])
        assert not take(empty, folder, accept=True)[0].changed
    fines = [version[0] for version in versions(empty)]
    assert [1_000_000, 3_000_000, 1_000_000, 3_000_000, 1_000_000] == fines
    refused, listed = take(empty, export(tmp_path / "more", ("1", "2026.3.10", "3")))
    assert (0, "conflict") == (refused.records, listed[0]["what"])


def test_what_was_corrected_by_hand_stays(empty: StoreHarness, tmp_path: Path) -> None:
    """A file that still says what it said before undoes no correction by hand, and one that agrees with it brings nothing."""
    take(empty, export(tmp_path / "a", ("1", "2026-03-10", "1")))
    with empty.database.read() as connection:
        record_id = str(connection.exec_driver_sql("SELECT record_id FROM record_version").scalar_one())
    empty.go_to(date(2026, 10, 5))
    empty.enter(empty.facts.correct(record_id, {"amount_fen": "2000000"}, "x", "7", "recording_authority"))
    for number, fine in enumerate(("1", "2")):
        folder = export(tmp_path / f"b{number}", ("1", "2026/3/10", fine), ("2", "2026-03-11", "1"))
        imported, _ = take(empty, folder, accept=True)
        assert (0, 0) == (imported.corrections, imported.changes.conflicting)
    assert 2_000_000 == max((version[0] for version in versions(empty)), key=int)


def test_what_another_source_corrected_stays(empty: StoreHarness, tmp_path: Path) -> None:
    """A file that says what it always said contradicts no correction that another source brought with its day."""
    take(empty, export(tmp_path / "a", ("1", "2026-03-10", "1")))
    columns = ", ".join(RECORD_COLUMNS)
    with empty.database.read() as connection:
        first = connection.exec_driver_sql(f"SELECT {columns} FROM record_version").mappings().one()
    corrected = {**first, "amount_fen": 2_000_000, "known_on": date(2026, 9, 1), "source": "bureau"}
    (tmp_path / "bureau").mkdir()
    with (tmp_path / "bureau" / "records.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(RECORD_COLUMNS))
        writer.writeheader()
        writer.writerow(corrected)
    assert (1, 0) == (take(empty, tmp_path / "bureau", "canonical")[0].records, 0)
    for name, accept in (("b", False), ("c", True)):
        rows = (("1", "2026/3/10", "1"), (name, "2026-03-11", "1"))
        imported, _ = take(empty, export(tmp_path / name, *rows), accept=accept)
        assert (1, 0, 0) == (imported.records, imported.corrections, imported.changes.conflicting)


def test_what_a_complete_file_lacks_is_missing(empty: StoreHarness, tmp_path: Path) -> None:
    """Of a source that says that it is complete, records that it no longer has are listed and stay."""
    own = tmp_path / "own.toml"
    own.write_text(
        'id = "own"\nstatus = "assumed"\ncovers = ["inspection"]\ncomplete = true\ncreate_enterprises = true\n'
        'title = { zh = "自", en = "own" }\nnote = { zh = "", en = "" }\n[files.rows]\npath = "*.csv"\n'
        '[[enterprises]]\nfrom = "rows"\ncolumns = { enterprise_id = { column = "id" }, name = { column = "id" } }\n'
        '[[emit]]\nfrom = "rows"\n[emit.columns]\nrecord_id = { column = "no" }\nenterprise_id = { column = "id" }\n'
        'kind = { constant = "inspection" }\noccurred_on = { column = "day" }\n'
        'known_on = { after = "occurred_on", days = 3, assumed = true }\n',
        encoding="utf-8",
    )
    for name, numbers in (("a", (1, 2)), ("b", (2,))):
        (tmp_path / name).mkdir()
        rows = "".join(f"demo:1,{number},2026-03-0{number}\n" for number in numbers)
        (tmp_path / name / "rows.csv").write_text("id,no,day\n" + rows, encoding="utf-8")
    take(empty, tmp_path / "a", str(own))
    imported, listed = take(empty, tmp_path / "b", str(own))
    assert (1, [("missing", "1:demo:1")]) == (
        imported.changes.missing,
        [(row["what"], row["record_id"]) for row in listed],
    )
    assert 2 == empty.count("record_version")


def test_a_store_keeps_the_ids_that_it_began_with(empty: StoreHarness, tmp_path: Path) -> None:
    """A map that a store has used with the ids of before goes on with them: nothing is doubled."""
    text = (CASES / "reused-number" / "visits.toml").read_text(encoding="utf-8")
    own = tmp_path / "own.toml"
    own.write_text(
        text.replace("create_enterprises", 'ids = "as_written"\ncreate_enterprises'), encoding="utf-8"
    )
    (tmp_path / "a").mkdir()
    row = f"7,虚构,{ENTERPRISE},2026-03-02,合格\n"
    (tmp_path / "a" / "visits.csv").write_text("编号,企业,代码,日期,结果\n" + row, encoding="utf-8")
    take(empty, tmp_path / "a", str(own))
    own.write_text(text, encoding="utf-8")
    imported, _ = take(empty, tmp_path / "a", str(own))
    assert (0, 1) == (imported.records, empty.count("record_version"))


def test_new_records_that_nothing_sees_are_listed(empty: StoreHarness, tmp_path: Path) -> None:
    """Under the policy of the store a licence is looked at by nothing: the import lists it with column and value."""
    folder, file = tmp_path / "a", tmp_path / "unseen.csv"
    folder.mkdir()
    (folder / "许可.csv").write_text(
        f"XK_XDR_MC,XK_XDR_LB,XK_XDR_SHXYM,XK_WSH,XK_JDRQ,XK_XKJG\n虚构,法人,{ENTERPRISE},许〔2026〕1号,2026-03-10,局\n",
        encoding="utf-8",
    )
    lists = Lists(not_looked_at=file)
    imported = empty.take(folder, "shuanggong", lists=lists, policy=empty.version)
    assert [("licence", "kind", "licence", 1)] == [tuple(group.values()) for group in imported.not_looked_at]
    file.unlink()
    run = score_store(empty.database, empty.version, empty.day, ACTOR, empty.clock, unseen=file)
    assert (run.not_looked_at, True) == (imported.not_looked_at, file.exists())
    assert ",licence,kind,licence" in file.read_text(encoding="utf-8-sig")


def test_what_was_known_on_a_scored_day_is_listed(empty: StoreHarness, tmp_path: Path) -> None:
    """Of an enterprise with a standing, records that say they were known on a scored day are listed; a later one is not."""
    take(empty, export(tmp_path / "a", ("1", "2026-03-10", "1")))
    for day in (date(2026, 10, 1), date(2026, 11, 2)):
        empty.go_to(day)
        empty.score()
    file = tmp_path / "past.csv"
    folder = export(tmp_path / "b", ("2", "2026-10-05", "2"), ("3", "2026-03-11", "3"))
    empty.go_to(date(2026, 11, 3))
    imported = empty.take(folder, "shuanggong", lists=Lists(past=file))
    with file.open(encoding="utf-8-sig", newline="") as listed:
        rows = [(row["known_on"], row["scored_on"]) for row in csv.DictReader(listed)]
    assert (2, 2) == (imported.records, imported.past)
    assert [("2026-03-18", "2026-10-01"), ("2026-10-12", "2026-11-02")] == sorted(rows)
    before = empty.digest()
    empty.go_to(date(2026, 12, 1))
    later = export(tmp_path / "c", ("4", "2026-12-01", "4"))
    assert 0 == empty.take(later, "shuanggong").past
    assert before != empty.digest()
