"""Whom to visit first: every enterprise by the points of a model as of a day, each with what raises it over the others.

Points come from the engine, the same expression that a batch runs. What raises an enterprise is told against the list itself:
the points of a feature less their mean over all that are listed, so that over the list every feature adds up to nothing.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scoring.assess.dataset import Dataset
from scoring.assess.frames import to_frame
from scoring.disk import spreadsheet_cell
from scoring.engine.indicators import unit
from scoring.engine.model import POINTS, VALUE, feature_columns
from scoring.entities import Lang, Progress, silent
from scoring.errors import InputError, ModelError
from scoring.explain.words import figures
from scoring.policy.language.conditions import Condition, Gate
from scoring.policy.language.forms import Text
from scoring.policy.language.points_table import ModelTable, Scored, read_model, score_policy, selected
from scoring.records.intake import id_ranges
from scoring.rules.wording import both, say

Ints = NDArray[np.int64]
RANGE = 25_000
"""Enterprises scored at once: the bar moves, and memory stays that of a few."""
REASONS = ("reason_1", "reason_2", "reason_3")
"""Columns of the reasons: no enterprise has more."""
OLD_DAYS = 365
GONE = Gate(
    id="gone",
    label=Text(zh="已吊销、注销或者迁出", en="Revoked, deregistered or moved away"),
    any=(Condition(enterprise="status", in_=("revoked", "deregistered", "moved")),),
)
"""Who is not listed, for there is nobody to visit: the same as the shipped policies do not rate."""


@dataclass(frozen=True)
class Reason:
    """A feature that raises an enterprise: its value (``None``: unknown), its points, and their tenths over the mean of the list."""

    feature: str
    number: int | None
    points: int
    above: int


@dataclass(frozen=True)
class Ranked:
    """One row: place, who, points, calibrated probability, and what raises it most, at most three."""

    rank: int
    enterprise_id: str
    name: str
    points: int
    probability: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Ranking:
    """The whole list, points falling, equal points by id.

    Attributes:
        table: The model.
        as_of: The day.
        ids: Enterprises in order.
        names: Their names.
        total: Their points.
        known: (enterprise x feature) whether the value is known.
        values: Values, 0 where unknown; shares in basis points.
        points: Points, which add up to ``total``.
        gone: How many were left out (``GONE``).
    """

    table: ModelTable
    as_of: date
    ids: Sequence[str]
    names: Sequence[str]
    total: Ints
    known: NDArray[np.bool_]
    values: Ints
    points: Ints
    gone: int

    @cached_property
    def _features(self) -> dict[str, Scored]:
        return {f.id: f for f in self.table.features}

    def usual(self) -> NDArray[np.float64]:
        """Mean points of every feature over the list."""
        return np.asarray(self.points.mean(axis=0), dtype=np.float64)

    def rows(self, top: int | None = None) -> Iterator[Ranked]:
        """The first rows, all without ``top``."""
        probability = {points: self.table.probability(points) for points in np.unique(self.total).tolist()}
        above = np.rint((self.points[:top] - self.usual()) * 10).astype(np.int64)
        most = np.argsort(-above, axis=1, kind="stable")[:, : len(REASONS)]
        for n, features in enumerate(most.tolist()):
            points = int(self.total[n])
            reasons = tuple(self._reason(n, f, int(above[n, f])) for f in features if above[n, f] > 0)
            yield Ranked(n + 1, self.ids[n], self.names[n], points, probability[points], reasons)

    def _reason(self, row: int, feature: int, above: int) -> Reason:
        number = int(self.values[row, feature]) if self.known[row, feature] else None
        return Reason(self.table.features[feature].id, number, int(self.points[row, feature]), above)

    def words(self, reason: Reason) -> dict[str, str]:
        """The value of a reason as people read it."""
        if reason.number is None:
            return both("value_unknown")
        feature = self._features[reason.feature]
        if feature.among:
            return both("value_share", n=figures.decimal(reason.number, 100))
        source = next(i for i in self.table.inputs if i.id == feature.of).indicator("inputs")
        return figures.value(source, reason.number // unit(source))

    def parts(self, reason: Reason, lang: Lang) -> tuple[str, str]:
        """By how many points a reason raises, and the feature with its value."""
        label, value = self._features[reason.feature].label.model_dump()[lang], self.words(reason)[lang]
        return f"+{reason.above // 10}.{reason.above % 10}", say(lang, "mr_reason", label=label, value=value)

    def sentence(self, reason: Reason, lang: Lang) -> str:
        """A reason in one line."""
        return say(lang, "mr_adds", **dict(zip(("points", "reason"), self.parts(reason, lang), strict=True)))

    def expected(self) -> dict[str, str] | None:
        """What the first part of such a list found on visits that nobody had looked at; ``None`` where none were held out."""
        held_out = self.table.metrics.get("holdout")
        if held_out is None:
            return None
        first, last = held_out["window"]
        return both("mr_gain", first=first, last=last, part=f"{held_out['frozen']['gain']['10']:.0%}")

    def cautions(self) -> list[dict[str, str]]:
        """What weakens the list: a model that has drifted, and rates of peers from long ago."""
        drift, found = self.table.metrics.get("drift", {}), []
        if drift.get("verdict") in ("watch", "retrain"):
            verdict = both(f"mo_verdict_{drift['verdict']}", since=drift["since"])
            found.append(both("mr_drifted", id=self.table.id, verdict=verdict))
        day = self.table.looked_up_on
        if day is not None and (self.as_of - day).days > OLD_DAYS:
            found.append(both("mr_old_rates", day=day, days=(self.as_of - day).days))
        return found

    def as_dict(self, top: int, *, named: bool) -> dict[str, Any]:
        """The first rows and what was asked, for JSON."""
        return {
            "model": self.table.id,
            "sha256": self.table.sha256,
            "as_of": self.as_of.isoformat(),
            "predicts": self.table.label.text.model_dump(),
            "enterprises": len(self.ids),
            "gone": self.gone,
            "usual_points": dict(
                zip(self._features, (round(mean, 3) for mean in self.usual().tolist()), strict=True)
            ),
            "cautions": self.cautions(),
            "rows": [self._told(row, named) for row in self.rows(top)],
        }

    def _told(self, row: Ranked, named: bool) -> dict[str, Any]:
        who = {"enterprise_id": row.enterprise_id} | ({"name": row.name} if named else {})
        reasons = [
            {
                "feature": r.feature,
                "label": self._features[r.feature].label.model_dump(),
                "value": self.words(r),
                "number": r.number,
                "points": r.points,
                "above_usual": r.above / 10,
            }
            for r in row.reasons
        ]
        return {
            "rank": row.rank,
            **who,
            "points": row.points,
            "probability": round(row.probability, 4),
            "reasons": reasons,
        }


def ranking(ref: str, data: Dataset, as_of: date, progress: Progress = silent) -> Ranking:
    """Puts all enterprises known on a day in order, but those that are gone.

    Args:
        ref: Id or path of the model.
        data: Where the records are.
        as_of: The day, at its end.
        progress: Called with a stage and the share done.

    Raises:
        ModelError: The table cannot be read, was edited, or its drift says that it is not to be used.
        InputError: The sources do not cover a kind that the model looks at, or nothing that it looks at counts on the day.
    """
    table = usable(ref)
    _refuse_uncovered(table, data.covers)
    frame = _scored(ref, table, data, as_of, progress)
    listed = frame[frame["gate"].isna()] if len(frame) else frame
    if not len(listed) or not listed["n_records"].sum():
        raise _nothing_known(table, data, as_of, len(listed))
    listed = listed.sort_values(["v__score", "enterprise_id"], ascending=[False, True])
    values, points = ([listed[prefix + f.id] for f in table.features] for prefix in (VALUE, POINTS))
    return Ranking(
        table,
        as_of,
        listed["enterprise_id"].tolist(),
        listed["name"].fillna("").tolist(),
        listed["v__score"].to_numpy(dtype=np.int64),
        np.stack([column.notna().to_numpy() for column in values], axis=1),
        np.stack([column.fillna(0).to_numpy(dtype=np.int64) for column in values], axis=1),
        np.stack([column.to_numpy(dtype=np.int64) for column in points], axis=1),
        len(frame) - len(listed),
    )


def _scored(ref: str, table: ModelTable, data: Dataset, as_of: date, progress: Progress) -> pd.DataFrame:
    """The engine's points of every enterprise, with the values and the points of its features."""
    policy = score_policy(ref, table).model_copy(update={"gates": (GONE,)})
    columns = ["enterprise_id", "name", "gate", "n_records", "v__score", *feature_columns(policy)]
    ranges = id_ranges(data.intake.enterprises, RANGE)

    def reported() -> Iterator[tuple[str, str]]:
        for n, ids in enumerate(ranges):
            progress("rank", n / len(ranges))
            yield ids

    blocks = list(
        data.engine.batch(policy, as_of, data.covers, data.tables, reported(), columns, features=True)
    )
    progress("rank", 1.0)
    return to_frame(blocks) if blocks else pd.DataFrame(columns=columns)


def write_ranking(
    found: Ranking, path: Path, lang: Lang, *, named: bool, progress: Progress = silent
) -> None:
    """The whole list as CSV for Excel, never half of it: UTF-8 with BOM, no cell that runs as a formula; names only if ``named``.

    Every row says by which table and as of which day, for rows are copied out of files.
    """
    made = (found.as_of.isoformat(), f"{found.table.id}@{found.table.sha256[:12]}")
    who = ("enterprise_id", "name") if named else ("enterprise_id",)
    told = cache(lambda reason: spreadsheet_cell(found.sentence(reason, lang)))  # most have the same few
    part = path.with_name(f".{path.name}.part")
    with part.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("rank", *who, "points", "probability", *REASONS, "as_of", "model"))
        for row in found.rows():
            if row.rank % RANGE == 1:
                progress("write_list", row.rank / len(found.ids))
            names = (spreadsheet_cell(getattr(row, name)) for name in who)
            reasons = [*map(told, row.reasons), *[""] * (len(REASONS) - len(row.reasons))]
            writer.writerow((row.rank, *names, row.points, f"{row.probability:.4f}", *reasons, *made))
    part.replace(path)
    progress("write_list", 1.0)


def usable(ref: str) -> ModelTable:
    """The points table, unless its drift says that it is not to be used.

    A verdict that a command ignores is none: a list no better than chance burdens whoever stands first for nothing.

    Raises:
        ModelError: It cannot be read, was edited, or is not to be used.
    """
    table = read_model(ref)
    drift = table.metrics.get("drift", {})
    if drift.get("verdict") == "do_not_use":
        raise ModelError(
            zh=f"模型 {table.id} 的漂移结论为自 {drift['since']} 起不得使用，其次序不比抽签好；请重新训练，例如 sise model train DEF.toml，"
            "或改用随机抽查",
            en=f"the drift verdict of model {table.id} is do not use, since {drift['since']}: its order is no better than drawing lots; "
            "train it anew, e.g. sise model train DEF.toml, or draw at random",
        )
    return table


def _refuse_uncovered(table: ModelTable, covers: frozenset[str]) -> None:
    missing = sorted(set(selected(table.inputs).kind) - covers)
    if missing:
        raise InputError(
            zh=f"来源不含模型 {table.id} 要看的 {'、'.join(missing)}，分值无从计算；请加上或导入含有它们的来源，"
            "例如 --source canonical:data/sample",
            en=f"the sources do not cover {', '.join(missing)}, which model {table.id} looks at, so nobody has points; "
            "add or import a source that does, e.g. --source canonical:data/sample",
        )


def _nothing_known(table: ModelTable, data: Dataset, as_of: date, listed: int) -> InputError:
    known = "coalesce(known_on, decided_on, occurred_on)"
    span = data.engine.select(
        f"SELECT min({known}) AS first, max({known}) AS last FROM {data.tables.records}"
    ).to_pylist()[0]
    first, last = span["first"], span["last"]
    if last is None:
        return InputError(
            zh=f"没有任何有日期的记录，无从排序；模型 {table.id} 要看检查等记录，例如 --source canonical:data/sample",
            en=f"there is no dated record at all, so nobody can be ranked; model {table.id} looks at inspections and the like, "
            "e.g. --source canonical:data/sample",
        )
    return InputError(
        zh=f"{as_of} 尚在的 {listed} 户没有模型 {table.id} 要看的记录，无从排序；记录归集于 {first} 至 {last}，例如 --as-of {last}",
        en=f"on {as_of} none of {listed} enterprises that are there has a record that model {table.id} looks at; records became known from "
        f"{first} to {last}, e.g. --as-of {last}",
    )
