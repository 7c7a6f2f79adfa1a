"""The lock of a definition: every look at its holdout is written down, and the gate counts them.

Whoever changes a definition and looks again chooses by the holdout, which then proves nothing. The
same definition on the same visits gives the same table and is no new look.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Annotated, Literal

import pandas as pd
from pydantic import Field, ValidationError

from scoring.analysis.training.definition import ModelDefinition
from scoring.disk import atomic_file
from scoring.errors import ModelError, at
from scoring.policy.language.forms import Form
from scoring.policy.language.points_table import Window

SUFFIX = ".lock.json"
FORMAT: Literal["sise-holdout-looks/1"] = "sise-holdout-looks/1"
_TEXTS = {"title", "purpose", "limits", "holdout"}
"""What may be said otherwise without another model coming of it; the window stands by itself."""


class HoldoutLook(Form):
    """One look: at which window, by which definition on which visits."""

    window: Window
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class HoldoutLock(Form):
    """All looks that a definition has taken, the first one first."""

    format: Literal["sise-holdout-looks/1"] = FORMAT
    looks: tuple[HoldoutLook, ...] = ()


def lock_beside(definition: Path) -> Path:
    """The lock of a definition file."""
    return definition.with_suffix("").with_suffix(SUFFIX)


def count_look(
    lock: Path | None, definition: ModelDefinition, cases: pd.DataFrame, matrix: pd.DataFrame
) -> int:
    """Writes down a look at the holdout and says which one it is; looks at days that overlap count.

    Args:
        lock: The lock; ``None``: nobody counts, and this is the first.
        definition: What looks.
        cases: ``as_of``, ``visit_on`` and ``label`` of all cases.
        matrix: Their features.

    Raises:
        ModelError: The lock cannot be read or is not of this form.
    """
    if lock is None or definition.holdout is None:
        return 1
    window = definition.holdout
    look = HoldoutLook(window=window, sha256=_digest(definition, cases, matrix))
    looks = _read(lock).looks
    if look not in looks:
        looks = (*looks, look)
        content = HoldoutLock(looks=looks).model_dump(mode="json")
        lock.parent.mkdir(parents=True, exist_ok=True)
        # Before the look is taken: whoever breaks off has looked all the same.
        with atomic_file(lock) as part_file:
            part_file.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    at_these_days = [each for each in looks if _overlap(each.window, window)]
    return at_these_days.index(look) + 1


def _read(lock: Path) -> HoldoutLock:
    try:
        return HoldoutLock.model_validate_json(lock.read_bytes())
    except FileNotFoundError:
        return HoldoutLock()
    except (OSError, ValidationError) as error:
        raise ModelError("lock_unreadable", place=at(lock), reason=str(error)) from error


def _overlap(window: Window, other: Window) -> bool:
    return window.first <= other.last and other.first <= window.last


def _digest(definition: ModelDefinition, cases: pd.DataFrame, matrix: pd.DataFrame) -> str:
    """Digest of what looks; the same under pseudonyms, which change with every salt."""
    declared = definition.model_dump(mode="json", exclude=_TEXTS)
    declared["label"].pop("text")
    for feature in declared["features"]:
        feature.pop("label")
    rows = pd.concat(
        [cases[["as_of", "visit_on", "label"]].reset_index(drop=True), matrix.reset_index(drop=True)], axis=1
    )
    lines = rows.to_csv(index=False, float_format="%.0f", date_format="%Y-%m-%d").splitlines()
    content = json.dumps(declared, sort_keys=True) + "\n".join(sorted(lines))
    return hashlib.sha256(content.encode()).hexdigest()
