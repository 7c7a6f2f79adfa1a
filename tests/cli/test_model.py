"""``sise model``: what people type, what they get, and how it ends when the data or the table do not carry it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from scoring.analysis.synthetic import DistrictPlan, write_district

Run = Callable[..., subprocess.CompletedProcess[str]]
SMALL = Path(__file__).resolve().parents[1] / "training" / "small.toml"


@pytest.fixture(scope="session")
def district(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A district of 1,500 enterprises, as a source is typed."""
    folder = tmp_path_factory.mktemp("model") / "district"
    write_district(DistrictPlan(enterprises=1_500), folder)
    return f"canonical:{folder}"


@pytest.fixture(scope="session")
def trained(sise: Run, district: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small model, trained from the command line, and the folder that holds it."""
    folder = tmp_path_factory.mktemp("models")
    # A copy, for the lock is written beside the definition.
    definition = folder.parent / "small.toml"
    definition.write_bytes(SMALL.read_bytes())
    done = sise("model", "train", definition, "--source", district, "--out", folder, "--estimator")
    assert (0, True) == (done.returncode, "sha256" in done.stderr), done.stderr
    assert "2025-07-01" in done.stdout and "number of visits" in done.stdout
    said = " ".join(done.stdout.split())
    assert "Look 1 of at most 3" in said and "AUC above each floor" in said
    assert definition.with_name("small.lock.json").is_file()
    return folder


def test_train_writes_table_and_card(sise: Run, trained: Path) -> None:
    """Training leaves the table, its card and the estimator that was asked for; the table is sound, ``card`` prints the same card."""
    left = ["small.drift.json", "small.json", "small.md", "small.skops"]
    assert left == sorted(path.name for path in trained.iterdir())
    assert 0 == sise("model", "check", trained / "small.json").returncode
    assert (trained / "small.md").read_text(encoding="utf-8") == sise(
        "model", "card", trained / "small.json"
    ).stdout


def test_evaluate_compare_and_drift(sise: Run, trained: Path, district: str) -> None:
    """A table is evaluated, compared with itself (no difference) and watched month by month, scored by the engine."""
    table, span = trained / "small.json", ("--from", "2026-04-01", "--to", "2026-09-30")
    found = json.loads(
        sise("model", "evaluate", table, "--source", district, *span, "--format", "json").stdout
    )
    assert found["findings"] >= 50 and found["auc_interval"][0] < found["auc"] < found["auc_interval"][1]
    assert (
        "+0.0000 [+0.0000, +0.0000]"
        in sise("model", "compare", table, table, "--source", district, *span).stdout
    )
    random = json.loads(
        sise(
            "model",
            "evaluate",
            table,
            "--source",
            district,
            *span,
            "--occasion",
            "random",
            "--occasion",
            "routine",
            "--format",
            "json",
        ).stdout
    )
    assert random["visits"] < found["visits"]


def test_drift_renews_the_verdict_that_a_list_reads(sise: Run, trained: Path, district: str) -> None:
    """``drift`` judges what was known by a day and writes it beside the table; printed only, it leaves it as it is."""
    table, beside = trained / "small.json", trained / "small.drift.json"
    before = beside.read_bytes()
    asked = ("model", "drift", table, "--source", district, "--as-of", "2026-08-31", "--format", "json")
    shown = json.loads(sise(*asked, "--print-only").stdout)
    assert before == beside.read_bytes()
    written = json.loads(sise(*asked).stdout)
    kept = json.loads(beside.read_text(encoding="utf-8"))
    assert shown == written == {name: kept[name] for name in written}
    assert ("2026-04", True) == (shown["months"][0]["month"], shown["until"] <= "2026-08-31")
    ranked = sise(
        "model",
        "rank",
        table,
        "--source",
        district,
        "--as-of",
        "2027-04-30",
        "--format",
        "json",
        today="2027-04-30",
    )
    assert "cannot_tell" == json.loads(ranked.stdout)["drift"], ranked.stderr
    assert "and 184 are allowed" in " ".join(ranked.stderr.split())


def test_a_definition_is_drafted_from_data(sise: Run, district: str, tmp_path: Path) -> None:
    """From data alone there is a definition that can be read and has findings enough; it is never written over."""
    target = tmp_path / "own.toml"
    done = sise("model", "new", "own", "--source", district, "--out", target)
    assert 0 == done.returncode, done.stderr
    counted = sise("model", "feasible", target, "--source", district)
    assert (0, False) == (counted.returncode, "too little" in counted.stdout)
    again = sise("model", "new", "own", "--source", district, "--out", target)
    assert (2, True) == (again.returncode, "is there already" in again.stderr)


def test_feasible_says_whether_there_is_enough(sise: Run, district: str) -> None:
    """Before training the positives of every fold are counted, and a sample of 300 enterprises is too little."""
    found = json.loads(sise("model", "feasible", SMALL, "--source", district, "--format", "json").stdout)
    assert (2, "thin") == (len(found["folds"]), found["verdict"])
    little = sise("model", "feasible", SMALL, "--source", "canonical:data/sample")
    assert "too little" in little.stdout or little.returncode == 3


WORDS = {
    "zh": ("检查次序（ordering）", "计入评分（colour）", "2,624", "0.5 等于抽签"),
    "en": ("order of inspections (ordering)", "part of a colour (colour)", "2,624", "0.5 is drawing lots"),
}


@pytest.mark.parametrize("lang", WORDS)
def test_list_names_the_shipped_models(sise: Run, lang: str) -> None:
    """Every shipped model is listed with its use in words, and what AUC means stands below."""
    said = " ".join(sise("model", "list", lang=lang).stdout.split())
    expected = ("district-demo", "district-demo-order", "food-chicago", *WORDS[lang])
    assert [] == [word for word in expected if word not in said]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("check", "nobody"), 3, "cannot read the points table"),
        (("train", "absent.toml", "--source", "canonical:data/sample"), 3, "cannot read the file"),
        (("train", "models/district-demo.toml"), 2, "--source is missing"),
        (
            (
                "evaluate",
                "district-demo",
                "--source",
                "canonical:data/sample",
                "--from",
                "2026-09-30",
                "--to",
                "2026-01-01",
            ),
            3,
            "is after",
        ),
        (
            ("evaluate", "district-demo", "--source", "canonical:data/sample", "--occasion", "often"),
            2,
            "is no occasion",
        ),
        (
            ("evaluate", "district-demo", "--source", "canonical:data/sample", "--from", "yesterday"),
            2,
            "is no date",
        ),
    ],
)
def test_refusals_are_one_sentence(sise: Run, arguments: tuple[str, ...], code: int, said: str) -> None:
    """What cannot be done ends with its exit code and a sentence, in Chinese as well, and never with a traceback."""
    done, zh = sise("model", *arguments), sise("model", *arguments, lang="zh")
    assert (code, True, False) == (done.returncode, said in done.stderr, "Traceback" in done.stderr)
    assert (code, True) == (zh.returncode, any("\u4e00" <= c <= "\u9fff" for c in zh.stderr))


def test_propose_writes_a_draft_and_its_simulation(sise: Run, district: str, tmp_path: Path) -> None:
    """The draft passes the check, lies beside its simulation, and every sentence exists in Chinese."""
    done = sise(
        "model", "propose", "--source", district, "--out", tmp_path / "p", "--as-of", "2026-11-01", lang="zh"
    )
    assert (0, True, True) == (done.returncode, "未发布" in done.stderr, "草案分值" in done.stdout), (
        done.stderr
    )
    assert ["2026-11-02.toml", "proposal.json", "simulation"] == sorted(
        path.name for path in (tmp_path / "p").iterdir()
    )
    simulation = json.loads((tmp_path / "p" / "simulation" / "simulation.json").read_text(encoding="utf-8"))
    assert ("2026-04-01", "2026-11-02") == (simulation["old"]["version"], simulation["new"]["version"])
    assert 0 == sise("policy", "check", tmp_path / "p" / "2026-11-02.toml").returncode


def test_propose_refuses_too_little_without_a_file(sise: Run, tmp_path: Path) -> None:
    """A sample of 300 enterprises has fewer than 50 positives: a sentence, and the folder is not there."""
    done = sise("model", "propose", "--source", "canonical:data/sample", "--out", tmp_path / "p")
    assert (3, True, False) == (
        done.returncode,
        "at least 50 are needed" in done.stderr,
        "Traceback" in done.stderr,
    ), done.stderr
    assert not list(tmp_path.iterdir())
