"""Where the notebooks find and leave things, and how big they are. Imported first: it makes the project importable."""

from __future__ import annotations

import atexit
import os
import secrets
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scoring.assess.dataset import Dataset

PROJECT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("SISE_SHARED", PROJECT.parent / "shared" / "data"))
"""Real public records beside the project, never in it; cells tagged ``shared`` need them."""
SMALL = os.environ.get("SISE_NOTEBOOK_SIZE") == "small"
"""A few thousand enterprises instead of twenty thousand: the same story in seconds, for the tests and for a first look."""
OUT = Path(os.environ.get("SISE_NOTEBOOK_OUT", PROJECT / "out" / "notebooks" / ("small" if SMALL else "")))
"""Where districts, models and simulations are left; a small run never replaces what a full one made."""
STORE = "db:"
GIVEN = os.environ.get("SISE_NOTEBOOK_SOURCES", "").splitlines()
"""What the command line was given: ``MAP:PATH`` each, or ``db:`` and the address of a store; a notebook's own data where it is empty."""

_DEFINITION = os.environ.get("SISE_NOTEBOOK_DEFINITION", "")
DEFINITION = Path(_DEFINITION) if _DEFINITION else PROJECT / "models" / "district-demo.toml"
"""What is to be learned: the definition that the command line was given, else that of the synthetic district."""
LOCK = DEFINITION.with_suffix(".lock.json") if not SMALL else OUT / f"{DEFINITION.stem}.lock.json"
"""Where looks at the holdout are counted; a first look at small data is nobody's look at the real ones."""

sys.path.insert(0, str(PROJECT))


def quiet(stage: str, share: float) -> None:
    """No progress bar in a notebook."""


def open_data(sources: Sequence[str]) -> Dataset:
    """Sources, or a store under pseudonyms, open in an engine until the notebook ends; a sentence says what they are.

    Args:
        sources: As ``GIVEN``.
    """
    from scoring.assess.dataset import open_sources
    from scoring.cli.arguments import salt
    from scoring.records.map.sources import parse_source
    from scoring.store.facts.pseudonymous import open_pseudonymous

    stored, specs = sources[0].startswith(STORE), [parse_source(source) for source in sources]
    if stored:
        opening = open_pseudonymous(sources[0].removeprefix(STORE), salt(os.environ, secrets.token_hex(32)), quiet)
    else:
        opening = open_sources(specs, quiet)
    stack = ExitStack()
    atexit.register(stack.close)
    data = stack.enter_context(opening)
    names = ", ".join(f"{spec.map}:{spec.path.name}" for spec in specs)
    zh, en = ("库中的数据，主体已换成代号", "the store, under pseudonyms") if stored else (names, names)
    size = data.intake.n_enterprises, data.intake.n_records
    print("数据：{}；{:,} 户，{:,} 条记录 · data: {}; {:,} enterprises, {:,} records".format(zh, *size, en, *size))
    return data


def trained_table() -> Path:
    """The points table that notebook 02 left of the definition, released or a draft.

    Raises:
        FileNotFoundError: It has not run yet.
    """
    from scoring.analysis.training.definition import read_definition

    model = read_definition(DEFINITION).id
    for path in (OUT / "models" / f"{model}.json", OUT / "models" / f"{model}.draft.json"):
        if path.is_file():
            return path
    raise FileNotFoundError(f"没有 {model} 的分值表，请先运行 02 · there is no table of {model}; run notebook 02 first")


def told(folder: str) -> str:
    """Whether a folder of real records is there, as a sentence."""
    if (SHARED / folder).is_dir():
        return f"使用 {folder} 的真实记录 · real records of {folder} are used"
    return f"没有 ../shared/data/{folder}，跳过需要真实记录的部分 · ../shared/data/{folder} is absent: what needs real records is skipped"


def district(enterprises: int) -> Path:
    """The folder of a synthetic district, generated once per size under ``OUT``."""
    from scoring.analysis.synthetic import DistrictPlan, write_district

    folder = OUT / f"district-{enterprises}"
    if not (folder / "ledger.csv").is_file():
        write_district(DistrictPlan(enterprises=enterprises), folder)
    return folder
