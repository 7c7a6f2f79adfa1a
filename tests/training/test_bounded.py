"""The model in ``quzhou-demo``: what it may do to a colour.

It may turn blue to green, and by itself nobody yellow or red, nor hold anybody there.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from trained_model import TrainedModel
from worlds import World, bands, draft, enterprise, indicator, make_policy, record

from scoring.analysis.training.features import enterprise_ids
from scoring.analysis.training.peer_rates import EVERYONE
from scoring.engine.duckdb import DuckEngine
from scoring.policy.check.checks import check_file
from scoring.policy.language.schema import Policy, model_floor
from scoring.policy.load import load_policy
from scoring.policy.read.finding import Finding
from scoring.policy.resolved import ResolvedPolicy
from scoring.policy.tables import read_model

DAY = date(2026, 12, 1)
WITH, WITHOUT = draft("with-model"), load_policy("quzhou-demo", None)
KINDS = WITH.policy.indicator("predicted_risk").select.kind
GOOD = 1
"""Number of the green band: blue is 0."""


@pytest.mark.parametrize("prior", [None, 0, 1, 2, 3])
def test_removing_it_lets_nobody_leave_yellow_or_red(trained: TrainedModel, prior: int | None) -> None:
    """Whoever is yellow or red with the model is just there without it, with any band in effect."""
    with_model, without_model = (_bands(trained, version, prior) for version in (WITH, WITHOUT))
    # Only a worse band may come of it, and only within the good ones.
    bad = with_model > GOOD
    assert bad.sum() > 100
    assert (with_model[bad] == without_model[bad]).all()
    assert not (without_model[~bad] > GOOD).any()
    assert (with_model >= without_model).all()


def test_it_does_something(trained: TrainedModel) -> None:
    """Some blue enterprises are green because of it: else it need not be there."""
    # A tenth at most: the other indicators decide.
    moved = _bands(trained, WITH, None) != _bands(trained, WITHOUT, None)
    assert 0 < moved.sum() < 0.1 * len(moved)


@pytest.mark.parametrize("count", range(8))
def test_held_at_the_edge_for_every_total(world: World, count: int) -> None:
    """At or above edge and margin the model stops there, below it takes nothing, for every total."""
    policy = _edge_policy()
    floor = model_floor(policy)
    assert floor is not None
    upheld = {"kind": "complaint", "result": "substantiated"}
    facts = []
    for total in range(40):
        facts += [record(f"e{total}", f"c{total}-{number}", **upheld) for number in range(count)]
        facts += [record(f"e{total}", f"h{total}-{number}") for number in range(total)]
    scores = world.holds([enterprise(f"e{total}") for total in range(40)], facts).scores(policy)
    for total in range(40):
        others, points = 130 - total, scores[f"e{total}"]["points"]
        assert min(others, floor) <= points <= others


def _edge_policy() -> Policy:
    """The shipped model, and honours that cost a point each, so that totals run past every edge."""
    table = read_model("district-demo")
    model = indicator(
        "risk",
        direction="adverse",
        select={"kind": list(KINDS)},
        aggregate="model",
        model="district-demo",
        sha256=table.sha256,
        window_days=1095,
        bins=[{"upto": 10, "points": 0}, {"upto": 18, "points": -7}, {"points": -25}],
    )
    cost = indicator(
        "honours",
        direction="adverse",
        bins=[{"upto": number, "points": -number} for number in range(40)] + [{"points": -40}],
    )
    edges = bands(("A", 120), ("B", 105), ("C", 60), ("D", 0))
    scale = {"base": 130, "low": 0, "high": 200}
    return make_policy(cost, model, scale=scale, bands=edges, upgrade_margin=4)


BASE = WITH.text
OF_MODEL = '[[indicators]]\nid = "predicted_risk"\n'
UNBOUNDED = {
    "gives points when unknown": (
        '[[indicators]]\nid = "predicted_risk"\nunknown = -5',
        "may only take points",
    ),
    "neutral": (
        '[[indicators]]\nid = "predicted_risk"\ndirection = "neutral"',
        "may only take points",
    ),
    "veto on the model": (
        '[[vetoes]]\nid = "risky"\nlabel = { zh = "险", en = "Risky" }\n'
        'all = [{ indicator = "predicted_risk", at_least = 30 }]\nband = "D"\n'
        'legal = ["samr44"]',
        "a model triggers no gate, cap or veto",
    ),
    "relative cap": (
        '[[caps]]\nid = "lower"\nlabel = { zh = "降", en = "Lower" }\n'
        'all = [{ indicator = "honours", at_least = 1 }]\nworse_by = 1\nlegal = ["plan"]',
        "would carry the model past the edge",
    ),
    "another hash": (
        f'[[indicators]]\nid = "predicted_risk"\nsha256 = "{"0" * 64}"',
        "the policy pins model district-demo",
    ),
    "a model for ordering": (
        '[[indicators]]\nid = "predicted_risk"\nmodel = "food-chicago"\n'
        f'sha256 = "{read_model("food-chicago").sha256}"',
        "it never touches a colour",
    ),
    "no such model": (
        '[[indicators]]\nid = "predicted_risk"\nmodel = "nobody"',
        "cannot read the points table",
    ),
    "other records": (
        '[[indicators]]\nid = "predicted_risk"\nselect = { kind = ["inspection"] }',
        "must name what the model looks at",
    ),
    "a second model": (
        '[[indicators]]\nid = "again"\ngroup = "prediction"\ndirection = "adverse"\n'
        'label = { zh = "再", en = "Again" }\naggregate = "model"\n'
        f"select = {{ kind = {list(KINDS)} }}\nwindow_days = 1095\n"
        f'model = "district-demo"\nsha256 = "{read_model("district-demo").sha256}"\n'
        "bins = [{ upto = 50, points = 0 }, { points = -5 }]\n"
        'legal = ["plan"]\nremedy = { zh = "改", en = "Mend" }',
        "a second model",
    ),
}


@pytest.mark.parametrize("name", UNBOUNDED)
def test_unbounded_use_is_refused(tmp_path: Path, name: str) -> None:
    """``policy check`` refuses every way in which a model could decide a colour."""
    more, said = UNBOUNDED[name]
    (tmp_path / "draft.toml").write_text(_with(more), encoding="utf-8")
    errors = _errors(tmp_path / "draft.toml")
    assert any(said in error.en for error in errors), [error.en for error in errors]
    assert all("例如" in error.zh for error in errors)


def test_bounded_use_is_accepted(tmp_path: Path) -> None:
    """The draft that the refused ones were made from has no error."""
    (tmp_path / "draft.toml").write_text(BASE, encoding="utf-8")
    assert [] == _errors(tmp_path / "draft.toml")


def _with(more: str) -> str:
    """The draft with an entry more, or with other lines in that of the model."""
    if not more.startswith(OF_MODEL):
        return f"{BASE}\n{more}\n"
    changed = BASE
    for line in more.removeprefix(OF_MODEL).splitlines():
        key = line.split(" = ", 1)[0]
        head, entry = changed.split(OF_MODEL)
        kept = [given for given in entry.splitlines() if not given.startswith(f"{key} = ")]
        changed = head + OF_MODEL + "\n".join([line, *kept]) + "\n"
    return changed


def _errors(path: Path) -> list[Finding]:
    return [finding for finding in check_file(path) if finding.severity == "error"]


def test_trace_names_the_records_behind_it(world: World) -> None:
    """Records that some input looks at have a weight in the model's indicator; others have none."""
    rows = [record("e1", "bad", kind="complaint", result="substantiated"), record("e1", "other")]
    traced = world.holds([enterprise("e1")], rows).traced(_edge_policy())
    assert {"bad": 100, "other": 0} == {row["record_id"]: row["weights"].get("risk", 0) for row in traced}


def _bands(trained: TrainedModel, version: ResolvedPolicy, prior: int | None) -> np.ndarray:
    """Numbers of the bands of all rated enterprises by id, each with the same band in effect."""
    data = trained.data
    tables = data.tables
    if prior is not None:
        ids = enterprise_ids(data.engine, tables)
        bands_in_effect = pa.array([prior] * len(ids), pa.int32())
        given = {"prior_enterprise_id": ids, "prior_band_no": bands_in_effect}
        tables = data.engine.with_prior(tables, pa.table(given))
    columns = ["gate", "band_no"]
    blocks = data.engine.batch(version, DAY, data.covers, tables, [EVERYONE], columns)
    frame = next(iter(blocks)).to_pandas()
    return frame.loc[frame["gate"].isna(), "band_no"].to_numpy()


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A world that a test fills by ``holds``."""
    return World(DuckEngine(), tmp_path)
