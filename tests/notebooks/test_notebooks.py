"""The notebooks run from the first cell to the last on small data, with charts whose Chinese is drawn."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from nbformat import NotebookNode
from stores import StoreHarness, ready

import notebooks.__main__ as command
from notebooks import charts
from notebooks.execution import NEEDS_SHARED, NOTEBOOKS, execute, failure, to_html
from scoring.store.tables.database import Database
from scoring.analysis.synthetic import DistrictPlan, write_district
from scoring.analysis.training import evaluate
from scoring.analysis.training.clustered import Blocks

CHARTS = {"00_own_data": 1, "01_explore": 6, "02_train": 5, "03_evaluate": 1, "04_policy_impact": 3}
"""Charts that need no real records."""


def outputs(notebook: NotebookNode) -> list[NotebookNode]:
    """All outputs of a notebook."""
    return [output for cell in notebook.cells for output in cell.get("outputs", ())]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the notebooks of these tests leave their districts."""
    return tmp_path_factory.mktemp("notebooks")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path: Path, folder: Path) -> None:
    """Every cell runs without an error or a warning, a glyph missing from the font being one; the page needs no network."""
    notebook = execute(path, small=True, out=folder)
    found = outputs(notebook)
    assert failure(notebook) is None
    assert [] == [output.text for output in found if output.get("name") == "stderr"]
    assert sum("image/png" in output.get("data", {}) for output in found) >= CHARTS[path.stem]
    page = to_html(notebook, path.stem)
    assert "data:image/png;base64" in page
    assert 'src="http' not in page


@pytest.mark.parametrize("name", ["01_explore", "03_evaluate"])
def test_notebook_without_real_records(name: str, folder: Path) -> None:
    """Where no real records are beside the project a notebook says so and leaves out the cells that need them."""
    notebook = execute(next(path for path in NOTEBOOKS if path.stem == name), small=True, out=folder, shared=folder / "none")
    assert failure(notebook) is None
    assert any("is absent: what needs real records is skipped" in output.get("text", "") for output in outputs(notebook))
    tagged = [cell for cell in notebook.cells if NEEDS_SHARED in cell.metadata.get("tags", ())]
    assert tagged
    assert [] == [cell.source for cell in tagged if cell.outputs]


@pytest.fixture(scope="module")
def district(folder: Path) -> Path:
    """The files of a district of 1,000 enterprises."""
    write_district(DistrictPlan(enterprises=1_000), folder / "stored")
    return folder / "stored"


@pytest.fixture(scope="module")
def store(district: Path, folder: Path) -> Path:
    """A SQLite store that holds the district."""
    database = Database(str(folder / "sise.db"))
    harness = StoreHarness(database, date(2026, 11, 1))
    ready(database, harness.clock)
    harness.take(district)
    database.close()
    return folder / "sise.db"


def test_store_is_read_under_pseudonyms(district: Path, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With ``--db`` the notebooks run on the store; no id or name of an enterprise is on a page or in a file that they leave."""
    monkeypatch.setattr(command, "NOTEBOOKS", [path for path in NOTEBOOKS if path.stem in ("00_own_data", "04_policy_impact")])
    monkeypatch.setattr(sys, "argv", ["notebooks", "00", "04", "--small", "--db", "--database", str(store), "--out", str(tmp_path)])
    assert 0 == command.main()
    left = {p.name: p.read_text(encoding="utf-8") for p in (tmp_path / "own" / "small").rglob("*") if p.suffix in (".html", ".csv", ".json")}
    assert {"00_own_data.html", "04_policy_impact.html", "moves.csv", "simulation.json"} == set(left)
    assert all("the store, under pseudonyms; 1,000 enterprises" in left[name] for name in left if name.endswith(".html"))
    known = duckdb.sql(f"SELECT enterprise_id, name FROM '{district / 'enterprises.parquet'}'").fetchall()
    assert [] == [(name, text) for name in left for row in known for text in row if text in left[name]]
    assert left["moves.csv"].count("\n") > 1


def test_own_files_are_read_instead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With ``--source`` a notebook says that it reads those files; it runs in a folder of its own, the path is of the caller's."""
    monkeypatch.setattr(command, "NOTEBOOKS", [path for path in NOTEBOOKS if path.stem == "00_own_data"])
    monkeypatch.setattr(sys, "argv", ["notebooks", "--source", "canonical:data/sample", "--out", str(tmp_path)])
    assert 0 == command.main()
    assert "canonical:sample; 300 enterprises" in (tmp_path / "own" / "00_own_data.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--db", "--source", "canonical:data/sample"), 2, "--source does not go with it"),
        (("--db", "--database", "absent.db"), 4, "sise db init"),
        (("--source", "data/sample"), 2, "map:path"),
    ],
)
def test_data_that_cannot_be_meant_are_refused(
    arguments: tuple[str, ...], code: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before any notebook starts, a sentence says what does not go together or is not there."""
    monkeypatch.setattr(sys, "argv", ["notebooks", *arguments])
    assert code == command.main()
    assert said in capsys.readouterr().err


def test_band_of_the_gain_is_the_interval_of_each_place() -> None:
    """The band around a gain curve holds at every share the interval that the evaluator draws with the same seed; the curve runs in it."""
    rng = np.random.default_rng(5)
    score = rng.normal(size=400)
    found = (score + rng.normal(size=400) > 1.5).astype(int)
    visits = pd.DataFrame({"visit_on": np.arange(400) // 10, "enterprise_id": np.arange(400)})
    curve, (low, high) = charts.gained(found, score), charts.gain_band(found, score, visits, 7)
    assert ((0.0, 1.0), True) == ((curve[0], curve[100]), bool(((low <= curve) & (curve <= high)).all()))
    for share in (10, 50):
        at_share = evaluate.interval(lambda rows, n=share: float(charts.gained(found[rows], score[rows])[n]), Blocks.of(visits), 7)
        assert at_share == pytest.approx((low[share], high[share]))
    assert curve[10] > 0.2


def test_command_writes_pages_and_tells_what_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command writes a page of every notebook; one that fails ends at that cell, is told in a sentence, and the exit code is 1."""
    whole, broken = tmp_path / "00_whole.py", tmp_path / "01_broken.py"
    whole.write_text("# %%\nprint('well')\n", encoding="utf-8")
    broken.write_text("# %%\nraise ValueError('no such column')\n# %%\nprint('never')\n", encoding="utf-8")
    monkeypatch.setattr(command, "NOTEBOOKS", [whole, broken])
    monkeypatch.setattr(sys, "argv", ["notebooks", "--small", "--out", str(tmp_path / "out")])
    assert command.main() == 1
    said = capsys.readouterr()
    pages = sorted((tmp_path / "out" / "small").iterdir())
    assert [page.name for page in pages] == ["00_whole.html", "01_broken.html"]
    assert said.out.startswith(str(pages[0]))
    assert "01_broken" not in said.out
    assert "ValueError: no such column" in said.err
