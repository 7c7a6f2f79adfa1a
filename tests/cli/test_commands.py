"""Every command of the command line, on the committed sample."""

from __future__ import annotations

import ast
import csv
import inspect
import json
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import typer
import zxingcpp
from PIL import Image
from public_pages import public_path

from scoring.cli import app
from scoring.cli.demo import command_here

COLUMNS = [
    "enterprise_id",
    "name",
    "as_of",
    "points",
    "band",
    "colour",
    "status",
    "status_reason",
    "reasons",
    "vetoes",
    "caps",
    "coverage",
    "n_records",
    "policy_id",
    "policy_version",
    "rules_sha256",
]


def callbacks(group: typer.Typer) -> Iterator[Callable[..., Any]]:
    """The functions of all commands of a group and of the groups in it."""
    for command in group.registered_commands:
        assert command.callback is not None
        yield command.callback
    for inner in group.registered_groups:
        assert inner.typer_instance is not None
        yield from callbacks(inner.typer_instance)


@pytest.mark.parametrize("command", list(callbacks(app)), ids=lambda command: command.__name__)
def test_no_command_has_an_option_that_it_ignores(command: Callable[..., Any]) -> None:
    """Every option and argument of a command is used by its function."""
    function = ast.parse(textwrap.dedent(inspect.getsource(command))).body[0]
    assert isinstance(function, ast.FunctionDef)
    body = ast.Module(function.body, [])
    used = {node.id for node in ast.walk(body) if isinstance(node, ast.Name)}
    # A command that prints data alone still takes the language: its refusals are in it.
    assert set(inspect.signature(command).parameters) - used <= {"lang"}


def test_help_names_every_exit_code(sise: Any) -> None:
    """The help of the program lists each exit code in both languages."""
    said = " ".join(sise("--help").stdout.replace("│", " ").split())
    for code in (
        "0 done",
        "1 unexpected",
        "2 usage",
        "3 policy or model",
        "4 input",
        "5 rows",
        "6 audit",
        "130 inter",
    ):
        assert code in said
    assert all(code in said for code in ("6 审计或四色码不符", "130 中断"))


def test_score_writes_the_fixed_files(scored: Path) -> None:
    """The result folder holds the files and columns that others build on, and counts that add up."""
    assert COLUMNS == list(pd.read_parquet(scored / "scores.parquet").columns)
    contributions = pd.read_parquet(scored / "contributions.parquet")
    assert ["enterprise_id", "indicator_id", "value", "unknown", "points"] == list(contributions.columns)
    run = json.loads((scored / "run.json").read_text(encoding="utf-8"))
    for counts in run["sources"].values():
        assert (
            counts["rows_in"]
            == counts["accepted"] + counts["rejected"] + counts["merged"] + counts["out_of_scope"]
        )
    assert 300 == sum(run["colours"].values())
    written = {path.name for path in scored.iterdir()} - {"run.json"}
    assert written == set(run["sha256"])


def test_rejects_open_in_excel(scored: Path) -> None:
    """The rejects file begins with a byte-order mark, and each row names its file, row, column, value and reason."""
    assert b"\xef\xbb\xbf" == (scored / "rejects.csv").read_bytes()[:3]
    with (scored / "rejects.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows and all(
        row["source"] and row["file"] and row["row"].isdigit() and row["code"] and row["sentence_zh"]
        for row in rows
    )


def _one(scored: Path, colour: str) -> str:
    frame = pd.read_parquet(scored / "scores.parquet")
    return str(frame[frame["colour"] == colour]["enterprise_id"].iloc[0])


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_explain_text(sise: Any, scored: Path, city: Path, lang: str) -> None:
    """The printed explanation shows the total, the grade with its rank, and the demonstration sentence in the language."""
    enterprise_id = _one(scored, "yellow")
    done = sise("explain", enterprise_id, "--database", city, "--lang", lang)
    points = int(
        pd.read_parquet(scored / "scores.parquet").set_index("enterprise_id")["points"][enterprise_id]
    )
    assert (0, "") == (done.returncode, done.stderr)
    expected = {
        "zh": ("黄码 第3级 / 共4级", "非任何机关的评价"),
        "en": ("Yellow code rank 3 of 4", "not an evaluation by any authority"),
    }
    assert all(words in " ".join(done.stdout.split()) for words in (*expected[lang], str(points)))


def test_explain_json_is_the_same_from_sources(sise: Any, scored: Path, city: Path) -> None:
    """Explaining from the sources gives the JSON that explaining from the results gives, byte for byte."""
    enterprise_id = _one(scored, "green")
    from_results = sise("explain", enterprise_id, "--database", city, "--format", "json")
    source = ("--source", "canonical:data/sample", "--policy", "quzhou-demo", "--as-of", "2026-09-30")
    from_sources = sise("explain", enterprise_id, *source, "--format", "json")
    assert (0, 0) == (from_results.returncode, from_sources.returncode)
    assert from_results.stdout == from_sources.stdout
    shown = json.loads(from_results.stdout)
    assert shown["score"]["points"] == shown["base"] + sum(c["points"] for c in shown["contributions"])
    assert shown["ask"][-1]["publisher"]


@pytest.mark.parametrize("audience", ["enterprise", "officer"])
def test_own_readers_see_what_did_not_count(sise: Any, scored: Path, city: Path, audience: str) -> None:
    """The enterprise and officers get the records that did not count, each with the rule that dropped it, in words."""
    done = sise(
        "explain", _one(scored, "green"), "--database", city, "--format", "json", "--audience", audience
    )
    assert all(
        item["rule"] and item["why"]["zh"] and item["record"]["record_id"]
        for item in json.loads(done.stdout)["excluded"]
    )


def test_policy_commands(sise: Any) -> None:
    """``list`` names the shipped policies, ``show`` prints the file, ``check`` finds no error in any of them."""
    listed, shown, checked = (
        sise("policy", "list"),
        sise("policy", "show", "quzhou-demo@2023-05-01"),
        sise("policy", "check"),
    )
    assert [0, 0, 0] == [listed.returncode, shown.returncode, checked.returncode]
    assert "quzhou-demo" in listed.stdout and "food-demo" in listed.stdout
    assert (
        Path("scoring/rules/policies/quzhou-demo/2023-05-01.toml").read_text(encoding="utf-8") == shown.stdout
    )
    assert [] == [line for line in checked.stdout.splitlines() if line.startswith("error")]


def test_data_generate(sise: Any, tmp_path: Path) -> None:
    """``data generate`` writes the tables and the ledger; the same seed writes the same bytes."""
    for name in ("a", "b"):
        done = sise(
            "data", "generate", "--enterprises", 200, "--seed", 9, "--out", tmp_path / name, "--format", "csv"
        )
        assert 0 == done.returncode
    for name in ("enterprises.csv", "records.csv", "ledger.csv"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_code_render(sise: Any, scored: Path, city: Path, tmp_path: Path) -> None:
    """The code image can be read by a phone and holds the page's address."""
    enterprise_id = _one(scored, "red")
    assert (
        0
        == sise(
            "code", "render", enterprise_id, "--database", city, "--out", tmp_path / "code.png"
        ).returncode
    )
    found = zxingcpp.read_barcodes(Image.open(tmp_path / "code.png").convert("L"))
    page = public_path(str(city), enterprise_id)
    assert [f"http://127.0.0.1:8000{page}"] == [code.text for code in found]


def test_demo_without_pages(sise: Any, tmp_path: Path) -> None:
    """``demo`` generates, scores, draws codes for each colour, and prints the address of one enterprise of each."""
    done = sise(
        "demo", "--enterprises", 1500, "--seed", 7, "--no-serve", "--out", tmp_path / "out", "--port", 8123
    )
    assert 0 == done.returncode, done.stderr
    addresses = [line for line in done.stdout.splitlines() if "http://127.0.0.1:8123/e/" in line]
    assert 5 == len(addresses)
    # first what is in effect before the stock is taken over, then what is after: yellow and red wait no longer
    in_yellow = [line for line in done.stdout.splitlines() if "More checks" in line and "│" in line]
    assert (2, True) == (len(in_yellow), in_yellow[0] != in_yellow[1] and "0.0%" not in in_yellow[1])
    assert [] == [
        line for line in addresses if "分公司" in line and line.startswith(("Blue", "Green", "Yellow", "Red"))
    ]
    talk = " ".join(done.stderr.split())
    assert [] == [
        words
        for words in (f"{tmp_path / 'out-district'};", "serve --database", "rejects.csv")
        if words not in talk
    ]
    drawn = {path.name.split("-")[0] for path in (tmp_path / "out" / "codes").iterdir()}
    assert {"blue", "green", "yellow", "red", "none"} == drawn


def test_demo_names_a_command_that_works_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who came by ``run.py`` is told that, who has ``sise`` on the path is told ``sise``, and anybody else Python itself."""
    assert "python3 ../sise/run.py sise" == command_here({"SISE_COMMAND": "python3 ../sise/run.py sise"})
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    assert "sise" == command_here({})
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert command_here({}).endswith("-m scoring.cli")
