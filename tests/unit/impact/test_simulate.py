"""A simulation against two scorings done separately: every total, every move, every reason."""

from __future__ import annotations

import csv
import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest
from openpyxl import load_workbook
from worlds import bands, enterprise, indicator, make_policy, per_unit, record, rule, version_of

from scoring.analysis.impact import simulate as module
from scoring.analysis.impact.simulate import simulate
from scoring.assess.folder import BatchOptions
from scoring.errors import InputError
from scoring.policy.load import load_policy
from scoring.policy.resolved import ResolvedPolicy
from scoring.records.map.sources import SourceSpec

BANDS = ["A", "B", "C", "D", None]


def moves_of(folder: Path) -> list[dict[str, str]]:
    """Rows of ``moves.csv``."""
    with (folder / "moves.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def crossed(old: pd.Series, new: pd.Series) -> list[list[int]]:
    """The matrix, counted the slow way."""
    pairs = [tuple(None if pd.isna(band) else band for band in pair) for pair in zip(old, new, strict=True)]
    return [[pairs.count((a, b)) for b in BANDS] for a in BANDS]


def test_matrix_is_that_of_two_scorings(trial: Any) -> None:
    """The matrix equals the one counted from two result folders, and both sums are the bands of those results."""
    old, new = trial.scores("old")["band"], trial.scores("new")["band"]
    assert crossed(old, new) == trial.found["matrix"]
    runs = {
        side: json.loads((trial.scored[side] / "run.json").read_text(encoding="utf-8"))["bands"]
        for side in ("old", "new")
    }
    assert [runs["old"].get(b, 0) for b in BANDS[:4]] == [sum(row) for row in trial.found["matrix"][:4]]
    assert [runs["new"].get(b, 0) for b in BANDS[:4]] == [
        sum(column) for column in zip(*trial.found["matrix"], strict=True)
    ][:4]


@pytest.mark.parametrize("dimension", ["district", "industry", "size"])
def test_groups_add_up(trial: Any, dimension: str) -> None:
    """The matrices of the groups add up to the whole, cell by cell, and so do their moves; one group is counted again."""
    groups = trial.found["by"][dimension]
    assert 3 < len(groups)
    whole = [[sum(g["matrix"][m][n] for g in groups) for n in range(5)] for m in range(5)]
    assert trial.found["matrix"] == whole
    assert sum(trial.found["moved"].values()) == sum(sum(g["moved"].values()) for g in groups)
    column = {"district": "district_code", "industry": "industry_code", "size": "size_band"}[dimension]
    listed = pd.read_parquet(trial.scored["old"] / "enterprises.parquet")
    listed = listed[listed["known_on"].isna() | (pd.to_datetime(listed["known_on"]) <= "2026-09-30")]
    listed = listed[listed["known_until"].isna() | (pd.to_datetime(listed["known_until"]) > "2026-09-30")]
    ids = listed[listed[column] == groups[0]["value"]]["enterprise_id"]
    assert crossed(trial.scores("old")["band"][ids], trial.scores("new")["band"][ids]) == groups[0]["matrix"]


def test_every_move_is_told_and_no_other(trial: Any) -> None:
    """``moves.csv`` holds exactly the enterprises whose band differs, with the points and bands of the two results."""
    old, new = trial.scores("old"), trial.scores("new")
    expected = {
        i: (str(old["band"][i]), str(new["band"][i]), str(int(old["points"][i])), str(int(new["points"][i])))
        for i in old.index[old["band"].fillna("") != new["band"].fillna("")]
    }
    rows = moves_of(trial.out)
    assert expected == {
        r["enterprise_id"]: (r["old_band"], r["new_band"], r["old_points"], r["new_points"]) for r in rows
    }
    assert 20 < len(rows)
    assert {"better", "worse"} <= {r["direction"] for r in rows}


def test_the_named_rule_really_changed(trial: Any) -> None:
    """A named indicator changed most in the move's direction; a named cap or veto holds under one policy and not the other."""
    old, new, before, after = (
        trial.scores("old"),
        trial.scores("new"),
        trial.points("old"),
        trial.points("new"),
    )
    for row in moves_of(trial.out):
        who, way = row["enterprise_id"], 1 if row["direction"] == "better" else -1
        changes = {
            i.id: (after.get((who, i.id), 0) - before.get((who, i.id), 0)) * way
            for i in trial.new.policy.indicators
        }
        assert row["rules"]
        for named in row["rules"].split(";"):
            kind, rule_id, state = named.split(":")
            if kind == "indicator":
                assert changes[rule_id] == max(changes.values()) > 0
            else:
                column = {"cap": "caps", "veto": "vetoes"}[kind]
                held = (rule_id in old[column][who], rule_id in new[column][who])
                assert {"gone": (True, False), "appeared": (False, True)}[state] == held


def test_reasons_count_the_moves(trial: Any) -> None:
    """The reasons of the totals are those of the moves, with labels in both languages."""
    named = [name for row in moves_of(trial.out) for name in row["rules"].split(";")]
    told = {
        ":".join(part for part in (b["kind"], b["id"], b["state"]) if part): b["n"]
        for b in trial.found["because"]
    }
    assert {name: named.count(name) for name in set(named)} == told
    assert all(b["label"]["zh"] and b["label"]["en"] for b in trial.found["because"])


def test_workbook_holds_the_same(trial: Any) -> None:
    """The workbook has its five sheets, the matrix with its sums, and as many moves as the file."""
    book = load_workbook(trial.out / "simulation.xlsx")
    assert [
        "矩阵 Matrix",
        "按区划 By district",
        "按行业 By industry",
        "按规模 By size",
        "变动 Moves",
    ] == book.sheetnames
    *rows, _sums, _blank, (notice, *_) = book["矩阵 Matrix"].iter_rows(min_row=2, values_only=True)
    assert [[*row, sum(row)] for row in trial.found["matrix"]] == [list(row[1:]) for row in rows]
    assert "演示规则" in str(notice) and "Demonstration rules" in str(notice)
    assert {notice} == {row["notice"] for row in moves_of(trial.out)}
    assert len(moves_of(trial.out)) == book["变动 Moves"].max_row - 1
    heads = [str(cell.value) for cell in book["按区划 By district"][1]][:3]
    assert ["区划 District", "主体数 Enterprises", "变好 better"] == heads


def test_workbook_reads_as_words(trial: Any) -> None:
    """The workbook has words in both languages where the file has codes, with the codes that people look up behind them."""
    sheet = load_workbook(trial.out / "simulation.xlsx")["变动 Moves"]
    shown = [[str(cell.value) for cell in row[2:8]] for row in sheet.iter_rows(min_row=2)]
    columns = ("district", "industry", "size", "old_band", "new_band", "direction")
    coded = [[row[column] for column in columns] for row in moves_of(trial.out)]
    for words, codes in zip(shown, coded, strict=True):
        assert [f"({code})" in word for word, code in zip(words[:2], codes[:2], strict=True)] == [True, True]
        assert not set(words[2:]) & set(codes[2:])
    said = {word for words in shown for word in words}
    assert {"柯城区 (330802)", "变好 better", "黄码 Yellow (C)", "微型 Micro"} <= said
    assert any(word.startswith("零售业 Retail (F52") for word in said)


def test_the_same_bytes_twice(trial: Any, tmp_path: Path) -> None:
    """The same simulation on another number of threads gives every file byte for byte."""
    simulate(
        trial.sources, trial.old, trial.new, date(2026, 9, 30), tmp_path / "again", BatchOptions(threads=1)
    )
    digests = [
        {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()}
        for folder in (trial.out, tmp_path / "again")
    ]
    assert {"simulation.json", "moves.csv", "simulation.xlsx", "migration.svg"} == set(digests[0])
    assert digests[0] == digests[1]


def test_picture_says_every_number(trial: Any) -> None:
    """The picture is well-formed SVG with a title and every number of the matrix; no script and no style sheet."""
    root = ElementTree.fromstring((trial.out / "migration.svg").read_text(encoding="utf-8"))  # noqa: S314 — our own file
    texts = [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]
    numbers = [n for row in trial.found["matrix"] for n in row if n]
    assert [] == [n for n in numbers if not any(text.split(" ")[-1] == f"{n:,}" for text in texts)]
    assert {"蓝码", "绿码", "黄码", "红码", "未评价"} <= set(texts)
    assert root.find("{http://www.w3.org/2000/svg}title") is not None
    assert not {"script", "style"} & {element.tag.rpartition("}")[2] for element in root.iter()}


def tiny(
    tmp_path: Path, old: Any, new: Any, records: list[dict[str, Any]], who: list[dict[str, Any]]
) -> tuple[dict[str, Any], Path]:
    """A simulation of a few enterprises under two tiny policies."""
    for name, rows in (
        ("enterprises", who),
        ("records", [{k: v for k, v in r.items() if k != "act_rank"} for r in records]),
    ):
        pd.DataFrame(rows).to_csv(tmp_path / f"{name}.csv", index=False)
    found = simulate(
        [SourceSpec("canonical", tmp_path)],
        version_of(old),
        version_of(new),
        date(2026, 9, 30),
        tmp_path / "out",
    )
    return found, tmp_path / "out"


COUNTED = indicator("x", bins=per_unit(0, -20, -60))
CAPPED: dict[str, Any] = {"caps": [rule("low", all=[{"indicator": "x", "at_least": 1}], band="C")]}
TENTHS: dict[str, Any] = {"scale": {"base": 1000, "low": 0, "high": 2000, "per_point": 10}}
TENFOLD = bands(("A", 1500), ("B", 1000), ("C", 500), ("D", 0))
LOW_COUNTED, LOW_HARDER = indicator("x", bins=per_unit(0, 20, 60)), indicator("x", bins=per_unit(0, 60))
LOW_IS_BEST: dict[str, Any] = {
    "scale": {"base": 0, "low": 0, "high": 200},
    "bands": bands(("A", 0), ("B", 50), ("C", 100), ("D", 150)),
}
LOWER = {"caps": [{**CAPPED["caps"][0], "band": "D"}]}
NARROW = {"bands": bands(("A", 150), ("B", 90), ("C", 50), ("D", 0))}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (make_policy(COUNTED), make_policy(indicator("x", bins=per_unit(0, -30, -60))), set()),
        (make_policy(COUNTED), make_policy(COUNTED, **NARROW), set()),
        (
            make_policy(COUNTED, **NARROW),
            make_policy(indicator("x", bins=per_unit(0, -8, -60)), **NARROW),
            {"indicator:x:changed"},
        ),
        (
            make_policy(COUNTED, **NARROW),
            make_policy(COUNTED, scale={"base": 115, "low": 0, "high": 200}, **NARROW),
            {"base:base:changed"},
        ),
        (
            make_policy(COUNTED),
            make_policy(COUNTED, bands=bands(("A", 150), ("B", 75), ("C", 50), ("D", 0))),
            {"edges:changed"},
        ),
        (make_policy(indicator("x")), make_policy(indicator("x"), **CAPPED), {"cap:low:appeared"}),
        (make_policy(indicator("x"), **CAPPED), make_policy(indicator("x")), {"cap:low:gone"}),
        (make_policy(indicator("x"), **CAPPED), make_policy(indicator("x"), **LOWER), {"cap:low:stricter"}),
        (
            make_policy(COUNTED),
            make_policy(COUNTED, gates=[rule("thin", all=[{"indicator": "x", "at_least": 1}])]),
            {"gate:thin:appeared"},
        ),
        (make_policy(COUNTED, subjects=["branch"]), make_policy(COUNTED), {"gate:outside_scheme:gone"}),
        (
            make_policy(COUNTED),
            make_policy(indicator("x", bins=per_unit(0, -200, -600)), bands=TENFOLD, **TENTHS),
            set(),
        ),
        (
            make_policy(COUNTED),
            make_policy(indicator("x", bins=per_unit(0, -600, -600)), bands=TENFOLD, **TENTHS),
            {"indicator:x:changed"},
        ),
        (
            make_policy(LOW_COUNTED, **LOW_IS_BEST),
            make_policy(LOW_HARDER, **LOW_IS_BEST),
            {"indicator:x:changed"},
        ),
        (make_policy(COUNTED), make_policy(LOW_HARDER, **LOW_IS_BEST), {"scale:changed"}),
    ],
    ids=[
        "same-band",
        "edge-not-met",
        "indicator",
        "base",
        "edges",
        "cap-appears",
        "cap-goes",
        "cap-stricter",
        "gate",
        "gate-goes",
        "tenths-stay",
        "tenths-move",
        "low-is-best",
        "other-sense",
    ],
)
def test_each_rule_is_named(tmp_path: Path, old: Any, new: Any, expected: set[str]) -> None:
    """One enterprise with one record: whatever changed is named as what moves it, and nothing is where it stays."""
    _, out = tiny(tmp_path, old, new, [record("t:e1")], [enterprise("t:e1")])
    assert expected == {row["rules"] for row in moves_of(out)}


def test_other_bands(tmp_path: Path) -> None:
    """Where the bands have other ids and numbers the matrix is old by new, and nothing without a common name stays."""
    new = make_policy(COUNTED, bands=bands(("good", 100), ("bad", 0)))
    found, out = tiny(
        tmp_path, make_policy(COUNTED), new, [record("t:e2", "r2")], [enterprise("t:e1"), enterprise("t:e2")]
    )
    assert [[0] * 3, [1, 0, 0], [0, 1, 0], [0] * 3, [0] * 3] == found["matrix"]
    assert {"t:e1": "better", "t:e2": "worse"} == {
        row["enterprise_id"]: row["direction"] for row in moves_of(out)
    }


def test_names_that_are_formulas(tmp_path: Path) -> None:
    """A name that a spreadsheet would run is text in both files, in full width too."""
    names = ["=1+1", "+cmd", "-2", "@SUM(A1)", "＝1", "＋1", "－1", "＠x"]
    who = [enterprise(f"t:e{n}", name=name) for n, name in enumerate(names)]
    facts = [record(f"t:e{n}", f"r{n}") for n in range(len(names))]
    tiny(tmp_path, make_policy(indicator("x")), make_policy(indicator("x"), **CAPPED), facts, who)
    sheet = load_workbook(tmp_path / "out" / "simulation.xlsx")["变动 Moves"]
    cells = [row[1] for row in sheet.iter_rows(min_row=2)]
    assert {"s"} == {cell.data_type for cell in cells}
    told = [row["name"] for row in moves_of(tmp_path / "out")]
    assert told == [cell.value for cell in cells]
    assert 8 == len(told) and all(name.startswith("'") for name in told)


def test_a_foreign_folder_is_left_alone(trial: Any, tmp_path: Path) -> None:
    """A folder with somebody's files is refused before anything is read; an older simulation is replaced."""
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(InputError, match="left alone"):
        simulate(trial.sources, trial.old, trial.new, date(2026, 9, 30), tmp_path)
    assert ["letter.txt"] == [path.name for path in tmp_path.iterdir()]


def test_sources_are_read_once(trial: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading happens once, scoring twice, and a draft that is not in force yet can be tried."""
    calls: list[str] = []
    for name in ("read_sources", "score_intake"):
        real = getattr(module, name)
        monkeypatch.setattr(
            module, name, lambda *a, _name=name, _real=real, **k: (calls.append(_name), _real(*a, **k))[1]
        )
    later: ResolvedPolicy = load_policy("quzhou-demo@2026-04-01", None)
    found = simulate(trial.sources, trial.old, later, date(2024, 6, 30), tmp_path / "out")
    assert ["read_sources", "score_intake", "score_intake"] == calls
    assert "2024-06-30" == found["as_of"]
