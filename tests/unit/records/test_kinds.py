"""What a kind of record may say, what is remarkable about a row, and what stays unknown."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from meanings import CASES, ENTERPRISE, Rows, read, rejected, remarks, visits

from scoring.records import Intake


def test_blank_categories_are_what_otherwise_says(tmp_path: Path) -> None:
    """An empty or full-width blank category is counted by the map's otherwise; a blank inside a word hides nothing."""
    _, rows = read("shuanggong", CASES / "blank-category" / "src", tmp_path)
    gravity = {str(row["document_no"])[-5:-1]: row["severity"] for row in rows}
    assert {"general"} == {gravity[number] for number in ("1301", "1302", "1303", "1304", "1305")}
    assert {"serious"} == {gravity[number] for number in ("1309", "1311", "1312")}


def test_remarkable_codes_are_listed_row_by_row(tmp_path: Path) -> None:
    """A code with a letter l for 1 is taken in, and its row is named."""
    intake, _ = read("shuanggong", CASES / "shapes" / "codes", tmp_path)
    listed = [(row["row"], row["value"], row["code"]) for row in remarks(intake)]
    assert [("16", "9L330802YY0000025E", "uscc_check_digit")] == listed


def test_rows_that_no_emit_took_are_listed_by_value(tmp_path: Path) -> None:
    """What fell out of scope is told by file, value and count; a covered kind that got nothing is told too."""
    rows_given = [f"{n},虚构,{ENTERPRISE},2026-03-0{n},{'不合格' if n == 3 else ''}" for n in (1, 2, 3)]
    intake, _ = visits(tmp_path, *rows_given, when='when = [{ column = "结果", ending = "通过" }]')
    listed = [(row["row"], row["rows"], row["value"], row["code"]) for row in remarks(intake)]
    assert [
        ("2", "1", "inspection", "covered_kind_empty"),
        ("2", "2", "结果=", "not_taken"),
        ("4", "1", "结果=不合格", "not_taken"),
    ] == listed
    assert {"not_taken": 3, "covered_kind_empty": 1} == next(iter(intake.sources.values())).warnings


def canonical(tmp_path: Path, enterprise: str, record: str) -> tuple[Intake, Rows]:
    """One enterprise and one record in the canonical format."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "enterprises.csv").write_text(
        f"enterprise_id,name,entity_type,status\n{enterprise}\n", encoding="utf-8"
    )
    (tmp_path / "in" / "records.csv").write_text(
        "record_id,enterprise_id,kind,result,severity,field,occurred_on,known_on\n"
        f"R,{enterprise.partition(',')[0]},{record},2026-03-02,2026-03-03\n",
        encoding="utf-8",
    )
    return read("canonical", tmp_path / "in", tmp_path / "out")


@pytest.mark.parametrize(
    ("kind", "result", "meant"),
    [
        ("inspection", "unqualified", "problem"),
        ("inspection", "qualified", "no_problem"),
        ("sampling_test", "problem", "unqualified"),
        ("self_inspection", "qualified", "no_problem"),
        ("inspection", "violation", "violation"),
    ],
)
def test_results_are_those_of_their_kind(kind: str, result: str, meant: str, tmp_path: Path) -> None:
    """A result of another kind that says the same is taken for its own."""
    _, rows = canonical(tmp_path, f"{ENTERPRISE},虚构,,", f"{kind},{result},,")
    assert [meant] == [row["result"] for row in rows]


@pytest.mark.parametrize("record", ["inspection,kept,,", "tax_grade,problem,,", "licence,no_problem,,"])
def test_results_of_other_kinds_are_refused(record: str, tmp_path: Path) -> None:
    """A result that a kind cannot have is refused, and the sentence names those that it can."""
    intake, rows = canonical(tmp_path, f"{ENTERPRISE},虚构,,", record)
    kind, result = record.split(",")[:2]
    assert ([], {f"{kind}: {result}": "result_not_of_kind"}) == (rows, rejected(intake))
    sentence = intake.rejects.read_text(encoding="utf-8-sig")
    assert {"inspection": "no_problem", "tax_grade": "grade_a", "licence": "no result"}[kind] in sentence


@pytest.mark.parametrize(
    ("record", "code"),
    [("administrative_penalty,,,", "severity_missing"), ("tax_arrears,,general,food", "foreign_field")],
)
def test_what_hides_a_record_from_rules_is_told(record: str, code: str, tmp_path: Path) -> None:
    """A record without the gravity that its kind needs, or with a field that is not its kind's, stays and is named."""
    intake, rows = canonical(tmp_path, f"{ENTERPRISE},虚构,,", record)
    assert (1, [code]) == (len(rows), [row["code"] for row in remarks(intake)])


@pytest.mark.parametrize(
    ("enterprise", "known"),
    [
        ("demo:1,虚构,,", (None, None)),
        ("demo:1,虚构,branch,dormant", ("branch", "dormant")),
        (f"{ENTERPRISE},虚构,,", ("company", None)),
        ("9L330802YY0000025E,虚构,,", (None, None)),
        ("13330802YY0000025E,虚构,,", ("other", None)),
    ],
)
def test_unknown_stays_unknown(enterprise: str, known: tuple[str | None, str | None], tmp_path: Path) -> None:
    """Type and status are what a column or a registered code says, and nothing otherwise."""
    intake, _ = canonical(tmp_path, enterprise, "inspection,no_problem,,")
    table = pq.read_table(intake.enterprises).to_pylist()[0]
    assert known == (table["entity_type"], table["status"])


def test_a_map_may_state_the_type(tmp_path: Path) -> None:
    """Who has no type by column or code has the one that the map states."""
    keys = 'scheme = "local"\ndefault_entity_type = "cooperative"'
    intake, _ = visits(
        tmp_path, "1,虚构,7,2026-03-02,合格", f"2,虚构,{ENTERPRISE},2026-03-02,合格", keys=keys
    )
    types = pq.read_table(intake.enterprises).to_pylist()
    assert {"local:7": "cooperative", ENTERPRISE: "company"} == {
        row["enterprise_id"]: row["entity_type"] for row in types
    }


def test_restoring_one_report_restores_the_act(tmp_path: Path) -> None:
    """Of two reports of one decision the restoration of one ends both, from the day on which it is known."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "enterprises.csv").write_text(
        f"enterprise_id,name\n{ENTERPRISE},虚构\n", encoding="utf-8"
    )
    row = f"{ENTERPRISE},administrative_penalty,general,2026-03-10,局,罚〔2026〕7号"
    (tmp_path / "in" / "records.csv").write_text(
        "enterprise_id,kind,severity,decided_on,authority,document_no,record_id,restored_on,known_on\n"
        f"{row},one,,2026-03-17\n{row},one,2026-05-01,2026-05-04\n{row},two,,2026-04-01\n",
        encoding="utf-8",
    )
    _, rows = read("canonical", tmp_path / "in", tmp_path / "out")
    assert {date(2026, 5, 4)} == {row["restored_on"] for row in rows if row["record_id"] == "two"}


FOLLOW_UP = """
[[emit]]
from = "visits"
when = [{ column = "复查日期", not_empty = true }]
[emit.columns]
record_id = { column = "编号", prefix = "visit:", suffix = ":followup" }
enterprise_id = { column = "代码" }
kind = { constant = "inspection" }
occasion = { constant = "followup" }
result = { column = "复查结果", values = { "合格" = "no_problem", "不合格" = "problem" } }
occurred_on = { column = "复查日期" }
known_on = { after = "occurred_on", days = 20, assumed = true }
"""


def test_a_second_visit_is_known_after_it_took_place(tmp_path: Path) -> None:
    """The recipe of the handbook makes two records of a row with a second visit, each known after its own day."""
    source = (CASES / "reused-number" / "visits.toml").read_text(encoding="utf-8")
    (tmp_path / "visits.toml").write_text(source + FOLLOW_UP, encoding="utf-8")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "visits.csv").write_text(
        "编号,企业,代码,日期,结果,复查日期,复查结果\n"
        f"1,虚构,{ENTERPRISE},2026-03-02,不合格,2026-04-01,合格\n2,虚构,{ENTERPRISE},2026-03-09,合格,/,\n",
        encoding="utf-8",
    )
    _, rows = read(str(tmp_path / "visits.toml"), tmp_path / "in", tmp_path / "out")
    assert [
        ("problem", date(2026, 3, 2), date(2026, 3, 22)),
        ("no_problem", date(2026, 4, 1), date(2026, 4, 21)),
        ("no_problem", date(2026, 3, 9), date(2026, 3, 29)),
    ] == [(row["result"], row["occurred_on"], row["known_on"]) for row in rows]
    handbook = [CASES.parents[1] / "docs" / lang / "source-maps.md" for lang in ("zh", "en")]
    assert all(FOLLOW_UP.strip() in page.read_text(encoding="utf-8") for page in handbook)


def test_an_authority_that_the_register_lacks_is_named_and_counted(tmp_path: Path) -> None:
    """A name of no register is one remark with the number of its records, a known spelling is none, and no row is refused."""
    folder, header = tmp_path / "in", "record_id,enterprise_id,kind,result,occurred_on,known_on,authority"
    folder.mkdir()
    (folder / "enterprises.csv").write_text(f"enterprise_id,name\n{ENTERPRISE},虚构\n", encoding="utf-8")
    names = ("某局", "某局", "柯城区 虚构市场监督管理局", "")
    rows = [f"{n},{ENTERPRISE},inspection,no_problem,2026-03-02,2026-03-03,{a}" for n, a in enumerate(names)]
    (folder / "records.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    intake, kept = read("canonical", folder, tmp_path / "out")
    remark = remarks(intake)
    assert (4, [("unknown_authority", "某局", "2")]) == (
        len(kept),
        [(row["code"], row["value"], row["rows"]) for row in remark],
    )
    assert {"unknown_authority": 2} == next(iter(intake.sources.values())).warnings
