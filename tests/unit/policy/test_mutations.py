"""Random single edits of the demonstration policy are all reported: a sample of the long campaign."""

from __future__ import annotations

import importlib.util
import os
import random
from pathlib import Path
from types import ModuleType

import pytest

from scoring.policy.check import check_file
from scoring.policy.load import POLICIES


def _module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    if spec is None or spec.loader is None:
        raise ImportError(name)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MUTATIONS = _module("mutate").MUTATIONS
TEXTS = {day: (POLICIES / "quzhou-demo" / f"{day}.toml").read_text(encoding="utf-8") for day in ("2023-05-01", "2026-04-01")}


@pytest.mark.parametrize("day", sorted(TEXTS))
@pytest.mark.parametrize("name", sorted(MUTATIONS))
def test_mutation_is_reported(tmp_path: Path, name: str, day: str) -> None:
    """Whatever single edit breaks the policy, the check finds an error with a line near it."""
    rng = random.Random(f"{name} {day}")
    path = tmp_path / "draft.toml"
    for _ in range(6):
        text = MUTATIONS[name](TEXTS[day], rng)
        path.write_text(text, encoding="utf-8")
        findings = [f for f in check_file(path) if f.severity == "error"]
        assert (True, True) == (text != TEXTS[day], bool(findings)), name
        assert True is all(1 <= int(f.place.rpartition(":")[2]) <= text.count("\n") + 1 for f in findings)


@pytest.mark.parametrize("seed", range(int(os.environ.get("SISE_MUTATIONS", "40"))))
def test_damaged_file_never_breaks_the_check(tmp_path: Path, seed: int) -> None:
    """Characters lost, doubled or exchanged anywhere give findings or none, but never an exception."""
    rng = random.Random(seed)
    text = TEXTS["2026-04-01"]
    path = tmp_path / "draft.toml"
    scraps = ["", '"', "]", "{", "\n", "=", "-", "9" * 30, "[[", "\u0000"]
    for _ in range(3):
        start = rng.randrange(len(text))
        end = start + rng.choice([0, 1, 1, 2, 20, 400])
        path.write_text(text[:start] + rng.choice(scraps) + text[end:], encoding="utf-8")
        assert [] == [f for f in check_file(path) if not (f.zh and f.en and f.place.startswith(str(path)))]
