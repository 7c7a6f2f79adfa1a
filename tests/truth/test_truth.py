"""What an explanation promises is true: recomputed from changed files by the ordinary batch, every promise holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from altered import Altered, Result, believed
from districts import AS_OF, District

from scoring.entities import Evidence, Explanation, Step, WhatIf

Records = list[dict[str, Any]]
Explained = Mapping[str, Explanation]


def told(what: WhatIf) -> Result:
    """A promised result as the batch says it."""
    return what.points, what.band


def cited(explanation: Explanation) -> dict[str, Evidence]:
    """Every record that an explanation cites, by id."""
    parts = (*explanation.reasons, *explanation.rules)
    return {record.record_id: record for part in parts for record in part.evidence}


def test_counterfactuals_are_true(district: District, explained: Explained, tmp_path: Path) -> None:
    """Removing each cited record changes points and band exactly as printed."""
    enterprises, records = believed(district, AS_OF)
    copies, printed = Altered(district), {}
    for enterprise_id, explanation in explained.items():
        for record_id, record in cited(explanation).items():
            assert record.without is not None
            printed[f"{enterprise_id}~{record_id}"] = told(record.without)
            rest = [r for r in records.get(enterprise_id, []) if r["record_id"] != record_id]
            copies.add(f"{enterprise_id}~{record_id}", enterprises[enterprise_id], rest)
    assert len(printed) > len(explained)
    assert printed == copies.score(copies.linked(tmp_path), AS_OF)


def test_forecasts_are_true(district: District, explained: Explained, tmp_path: Path) -> None:
    """On every printed day, and on the day before it, recomputing gives the printed points and band."""
    enterprises, records = believed(district, AS_OF)
    printed: dict[date, dict[str, Result]] = defaultdict(dict)
    for enterprise_id, explanation in explained.items():
        assert explanation.outlook is not None
        for turn in explanation.outlook.turns:
            printed[turn.on][enterprise_id] = told(turn.after)
            printed[turn.on - timedelta(days=1)][enterprise_id] = told(turn.before)
    copies = Altered(district)
    for enterprise_id in explained:
        copies.add(enterprise_id, enterprises[enterprise_id], records.get(enterprise_id, []))
    linked = copies.linked(tmp_path)
    for day, expected in printed.items():
        results = copies.score(linked, day)
        assert expected == {enterprise_id: results[enterprise_id] for enterprise_id in expected}, day


def test_between_the_printed_days_nothing_changes(
    district: District, explained: Explained, tmp_path: Path
) -> None:
    """On days taken every seven weeks the result is that of the last printed turn: none is left out."""
    enterprises, records = believed(district, AS_OF)
    copies = Altered(district)
    for enterprise_id in explained:
        copies.add(enterprise_id, enterprises[enterprise_id], records.get(enterprise_id, []))
    linked = copies.linked(tmp_path)
    for days in range(0, 1_096, 49):
        day = AS_OF + timedelta(days=days)
        assert {e: _forecast(x, day) for e, x in explained.items()} == copies.score(linked, day), day


def _forecast(explanation: Explanation, day: date) -> Result:
    score, outlook = explanation.score, explanation.outlook
    assert outlook is not None
    passed = [turn for turn in outlook.turns if turn.on <= day]
    return told(passed[-1].after) if passed else (score.points, score.band)


def test_paths_are_true(district: District, explained: Explained, tmp_path: Path) -> None:
    """Applying each printed path gives the promised points and grade on the promised day, and that grade is better."""
    enterprises, records = believed(district, AS_OF)
    promised: dict[date, dict[str, Result]] = defaultdict(dict)
    copies = Altered(district)
    for enterprise_id, explanation in explained.items():
        path = explanation.outlook.path if explanation.outlook else None
        if path is None or path.on is None or path.result is None:
            continue
        bands = [band.id for band in explanation.bands]
        assert explanation.band is None or bands.index(str(path.result.band)) < explanation.band.rank - 1
        promised[path.on][enterprise_id] = told(path.result)
        copies.add(
            enterprise_id, enterprises[enterprise_id], applied(records.get(enterprise_id, []), path.steps)
        )
    assert sum(map(len, promised.values())) > len(explained) // 4
    linked = copies.linked(tmp_path)
    for day, expected in promised.items():
        results = copies.score(linked, day)
        assert expected == {enterprise_id: results[enterprise_id] for enterprise_id in expected}, day


def test_paths_last_as_long_as_printed(district: District, explained: Explained, tmp_path: Path) -> None:
    """From the promised day to the printed last one, on days seven weeks apart and at both ends, the grade stays better; then it ends."""
    enterprises, records = believed(district, AS_OF)
    expected: dict[date, dict[str, bool]] = defaultdict(dict)
    copies = Altered(district)
    worst = len(district.version.policy.bands)
    ranks = {band.id: n for n, band in enumerate(district.version.policy.bands)}
    for enterprise_id, explanation in explained.items():
        path = explanation.outlook.path if explanation.outlook else None
        if path is None or path.on is None:
            continue
        last = path.lasts_until or path.until
        between = [path.on + timedelta(days=n) for n in range(0, (last - path.on).days, 49)]
        after = [last + timedelta(days=1)] if path.lasts_until else []
        for day in {*between, last, *after}:
            expected[day][enterprise_id] = day <= last
        copies.add(
            enterprise_id, enterprises[enterprise_id], applied(records.get(enterprise_id, []), path.steps)
        )
    assert expected
    linked = copies.linked(tmp_path)
    for day, wanted in expected.items():
        results = copies.score(linked, day)
        better = {
            e: ranks.get(str(results[e][1]), worst) < ranks.get(str(explained[e].score.band), worst)
            for e in wanted
        }
        assert wanted == better, day


def applied(records: Records, steps: tuple[Step, ...]) -> Records:
    """Records after the steps of a path were taken."""
    ends = {step.record_id: step for step in steps if step.early_end}
    column = {"restore": "restored_on", "cure": "withdrawn_on"}
    out = [
        {**r, column[ends[r["record_id"]].kind]: ends[r["record_id"]].on} if r["record_id"] in ends else r
        for r in records
    ]
    for n, step in enumerate(steps):
        if step.kind == "reinspect":
            out.append(visit(f"visit-{n}", step))
    return out


def visit(name: str, step: Step) -> dict[str, Any]:
    """The re-check that a step asks for, without a problem."""
    return {
        "record_id": name,
        "act_id": name,
        "kind": "inspection",
        "result": "no_problem",
        "occasion": "followup",
        "refers_to": step.record_id,
        "scope": "own",
        "field": step.field,
        "occurred_on": step.on,
        "known_on": step.on,
    }
