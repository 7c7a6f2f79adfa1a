"""Where the notebooks find and leave things, and how big they are. Imported first: it makes the project importable."""

from __future__ import annotations

import os
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("SISE_SHARED", PROJECT.parent / "shared" / "data"))
"""Real public records beside the project, never in it; cells tagged ``shared`` need them."""
SMALL = os.environ.get("SISE_NOTEBOOK_SIZE") == "small"
"""A few thousand enterprises instead of twenty thousand: the same story in seconds, for the tests and for a first look."""
OUT = Path(os.environ.get("SISE_NOTEBOOK_OUT", PROJECT / "out" / "notebooks" / ("small" if SMALL else "")))
"""Where districts, models and simulations are left; a small run never replaces what a full one made."""

sys.path.insert(0, str(PROJECT))


def told(folder: str) -> str:
    """Whether a folder of real records is there, as a sentence."""
    if (SHARED / folder).is_dir():
        return f"使用 {folder} 的真实记录 · real records of {folder} are used"
    return f"没有 ../shared/data/{folder}，跳过需要真实记录的部分 · ../shared/data/{folder} is absent: what needs real records is skipped"


def district(enterprises: int) -> Path:
    """The folder of a synthetic district, generated once per size under ``OUT``."""
    from scoring.synthetic import DistrictPlan, write_district

    folder = OUT / f"district-{enterprises}"
    if not (folder / "ledger.csv").is_file():
        write_district(DistrictPlan(enterprises=enterprises), folder)
    return folder
