"""Compares two checkouts: the same scores, contributions, explanations and hashes, byte for byte.

    python3 run.py campaign same BEFORE [AFTER] [--only NAME] [--ahead-every N] [--explain-every N]

BEFORE and AFTER are folders of two checkouts, AFTER this one when left out. The real records are those beside the
project; where they are not there, their cases are left out and said so.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parents[1]
SHARED = HERE.parent / "shared" / "data"
WRITER = HERE / "campaigns" / "results_of_checkout.py"
MOST_SHOWN = 5
"""Differences of one case that are shown."""

Difference = str


def plan(district: Path, ahead_every: int, explain_every: int) -> list[dict[str, Any]]:
    """The cases: the sample, the synthetic district, and the real records that are at hand."""
    cases = [
        ("sample", "canonical", HERE / "data" / "sample", "quzhou-demo", "2026-09-30", 1),
        ("sample-model", "canonical", HERE / "data" / "sample", "quzhou-demo", "2026-12-02", 1),
        ("district", "canonical", district, "quzhou-demo", "2026-09-30", ahead_every),
        (
            "beijing-culture",
            "beijing-culture",
            SHARED / "beijing-culture",
            "quzhou-demo",
            "2024-12-31",
            ahead_every,
        ),
        ("chicago-food", "chicago-food", SHARED / "chicago-food", "food-demo", "2014-12-31", ahead_every),
        ("sf-food", "sf-food", SHARED / "sf-food", "food-demo", "2018-04-05", ahead_every),
    ]
    names = ("name", "map", "path", "policy", "as_of", "ahead_every", "explain_every")
    return [
        dict(zip(names, (*case[:2], str(case[2]), *case[3:], explain_every), strict=True)) for case in cases
    ]


def compare(before: Path, after: Path, cases: Sequence[dict[str, Any]]) -> list[Difference]:
    """All differences between what two checkouts have written."""
    differences = []
    if (before / "hashes.json").read_bytes() != (after / "hashes.json").read_bytes():
        differences.append("hashes of policies or points tables differ")
    for case in cases:
        name = case["name"]
        files = (json.loads((side / f"{name}.json").read_text(encoding="utf-8")) for side in (before, after))
        old, new = files
        differences += [f"{name}: {file} differs" for file in old if old[file] != new[file]]
        differences += _explanations(name, before / f"{name}.jsonl", after / f"{name}.jsonl")
    return differences


def _explanations(name: str, before: Path, after: Path) -> list[Difference]:
    different, count = [], 0
    with before.open(encoding="utf-8") as old, after.open(encoding="utf-8") as new:
        for count, (left, right) in enumerate(zip_longest(old, new, fillvalue="null"), start=1):
            if left != right:
                different.append(
                    f"{name}: explanation {count}: {_first_difference(json.loads(left), json.loads(right))}"
                )
    print(f"{name}: {count} explanations compared, {len(different)} differ")
    return different[:MOST_SHOWN]


def _first_difference(left: Any, right: Any, where: str = "") -> str:
    """Where two values of JSON first differ."""
    if isinstance(left, dict) and isinstance(right, dict):
        for key in sorted(left.keys() | right.keys()):
            if left.get(key) != right.get(key):
                return _first_difference(left.get(key), right.get(key), f"{where}.{key}")
    if isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for number, (one, other) in enumerate(zip(left, right, strict=True)):
            if one != other:
                return _first_difference(one, other, f"{where}[{number}]")
    return f"{where}: {str(left)[:200]} became {str(right)[:200]}"


def _district(folder: Path) -> Path:
    """The synthetic district of 20,000, made by this checkout."""
    command = [
        sys.executable,
        "-m",
        "scoring.cli",
        "data",
        "generate",
        "--enterprises",
        "20000",
        "--out",
        str(folder),
    ]
    subprocess.run(command, cwd=HERE, check=True)
    return folder


def main(arguments: Sequence[str]) -> int:
    """Runs both checkouts side by side and prints what differs; 0 when nothing does."""
    parser = argparse.ArgumentParser(prog="campaign same", description=__doc__)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path, nargs="?", default=HERE)
    parser.add_argument("--only", action="append", help="names of cases")
    parser.add_argument("--ahead-every", type=int, default=25, help="one explanation in so many looks ahead")
    parser.add_argument("--explain-every", type=int, default=1, help="one enterprise in so many is explained")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="sise-same-") as name:
        work = Path(name)
        cases = plan(_district(work / "made"), given.ahead_every, given.explain_every)
        missing = [case["name"] for case in cases if not Path(case["path"]).is_dir()]
        if missing:
            print(f"left out, not at hand: {', '.join(missing)}")
        cases = [
            case
            for case in cases
            if case["name"] not in missing and (not given.only or case["name"] in given.only)
        ]
        (work / "plan.json").write_text(json.dumps(cases), encoding="utf-8")
        sides = {"before": given.before.resolve(), "after": given.after.resolve()}
        running = {
            side: subprocess.Popen(
                [sys.executable, str(WRITER), str(work / "plan.json"), str(work / side)],
                cwd=checkout,
                env={**os.environ, "PYTHONPATH": str(checkout)},
            )
            for side, checkout in sides.items()
        }
        if codes := [side for side, process in running.items() if process.wait()]:
            print(f"could not run: {', '.join(codes)}")
            return 1
        differences = compare(work / "before", work / "after", cases)
    print("\n".join(differences) if differences else "everything is equal")
    return 1 if differences else 0
