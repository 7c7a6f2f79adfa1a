"""A points table that somebody changed is refused: by its hash, and by its form.

The form is looked at even where the hash was made to fit.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from trained_model import ROOT, TrainedModel

from scoring.analysis.training.card import card
from scoring.analysis.training.export import to_json
from scoring.engine.compile import sql
from scoring.entities import codes
from scoring.errors import ModelError
from scoring.policy.language.points_table import table_sha256
from scoring.policy.model_policy import score_policy
from scoring.policy.tables import read_model, read_pinned, shipped_models
from scoring.rules import MODELS

Edit = Callable[[dict[str, Any]], None]


def _points(data: dict[str, Any]) -> None:
    data["features"][0]["bins"][-1]["points"] += 5


def _gap(data: dict[str, Any]) -> None:
    data["features"][0]["bins"].pop()


def _order(data: dict[str, Any]) -> None:
    data["features"][0]["bins"][0]["upto"] = 10**6


def _rising(data: dict[str, Any]) -> None:
    data["features"][0]["bins"][0]["points"] = 500


def _unknown_input(data: dict[str, Any]) -> None:
    data["features"][0]["of"] = "nothing"


def _no_table(data: dict[str, Any]) -> None:
    data["features"][-1]["table"] = None


@pytest.mark.parametrize("edit", [_points])
def test_edited_table_fails_its_hash(trained: TrainedModel, tmp_path: Path, edit: Edit) -> None:
    """A number changed by hand no longer fits the hash."""
    with pytest.raises(ModelError, match="does not match its sha256"):
        read_model(str(_written(trained, tmp_path, edit, rehash=False)))


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (_gap, "the last bin alone is open"),
        (_order, "they must rise"),
        (_rising, "is declared monotone"),
        (_unknown_input, '"nothing" is no input'),
        (_no_table, "a rate of peers its table"),
    ],
)
def test_bad_form_is_refused_though_the_hash_fits(
    trained: TrainedModel, tmp_path: Path, edit: Edit, said: str
) -> None:
    """Gaps between bins, limits or points out of order, and unknown inputs are refused."""
    with pytest.raises(ModelError) as caught:
        read_model(str(_written(trained, tmp_path, edit, rehash=True)))
    assert 3 == caught.value.exit_code
    assert said in caught.value.en and "例如" in caught.value.zh


def test_other_table_than_the_pinned_one_is_refused(trained: TrainedModel, tmp_path: Path) -> None:
    """A policy names the hash; a table retrained since is another one."""
    path = _written(trained, tmp_path, lambda data: None, rehash=True)
    with pytest.raises(ModelError, match="the policy pins model"):
        read_pinned(str(path), "0" * 64)


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"format": "sise-points-table/2"}'])
def test_no_table_at_all_is_refused(tmp_path: Path, text: str) -> None:
    """What is no points table is refused with a sentence, and so is a file that is not there."""
    (tmp_path / "bad.json").write_text(text)
    for name in ("bad.json", "absent.json"):
        with pytest.raises(ModelError, match="points table"):
            read_model(str(tmp_path / name))


@pytest.mark.parametrize("name", shipped_models())
def test_shipped_tables_are_sound(name: str) -> None:
    """Every shipped table has its hash, compiles for both engines, and gives the shipped card."""
    table = read_model(name)
    assert (name, table_sha256(table)) == (table.id, table.sha256)
    assert all(
        sql(score_policy(name, table), dialect, frozenset(codes()["kinds"]))
        for dialect in ("duckdb", "pyspark")
    )
    assert card(table) == (ROOT / "models" / f"{name}.md").read_text(encoding="utf-8")


def test_card_says_what_it_must(trained: TrainedModel) -> None:
    """Label, splits, intervals, floors, audit, drift and limits stand in the card, zh and en."""
    text = card(trained.table)
    chinese = ("预测什么", "滚动起点", "留出窗口", "分组审计", "漂移", "局限")
    english = ("Label", "Rolling origins", "Holdout", "Audit", "Drift", "Limits")
    for heading in (*chinese, *english):
        assert f"## {heading}" in text
    hashes = (trained.table.sha256, trained.table.data_sha256)
    for words in ("95 % intervals", "hand-written rule card", *hashes):
        assert words in text


def _written(trained: TrainedModel, folder: Path, edit: Edit, rehash: bool) -> Path:
    data = json.loads(to_json(trained.table))
    edit(data)
    if rehash:
        data["sha256"] = table_sha256(data)
    path = folder / "small.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def test_a_table_of_an_earlier_version_has_no_card(trained: TrainedModel) -> None:
    """Figures that an earlier version did not write are named, with what to do."""
    metrics = {**trained.table.metrics}
    del metrics["visits_by_choice"]
    with pytest.raises(ModelError, match="has no visits_by_choice"):
        card(trained.table.model_copy(update={"metrics": metrics}))


def test_superseded_tables_are_found_by_their_hash() -> None:
    """A table that a stored policy may still pin is kept under its hash."""
    kept = [path.stem for path in (MODELS / "superseded").glob("*.json")]
    assert kept and all(read_pinned("district-demo", sha256).sha256 == sha256 for sha256 in kept)
    pinned = "the policy pins model district-demo at sha256 000000000000"
    with pytest.raises(ModelError, match=pinned):
        read_pinned("district-demo", "0" * 64)
