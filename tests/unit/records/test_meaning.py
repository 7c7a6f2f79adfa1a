"""What cells mean: words for nothing, days, numbers of decisions, and the ids that are made of them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from meanings import CASES, ENTERPRISE, read, rejected, visits


def test_words_for_nothing_keep_the_penalty(tmp_path: Path) -> None:
    """A fine of 无, /, —, 暂无, NULL, N/A or 不适用 is not stated, and full width is read; what is no amount is refused."""
    intake, rows = read("shuanggong", CASES / "amounts" / "all", tmp_path)
    fines = {str(row["document_no"])[9:-1]: row["amount_fen"] for row in rows}
    stated_as_none = (15, 16, 17, 18, 19, 32, 33, 34, 46, 47, 48)
    assert {None} == {fines[str(number)] for number in stated_as_none}
    assert (200_000, 9_000_000, 0) == (fines["5"], fines["52"], fines["20"])
    codes = rejected(intake)
    assert {"bad_amount"} == {codes[text] for text in ("警告", "0.2万元", "1,000", "约0.5", "无罚款")}


@pytest.mark.parametrize(
    ("word", "keys", "kept"),
    [
        ("无", "", None),
        ("N/A", "", None),
        ("未登记", "", "未登记"),
        ("未登记", 'sentinels = ["未登记"]', None),
    ],
)
def test_sentinels_are_of_every_column(word: str, keys: str, kept: str | None, tmp_path: Path) -> None:
    """A word for nothing leaves a text empty as it does a day; a source may name more."""
    intake, _ = visits(tmp_path, f"1,{word},{ENTERPRISE},2026-03-02,合格", keys=keys)
    assert [kept] == pq.read_table(intake.enterprises)["name"].to_pylist()


def test_sentinels_may_be_days(tmp_path: Path) -> None:
    """A day among the sentinels is not stated, whatever time stands behind it, and outside the calendar too."""
    intake, rows = read(str(CASES / "days" / "sent.toml"), CASES / "days" / "sent", tmp_path)
    assert [None, None, date(2026, 3, 1), None, None] == [row["occurred_on"] for row in rows]
    assert 0 == next(iter(intake.sources.values())).rejected


@pytest.mark.parametrize(
    ("map_name", "folder", "days"),
    [
        ("zone.toml", "js", [(3, 2), (1, 1), (5, 4), (5, 4), (5, 4), (5, 4)]),
        ("pq.toml", "pq", [(3, 2), (1, 1)]),
    ],
)
def test_instants_have_the_day_of_shanghai(
    map_name: str, folder: str, days: list[tuple[int, int]], tmp_path: Path
) -> None:
    """An instant with a zone, and milliseconds since 1970, are the calendar day where the enterprises are."""
    _, rows = read(str(CASES / "days" / map_name), CASES / "days" / folder, tmp_path)
    assert [date(2026, month, day) for month, day in days] == [row["occurred_on"] for row in rows]


READ_AS_MAY_4 = (
    "2026年5月4日",
    "2026-5-4",
    "２０２６－０５－０４",
    "２０２６年５月４日",
    "20260504",
    "20260504093000",
    "202605040930",
    "2026-05-03T16:00:00.000Z",
    "2026-05-03T16:00Z",
    "20260503T160000Z",
    "2026-05-04T00:00:00+08:00",
    "2026-05-04 00:00:00+0800",
    "2026-05-04 00:00+08",
    "2026-05-03T23:30:00-05:30",
    "1777824000000",
    "1777824000",
    "46146",
    "46146.0",
    "46146.75",
    "2026.5.4",
    "2026/5/4 0:00",
    "2026年05月04日 10:30",
    "2026-05-04T10:30",
    "2026-05-04 10:30:15.123456",
)
AMBIGUOUS = ("2026111", "2026011", "2026514", "04/05/2026", "05/04/2026", "26-05-04", "26/5/4", "4.5.26")
NO_DAY = (
    "202605",
    "2026-05",
    "2026年5月",
    "20261301",
    "2026-02-29",
    "2026--05-04",
    "4-May-26",
    "1999123123",
    "0",
)


def test_days_are_read_or_said_to_be_ambiguous(tmp_path: Path) -> None:
    """Every usual way of writing a day gives it, serial numbers too; what may be several days is refused for that."""
    written = (*READ_AS_MAY_4, *AMBIGUOUS, *NO_DAY)
    rows_given = [f"{number},虚构,{ENTERPRISE},{text},合格" for number, text in enumerate(written)]
    intake, rows = visits(tmp_path, *rows_given)
    assert dict.fromkeys(range(len(READ_AS_MAY_4)), date(2026, 5, 4)) == {
        int(str(row["record_id"]).split(":")[1]): row["occurred_on"] for row in rows
    }
    codes = rejected(intake)
    assert {**dict.fromkeys(AMBIGUOUS, "ambiguous_date"), **dict.fromkeys(NO_DAY, "bad_date")} == codes


def test_serial_days_of_a_workbook(tmp_path: Path) -> None:
    """Days, serial numbers and texts in one column of a workbook are all read."""
    _, rows = read("shuanggong", CASES / "dates" / "mixdates", tmp_path)
    assert list(range(10, 16)) == [day.day for row in rows if isinstance(day := row["decided_on"], date)]


def test_one_form_of_a_document_number(tmp_path: Path) -> None:
    """Thirteen ways of writing one number make one act each of its two reports."""
    _, rows = read("shuanggong", CASES / "same-act" / "brackets", tmp_path)
    acts = {(row["enterprise_id"], row["act_id"]) for row in rows}
    assert (26, 13, {1, 2}) == (len(rows), len(acts), {row["act_rank"] for row in rows})


@pytest.mark.parametrize(
    ("number", "joins"),
    [
        ("衢罚〔2026〕第88号", True),
        ("衢罚《2026》88号", True),
        ("衢罚2026年第88号", True),
        ("衢罚 〔 2026 〕 88号", True),
        ("衢罚〔2026〕89号", False),
    ],
)
def test_numbers_in_other_words(number: str, joins: bool, tmp_path: Path) -> None:
    """The ordinal, the year with 年 and rare brackets are the same number; another number is not."""
    assert joins == (1 == len(acts_of("衢罚〔2026〕88号", number, tmp_path)))


@pytest.mark.parametrize(
    "number", ["2026年", "〔2026〕", "衢罚〔2026〕号", "2026", "330802", "衢州市2026年", "３３０８０２"]
)
def test_a_year_or_a_place_joins_nothing(number: str, tmp_path: Path) -> None:
    """A number that is only a year or the code of a place identifies no decision."""
    assert 2 == len(acts_of(number, number, tmp_path))


def acts_of(first: str, second: str, tmp_path: Path) -> set[object]:
    """The acts of two penalties with these numbers."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "enterprises.csv").write_text(
        f"enterprise_id,name\n{ENTERPRISE},虚构\n", encoding="utf-8"
    )
    header = "record_id,enterprise_id,kind,severity,decided_on,known_on,authority,document_no\n"
    rows = "".join(
        f"R{place},{ENTERPRISE},administrative_penalty,general,2026-03-10,2026-03-17,局,{number}\n"
        for place, number in enumerate((first, second))
    )
    (tmp_path / "in" / "records.csv").write_text(header + rows, encoding="utf-8")
    _, records = read("canonical", tmp_path / "in", tmp_path / "out")
    return {row["act_id"] for row in records}


def test_an_export_written_otherwise_has_the_same_ids(tmp_path: Path) -> None:
    """The same penalty with its day written 2026/03/10 is the same record."""
    _, january = read("shuanggong", CASES / "re-export" / "jan", tmp_path / "jan")
    _, february = read("shuanggong", CASES / "re-export" / "feb_slash", tmp_path / "feb")
    assert january == february


def test_ids_as_written_stay(tmp_path: Path) -> None:
    """A map may keep the ids of before; a number said to be unique does not name its enterprise."""
    row = f"1,虚构,{ENTERPRISE},2026/3/2,合格"
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    _, kept = visits(tmp_path / "a", row, keys='ids = "as_written"')
    _, unique = visits(tmp_path / "b", row, unique=", unique = true")
    assert ["visit:1"] * 2 == [rows[0]["record_id"] for rows in (kept, unique)]


def test_a_reused_number_is_a_conflict(tmp_path: Path) -> None:
    """One number with two contents on assumed days: nobody has corrected anything, both are refused."""
    intake, rows = read(
        str(CASES / "reused-number" / "visits.toml"), CASES / "reused-number" / "dup", tmp_path
    )
    counts = next(iter(intake.sources.values()))
    assert ({"conflict": 2}, 2, 2) == (counts.rejected_by, counts.merged, len(rows))


def test_one_number_of_two_enterprises_is_two_records(tmp_path: Path) -> None:
    """A number counts within its enterprise, unless the map says that it is unique."""
    rows_given = [f"1,甲,{ENTERPRISE},2026-03-02,合格", "1,乙,91330802YY00000010,2026-03-09,不合格"]
    _, rows = visits(tmp_path, *rows_given)
    assert 2 == len({row["record_id"] for row in rows})


def test_overlapping_exports_add_up(tmp_path: Path) -> None:
    """Of ten rows in two exports, two of which are the same, eight are accepted and two merged."""
    intake, _ = read("shuanggong", CASES / "overlapping" / "src", tmp_path)
    counts = next(iter(intake.sources.values()))
    assert (10, 8, 2) == (counts.rows_in, counts.accepted, counts.merged)


def test_rows_that_only_create_enterprises_overlap_too(tmp_path: Path) -> None:
    """A row that no emit of records takes is merged where another row gives the same enterprise."""
    row = f"1,虚构,{ENTERPRISE},2026-03-02,不详"
    intake, _ = visits(tmp_path, row, row, when='when = [{ column = "结果", in = ["合格"] }]')
    counts = next(iter(intake.sources.values()))
    assert (2, 1, 1) == (counts.rows_in, counts.accepted, counts.merged)
