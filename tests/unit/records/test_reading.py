"""The same content in every format, and files that are no such thing."""

from __future__ import annotations

import csv
import gzip
import io
import json
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook

from scoring.errors import InputError, SourceMapError, UsageError
from scoring.records import (
    SourceSpec,
    id_ranges,
    load_source_map,
    parse_source,
    read_sources,
    shipped_maps,
    write_tables,
)
from scoring.records.link.clustered_files import MARK_NAME, make_mark
from scoring.sql.literals import literal

CODE = "91350100M000100Y43"
ENTERPRISES = [
    {"enterprise_id": CODE, "name": "甲公司\n（集团）"},
    {"enterprise_id": "demo:7", "name": "乙公司"},
]
RECORDS = [
    {
        "record_id": "R1",
        "enterprise_id": CODE,
        "kind": "inspection",
        "occurred_on": "2024-01-05",
        "amount_fen": "",
        "known_on": "2024-01-25",
    },
    {
        "record_id": "R2",
        "enterprise_id": "demo:7",
        "kind": "administrative_penalty",
        "occurred_on": "",
        "amount_fen": "200000",
        "known_on": "2024-02-01",
    },
]
FORMATS = ["csv", "bom.csv", "gb.csv", "csv.gz", "xlsx", "jsonl", "parquet"]


def as_csv(rows: list[dict[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def put(folder: Path, name: str, rows: list[dict[str, str]], form: str) -> None:
    match form:
        case "csv":
            (folder / f"{name}.csv").write_bytes(as_csv(rows).encode())
        case "bom.csv":
            (folder / f"{name}.csv").write_bytes(as_csv(rows).encode("utf-8-sig"))
        case "gb.csv":
            (folder / f"{name}.csv").write_bytes(as_csv(rows).encode("gb18030"))
        case "csv.gz":
            (folder / f"{name}.csv.gz").write_bytes(gzip.compress(as_csv(rows).encode()))
        case "jsonl":
            lines = [json.dumps({k: v for k, v in row.items() if v}, ensure_ascii=False) for row in rows]
            (folder / f"{name}.jsonl").write_text("\n".join(lines), encoding="utf-8")
        case "parquet":
            pq.write_table(typed(rows), folder / f"{name}.parquet")
        case "xlsx":
            book = Workbook()
            for row in [list(rows[0]), *(list(row.values()) for row in rows)]:
                book.worksheets[0].append([int(cell) if cell.isdigit() else cell or None for cell in row])
            book.save(folder / f"{name}.xlsx")


def typed(rows: list[dict[str, str]]) -> pa.Table:
    table = pa.Table.from_pylist([{k: v or None for k, v in row.items()} for row in rows])
    for name, kind in (
        ("occurred_on", pa.date32()),
        ("known_on", pa.timestamp("us")),
        ("amount_fen", pa.int64()),
    ):
        if name in table.column_names:
            table = table.set_column(table.column_names.index(name), name, table[name].cast(kind))
    return table


def district(folder: Path, form: str = "csv", records: list[dict[str, str]] = RECORDS) -> SourceSpec:
    folder.mkdir(parents=True)
    put(folder, "enterprises", ENTERPRISES, form)
    put(folder, "records", records, form)
    return SourceSpec("canonical", folder)


def read(spec: SourceSpec, out: Path, threads: int = 2) -> tuple[bytes, bytes]:
    out.mkdir()
    intake = read_sources([spec], out, threads=threads)
    return intake.enterprises.read_bytes(), intake.records.read_bytes()


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_gives_the_same_bytes(form: str, tmp_path: Path) -> None:
    """UTF-8 with and without BOM, GB18030, gzip, Excel, JSON Lines and typed Parquet end in byte-identical tables."""
    assert read(district(tmp_path / "a"), tmp_path / "o") == read(
        district(tmp_path / "b", form), tmp_path / "p"
    )


def test_order_and_threads_do_not_matter(tmp_path: Path) -> None:
    """Shuffled rows and one thread instead of two give the same bytes."""
    rows = [{**RECORDS[i % 2], "record_id": f"R{i}"} for i in range(2_000)]
    shuffled = sorted(rows, key=lambda row: (int(row["record_id"][1:]) * 7919 % 2003, row["record_id"]))
    first = read(district(tmp_path / "a", records=rows), tmp_path / "o")
    assert first == read(district(tmp_path / "b", records=shuffled), tmp_path / "p", threads=1)


def test_clustered_folder_is_linked_not_read(tmp_path: Path) -> None:
    """A folder that was written here costs nothing the second time, and says the same."""
    once, twice = tmp_path / "once", tmp_path / "twice"
    first = read(district(tmp_path / "a"), once)
    twice.mkdir()
    intake = read_sources([SourceSpec("canonical", once)], twice)
    assert first == (intake.enterprises.read_bytes(), intake.records.read_bytes())
    assert (once / "records.parquet").stat().st_ino == intake.records.stat().st_ino
    assert (2, 2, 4) == (intake.n_enterprises, intake.n_records, next(iter(intake.sources.values())).accepted)


def test_a_clustered_file_that_was_changed_is_refused(tmp_path: Path) -> None:
    """A library may hand the mark on with rows that it changed: they would be taken in without a look."""
    once, twice = tmp_path / "once", tmp_path / "twice"
    read(district(tmp_path / "a"), once)
    records = pq.read_table(once / "records.parquet")
    assert b"sise" in b" ".join(records.schema.metadata)
    marks = [
        records.schema.metadata,
        *({MARK_NAME: mark} for mark in (b"", b"[]", b"\xff", b'{"covers": 7}')),
    ]
    twice.mkdir()
    for mark in marks:
        pq.write_table(records.slice(1).replace_schema_metadata(mark), once / "records.parquet")
        with pytest.raises(InputError, match="changed since"):
            read_sources([SourceSpec("canonical", once)], twice)
    for mark in ("[]", '{"covers": 7}', make_mark(frozenset(), 2, None).replace('"kinds": "', '"kinds": "0')):
        parquet = f"(FORMAT parquet, KV_METADATA {{{literal(MARK_NAME)}: {literal(mark)}}})"
        duckdb.from_arrow(records).query(
            "r", f"COPY (FROM r) TO {literal(str(once / 'records.parquet'))} {parquet}"
        )
        with pytest.raises(InputError, match="other lists of kinds"):
            read_sources([SourceSpec("canonical", once)], twice)


def test_tables_in_memory_are_the_canonical_map(tmp_path: Path) -> None:
    """Arrow tables go through the same checks and give the same bytes as files."""
    out = tmp_path / "p"
    out.mkdir()
    intake = write_tables(typed(ENTERPRISES), typed(RECORDS), out)
    expected = read(district(tmp_path / "a"), tmp_path / "o")
    assert expected == (intake.enterprises.read_bytes(), intake.records.read_bytes())
    assert ["enterprises.parquet", "records.parquet", "rejects.csv", "remarks.csv"] == sorted(
        path.name for path in out.iterdir()
    )


def test_defaults_follow_the_code(tmp_path: Path) -> None:
    """Type, district and supervisor of an enterprise come from the characters of its code where the source is silent."""
    read(district(tmp_path / "a"), tmp_path / "o")
    row = next(
        one
        for one in pq.read_table(tmp_path / "o" / "enterprises.parquet").to_pylist()
        if one["enterprise_id"] == CODE
    )
    assert ("company", None, "350100", "350100") == tuple(
        row[c] for c in ("entity_type", "status", "district_code", "supervised_by")
    )
    assert date(2024, 1, 5) == pq.read_table(tmp_path / "o" / "records.parquet").to_pylist()[0]["occurred_on"]


def test_ranges_cover_all_ids_in_order(tmp_path: Path) -> None:
    """Ranges are inclusive, in order, and of the size asked for."""
    read(district(tmp_path / "a"), tmp_path / "o")
    assert [(CODE, CODE), ("demo:7", "demo:7")] == id_ranges(tmp_path / "o" / "enterprises.parquet", 1)
    assert [(CODE, "demo:7")] == id_ranges(tmp_path / "o" / "enterprises.parquet")


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_ranges_never_split_the_versions_of_an_enterprise(size: int, tmp_path: Path) -> None:
    """Whatever the size, ranges are disjoint, hold at most that many enterprises and together hold them all."""
    ids = [f"demo:{n}" for n in (1, 1, 1, 2, 3, 3, 4, 4, 4, 4)]
    pq.write_table(pa.table({"enterprise_id": ids}), tmp_path / "e.parquet")
    held = [
        {one for one in ids if low <= one <= high} for low, high in id_ranges(tmp_path / "e.parquet", size)
    ]
    assert sorted(set(ids)) == sorted(one for part in held for one in part)
    assert max(map(len, held)) <= size


def test_a_file_without_rows_is_no_error(tmp_path: Path) -> None:
    """Headers alone are a district where nothing has happened yet."""
    spec = broken(tmp_path / "a", "records.csv", b"record_id,enterprise_id,kind\n")
    (tmp_path / "o").mkdir()
    assert 0 == read_sources([spec], tmp_path / "o").n_records


def test_single_files_and_missing_look_ups(tmp_path: Path) -> None:
    """A source may be one file of its map; a file that others are looked up in must be there."""
    spec = district(tmp_path / "a")
    both = [SourceSpec("canonical", spec.path / name) for name in ("enterprises.csv", "records.csv")]
    (tmp_path / "o").mkdir()
    assert 2 == read_sources(both, tmp_path / "o").n_records
    (tmp_path / "cases.csv").write_text("case_no\n", encoding="utf-8")
    with pytest.raises(SourceMapError, match=r"parties\.csv"):
        read(SourceSpec("penalty-case-system", tmp_path / "cases.csv"), tmp_path / "p")


def broken(folder: Path, name: str, content: bytes) -> SourceSpec:
    spec = district(folder)
    (folder / "records.csv").unlink()
    (folder / name).write_bytes(content)
    return spec


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("records.csv", b""),
        ("records.jsonl", b""),
        ("records.parquet", b"PAR1 and no more"),
        ("records.csv.gz", gzip.compress(b"record_id,enterprise_id,kind\n" * 900, mtime=0)[:40]),
        ("records.xlsx", b"not a zip"),
        ("records.csv", b"record_id,record_id,kind\n1,2,3\n"),
        ("records.csv", b"record_id,kind\n1,inspection\n"),
    ],
)
def test_damaged_files_are_refused_with_their_name(name: str, content: bytes, tmp_path: Path) -> None:
    """An empty, truncated, disguised or incomplete file is an input error that names the file, never a traceback of a library."""
    spec = broken(tmp_path / "a", name, content)
    with pytest.raises(InputError) as caught:
        read(spec, tmp_path / "o")
    assert name in caught.value.place
    assert [] == list((tmp_path / "o").iterdir())


def test_unknown_column_names_the_nearest(tmp_path: Path) -> None:
    """A misspelt column is refused with the column that was meant."""
    spec = broken(tmp_path / "a", "records.csv", b"record_id,enterprise_id,kind,ocurred_on\n")
    with pytest.raises(SourceMapError, match="did you mean 'occurred_on'"):
        read(spec, tmp_path / "o")


def test_wrong_folder_names_the_files_expected(tmp_path: Path) -> None:
    """A folder that does not fit the map is refused with the names of the files that the map reads."""
    (tmp_path / "a").mkdir()
    with pytest.raises(SourceMapError, match=r"inspections\.csv"):
        read(SourceSpec("chicago-food", district(tmp_path / "b").path), tmp_path / "o")
    with pytest.raises(SourceMapError, match=r"enterprises\.csv"):
        read(SourceSpec("canonical", tmp_path / "a"), tmp_path / "p")


def test_source_specs() -> None:
    """map:path is split at the first colon; anything else is a usage error with an example."""
    assert SourceSpec("canonical", Path("./district")) == parse_source("canonical:./district")
    assert SourceSpec("own.toml", Path("x:y")) == parse_source("own.toml:x:y")
    for text in ("", "canonical", "canonical:", ":x"):
        with pytest.raises(UsageError, match=r"canonical:\./district"):
            parse_source(text)


@pytest.mark.parametrize("name", shipped_maps())
def test_shipped_maps_are_valid_and_bilingual(name: str) -> None:
    """Every map that is shipped loads, bears its file's name and has title and note in both languages."""
    source = load_source_map(name)
    assert name == source.id
    assert all((source.title.zh, source.title.en, source.note.zh, source.note.en))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("strict_columns", "strict_colums", "did you mean 'strict_columns'"),
        ('covers = ["*"]', 'covers = ["inspektion"]', "did you mean 'inspection'"),
        ('from = "records"', 'from = "recs"', "not described under"),
        (
            'columns = "same"',
            'columns = { enterprise_id = { column = "a", first = ["b"] } }',
            "exactly one of",
        ),
        (
            'columns = "same"',
            'columns = { enterprise_id = { column = "a" }, stat = { column = "b" } }',
            "did you mean 'status'",
        ),
        (
            'columns = "same"',
            'columns = { enterprise_id = { column = "a" }, status = { constant = "aktive" } }',
            "did you mean 'active'",
        ),
    ],
)
def test_faults_of_a_map_are_explained(old: str, new: str, said: str, tmp_path: Path) -> None:
    """A word in a map that is not known is refused with the word that was meant."""
    text = (Path(__file__).resolve().parents[3] / "scoring/rules/sources/canonical.toml").read_text(
        encoding="utf-8"
    )
    own = tmp_path / "own.toml"
    own.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(SourceMapError, match=said):
        load_source_map(str(own))
