"""Puts enterprises in order of whom to visit first: by the points of a model as of a day.

Points come from the engine, by the same expression that a batch runs. What raises an enterprise is
measured against the list itself: the points of a feature less their mean over all that are listed,
so that over the list every feature adds up to nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import pandas as pd

from scoring.administration.supervision.visit_list import Ranking
from scoring.assess.dataset import Dataset
from scoring.assess.fictitious_rows import holds_fictitious
from scoring.assess.frames import to_frame
from scoring.engine.model_points import POINTS, VALUE, feature_columns
from scoring.entities import Progress, silent
from scoring.errors import InputError, ModelError
from scoring.policy.language.conditions import Condition, Gate
from scoring.policy.language.forms import Text
from scoring.policy.language.points_table import ModelTable, selected
from scoring.policy.model_policy import score_policy
from scoring.policy.tables import read_released
from scoring.policy.verdicts import TableStanding, standing, verdict_path
from scoring.records.intake import id_ranges

AT_ONCE = 25_000
"""Enterprises scored at once: the bar moves, and memory stays that of a few."""
SCORE = "v__score"
GONE = Gate(
    id="gone",
    label=Text(zh="已吊销、注销或者迁出", en="Revoked, deregistered or moved away"),
    any=(Condition(enterprise="status", in_=("revoked", "deregistered", "moved")),),
)
"""Who is not listed, for there is nobody to visit: the same as the shipped policies do not rate."""


def ranking(ref: str, data: Dataset, as_of: date, progress: Progress = silent) -> Ranking:
    """Puts all enterprises known on a day in order, but those that are gone.

    Args:
        ref: Id or path of the model.
        data: Where the records are.
        as_of: The day, at its end.
        progress: Called with a stage and the share done.

    Raises:
        ModelError: The table cannot be read, was edited, is a draft, or its drift says that it is
            not to be used.
        InputError: The sources do not cover a kind that the model looks at, or nothing that it
            looks at counts on the day.
    """
    table, known = usable(ref, as_of)
    _refuse_uncovered(table, data.covers)
    scored = _scored(ref, table, data, as_of, progress)
    listed = scored[scored["gate"].isna()] if len(scored) else scored
    if not len(listed) or not listed["n_records"].sum():
        raise _nothing_known(table, data, as_of, len(listed))
    # Equal points by id, which says nothing about risk but is the same every time.
    listed = listed.sort_values([SCORE, "enterprise_id"], ascending=[False, True])
    values = [listed[VALUE + feature.id] for feature in table.features]
    points = [listed[POINTS + feature.id] for feature in table.features]
    return Ranking(
        table=table,
        as_of=as_of,
        ids=listed["enterprise_id"].tolist(),
        names=listed["name"].fillna("").tolist(),
        total=listed[SCORE].to_numpy(dtype=np.int64),
        known=np.stack([column.notna().to_numpy() for column in values], axis=1),
        values=np.stack([column.fillna(0).to_numpy(dtype=np.int64) for column in values], axis=1),
        points=np.stack([column.to_numpy(dtype=np.int64) for column in points], axis=1),
        gone=len(scored) - len(listed),
        standing=known,
        fictitious=holds_fictitious(data.intake.enterprises, data.engine),
    )


def _scored(ref: str, table: ModelTable, data: Dataset, as_of: date, progress: Progress) -> pd.DataFrame:
    """The engine's points of every enterprise, with the values and the points of its features."""
    policy = score_policy(ref, table, (GONE,))
    columns = ["enterprise_id", "name", "gate", "n_records", SCORE, *feature_columns(policy)]
    ranges = id_ranges(data.intake.enterprises, AT_ONCE)

    def reported() -> Iterator[tuple[str, str]]:
        """The ranges of ids, each with the share that is done before it."""
        for index, ids in enumerate(ranges):
            progress("rank", index / len(ranges))
            yield ids

    blocks = list(
        data.engine.batch(policy, as_of, data.covers, data.tables, reported(), columns, features=True)
    )
    progress("rank", 1.0)
    return to_frame(blocks) if blocks else pd.DataFrame(columns=columns)


def usable(ref: str, as_of: date) -> tuple[ModelTable, TableStanding]:
    """The points table and what is known of its drift, unless that says that it is not to be used.

    A verdict that a command ignores would be none: a list no better than chance burdens whoever
    stands first for nothing.

    Raises:
        ModelError: It cannot be read, was edited, is a draft, or is not to be used.
    """
    table = read_released(ref)
    known = standing(table, verdict_path(ref), as_of)
    if known.verdict == "do_not_use":
        raise ModelError("ranking_model_unusable", model=table.id, since=known.since)
    return table, known


def _refuse_uncovered(table: ModelTable, covers: frozenset[str]) -> None:
    missing = sorted(set(selected(table.inputs).kind) - covers)
    if missing:
        raise InputError("ranking_kinds_uncovered", model=table.id, kinds=missing)


def _nothing_known(table: ModelTable, data: Dataset, as_of: date, listed: int) -> InputError:
    """The refusal of a day on which no listed enterprise has a record that counts."""
    known_on = "coalesce(known_on, decided_on, occurred_on)"
    span = data.engine.select(
        f"SELECT min({known_on}) AS first, max({known_on}) AS last FROM {data.tables.records}"
    ).to_pylist()[0]
    if span["last"] is None:
        return InputError("ranking_no_dated_record", model=table.id)
    return InputError("ranking_no_record", as_of=as_of, listed=listed, model=table.id, **span)
