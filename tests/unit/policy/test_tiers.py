"""A table of tiers: written out as caps, and giving through the engine just what the table says."""

from __future__ import annotations

from itertools import chain, product
from pathlib import Path

import pytest
from worlds import Row, World, enterprise, record

from scoring.policy.check.checks import check_file
from scoring.policy.language.schema import Limit, Policy
from scoring.policy.load import load_policy

SECTORS = load_policy("quzhou-sectors@2026-07-01", None).policy
TIERS = SECTORS.tiers
assert TIERS is not None
GRADES = ("grade_a", "grade_b", "grade_c", "grade_d", "unknown")
LEVELS = {"grade_a": 1, "grade_b": 2, "grade_c": 4, "grade_d": 5}
TABLE = """
          A  B  C  D  -
       A  A  A  B  C  B
       B  A  B  C  C  B
       C  B  C  C  D  C
       D  C  C  D  D  C
       -  B  B  C  C
"""
"""The table of the sectors as a person reads it: public credit grades down, industry grades across."""
GOOD = Path(__file__).resolve().parents[2] / "bad_rules" / "good-tiers.toml"


def by_hand() -> dict[tuple[str, str], str]:
    """The band of each pair of grades, from the table above."""
    names = dict(zip("ABCD-", GRADES, strict=True))
    heads, *rows = [line.split() for line in TABLE.strip().splitlines()]
    found = {}
    for row, *bands in rows:
        for column, band in zip(heads, bands, strict=False):
            found[names[row], names[column]] = band
    return found


def graded(enterprise_id: str, row: str, column: str) -> list[Row]:
    """Records of an enterprise with two grades; of ``unknown`` it has none."""
    kinds = {"public_credit_score": row, "industry_grade": column}
    return [
        record(enterprise_id, f"{enterprise_id}-{kind}", kind=kind, result=grade)
        for kind, grade in kinds.items()
        if grade != "unknown"
    ]


def tiers_caps(policy: Policy) -> dict[str, Limit]:
    """The caps that a table of tiers made."""
    return {cap.id: cap for cap in policy.caps if cap.id.startswith("tier__")}


def test_the_table_is_that_of_the_file() -> None:
    """The shipped table has just the pairs and bands that a person wrote down, and none for no grade at all."""
    assert TIERS is not None
    written = {(row, column): band for row, line in TIERS.table.items() for column, band in line.items()}
    assert by_hand() == written
    assert set(product(GRADES, GRADES)) - {("unknown", "unknown")} == set(written)


def test_every_pair_that_is_not_best_is_a_cap() -> None:
    """A cap stands for each pair outside of the best band; it holds for this pair alone and cites what the table cites."""
    assert TIERS is not None
    caps = tiers_caps(SECTORS)
    assert {f"tier__{row}__{column}" for (row, column), band in by_hand().items() if band != "A"} == set(caps)
    for (row, column), band in by_hand().items():
        cap = caps.get(f"tier__{row}__{column}")
        if cap is None:
            continue
        told = [
            (each.indicator, each.at_least, each.at_most) if not each.unknown else (each.indicator, "unknown")
            for each in cap.all
        ]
        expected = [
            (indicator, LEVELS[grade], LEVELS[grade]) if grade in LEVELS else (indicator, "unknown")
            for indicator, grade in ((TIERS.rows, row), (TIERS.columns, column))
        ]
        assert (expected, (), band, TIERS.legal) == (told, cap.any, cap.band, cap.legal)


@pytest.mark.parametrize(
    ("cap_id", "zh", "en"),
    [
        (
            "tier__grade_c__grade_d",
            "公共信用评价等级 C级，行业信用评价等级 D级",
            "Public credit grade: Grade C; Industry grade: Grade D",
        ),
        (
            "tier__unknown__grade_a",
            "公共信用评价等级 不详，行业信用评价等级 A级",
            "Public credit grade: unknown; Industry grade: Grade A",
        ),
    ],
)
def test_a_cap_is_called_by_its_pair(cap_id: str, zh: str, en: str) -> None:
    """The label of a cap names both grades, in both languages."""
    label = tiers_caps(SECTORS)[cap_id].label
    assert (zh, en) == (label.zh, label.en)


def test_every_pair_gives_its_band(world: World) -> None:
    """Through the engine each of the 24 pairs gives the band of the table, and no grade at all is not rated."""
    cases = {f"{row}-{column}": graded(f"{row}-{column}", row, column) for row, column in by_hand()}
    everybody = [enterprise(name) for name in [*cases, "none"]]
    scores = world.holds(everybody, list(chain.from_iterable(cases.values()))).scores(SECTORS)
    expected = {f"{row}-{column}": band for (row, column), band in by_hand().items()}
    assert {**expected, "none": None} == {name: score["band"] for name, score in scores.items()}
    assert "no_grade" == scores["none"]["status_reason"]
    for name, score in scores.items():
        caps = [] if expected.get(name) in ("A", None) else [f"tier__{name.replace('-', '__')}"]
        assert caps == list(score["caps"]), name


def test_the_newest_grade_decides(world: World) -> None:
    """Of several grades of a kind the newest known counts, for better and for worse."""
    cases = {"better": ("grade_d", "grade_b"), "worse": ("grade_b", "grade_d")}
    records = []
    for name, (before, now) in cases.items():
        records += graded(name, "unknown", "grade_b")
        for age, grade in ((300, before), (10, now)):
            records.append(record(name, f"{name}-{age}", kind="public_credit_score", result=grade, age=age))
    scores = world.holds(map(enterprise, cases), records).scores(SECTORS)
    assert {"better": "B", "worse": "C"} == {name: score["band"] for name, score in scores.items()}


def test_own_caps_stand_before_those_of_the_table(tmp_path: Path) -> None:
    """A policy with caps of its own keeps them, in their order, and those of the table follow."""
    own = '[[caps]]\nid = "own"\nlabel = { zh = "自己的", en = "Own" }\nband = "B"\nlegal = ["law"]\n'
    own += 'all = [{ enterprise = "size_band", in = ["large"] }]\n\n[tiers]'
    path = tmp_path / "draft.toml"
    path.write_text(GOOD.read_text(encoding="utf-8").replace("[tiers]", own, 1), encoding="utf-8")
    ids = [cap.id for cap in load_policy(str(path), None).policy.caps]
    assert ("own", 7) == (ids[0], len(ids[1:]))
    assert all(cap_id.startswith("tier__") for cap_id in ids[1:])


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        (
            'unknown = { grade_a = "B", grade_b = "C" }',
            'unknown = { grade_a = "B", grade_b = 3 }',
            "bad_value",
            63,
        ),
        ('unknown = { grade_a = "B", grade_b = "C" }', 'unknown = "C"', "bad_value", 63),
        ('rows = "public_credit"', "rows = 3", "bad_value", 55),
        ('columns = "industry"', 'columns = "industries"', "tiers_measure", 56),
        ("[tiers.table]", "[tiers.tables]", "unknown_key", 60),
        ('legal = ["law"]\n\n[tiers.table]', 'legal = ["laws"]\n\n[tiers.table]', "unknown_legal", 58),
        ('grade_b = { grade_a = "C"', 'grade_c = { grade_a = "C"', "tiers_incomplete", 60),
    ],
)
def test_faults_lie_in_the_table(tmp_path: Path, old: str, new: str, code: str, line: int) -> None:
    """What is wrong in the table is reported at its own line and once, never at the head of the file for a cap."""
    text = GOOD.read_text(encoding="utf-8")
    assert 1 == text.count(old)
    path = tmp_path / "draft.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    findings = check_file(path)
    assert (code, f"{path}:{line}") in {(finding.code, finding.place) for finding in findings}
    assert f"{path}:1" not in {finding.place for finding in findings}
    assert len(set(findings)) == len(findings)
