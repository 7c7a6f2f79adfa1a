"""A list of whom to visit first: the order, the reasons, and what is to be said about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.administration.supervision.field_sampling import FieldSample
from scoring.administration.supervision.reason_records import Behind, ReasonRecord
from scoring.engine.indicators import unit
from scoring.entities import Lang
from scoring.explain.words import figures
from scoring.explain.words.disclosures import labels_of
from scoring.policy.language.points_table import ENTERPRISE_AGE, ModelTable, ScoredFeature
from scoring.policy.language.release_gate import was_judged
from scoring.policy.verdicts import TableStanding
from scoring.rules.wording import both, say

Ints = NDArray[np.int64]
REASONS = ("reason_1", "reason_2", "reason_3")
"""Columns of the reasons: no enterprise has more."""
OLD_DAYS = 365
"""Age from which on rates of peers are said to be old."""


@dataclass(frozen=True)
class VisitReason:
    """A feature that raises an enterprise over the others of the list.

    Attributes:
        feature: Its id.
        number: Its value, ``None`` if unknown; shares in basis points.
        points: Its points.
        above: Tenths of points by which these are above the mean of the list.
    """

    feature: str
    number: int | None
    points: int
    above: int


@dataclass(frozen=True)
class Ranked:
    """An enterprise in its place, with at most three reasons, the strongest first.

    ``probability`` is the calibrated probability of what the model predicts.
    """

    rank: int
    enterprise_id: str
    name: str
    points: int
    probability: float
    reasons: tuple[VisitReason, ...]


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
        gone: How many were left out because there is nobody to visit.
        standing: What is known of the model's drift on the day.
        fictitious: Whether some of the facts behind it are made up.
        sample: The field of supervision that the list is of, where it is of one.
        behind: The records behind the reasons of those enterprises of which they were looked up.
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
    standing: TableStanding
    fictitious: bool = False
    sample: FieldSample | None = None
    behind: Behind = field(default_factory=dict)

    def within(self, sample: FieldSample) -> Ranking:
        """The list of those alone who are active in a field, in the same order."""
        kept = [index for index, enterprise_id in enumerate(self.ids) if enterprise_id in sample.bands]
        return replace(
            self,
            ids=[self.ids[index] for index in kept],
            names=[self.names[index] for index in kept],
            total=self.total[kept],
            known=self.known[kept],
            values=self.values[kept],
            points=self.points[kept],
            sample=sample,
        )

    @cached_property
    def chosen(self) -> frozenset[str]:
        """Of a list of one field, who is inspected by the share of the grade there."""
        return self.sample.chosen(self.ids) if self.sample else frozenset()

    @cached_property
    def _features(self) -> dict[str, ScoredFeature]:
        return {feature.id: feature for feature in self.table.features}

    def usual(self) -> NDArray[np.float64]:
        """Mean points of every feature over the list."""
        return np.asarray(self.points.mean(axis=0), dtype=np.float64)

    def rows(self, top: int | None = None) -> Iterator[Ranked]:
        """The first enterprises, all without ``top``."""
        different = np.unique(self.total).tolist()
        probability = {points: self.table.probability(points) for points in different}
        above = np.rint((self.points[:top] - self.usual()) * 10).astype(np.int64)
        # A stable sort: of equal reasons the feature that the table names first comes first.
        strongest = np.argsort(-above, axis=1, kind="stable")[:, : len(REASONS)]
        for index, features in enumerate(strongest.tolist()):
            points = int(self.total[index])
            raising = [feature for feature in features if above[index, feature] > 0]
            yield Ranked(
                rank=index + 1,
                enterprise_id=self.ids[index],
                name=self.names[index],
                points=points,
                probability=probability[points],
                reasons=tuple(
                    self._reason(index, feature, int(above[index, feature])) for feature in raising
                ),
            )

    def _reason(self, index: int, feature: int, above: int) -> VisitReason:
        number = int(self.values[index, feature]) if self.known[index, feature] else None
        points = int(self.points[index, feature])
        return VisitReason(self.table.features[feature].id, number, points, above)

    def records(self, ranked: Ranked, reason: VisitReason) -> Sequence[ReasonRecord]:
        """The records behind a reason, the newest first; none of a rate of peers."""
        return self.behind.get((ranked.enterprise_id, reason.feature), ())

    def words(self, reason: VisitReason) -> dict[str, str]:
        """The value of a reason as people read it."""
        if reason.number is None:
            return both("value_unknown")
        feature = self._features[reason.feature]
        if feature.among:
            return both("value_share", n=figures.decimal(reason.number, 100))
        if feature.of == ENTERPRISE_AGE:
            return both("value_age", n=figures.decimal(reason.number))
        counted = next(aggregate for aggregate in self.table.inputs if aggregate.id == feature.of)
        indicator = counted.indicator("inputs")
        return figures.value(indicator, reason.number // unit(indicator))

    def parts(self, reason: VisitReason, lang: Lang) -> tuple[str, str]:
        """By how many points a reason raises, and the feature with its value."""
        label = self._features[reason.feature].label.model_dump()[lang]
        words = say(lang, "mr_reason", label=label, value=self.words(reason)[lang])
        return f"+{reason.above // 10}.{reason.above % 10}", words

    def sentence(self, reason: VisitReason, lang: Lang) -> str:
        """A reason in one line."""
        points, words = self.parts(reason, lang)
        return say(lang, "mr_adds", points=points, reason=words)

    def expected(self) -> dict[str, str] | None:
        """The share of findings that the first tenth of such a list made; ``None`` without a holdout."""
        holdout = self.table.metrics.get("holdout")
        if holdout is None:
            return None
        first, last = holdout["window"]
        # Of the frozen list, for a list that people work through is not scored anew every day.
        tenth = f"{holdout['frozen']['gain']['10']:.0%}"
        return both("mr_gain", first=first, last=last, part=tenth)

    def cautions(self) -> list[dict[str, str]]:
        """What a reader must know: facts that are made up, a model that has drifted, rates from long ago."""
        cautions = [dict(notice) for notice in labels_of(demonstration=False, fictitious=self.fictitious)]
        if self.standing.caution is not None:
            cautions.append(self.standing.caution)
        if not was_judged(self.table.metrics):
            cautions.append(both("mr_never_judged", id=self.table.id))
        day = self.table.looked_up_on
        if day is not None and (self.as_of - day).days > OLD_DAYS:
            cautions.append(both("mr_old_rates", day=day, days=(self.as_of - day).days))
        return cautions

    def as_dict(self, top: int, *, named: bool) -> dict[str, Any]:
        """The first enterprises, and how the list was made, for JSON.

        Args:
            top: How many enterprises.
            named: Whether their names are told.
        """
        means = (round(mean, 3) for mean in self.usual().tolist())
        return {
            "model": self.table.id,
            "sha256": self.table.sha256,
            "as_of": self.as_of.isoformat(),
            "drift": self.standing.verdict,
            "predicts": self.table.label.text.model_dump(),
            "enterprises": len(self.ids),
            "gone": self.gone,
            "usual_points": dict(zip(self._features, means, strict=True)),
            "cautions": self.cautions(),
            **({"field": self.sample.field, "by_band": self.sample.by_band()} if self.sample else {}),
            "rows": [self._row_dict(ranked, named) for ranked in self.rows(top)],
        }

    def _row_dict(self, ranked: Ranked, named: bool) -> dict[str, Any]:
        return {
            "rank": ranked.rank,
            "enterprise_id": ranked.enterprise_id,
            **({"name": ranked.name} if named else {}),
            "points": ranked.points,
            **self._in_field(ranked.enterprise_id),
            "probability": round(ranked.probability, 4),
            "reasons": [self._reason_dict(ranked, reason) for reason in ranked.reasons],
        }

    def _in_field(self, enterprise_id: str) -> dict[str, Any]:
        """Of a list of one field, the band there and whether its share takes the enterprise."""
        if self.sample is None:
            return {}
        return {"band": self.sample.bands[enterprise_id], "inspected": enterprise_id in self.chosen}

    def _reason_dict(self, ranked: Ranked, reason: VisitReason) -> dict[str, Any]:
        return {
            "feature": reason.feature,
            "label": self._features[reason.feature].label.model_dump(),
            "value": self.words(reason),
            "number": reason.number,
            "points": reason.points,
            "above_usual": reason.above / 10,
            "records": [_record_dict(record) for record in self.records(ranked, reason)],
        }


def _record_dict(record: ReasonRecord) -> dict[str, str]:
    return {"record_id": record.record_id, "kind": record.kind, "dated_on": record.dated_on.isoformat()}
