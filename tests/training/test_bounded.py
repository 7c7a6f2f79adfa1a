"""The model in ``quzhou-demo``: it may turn blue to green, and by itself nobody yellow or red, nor hold anybody there."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from studio import Studio
from worlds import World, bands, enterprise, indicator, make_policy, record

from scoring.engine.duckdb import DuckEngine
from scoring.policy.check.checks import check_file
from scoring.policy.language.schema import Policy, model_floor
from scoring.policy.load import load_policy
from scoring.policy.resolved import resolve
from scoring.policy.tables import read_model

DAY = date(2026, 12, 1)
WITH, WITHOUT = (
    load_policy("quzhou-demo@2026-12-01", None).policy,
    load_policy("quzhou-demo@2026-07-01", None).policy,
)
KINDS = WITH.indicator("predicted_risk").select.kind
GOOD = 1  # number of the green band: blue is 0


@pytest.mark.parametrize("prior", [None, 0, 1, 2, 3])
def test_removing_it_lets_nobody_leave_yellow_or_red(studio: Studio, prior: int | None) -> None:
    """For every enterprise and every band in effect: whoever is yellow or red with the model is just there without it."""
    banded = {name: _bands(studio, policy, prior) for name, policy in (("with", WITH), ("without", WITHOUT))}
    bad = banded["with"] > GOOD
    assert bad.sum() > 100
    assert (banded["with"][bad] == banded["without"][bad]).all() and not (
        banded["without"][~bad] > GOOD
    ).any()
    assert (banded["with"] >= banded["without"]).all()


def test_it_does_something(studio: Studio) -> None:
    """Some blue enterprises are green because of it: else it need not be there."""
    moved = _bands(studio, WITH, None) != _bands(studio, WITHOUT, None)
    assert 0 < moved.sum() < 0.1 * len(moved)


@pytest.mark.parametrize("count", range(8))
def test_held_at_the_edge_for_every_total(world: World, count: int) -> None:
    """Whatever the other points sum to: at or above edge and margin the model stops there, below it takes nothing."""
    policy = _edge_policy()
    floor = model_floor(policy)
    assert floor is not None
    upheld = {"kind": "complaint", "result": "substantiated"}
    complaints = [record(f"e{total}", f"c{total}-{n}", **upheld) for total in range(40) for n in range(count)]
    penalties = [record(f"e{total}", f"h{total}-{n}") for total in range(40) for n in range(total)]
    rows = world.holds([enterprise(f"e{total}") for total in range(40)], complaints + penalties).scores(
        policy
    )
    for total in range(40):
        others = 130 - total
        taken = others - rows[f"e{total}"]["points"]
        assert (True, True) == (taken >= 0, rows[f"e{total}"]["points"] >= min(others, floor))


def _edge_policy() -> Policy:
    """Honours cost a point each here, so that totals run past every edge; the model is the shipped one."""
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
        bins=[{"upto": n, "points": -n} for n in range(40)] + [{"points": -40}],
    )
    edges = bands(("A", 120), ("B", 105), ("C", 60), ("D", 0))
    return make_policy(cost, model, scale={"base": 130, "low": 0, "high": 200}, bands=edges, upgrade_margin=4)


BASE = 'id = "draft"\nvalid_from = 2026-12-05\nextends = "quzhou-demo@2026-12-01"\ntitle = { zh = "草案", en = "Draft" }\n'
UNBOUNDED = {
    "gives points when unknown": (
        '[[indicators]]\nid = "predicted_risk"\nunknown = -5',
        "may only take points",
    ),
    "neutral": ('[[indicators]]\nid = "predicted_risk"\ndirection = "neutral"', "may only take points"),
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
        f'[[indicators]]\nid = "predicted_risk"\nmodel = "food-chicago"\nsha256 = "{read_model("food-chicago").sha256}"',
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
        f'model = "district-demo"\nsha256 = "{read_model("district-demo").sha256}"\nbins = [{{ upto = 50, points = 0 }}, '
        "{ points = -5 }]\n"
        'legal = ["plan"]\nremedy = { zh = "改", en = "Mend" }',
        "a second model",
    ),
}


@pytest.mark.parametrize("name", UNBOUNDED)
def test_unbounded_use_is_refused(tmp_path: Path, name: str) -> None:
    """``policy check`` refuses every way in which a model could decide a colour."""
    more, said = UNBOUNDED[name]
    (tmp_path / "draft.toml").write_text(BASE + more, encoding="utf-8")
    errors = [f for f in check_file(tmp_path / "draft.toml") if f.severity == "error"]
    assert any(said in f.en for f in errors), [f.en for f in errors]
    assert all("例如" in f.zh for f in errors)


def test_bounded_use_is_accepted(tmp_path: Path) -> None:
    """The draft that the refused ones were made from has no error."""
    (tmp_path / "draft.toml").write_text(BASE, encoding="utf-8")
    assert [] == [f for f in check_file(tmp_path / "draft.toml") if f.severity == "error"]


def test_trace_names_the_records_behind_it(world: World) -> None:
    """Records that some input looks at have a weight in the model's indicator; others have none."""
    rows = [record("e1", "bad", kind="complaint", result="substantiated"), record("e1", "other")]
    traced = world.holds([enterprise("e1")], rows).traced(_edge_policy())
    assert {"bad": 100, "other": 0} == {row["record_id"]: row["w__risk"] for row in traced}


def _bands(studio: Studio, policy: Policy, prior: int | None) -> np.ndarray:
    """Numbers of the bands of all rated enterprises, in the order of ids; all with the same band in effect."""
    data = studio.data
    tables = data.tables
    if prior is not None:
        ids = data.engine.select(
            f"SELECT DISTINCT enterprise_id FROM {tables.enterprises} ORDER BY 1"
        ).column(0)
        given = {"prior_enterprise_id": ids, "prior_band_no": pa.array([prior] * len(ids), pa.int32())}
        tables = data.engine.with_prior(tables, pa.table(given))
    found = next(
        iter(data.engine.batch(resolve(policy), DAY, data.covers, tables, [("", "\U0010ffff")], ["gate", "band_no"]))
    )
    frame = found.to_pandas()
    return frame.loc[frame["gate"].isna(), "band_no"].to_numpy()


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A world that a test fills by ``holds``."""
    return World(DuckEngine(), tmp_path)
