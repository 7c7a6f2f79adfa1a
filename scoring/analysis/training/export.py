"""The fitted model as a points table in JSON: the same definition and data give the same bytes."""

from __future__ import annotations

import json
import math
from datetime import date
from importlib.metadata import version as package_version
from pathlib import Path

import numpy as np

from scoring.analysis.training.definition import ModelDefinition
from scoring.analysis.training.features import FeatureSource
from scoring.analysis.training.scorecard import Additive, Term
from scoring.analysis.training.train import Prepared, Trained
from scoring.policy.language.points_table import FORMAT, Feature, ModelTable, Scored, Window, table_sha256
from scoring.policy.language.schema import Bin

LIBRARIES = ("duckdb", "ibis-framework", "numpy", "pandas", "scikit-learn", "interpret-core")


def to_table(
    definition: ModelDefinition, ready: Prepared, trained: Trained, source: FeatureSource
) -> ModelTable:
    """The points table: bins and points of every feature, rates of peers frozen on the day that the definition names."""
    frozen_on = definition.lookups.frozen_on if definition.lookups else None
    terms = zip(definition.features, trained.additive.terms, strict=True)
    features = tuple(_scored(feature, term, ready.means, source, frozen_on) for feature, term in terms)
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
        versions={name: package_version(name) for name in LIBRARIES},
        metrics=trained.metrics,
        sha256="0" * 64,
    )
    return table.model_copy(update={"sha256": table_sha256(table)})


def to_json(table: ModelTable) -> str:
    """The text of the file."""
    return json.dumps(table.model_dump(mode="json"), ensure_ascii=False, indent=1) + "\n"


def write(content: str | bytes, path: Path) -> None:
    """Writes beside its place and renames, so that there never is half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    beside.write_bytes(content if isinstance(content, bytes) else content.encode())
    beside.replace(path)


def additive_of(table: ModelTable) -> Additive:
    """The points of a table as the estimator's own form, to score a feature matrix with."""
    terms = tuple(_term(feature) for feature in table.features)
    return Additive(terms, table.intercept, table.points_to_double_odds)


def _scored(
    feature: Feature, term: Term, means: dict[str, int], source: FeatureSource, frozen_on: date | None
) -> Scored:
    limits: list[int | None] = [math.floor(limit) for limit in term.limits]
    bins = tuple(
        Bin(upto=limit, points=int(points))
        for limit, points in zip([*limits, None], term.points, strict=True)
    )
    given = {name: getattr(feature, name) for name in Feature.model_fields}
    mean, rates = means.get(feature.id), None
    if feature.by and frozen_on:
        mean, rates = source.table(frozen_on, feature)
    return Scored(**given, bins=bins, unknown=term.unknown, mean_bp=mean, table=rates)


def _term(feature: Scored) -> Term:
    limits = [float(b.upto) for b in feature.bins if b.upto is not None]
    return Term(np.array(limits), np.array([b.points for b in feature.bins], dtype=np.int64), feature.unknown)
