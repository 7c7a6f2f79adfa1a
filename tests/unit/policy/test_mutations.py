"""Random single edits of the demonstration policy are all reported: a sample of the long campaign."""

from __future__ import annotations

import importlib.util
import os
import random
from pathlib import Path
from types import ModuleType

import pytest

from scoring.policy.check.checks import check_file
from scoring.policy.load import read_policy_file
from scoring.policy.read.document import policy_sha256
from scoring.rules import POLICIES


def _module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    if spec is None or spec.loader is None:
        raise ImportError(name)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MUTATIONS = _module("mutate").MUTATIONS
HARMLESS = ("comment", "better wording")
BREAKING = sorted(set(MUTATIONS) - set(HARMLESS))
ROOT = Path(__file__).resolve().parents[3]
WHOLE = {
    "2023-05-01": POLICIES / "quzhou-demo" / "2023-05-01.toml",
    "july": ROOT / "benchmarks" / "policies" / "july.toml",
}
"""Policies that extend no other, and say everything themselves."""
TEXTS = {name: path.read_text(encoding="utf-8") for name, path in WHOLE.items()}


def _codes(path: Path) -> set[str]:
    return {finding.code for finding in check_file(path)}


@pytest.mark.parametrize("whole", sorted(TEXTS))
@pytest.mark.parametrize("name", BREAKING)
def test_mutation_is_reported(tmp_path: Path, name: str, whole: str) -> None:
    """Whatever single edit breaks the policy, the check finds an error with a line near it."""
    rng = random.Random(f"{name} {whole}")
    path = tmp_path / "draft.toml"
    for _ in range(6):
        text = MUTATIONS[name](TEXTS[whole], rng)
        path.write_text(text, encoding="utf-8")
        errors = [finding for finding in check_file(path) if finding.severity == "error"]
        assert (True, True) == (text != TEXTS[whole], bool(errors)), name
        lines = [int(finding.place.rpartition(":")[2]) for finding in errors]
        assert 1 <= min(lines) <= max(lines) <= text.count("\n") + 1


@pytest.mark.parametrize("seed", range(int(os.environ.get("SISE_MUTATIONS", "20"))))
def test_damaged_file_never_breaks_the_check(tmp_path: Path, seed: int) -> None:
    """Characters lost, doubled or exchanged anywhere give findings or none, but never an exception."""
    rng = random.Random(seed)
    text = TEXTS["2023-05-01"]
    path = tmp_path / "draft.toml"
    scraps = ["", '"', "]", "{", "\n", "=", "-", "9" * 30, "[[", "\u0000"]
    for _ in range(3):
        start = rng.randrange(len(text))
        end = start + rng.choice([0, 1, 1, 2, 20, 400])
        path.write_text(text[:start] + rng.choice(scraps) + text[end:], encoding="utf-8")
        for finding in check_file(path):
            assert finding.zh and finding.en and finding.place.startswith(str(path))


SHIPPED = sorted(path for path in POLICIES.glob("*/*.toml") if path.name != "register.toml")
"""All shipped policies, those that extend another too."""
LOST = {"key lost", "role lost", "article lost", "articles lost", "supervision lost"}
"""Mutations that do no harm where another policy is extended."""
EDITS = int(os.environ.get("SISE_EDITS", "200"))


def test_random_single_edits_are_reported(tmp_path: Path) -> None:
    """Of 200 random single edits of the shipped files at least 195 are reported; the rest change nothing that decides."""
    rng = random.Random("single edits")
    path = tmp_path / "draft.toml"
    silent = []
    known = {file: _codes(file) for file in SHIPPED}
    for _ in range(EDITS):
        name, file = rng.choice(sorted(set(MUTATIONS) - set(HARMLESS))), rng.choice(SHIPPED)
        text = file.read_text(encoding="utf-8")
        # there what is lost is inherited, which is lawful
        if name in LOST and "\nextends = " in text:
            name = "key misspelt"
        try:
            edited = MUTATIONS[name](text, rng)
        # the file holds nothing of the kind
        except IndexError:
            edited = MUTATIONS["untranslated"](text, rng)
        path.write_text(edited, encoding="utf-8")
        if not _codes(path) - known[file]:
            silent.append((name, file))
            assert policy_sha256(read_policy_file(path).policy) == policy_sha256(
                read_policy_file(file).policy
            ), (name, file)
    assert EDITS * 195 // 200 <= EDITS - len(silent), silent


@pytest.mark.parametrize("name", HARMLESS)
def test_what_decides_nothing_keeps_the_hash(tmp_path: Path, name: str) -> None:
    """A comment or a better wording is no fault and keeps the hash."""
    rng = random.Random(name)
    path = tmp_path / "draft.toml"
    for file in (file for file in SHIPPED if "window_days" in file.read_text(encoding="utf-8")):
        path.write_text(MUTATIONS[name](file.read_text(encoding="utf-8"), rng), encoding="utf-8")
        assert policy_sha256(read_policy_file(file).policy) == policy_sha256(read_policy_file(path).policy)
