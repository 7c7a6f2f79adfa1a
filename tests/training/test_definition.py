"""Bad definitions are refused with a file, a line and a sentence in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest
from trained_model import ROOT, defined

from scoring.analysis.training.definition import read_definition
from scoring.errors import ModelError

BAD = {
    "no label window": ("within_days = 1\n", "", "within_days is missing"),
    "dates reversed": (
        "origins = [2025-07-01, 2026-01-01]",
        "origins = [2026-01-01, 2025-07-01]",
        "dates are out of order",
    ),
    "trained before it begins": (
        "train_until = 2026-03-31",
        "train_until = 2024-03-31",
        "dates are out of order",
    ),
    "holdout reversed": ("last = 2026-09-30", "last = 2026-03-30", "must lie after train_until"),
    "holdout trained on": (
        "train_until = 2026-03-31",
        "train_until = 2026-06-30",
        "must lie after train_until",
    ),
    "no such input": (
        'of = "credit"\nmonotone',
        'of = "credits"\nmonotone',
        '"credits" is no input',
    ),
    "unknown kind of bound": ("refresh_days = 180", "refresh_days = 0", "a number ≥ 1"),
    "peers without a share": ('among = "visits"\nprior = 1000\n', "", "needs `among`"),
    "peers without look-ups": (
        "[lookups]\nrefresh_days = 180\nfrozen_on = 2026-03-31\n",
        "",
        "[lookups] goes with",
    ),
    "rule card of nothing": ('feature = "own_share"', 'feature = "own_shares"', "is no feature"),
    "misspelt key": ("seed = 4\n", "seed = 4\nsed = 5\n", "did you mean seed"),
    "not monotone for a colour": (
        'use = "ordering"',
        'use = "colour"',
        "must be a monotone aggregate of own records",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_definition_is_refused(small: str, tmp_path: Path, name: str) -> None:
    """Each fault is named where it stands, with what to write instead."""
    old, new, said = BAD[name]
    assert old in small
    with pytest.raises(ModelError) as caught:
        defined(small.replace(old, new, 1), tmp_path)
    assert (3, True) == (caught.value.exit_code, said in caught.value.en)
    assert caught.value.place.rpartition(":")[2].isdigit() and caught.value.zh


SHIPPED = sorted(path for path in (ROOT / "models").glob("*.toml") if path.stem != "REFERENCE")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_definitions_are_sound(path: Path) -> None:
    """Every shipped definition can be read and is called as its file."""
    assert path.stem == read_definition(path).id
