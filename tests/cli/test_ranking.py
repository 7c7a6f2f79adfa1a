"""``sise model rank`` as people run it: the list, whose names it shows, and how it ends when it cannot be made."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from scoring.cli import app
from scoring.errors import UsageError

ROOT = Path(__file__).resolve().parents[2]
Run = Callable[..., subprocess.CompletedProcess[str]]
DAY = ("--as-of", "2026-09-30")
SAMPLE = ("--source", "canonical:data/sample", *DAY)
HIDDEN = re.compile(r"[0-9a-f]{20}")
WITHOUT_EXTRA = """
import sys
sys.modules.update(dict.fromkeys(("sklearn", "scipy", "interpret", "skops", "matplotlib")))
from scoring.cli import main
main()
"""


def test_list_reads_in_chinese_and_without_the_train_extra() -> None:
    """A regulator with the core install gets the first rows with reasons, and how to read them."""
    code = [
        sys.executable,
        "-c",
        WITHOUT_EXTRA,
        "model",
        "rank",
        "district-demo-order",
        *SAMPLE,
        "--top",
        "3",
        "--lang",
        "zh",
    ]
    known = {**os.environ, "PYTHONUTF8": "1", "COLUMNS": "100"}
    done = subprocess.run(code, cwd=ROOT, env=known, capture_output=True, text=True, timeout=60, check=False)
    said = ("户中的前 3 户", "截至 2026-09-30", "高于其他企业的原因", "近两年", "未列入", "随机检查为")
    assert (0, []) == (done.returncode, [word for word in said if word not in done.stdout]), done.stderr


@pytest.fixture(scope="module")
def listed(
    sise: Run, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """The whole list of the sample as JSON and as CSV, of one run."""
    path = tmp_path_factory.mktemp("listed") / "list.csv"
    asked = ("model", "rank", "district-demo-order", *SAMPLE, "--top", 400, "--format", "json")
    # On the day of the store: rows that are of a later one are refused.
    done = sise(*asked, "--out", path, today=DAY[1])
    with path.open(encoding="utf-8-sig", newline="") as file:
        return json.loads(done.stdout), list(csv.DictReader(file))


def test_json_and_csv_tell_the_same(listed: tuple[dict[str, Any], list[dict[str, str]]]) -> None:
    """Both have everybody in one order, points falling and equal points by id, with the same first reason."""
    found, rows = listed
    assert (300 - found["gone"],) * 3 == (found["enterprises"], len(found["rows"]), len(rows))
    keys = [(-int(row["points"]), row["enterprise_id"]) for row in rows]
    assert keys == sorted(keys)
    for told, row in zip(found["rows"], rows, strict=True):
        first = [
            f"{r['label']['en']}: {r['value']['en']} (+{r['above_usual']})" for r in told["reasons"][:1]
        ] or [""]
        assert (told["enterprise_id"], told["name"], str(told["points"])) == (
            row["enterprise_id"],
            row["name"],
            row["points"],
        )
        assert first == [row["reason_1"]]


def test_store_shows_pseudonyms_unless_named(
    sise: Run, city: Path, tmp_path: Path, listed: tuple[dict[str, Any], list[dict[str, str]]]
) -> None:
    """From a store ids are hashes and there are no names, in the list and in the CSV; with --named the list is that of the files."""
    asked = (
        "model",
        "rank",
        "district-demo-order",
        *DAY,
        "--top",
        400,
        "--format",
        "json",
        "--db",
        "--database",
        city,
    )
    hidden = json.loads(sise(*asked, "--out", tmp_path / "hidden.csv").stdout)["rows"]
    named, written = (
        json.loads(sise(*asked, "--named").stdout)["rows"],
        (tmp_path / "hidden.csv").read_text(encoding="utf-8-sig"),
    )
    assert all(HIDDEN.fullmatch(row["enterprise_id"]) and "name" not in row for row in hidden)
    assert not [row for row in named if row["enterprise_id"] in written or row["name"] in written]
    assert listed[0]["rows"] == named
    assert [row["points"] for row in hidden] == [row["points"] for row in named]


def test_refusals_are_usage_errors() -> None:
    """An option that would do nothing and a list of no rows are refused."""
    asked = ["model", "rank", "district-demo", *SAMPLE]
    useless = CliRunner().invoke(app, [*asked, "--named"]).exception
    assert isinstance(useless, UsageError)
    assert (True, True) == (
        "--named goes with --db" in useless.text("en"),
        "--named 只与 --db 同用" in useless.text("zh"),
    )
    nobody = CliRunner().invoke(app, [*asked, "--top", "0"])
    assert (2, True) == (nobody.exit_code, "--top" in nobody.stderr)
