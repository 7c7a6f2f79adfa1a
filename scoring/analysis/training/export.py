"""The fitted model as a points table in JSON: the same definition and data give the same bytes."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import date
from importlib.metadata import version as package_version
from pathlib import Path

import numpy as np

from scoring.analysis.training.definition import ModelDefinition
from scoring.analysis.training.features import FeatureSource
from scoring.analysis.training.scorecard import Additive, Term
from scoring.analysis.training.train import Trained
from scoring.analysis.training.training_data import Prepared
from scoring.disk import atomic_file
from scoring.policy.language.points_table import (
    FORMAT,
    Feature,
    ModelTable,
    ScoredFeature,
    Window,
    table_sha256,
)
from scoring.policy.language.schema import Bin

LIBRARIES = ("duckdb", "ibis-framework", "numpy", "pandas", "scikit-learn", "interpret-core")
"""Packages whose versions the table names: another version may give other points."""


def to_table(
    definition: ModelDefinition, ready: Prepared, trained: Trained, source: FeatureSource
) -> ModelTable:
    """The points table: bins and points of every feature, and the frozen rates of peers.

    Args:
        definition: What was learned, and the day on which rates of peers are frozen.
        ready: What it was learned from.
        trained: The fitted points and their proof.
        source: Gives the rates of peers.
    """
    frozen_on = definition.lookups.frozen_on if definition.lookups else None
    features = tuple(
        _with_points(feature, term, ready.means, source, frozen_on)
        for feature, term in zip(definition.features, trained.additive.terms, strict=True)
    )
    table = ModelTable(
        format=FORMAT,
        id=definition.id,
        use=definition.use,
        title=definition.title,
        purpose=definition.purpose,
        limits=definition.limits,
        finality=definition.finality,
        label=definition.label,
        inputs=definition.inputs,
        features=features,
        intercept=round(trained.additive.intercept, 6),
        points_to_double_odds=trained.additive.points_to_double_odds,
        calibration=trained.calibration,
        algorithm=trained.chosen,
        trained=Window(first=definition.cases.first, last=definition.splits.train_until),
        looked_up_on=frozen_on,
        data_sha256=ready.sha256,
        seed=definition.seed,
        verdict_days=definition.verdict_days,
        versions={library: package_version(library) for library in LIBRARIES},
        metrics=trained.metrics,
        # The form wants a hash; the real one is that of everything else.
        sha256="0" * 64,
    )
    return signed(table)


def signed(table: ModelTable) -> ModelTable:
    """The table with the hash of its content."""
    return table.model_copy(update={"sha256": table_sha256(table)})


def to_json(table: ModelTable) -> str:
    """The text of the file."""
    return json.dumps(table.model_dump(mode="json"), ensure_ascii=False, indent=1) + "\n"


def write(content: str | bytes, path: Path) -> None:
    """Writes a whole file or none, and its folder where there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_file(path) as part_file:
        part_file.write_bytes(content if isinstance(content, bytes) else content.encode())


def additive_of(table: ModelTable) -> Additive:
    """The points of a table as the estimator's own form, to score a feature matrix with."""
    terms = tuple(_term(feature) for feature in table.features)
    return Additive(terms, table.intercept, table.points_to_double_odds)


def _with_points(
    feature: Feature,
    term: Term,
    means: Mapping[str, int],
    source: FeatureSource,
    frozen_on: date | None,
) -> ScoredFeature:
    # Values are whole, so that a limit may be rounded down to one that people read.
    limits: list[int | None] = [math.floor(limit) for limit in term.limits]
    limits.append(None)
    pairs = zip(limits, term.points, strict=True)
    score_bins = tuple(Bin(upto=limit, points=int(points)) for limit, points in pairs)
    mean_bp, rates = means.get(feature.id), None
    if feature.by and frozen_on:
        mean_bp, rates = source.peers.frozen(frozen_on, feature)
    declared = {field: getattr(feature, field) for field in Feature.model_fields}
    return ScoredFeature(**declared, bins=score_bins, unknown=term.unknown, mean_bp=mean_bp, table=rates)


def _term(feature: ScoredFeature) -> Term:
    limits = [float(score_bin.upto) for score_bin in feature.bins if score_bin.upto is not None]
    points = [score_bin.points for score_bin in feature.bins]
    return Term(np.array(limits), np.array(points, dtype=np.int64), feature.unknown)
