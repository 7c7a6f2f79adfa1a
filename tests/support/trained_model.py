"""A model that tests look at: its definition, its data in an open engine, and what training gave."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from scoring.analysis.training.definition import ModelDefinition, read_definition
from scoring.analysis.training.features import FeatureSource
from scoring.analysis.training.training_data import Prepared
from scoring.assess.dataset import Dataset
from scoring.policy.language.points_table import ModelTable

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class TrainedModel:
    """A definition, its data in an open engine, and what training gave."""

    definition: ModelDefinition
    data: Dataset
    source: FeatureSource
    table: ModelTable
    ready: Prepared


def defined(text: str, folder: Path) -> ModelDefinition:
    """A definition from its text."""
    path = folder / "model.toml"
    path.write_text(text, encoding="utf-8")
    return read_definition(path)
